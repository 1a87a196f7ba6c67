//! What a client may take.

use std::time::Duration;

/// Bounds that hold for every client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at a time; further ones wait in the system's queue.
    pub(super) connections: usize,
    /// Time for the head of a request to arrive, and for a connection to be idle.
    pub(super) head: Duration,
    /// Bytes of a request's head.
    pub(super) head_bytes: usize,
    /// Time a connection may last, whatever it does.
    pub(super) lifetime: Duration,
    /// Time for the answer in flight when a connection is to end.
    pub(super) drain: Duration,
    /// Pause after the system refused a connection.
    pub(super) after_refusal: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            head: Duration::from_secs(5),
            head_bytes: 16 << 10,
            lifetime: Duration::from_mins(1),
            drain: Duration::from_secs(2),
            after_refusal: Duration::from_millis(200),
        }
    }
}
