//! What a feed needs of a decoder.

use std::sync::Arc;

use driftd_model::{DeadLetter, Offset, Topic};
use driftd_window::RecordBatch;

use crate::decode::Decoder;

/// Turns the records of one partition into batches.
pub trait RecordDecoder: Send {
    /// Decodes one record; a payload of nothing is a tombstone.
    fn push(&mut self, offset: Offset, payload: Option<&[u8]>);

    /// What was pushed since the last time: one batch for every monitor of the topic, and what could not be decoded.
    fn finish(&mut self) -> (Vec<RecordBatch>, Vec<DeadLetter>);
}

/// Makes the decoder of a partition of a topic.
pub type MakeDecoder = Arc<dyn Fn(&Topic) -> Box<dyn RecordDecoder> + Send + Sync>;

impl RecordDecoder for Decoder {
    fn push(&mut self, offset: Offset, payload: Option<&[u8]>) {
        Self::push(self, offset, payload);
    }

    fn finish(&mut self) -> (Vec<RecordBatch>, Vec<DeadLetter>) {
        let decoded = Self::finish(self);
        (decoded.batches, decoded.rejects)
    }
}
