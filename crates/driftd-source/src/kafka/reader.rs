//! One partition being read: what is polled off its queue, decoded, and put aside where it cannot be.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use driftd_decode::{Decoded, Load, Note, RecordDecoder};
use driftd_model::{
    Chunk, DeadLetter, FetchFailure, LogEvent, LogMark, Offset, PartitionReader, Poll, PollBudget, ResumePoint,
    SourceError, SourceEvent, Topic, TopicPartition,
};
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::context::{ClientRequests, Context, end_met};
use super::events::EventChannel;
use super::fetch_errors::{FetchErrors, failure, trouble};
use super::known_log::{KnownLog, WayBack};
use super::log_identity;
use super::queue::SharedQueue;
use super::unreadable::{Next, Search};

/// Makes the decoder of a partition of a topic.
pub type MakeDecoder = Arc<dyn Fn(&Topic) -> Box<dyn RecordDecoder> + Send + Sync>;

/// A record that could not be decoded, as it came.
#[derive(Clone, Debug)]
pub struct RejectedRecord<'a> {
    /// Partition it came from.
    pub partition: &'a TopicPartition,
    /// Its offset there.
    pub offset: Offset,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its payload.
    pub payload: Option<&'a [u8]>,
    /// Its headers.
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
    /// Why it was rejected.
    pub reason: &'a str,
}

/// Takes copies of rejected records. A convenience, not the truth: what was rejected is counted in the store.
pub trait DeadLetterSink: Send + Sync {
    /// Takes one record, or drops and counts it. Never waits.
    fn put(&self, record: &RejectedRecord<'_>);
}

/// Polls a partition's own queue and decodes each record where librdkafka has put it.
pub(super) struct KafkaPartitionReader {
    partition: TopicPartition,
    queue: Arc<SharedQueue>,
    decoder: Box<dyn RecordDecoder>,
    dead_letters: Option<Arc<dyn DeadLetterSink>>,
    events: Arc<EventChannel>,
    requests: Arc<ClientRequests>,
    notes: Arc<Notes>,
    fetch_errors: FetchErrors,
    /// Unreadable batches are passed over, and not waited for.
    skips_unreadable: bool,
    /// The way past one.
    search: Option<Search>,
    /// Where the client was asked to fetch from, on that way.
    sought: Option<Offset>,
    log: KnownLog,
    /// The log is another than the one that was counted: nothing more is read of it.
    is_replaced: bool,
    /// Offset after everything that was polled.
    next: Offset,
    /// The end was met behind the records of the last chunk.
    at_end: bool,
}

/// What decoders noted, each once however many partitions there are.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<BTreeSet<String>>);

impl Notes {
    fn say(&self, partition: &TopicPartition, notes: &[Note]) {
        for note in notes {
            if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(note.about.clone()) {
                tracing::warn!(kafka.partition = %partition, note = note.what, "elements of arrays are left unread");
            }
        }
    }
}

/// Why a run of records stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The budget is used up, or nothing more has arrived.
    Pause,
    /// The end of the partition, at this offset if it is known.
    End(Option<Offset>),
    /// The broker does not have the next offset.
    OutOfRange,
    /// The record that was counted last is another one.
    Replaced,
}

impl KafkaPartitionReader {
    pub(super) fn new(
        partition: TopicPartition,
        start: ResumePoint,
        queue: Arc<SharedQueue>,
        decoder: Box<dyn RecordDecoder>,
        context: &Context,
    ) -> Self {
        Self {
            partition,
            queue,
            decoder,
            dead_letters: context.dead_letters.clone(),
            events: Arc::clone(&context.events),
            requests: Arc::clone(&context.requests),
            notes: Arc::clone(&context.notes),
            fetch_errors: FetchErrors::default(),
            skips_unreadable: context.skips_unreadable,
            search: None,
            sought: None,
            log: KnownLog::new(start.mark),
            is_replaced: false,
            next: start.next,
            at_end: false,
        }
    }

    fn has_room(&self, budget: PollBudget) -> bool {
        let Load { rows, panes } = self.decoder.load();
        rows < budget.rows && panes < budget.panes
    }

    /// Takes records off the queue until the budget is used up.
    fn read(&mut self, queue: &PartitionQueue<Context>, budget: PollBudget) -> Fetched {
        let (mut stop, mut bytes, mut event) = (Stop::Pause, 0, None);
        let (mut records, mut kept, mut last) = (0, Vec::new(), None);
        while records == 0 || (records < budget.records && bytes < budget.bytes as u64 && self.has_room(budget)) {
            match queue.poll(Duration::ZERO) {
                None => break,
                Some(Ok(record)) => {
                    let offset = record.offset();
                    match self.log.is_expected(offset, || log_identity::mark(&record)) {
                        None => {}
                        Some(true) => self.fetch_succeeded(),
                        Some(false) => {
                            stop = Stop::Replaced;
                            break;
                        }
                    }
                    // What was fetched before a seek may still be in the queue.
                    if offset < self.next.0 {
                        continue;
                    }
                    // Whatever has moved the client past a batch that it could not read.
                    if offset > self.next.0 && self.fetch_errors.is_unreadable(self.next) {
                        event = Some(self.passed_over(self.next, Offset(offset)));
                    }
                    self.fetch_succeeded();
                    let payload = record.payload();
                    self.decoder.push(Offset(offset), payload);
                    self.next = Offset(offset.saturating_add(1));
                    records += 1;
                    bytes += payload.map_or(0, <[u8]>::len) as u64;
                    if self.dead_letters.is_some() {
                        kept.push(record);
                    } else {
                        last = Some(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    let end = end_met();
                    // No log ends before what was counted of it.
                    stop = if end.is_some_and(|end| end < self.next) { Stop::OutOfRange } else { Stop::End(end) };
                    break;
                }
                Some(Err(error)) if error.rdkafka_error_code() == Some(Code::AutoOffsetReset) => {
                    stop = Stop::OutOfRange;
                    break;
                }
                Some(Err(error)) => self.fetch_failed(&error),
            }
        }
        let decoded = self.decoder.finish();
        if let Some(sink) = &self.dead_letters {
            put_aside(&**sink, &self.partition, &decoded.rejects, &kept);
        }
        let mark = kept.last().or(last.as_ref()).map(log_identity::mark);
        Fetched { stop, bytes, decoded, mark, event }
    }

    /// A fetch failed. It is tried again by librdkafka; what does not pass is told, and seen by asking.
    fn fetch_failed(&mut self, error: &KafkaError) {
        let code = error.rdkafka_error_code();
        if let Some(untold) = self.fetch_errors.failed(code, self.next) {
            tracing::warn!(
                kafka.partition = %self.partition, kafka.offset = self.next.0, %error, untold,
                "a fetch failed and is tried again; the same error at this offset is told once"
            );
            let (partition, trouble) = (self.partition.clone(), Some(trouble(code, self.next)));
            self.events.send(SourceEvent::Fetching { partition, trouble });
        }
        self.events.suspect();
        if self.skips_unreadable && self.fetch_errors.is_unreadable_for_good(self.next) {
            self.search.get_or_insert(Search::new(self.next));
        }
    }

    /// A record came, or the end: fetches of the partition succeed.
    fn fetch_succeeded(&mut self) {
        let untold = self.fetch_errors.ended();
        if let Some(untold) = untold {
            tracing::info!(kafka.partition = %self.partition, untold, "fetching goes on");
        }
        if self.fetch_errors.first_success() || untold.is_some() {
            self.events.send(SourceEvent::Fetching { partition: self.partition.clone(), trouble: None });
        }
    }

    fn passed_over(&self, from: Offset, to: Offset) -> LogEvent {
        tracing::error!(
            kafka.partition = %self.partition, from = from.0, to = to.0,
            "a batch of records cannot be read and was passed over: they count as rejected"
        );
        LogEvent::Skipped { from, to }
    }

    /// Goes one step further on the way past an unreadable batch; gives the event when it is over.
    fn search_on(&mut self, mut search: Search) -> Option<LogEvent> {
        let (Next::Try(at) | Next::Found(at)) = search.next();
        // What was fetched before the client went there says nothing of this offset, and lacks what was tried.
        if self.sought != Some(at) {
            self.sought = Some(at);
            self.go_to(at);
            return None;
        }
        if self.queue.positioned() != Some(at) {
            return None;
        }
        if let Next::Found(to) = search.next() {
            (self.search, self.sought) = (None, None);
            self.next = to;
            // That record was never read.
            self.log = KnownLog::default();
            self.fetch_succeeded();
            return Some(self.passed_over(search.from(), to));
        }
        let queue = Arc::clone(&self.queue);
        if let Some(is_readable) = queue.with(|queue| is_readable(queue, at)).flatten() {
            search.tried(at, is_readable);
            (self.search, self.sought) = (Some(search), None);
        }
        None
    }

    /// Sends the client to `at`, and takes nothing for read until it is there.
    fn go_to(&self, at: Offset) {
        self.queue.leave();
        self.requests.seek(&self.partition, at);
    }

    /// What the client thread has left word of, and what is to be asked of it now and then.
    fn listen(&mut self) -> Option<LogEvent> {
        if self.queue.take_doubt() {
            // An unreadable batch is met again, if this log has it too.
            (self.search, self.sought) = (None, None);
            let at = self.log.doubt(self.next);
            self.go_to(at);
        }
        if self.fetch_errors.is_retry_due(Instant::now()) && self.search.is_none() && !self.log.is_doubted() {
            self.requests.seek(&self.partition, self.next);
        }
        if let Some(search) = self.search {
            return self.search_on(search);
        }
        let to = self.queue.take_deleted().filter(|to| *to > self.next)?;
        let from = std::mem::replace(&mut self.next, to);
        Some(LogEvent::Deleted { from, to })
    }
}

/// Whether records can be read from `at` on; nothing while that is not known.
fn is_readable(queue: &PartitionQueue<Context>, at: Offset) -> Option<bool> {
    while let Some(fetched) = queue.poll(Duration::ZERO) {
        match fetched {
            Ok(record) if record.offset() < at.0 => {}
            // An offset behind the end is no longer in the batch.
            Ok(_) | Err(KafkaError::PartitionEOF(_)) => return Some(true),
            Err(error) => match error.rdkafka_error_code() {
                Some(Code::AutoOffsetReset) => return Some(true),
                code if failure(code) == FetchFailure::UnreadableBatch => return Some(false),
                _ => {}
            },
        }
    }
    None
}

/// What came of reading.
struct Fetched {
    stop: Stop,
    bytes: u64,
    decoded: Decoded,
    mark: Option<LogMark>,
    event: Option<LogEvent>,
}

impl PartitionReader for KafkaPartitionReader {
    fn poll(&mut self, budget: PollBudget) -> Result<Poll, SourceError> {
        if std::mem::take(&mut self.at_end) {
            return Ok(Poll::End);
        }
        if self.is_replaced {
            return Ok(Poll::Nothing);
        }
        let from = self.next;
        let heard = self.listen();
        let way_back = self.log.way_back(self.queue.positioned());
        if let WayBack::Astray(at) = way_back {
            self.go_to(at);
        }
        if self.search.is_some() || way_back != WayBack::There {
            return Ok(Poll::Nothing);
        }
        let queue = Arc::clone(&self.queue);
        let before = self.next;
        let Some(fetched) = queue.with(|queue| self.read(queue, budget)) else {
            return Ok(Poll::Nothing);
        };
        // What came while the doubt arose may be of another log, and is read again from one that is known.
        let is_news = heard.is_some() || fetched.event.is_some() || fetched.stop == Stop::Replaced;
        if self.queue.is_doubtful() && !is_news {
            self.next = before;
            return Ok(Poll::Nothing);
        }
        match fetched.stop {
            // Only markers of transactions, and records that were aborted or compacted away, are before the end.
            Stop::End(end) => {
                self.fetch_succeeded();
                self.next = end.map_or(self.next, |end| end.max(self.next));
            }
            Stop::OutOfRange => self.requests.lose(&self.partition, self.next),
            Stop::Replaced => {
                self.is_replaced = true;
                self.requests.replace(&self.partition, self.next);
            }
            Stop::Pause => {}
        }
        let is_end = matches!(fetched.stop, Stop::End(_));
        if self.next == from {
            return Ok(if is_end { Poll::End } else { Poll::Nothing });
        }
        self.at_end = is_end;
        if let Some(mark) = fetched.mark {
            self.log.read(mark, Instant::now());
        }
        let Decoded { batches, rejects, filtered, notes } = fetched.decoded;
        self.notes.say(&self.partition, &notes);
        let (mark, event) = (fetched.mark, fetched.event.or(heard));
        let chunk = Chunk { from, to: self.next, batches, rejects, filtered, mark, event };
        Ok(Poll::Chunk { chunk, bytes: fetched.bytes })
    }

    fn on_arrival(&mut self, wake: Box<dyn Fn() + Send + Sync>) {
        self.queue.on_arrival(wake.into());
    }
}

/// Hands rejected records over as they came, each once however many monitors reject it.
fn put_aside(
    sink: &dyn DeadLetterSink,
    partition: &TopicPartition,
    rejects: &[DeadLetter],
    kept: &[BorrowedMessage<'_>],
) {
    let mut last = None;
    for reject in rejects {
        if last.replace(reject.offset) == Some(reject.offset) {
            continue;
        }
        let found = kept.binary_search_by_key(&reject.offset.0, Message::offset);
        let Some(record) = found.ok().and_then(|index| kept.get(index)) else { continue };
        let headers = record.headers().map(|headers| headers.iter().map(|h| (h.key, h.value)).collect());
        sink.put(&RejectedRecord {
            partition,
            offset: reject.offset,
            key: record.key(),
            payload: record.payload(),
            headers: headers.unwrap_or_default(),
            reason: &reject.reason,
        });
    }
}
