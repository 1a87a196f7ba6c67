//! Faults a test may order, and bugs it may plant.

use std::sync::Arc;

use driftd_model::StoreError;
use tokio::sync::Notify;

/// A write that a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// `Store::checkpoint`.
    Checkpoint,
    /// `Store::seal`.
    Seal,
    /// `Store::reconcile`.
    Reconcile,
    /// `Store::settle`.
    Settle,
}

/// When a write fails; the caller sees the same transient error either way and cannot tell which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written.
    BeforeCommit,
    /// Everything was written, and only the answer was lost.
    AfterCommit,
}

/// A defect planted on purpose, to prove that a simulation notices it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Checkpoints of owners that were replaced are accepted.
    NoEpochFence,
    /// Checkpoints are accepted whatever offset they start at.
    NoOffsetFence,
    /// The slowest partition's mark does not hold a seal back.
    IgnoresSlowestPartition,
    /// Counts are committed before the offset, so a lost answer leaves counts without their offset.
    CountsBeforeOffset,
    /// Records that came after their seal are not counted as late.
    LateRowsDropped,
    /// What is remembered is committed before the rest of a seal, so a seal that is repeated has remembered already.
    MemoriesBeforeSeal,
    /// Every window is remembered twice.
    RemembersTwice,
}

/// A store that nobody reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Every call fails at once, and may be tried again.
    Refuses,
    /// Calls come back when it is over, and have failed.
    Hangs,
}

impl Bug {
    /// Every plantable defect.
    pub const ALL: [Self; 7] = [
        Self::NoEpochFence,
        Self::NoOffsetFence,
        Self::IgnoresSlowestPartition,
        Self::CountsBeforeOffset,
        Self::LateRowsDropped,
        Self::MemoriesBeforeSeal,
        Self::RemembersTwice,
    ];
}

impl Outage {
    /// What a call fails with meanwhile; `over` tells calls that hang when it is over.
    pub(super) fn answer(self, over: &Arc<Notify>) -> impl Future<Output = StoreError> + Send + use<> {
        let over = Arc::clone(over).notified_owned();
        async move {
            if self == Self::Hangs {
                over.await;
            }
            StoreError::Transient { what: "nobody listens, as ordered".to_owned(), source: None }
        }
    }
}

impl Fault {
    /// What the caller sees.
    pub(super) fn error(operation: Operation) -> StoreError {
        StoreError::Transient { what: format!("{operation:?} lost its connection, as ordered"), source: None }
    }
}
