//! Where rejected records go, if they go anywhere.

use driftd_model::{Offset, TopicPartition};

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
