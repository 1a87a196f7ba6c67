//! One partition being read: what is polled off its queue, decoded, and put aside where it cannot be.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use driftd_decode::{Decoded, Load, Note, RecordDecoder};
use driftd_model::{Chunk, DeadLetter, Offset, PartitionReader, Poll, PollBudget, SourceError, Topic, TopicPartition};
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::context::{ClientRequests, Context, end_met};
use super::events::EventChannel;
use super::fetch_errors::FetchErrors;
use super::queue::SharedQueue;

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
}

impl KafkaPartitionReader {
    pub(super) fn new(
        partition: TopicPartition,
        next: Offset,
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
            next,
            at_end: false,
        }
    }

    fn has_room(&self, budget: PollBudget) -> bool {
        let Load { rows, panes } = self.decoder.load();
        rows < budget.rows && panes < budget.panes
    }

    /// Takes records off the queue until the budget is used up.
    fn read(&mut self, queue: &PartitionQueue<Context>, budget: PollBudget) -> Fetched {
        let (mut stop, mut bytes) = (Stop::Pause, 0);
        let (mut records, mut kept) = (0, Vec::new());
        while records == 0 || (records < budget.records && bytes < budget.bytes as u64 && self.has_room(budget)) {
            match queue.poll(Duration::ZERO) {
                None => break,
                Some(Ok(record)) => {
                    let offset = record.offset();
                    // What was fetched before a seek may still be in the queue.
                    if offset < self.next.0 {
                        continue;
                    }
                    if let Some(untold) = self.fetch_errors.ended() {
                        tracing::info!(kafka.partition = %self.partition, untold, "fetching goes on");
                    }
                    let payload = record.payload();
                    self.decoder.push(Offset(offset), payload);
                    self.next = Offset(offset.saturating_add(1));
                    records += 1;
                    bytes += payload.map_or(0, <[u8]>::len) as u64;
                    if self.dead_letters.is_some() {
                        kept.push(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    stop = Stop::End(end_met());
                    break;
                }
                Some(Err(error)) if error.rdkafka_error_code() == Some(Code::AutoOffsetReset) => {
                    stop = Stop::OutOfRange;
                    break;
                }
                // It is tried again by librdkafka; what does not pass is seen by asking.
                Some(Err(error)) => {
                    if let Some(untold) = self.fetch_errors.failed(error.rdkafka_error_code(), self.next) {
                        tracing::warn!(
                            kafka.partition = %self.partition, kafka.offset = self.next.0, %error, untold,
                            "a fetch failed and is tried again; the same error at this offset is told once"
                        );
                    }
                    self.events.suspect(None);
                }
            }
        }
        let decoded = self.decoder.finish();
        if let Some(sink) = &self.dead_letters {
            put_aside(&**sink, &self.partition, &decoded.rejects, &kept);
        }
        Fetched { stop, bytes, decoded }
    }
}

/// What came of reading.
struct Fetched {
    stop: Stop,
    bytes: u64,
    decoded: Decoded,
}

impl PartitionReader for KafkaPartitionReader {
    fn poll(&mut self, budget: PollBudget) -> Result<Poll, SourceError> {
        if std::mem::take(&mut self.at_end) {
            return Ok(Poll::End);
        }
        let from = self.next;
        let queue = Arc::clone(&self.queue);
        let Some(fetched) = queue.with(|queue| self.read(queue, budget))? else {
            return Ok(Poll::Nothing);
        };
        match fetched.stop {
            // Only markers of transactions, and records that were aborted or compacted away, are before the end.
            Stop::End(end) => self.next = end.map_or(self.next, |end| end.max(self.next)),
            Stop::OutOfRange => self.requests.lose(&self.partition, self.next),
            Stop::Pause => {}
        }
        let is_end = matches!(fetched.stop, Stop::End(_));
        if self.next == from {
            return Ok(if is_end { Poll::End } else { Poll::Nothing });
        }
        self.at_end = is_end;
        let Decoded { batches, rejects, filtered, notes } = fetched.decoded;
        self.notes.say(&self.partition, &notes);
        let chunk = Chunk { from, to: self.next, batches, rejects, filtered };
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
