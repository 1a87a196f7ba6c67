//! One partition being read.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{Chunk, DeadLetter, Feed, Offset, PullBudget, Pulled, SourceError, TopicPartition};
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::context::{Board, Context, end_met};
use super::dead_letter::{DeadLetterSink, RejectedRecord};
use super::decoder::RecordDecoder;
use super::slot::Slot;
use super::trouble::Teller;

/// Pulls from a partition's own queue and decodes each record where librdkafka has put it.
pub(super) struct KafkaFeed {
    partition: TopicPartition,
    slot: Arc<Slot>,
    decoder: Box<dyn RecordDecoder>,
    dead_letters: Option<Arc<dyn DeadLetterSink>>,
    teller: Arc<Teller>,
    board: Arc<Board>,
    /// Offset after everything that was pulled.
    next: Offset,
    /// The end was met behind the records of the last chunk.
    at_end: bool,
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

impl KafkaFeed {
    pub(super) fn new(
        partition: TopicPartition,
        next: Offset,
        slot: Arc<Slot>,
        decoder: Box<dyn RecordDecoder>,
        context: &Context,
    ) -> Self {
        Self {
            partition,
            slot,
            decoder,
            dead_letters: context.dead_letters.clone(),
            teller: Arc::clone(&context.teller),
            board: Arc::clone(&context.board),
            next,
            at_end: false,
        }
    }

    /// Takes records off the queue until the budget is used up.
    fn read(&mut self, queue: &PartitionQueue<Context>, budget: PullBudget) -> (Vec<DeadLetter>, Pull) {
        let mut pull = Pull { stop: Stop::Pause, bytes: 0, batches: Vec::new() };
        let (mut records, mut kept) = (0, Vec::new());
        while records < budget.records.max(1) && (records == 0 || pull.bytes < budget.bytes as u64) {
            match queue.poll(Duration::ZERO) {
                None => break,
                Some(Ok(record)) => {
                    let offset = record.offset();
                    // What was fetched before a seek may still be in the queue.
                    if offset < self.next.0 {
                        continue;
                    }
                    let payload = record.payload();
                    self.decoder.push(Offset(offset), payload);
                    self.next = Offset(offset.saturating_add(1));
                    records += 1;
                    pull.bytes += payload.map_or(0, <[u8]>::len) as u64;
                    if self.dead_letters.is_some() {
                        kept.push(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    pull.stop = Stop::End(end_met());
                    break;
                }
                Some(Err(error)) if error.rdkafka_error_code() == Some(Code::AutoOffsetReset) => {
                    pull.stop = Stop::OutOfRange;
                    break;
                }
                // It is tried again by librdkafka; what does not pass is seen by asking.
                Some(Err(error)) => {
                    tracing::warn!(kafka.partition = %self.partition, %error, "a fetch failed");
                    self.teller.suspect(None);
                }
            }
        }
        let (batches, rejects) = self.decoder.finish();
        pull.batches = batches;
        if let Some(sink) = &self.dead_letters {
            put_aside(&**sink, &self.partition, &rejects, &kept);
        }
        (rejects, pull)
    }
}

/// What came of reading.
struct Pull {
    stop: Stop,
    bytes: u64,
    batches: Vec<driftd_window::RecordBatch>,
}

impl Feed for KafkaFeed {
    fn pull(&mut self, budget: PullBudget) -> Result<Pulled, SourceError> {
        if std::mem::take(&mut self.at_end) {
            return Ok(Pulled::End);
        }
        let from = self.next;
        let slot = Arc::clone(&self.slot);
        let Some((rejects, pull)) = slot.with(|queue| self.read(queue, budget))? else {
            return Ok(Pulled::Nothing);
        };
        match pull.stop {
            // Only markers of transactions, and records that were aborted or compacted away, are before the end.
            Stop::End(end) => self.next = end.map_or(self.next, |end| end.max(self.next)),
            Stop::OutOfRange => self.board.lose(&self.partition, self.next),
            Stop::Pause => {}
        }
        let is_end = matches!(pull.stop, Stop::End(_));
        if self.next == from {
            return Ok(if is_end { Pulled::End } else { Pulled::Nothing });
        }
        self.at_end = is_end;
        let chunk = Chunk { from, to: self.next, batches: pull.batches, rejects };
        Ok(Pulled::Chunk { chunk, bytes: pull.bytes })
    }

    fn on_arrival(&mut self, wake: Box<dyn Fn() + Send + Sync>) {
        self.slot.on_arrival(wake.into());
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
