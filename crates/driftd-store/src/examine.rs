//! What can be said of a store without changing it: whether it is there, which tables it has, whether it may be written
//! to, and what time it thinks it is.

use driftd_model::StoreError;
use driftd_window::Timestamp;

use crate::url::StoreUrl;
use crate::{postgres, sqlite};

/// A store, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The database's own name and version, such as `PostgreSQL 15.4`.
    pub server: String,
    /// Newest version of its tables; nothing where it has none yet.
    pub version: Option<i64>,
    /// Newest version that this build knows.
    pub newest: i64,
    /// Why it cannot be written to, if it cannot.
    pub read_only: Option<String>,
    /// What time it is for a server; a file has no clock.
    pub clock: Option<Timestamp>,
}

/// Looks at the store that `url` names. Nothing is made, migrated or written.
///
/// # Errors
/// Those of [`open`](crate::open), tables of a newer driftd excepted.
pub async fn examine(url: &str) -> Result<Examination, StoreError> {
    match StoreUrl::parse(url)? {
        StoreUrl::SqliteFile(path) => sqlite::examine(&path).await,
        StoreUrl::SqliteMemory => sqlite::examine(":memory:").await,
        StoreUrl::Postgres => postgres::examine(url).await,
    }
}
