//! What went wrong inside a store, and how the port speaks of it.

use driftd_model::StoreError;
use sqlx::postgres::PgDatabaseError;

use crate::codec::CodecError;

/// What everything inside a store returns; the port's methods say what was being done.
pub(crate) type Outcome<T> = Result<T, Failure>;

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
    /// The tables are older than this build, and nobody has asked for them to be changed.
    #[error("{0}")]
    Outdated(String),
    /// The request itself is wrong.
    #[error("{0}")]
    Refused(String),
    /// Somebody else has taken over.
    #[error("{0}")]
    Fenced(String),
    /// The database has lost what the caller had written.
    #[error("{0}")]
    WentBack(String),
    /// Another plan holds.
    #[error("{0}")]
    Superseded(String),
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

    /// Whether the transaction lost against another one and may be tried again at once.
    pub(crate) fn is_conflict(&self) -> bool {
        self.has_code(SERIALIZATION_FAILURE) || self.has_code(DEADLOCK)
    }

    /// Whether a lock did not come in time.
    pub(crate) fn is_lock_timeout(&self) -> bool {
        self.has_code(LOCK_TIMEOUT)
    }

    /// Whether a row was refused by its table, such as one for which there is no partition.
    pub(crate) fn is_check_violation(&self) -> bool {
        self.has_code(CHECK_VIOLATION)
    }

    fn has_code(&self, wanted: &str) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else {
            return false;
        };
        error.code().is_some_and(|code| code == wanted)
    }

    /// The port's error for a failure while doing `what`.
    pub(crate) fn doing(self, what: impl Into<String>) -> StoreError {
        let what = what.into();
        match self {
            Self::Fenced(why) => StoreError::Fenced(why),
            Self::WentBack(why) => StoreError::WentBack(why),
            Self::Superseded(why) => StoreError::Superseded(why),
            Self::Refused(why) => StoreError::permanent(why),
            // Somebody will migrate it, beside whoever waits for that.
            Self::Outdated(why) => StoreError::Transient { what: format!("{what}: {why}"), source: None },
            Self::Sql(error) if is_transient(&error) => {
                StoreError::Transient { what, source: Some(Box::new(Self::Sql(error))) }
            }
            other => StoreError::Permanent { what, source: Some(Box::new(other)) },
        }
    }
}

/// Whether waiting may help: locks of other processes, a full or failing disk, a server or a network that is gone.
fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                is_transient_sqlstate(&code)
            } else {
                code.parse().is_ok_and(is_transient_sqlite_code)
            }
        }
        // A connection that breaks in the middle of an answer looks like a breach of the protocol.
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

/// Classes and codes of Postgres: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn is_transient_sqlstate(code: &str) -> bool {
    const CLASSES: [&str; 3] = [
        "08", // connection
        "53", // resources: connections, memory, disk
        "58", // the system beneath the server
    ];
    const CODES: [&str; 12] = [
        "25006", // read-only: the server has become a standby
        "25P03", // idle in transaction for too long
        SERIALIZATION_FAILURE,
        "40003", // unknown whether it was done
        DEADLOCK,
        LOCK_TIMEOUT,
        "57014", // cancelled, by statement_timeout as well
        "57P01", // shut down
        "57P02", // crashed
        "57P03", // starting up
        "57P04", // the database was dropped, and may be restored
        "57P05", // idle for too long
    ];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}

const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";
const LOCK_TIMEOUT: &str = "55P03";
const CHECK_VIOLATION: &str = "23514";

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
    fn servers_and_networks_are_waited_for_and_mistakes_are_not() {
        for gone in ["08006", "08001", "40001", "40P01", "53300", "53100", "55P03", "57014", "57P01", "57P03", "58030"]
        {
            assert!(is_transient_sqlstate(gone), "{gone}");
        }
        for wrong in ["23505", "23514", "28P01", "3D000", "42501", "42601", "42P01", "22021", "XX001", ""] {
            assert!(!is_transient_sqlstate(wrong), "{wrong}");
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
