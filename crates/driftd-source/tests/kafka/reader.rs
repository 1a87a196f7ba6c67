//! The engine's part, as plain as can be: claims offsets from a book, writes down what was read, and checks every step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftd_config::KafkaConfig;
use driftd_decode::{Decoded, Load, RecordDecoder};
use driftd_model::{
    DeadLetter, FetchTrouble, LogEvent, LogMark, Offset, Partition, PartitionReader, Poll, PollBudget, ResumePoint,
    Source, SourceError, SourceEvent, Topic, TopicPartition,
};
use driftd_source::kafka::{DeadLetterSink, KafkaSource, MakeDecoder};

use crate::records::secret;

pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(90);
pub(crate) const BUDGET: PollBudget = PollBudget { records: 1000, bytes: 1 << 20, rows: 60, panes: 50 };

/// What a store would hold of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) next: Option<i64>,
    /// Offset and payload of every record, in the order in which they were read.
    pub(crate) records: Vec<(i64, String)>,
    /// The last record.
    pub(crate) mark: Option<LogMark>,
    /// What happened to the log.
    pub(crate) events: Vec<LogEvent>,
}

/// A store that several readers share.
pub(crate) type Book = Arc<Mutex<BTreeMap<i32, Page>>>;

/// One member of a group.
pub(crate) struct Reader {
    pub(crate) source: KafkaSource,
    runtime: tokio::runtime::Runtime,
    book: Book,
    readers: BTreeMap<TopicPartition, Box<dyn PartitionReader>>,
    /// Where partitions started.
    pub(crate) started: BTreeMap<i32, i64>,
    /// Partitions whose end was met after the last record.
    pub(crate) ended: BTreeSet<i32>,
    /// Every trouble told, in order.
    pub(crate) troubles: Vec<Option<String>>,
    /// Partitions that were begun anew, and how far they had been counted.
    pub(crate) renewed: Vec<(i32, i64)>,
    /// How fetches of partitions go.
    pub(crate) fetching: BTreeMap<i32, Option<FetchTrouble>>,
    pub(crate) failed: Option<String>,
    pub(crate) broken: Vec<String>,
    pub(crate) closed: bool,
}

/// A decoder that rejects every record, with its payload as the detail.
#[derive(Default)]
struct Rejecting(Vec<DeadLetter>);

impl RecordDecoder for Rejecting {
    fn push(&mut self, offset: Offset, payload: Option<&[u8]>) {
        let detail = payload.map_or_else(String::new, |payload| String::from_utf8_lossy(payload).into_owned());
        self.0.push(DeadLetter { offset, reason: "seen".to_owned(), detail });
    }

    fn load(&self) -> Load {
        Load { rows: self.0.len(), panes: self.0.len() }
    }

    fn finish(&mut self) -> Decoded {
        Decoded { batches: Vec::new(), rejects: std::mem::take(&mut self.0), filtered: 0, notes: Vec::new() }
    }
}

pub(crate) fn rejecting() -> MakeDecoder {
    Arc::new(|_| Box::<Rejecting>::default())
}

impl Reader {
    pub(crate) fn new(config: &KafkaConfig, topic: &str, book: &Book) -> Self {
        Self::with(config, topic, book, None)
    }

    pub(crate) fn with(
        config: &KafkaConfig,
        topic: &str,
        book: &Book,
        dead_letters: Option<Arc<dyn DeadLetterSink>>,
    ) -> Self {
        let topics = BTreeSet::from([Topic::from(topic)]);
        let source = KafkaSource::start(config, secret, &topics, rejecting(), dead_letters).unwrap();
        Self {
            source,
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
            book: Arc::clone(book),
            readers: BTreeMap::new(),
            started: BTreeMap::new(),
            ended: BTreeSet::new(),
            troubles: Vec::new(),
            renewed: Vec::new(),
            fetching: BTreeMap::new(),
            failed: None,
            broken: Vec::new(),
            closed: false,
        }
    }

    /// Takes what there is of events and records.
    pub(crate) fn step(&mut self) {
        if !self.closed {
            let next = async { tokio::time::timeout(Duration::from_millis(5), self.source.next_event()).await };
            match self.runtime.block_on(next) {
                Ok(Some(event)) => self.take(event),
                Ok(None) => self.closed = true,
                Err(_) => {}
            }
        }
        self.poll();
    }

    fn take(&mut self, event: SourceEvent) {
        match event {
            SourceEvent::Assigned { partitions, reply } => {
                let book = self.book.lock().unwrap();
                let point = |page: &Page| Some(ResumePoint { next: Offset(page.next?), mark: page.mark });
                let next = |p: &TopicPartition| book.get(&p.partition.0).and_then(point);
                reply.send(partitions.iter().map(next).collect());
            }
            SourceEvent::Started { partition, at, reader } => {
                self.started.insert(partition.partition.0, at.0);
                self.book.lock().unwrap().entry(partition.partition.0).or_default().next.get_or_insert(at.0);
                self.readers.insert(partition, reader);
            }
            SourceEvent::Revoked { partitions, reply, .. } => {
                self.poll();
                for partition in partitions {
                    self.started.remove(&partition.partition.0);
                    self.ended.remove(&partition.partition.0);
                    self.readers.remove(&partition);
                }
                reply.send(());
            }
            SourceEvent::Renewed { partition, counted_to, reply } => {
                self.renewed.push((partition.partition.0, counted_to.0));
                let mut book = self.book.lock().unwrap();
                let page = book.get_mut(&partition.partition.0).unwrap();
                assert_eq!(page.next, Some(counted_to.0), "what was counted is written down before");
                *page = Page { next: Some(0), ..Page::default() };
                reply.send(vec![Some(ResumePoint { next: Offset(0), mark: None })]);
            }
            SourceEvent::Fetching { partition, trouble } => {
                self.fetching.insert(partition.partition.0, trouble);
            }
            SourceEvent::Trouble(what) => self.troubles.push(what),
            SourceEvent::Failed(error) => self.failed = Some(error.to_string()),
        }
    }

    fn poll(&mut self) {
        for (partition, reader) in &mut self.readers {
            let number = partition.partition.0;
            loop {
                match reader.poll(BUDGET) {
                    Ok(Poll::Chunk { chunk, bytes }) => {
                        self.ended.remove(&number);
                        let mut book = self.book.lock().unwrap();
                        let page = book.get_mut(&number).unwrap();
                        // A real store refuses a chunk that does not follow on; the sum of chunks is then exact.
                        assert_eq!(page.next, Some(chunk.from.0), "{partition}: a chunk follows on");
                        assert!(chunk.to > chunk.from);
                        assert!(chunk.rejects.len() <= BUDGET.panes, "more than a turn may take");
                        page.next = Some(chunk.to.0);
                        page.mark = chunk.mark.or(page.mark);
                        page.events.extend(chunk.event);
                        let inside = |r: &DeadLetter| (chunk.from..chunk.to).contains(&r.offset);
                        assert!(chunk.rejects.iter().all(inside));
                        assert_eq!(bytes, chunk.rejects.iter().map(|r| r.detail.len() as u64).sum::<u64>());
                        page.records.extend(chunk.rejects.into_iter().map(|r| (r.offset.0, r.detail)));
                        self.source.report(partition, chunk.to);
                    }
                    Ok(Poll::End) => _ = self.ended.insert(number),
                    Ok(Poll::Nothing) => break,
                    Err(error) => {
                        self.broken.push(error.to_string());
                        break;
                    }
                }
            }
        }
    }

    /// Goes on until `done`.
    pub(crate) fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + TEST_TIMEOUT;
        while !done(self) {
            assert!(Instant::now() < deadline, "in vain waited for {what}: {self:?}");
            self.step();
        }
    }

    /// Reads on until every one of `partitions` has ended, and has so many records.
    pub(crate) fn read_to_end(&mut self, partitions: i32, records: usize) {
        self.until("the end", |reader| {
            let book = reader.book.lock().unwrap();
            (0..partitions).all(|p| reader.ended.contains(&p))
                && book.values().map(|page| page.records.len()).sum::<usize>() >= records
        });
    }

    pub(crate) fn ends(&self, topic: &str, partitions: i32) -> Vec<Option<i64>> {
        let all: Vec<_> = (0..partitions).map(|p| TopicPartition::new(Topic::from(topic), Partition(p))).collect();
        self.runtime.block_on(self.source.log_end_offsets(&all)).into_iter().map(|end| end.map(|end| end.0)).collect()
    }

    pub(crate) fn count(&self, topic: &str) -> Result<usize, SourceError> {
        self.runtime.block_on(self.source.partition_count(&Topic::from(topic)))
    }

    /// Leaves the group in the orderly way.
    pub(crate) fn close(&mut self) {
        self.source.close();
        self.until("the end of events", |reader| reader.closed);
        assert!(self.started.is_empty(), "what is held is revoked first");
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let book = self.book.lock().unwrap();
        let pages: Vec<_> = book.iter().map(|(p, page)| (p, page.next, page.records.len())).collect();
        f.debug_struct("Reader")
            .field("started", &self.started)
            .field("ended", &self.ended)
            .field("troubles", &self.troubles)
            .field("renewed", &self.renewed)
            .field("fetching", &self.fetching)
            .field("failed", &self.failed)
            .field("broken", &self.broken)
            .field("closed", &self.closed)
            .field("book", &pages)
            .finish_non_exhaustive()
    }
}
