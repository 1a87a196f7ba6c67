//! What went wrong inside a store, and how the port speaks of it.

use driftd_model::StoreError;

use crate::codec::CodecError;

/// A failure on its way out of a store; [`Failure::doing`] adds what was being done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database said no.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// A stored state that cannot be read.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A stored document that cannot be read.
    #[error("{what} in the store is damaged: restore the database from a backup")]
    Damaged {
        /// Which value, and where.
        what: String,
        /// What its reader said, if anything.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The request itself is wrong.
    #[error("{0}")]
    Refused(String),
    /// Somebody else has taken over.
    #[error("{0}")]
    Fenced(String),
}

impl Failure {
    /// A stored value nobody could have written.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into(), source: None }
    }

    /// A stored value its reader did not understand.
    pub(crate) fn unreadable(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Damaged { what: what.into(), source: Some(source.into()) }
    }

    /// The port's error for a failure while doing `what`.
    pub(crate) fn doing(self, what: impl Into<String>) -> StoreError {
        let what = what.into();
        match self {
            Self::Fenced(why) => StoreError::Fenced(why),
            Self::Refused(why) => StoreError::permanent(why),
            Self::Sql(error) if is_transient(&error) => {
                StoreError::Transient { what, source: Some(Box::new(Self::Sql(error))) }
            }
            other => StoreError::Permanent { what, source: Some(Box::new(other)) },
        }
    }
}

/// Whether waiting may help: locks of other processes, a full or failing disk, no free connection.
fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse().ok());
            code.is_some_and(is_transient_sqlite_code)
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// Extended result codes of SQLite carry the primary one in their low byte: <https://www.sqlite.org/rescode.html>.
fn is_transient_sqlite_code(extended: u32) -> bool {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const NO_MEMORY: u32 = 7;
    const INTERRUPTED: u32 = 9;
    const IO_ERROR: u32 = 10;
    const DISK_FULL: u32 = 13;
    const LOCK_PROTOCOL: u32 = 15;
    matches!(extended & 0xff, BUSY | LOCKED | NO_MEMORY | INTERRUPTED | IO_ERROR | DISK_FULL | LOCK_PROTOCOL)
}

#[cfg(test)]
mod tests {
    use driftd_model::ErrorClass;

    use super::*;

    #[test]
    fn locks_and_disks_are_waited_for_and_constraints_are_not() {
        for busy in [5, 517, 6, 262, 10, 3338, 13] {
            assert!(is_transient_sqlite_code(busy), "{busy}");
        }
        for wrong in [1, 8, 11, 14, 19, 1555, 2067, 26] {
            assert!(!is_transient_sqlite_code(wrong), "{wrong}");
        }
    }

    #[test]
    fn failures_keep_their_class_and_say_what_was_being_done() {
        let timed_out = Failure::from(sqlx::Error::PoolTimedOut).doing("claim orders/3");
        assert_eq!(timed_out.class(), ErrorClass::Transient);
        assert_eq!(timed_out.to_string(), "store unavailable: claim orders/3");
        let refused = Failure::Refused("no baseline a@v1".into()).doing("activate");
        assert_eq!(refused.class(), ErrorClass::Permanent);
        assert_eq!(refused.to_string(), "store failed: no baseline a@v1");
        assert_eq!(Failure::Fenced("epoch 2".into()).doing("checkpoint").class(), ErrorClass::Fenced);
        assert_eq!(Failure::damaged("incident 12").doing("read").class(), ErrorClass::Permanent);
    }
}
