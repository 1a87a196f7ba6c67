//! Opening a store to read from it: nothing is made, migrated or written.

use std::sync::Arc;

use driftd_model::{SharedStore, StoreError};

use crate::url::StoreUrl;
use crate::{PostgresStore, SqliteStore, StoreOptions};

/// Opens the store that `url` names for whoever only reads. It has to be there, with tables of this version: a writing
/// driftd makes them. Of the options only the number of connections counts.
///
/// # Errors
/// Those of [`open`](crate::open). Permanent as well: there is no such file, or its tables are of an older version.
pub async fn open_to_read(url: &str, options: &StoreOptions) -> Result<SharedStore, StoreError> {
    Ok(match StoreUrl::parse(url)? {
        StoreUrl::SqliteFile(path) => Arc::new(SqliteStore::open_to_read(&path).await?),
        StoreUrl::SqliteMemory => {
            return Err(StoreError::permanent(
                "a store in memory ends with the process that writes it: name a file or a server under [store] url",
            ));
        }
        StoreUrl::Postgres => Arc::new(Box::pin(PostgresStore::open_to_read(url, options)).await?),
    })
}
