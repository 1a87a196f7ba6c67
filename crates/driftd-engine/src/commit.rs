//! Committing one checkpoint: tried until it has landed, or somebody else owns the partition.

use driftd_model::{Checkpoint, ErrorClass, Store, StoreError};
use driftd_window::Timestamp;

use crate::CheckpointOutcome;

/// The commit of one checkpoint, over as many attempts as it takes.
///
/// A commit whose answer was lost may have landed. Trying again is then refused by the fence, and reading the partition
/// tells: my epoch, and the offset at the checkpoint's end.
#[derive(Debug)]
pub struct Commit {
    checkpoint: Checkpoint,
    is_doubtful: bool,
}

impl Commit {
    /// A commit that has not been tried.
    #[must_use]
    pub const fn new(checkpoint: Checkpoint) -> Self {
        Self { checkpoint, is_doubtful: false }
    }

    /// What is to be committed.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Whether an attempt failed in a way that leaves open whether it has landed.
    #[must_use]
    pub const fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// Tries once. After a transient error it is to be tried again; any other answer is the last.
    ///
    /// # Errors
    /// The store's; nothing was written then, or it is not known yet whether it was.
    pub async fn attempt(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        match store.checkpoint(&self.checkpoint, now).await {
            Err(error @ StoreError::Fenced(_)) if self.is_doubtful => {
                if self.has_landed(store).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            answer => {
                self.is_doubtful |= answer.as_ref().is_err_and(|error| error.class() == ErrorClass::Transient);
                answer
            }
        }
    }

    async fn has_landed(&self, store: &dyn Store) -> Result<bool, StoreError> {
        let rows = store.partitions(&self.checkpoint.topic).await?;
        let mine = rows.iter().find(|row| row.partition == self.checkpoint.partition);
        let end = Some(self.checkpoint.to);
        Ok(mine.is_some_and(|row| row.epoch == self.checkpoint.epoch && row.next_offset == end))
    }
}

impl CheckpointOutcome {
    /// What the last answer to a commit means for its task.
    #[must_use]
    pub const fn of(answer: &Result<(), StoreError>) -> Self {
        match answer {
            Ok(()) => Self::Landed,
            Err(StoreError::Fenced(_)) => Self::Fenced,
            Err(StoreError::WentBack(_)) => Self::WentBack,
            Err(StoreError::Superseded(_)) => Self::Superseded,
            Err(_) => Self::Failed,
        }
    }
}
