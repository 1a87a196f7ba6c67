//! The stores that a command opens, and their end.

use std::sync::{Arc, Mutex, PoisonError};

use driftd_config::{Config, Migrate};
use driftd_model::{ReadStore, SharedStore};
use driftd_store::{Migrations, StoreOptions};

use crate::setup;

/// Opens stores, and closes them however the command that uses them ends: what was written to a file is then one file
/// that can be copied.
#[derive(Default)]
pub(crate) struct Stores {
    opened: Mutex<Vec<SharedStore>>,
}

impl Stores {
    /// The configured store, its schema up to date; an older one only where the configuration lets it be migrated.
    pub(crate) async fn configured(&self, config: &Config) -> anyhow::Result<SharedStore> {
        let migrations = match config.store.migrate {
            Migrate::Auto => Migrations::AtOpening,
            Migrate::Never => Migrations::WhenAsked,
        };
        let options = StoreOptions { max_connections: u32::from(config.store.max_connections), migrations };
        Ok(self.keep(driftd_store::open_with(&setup::address(config), &options).await?))
    }

    /// The configured store for whoever only reads: it is there already, and is left as it is.
    pub(crate) async fn to_read(&self, config: &Config) -> anyhow::Result<Arc<dyn ReadStore>> {
        let options =
            StoreOptions { max_connections: u32::from(config.store.max_connections), ..StoreOptions::default() };
        Ok(self.keep(driftd_store::open_to_read(&setup::address(config), &options).await?))
    }

    /// The store at `url`.
    pub(crate) async fn open(&self, url: &str) -> anyhow::Result<SharedStore> {
        Ok(self.keep(driftd_store::open(url).await?))
    }

    /// Closes every store that was opened here.
    pub(crate) async fn close(self) {
        for store in self.opened.into_inner().unwrap_or_else(PoisonError::into_inner) {
            store.close().await;
        }
    }

    fn keep(&self, store: SharedStore) -> SharedStore {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&store));
        store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stores_are_closed_by_whom_they_were_opened() {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let (ours, theirs) = (Stores::default(), Stores::default());
        let (closed, open) = (ours.open(&url("closed.db")).await.unwrap(), theirs.open(&url("open.db")).await.unwrap());
        for store in [&closed, &open] {
            assert!(store.baselines().await.unwrap().is_empty());
        }
        ours.close().await;
        assert!(closed.baselines().await.is_err(), "a store that is closed answers no more");
        assert!(open.baselines().await.unwrap().is_empty(), "a store of somebody else goes on");
        let names = |prefix: &str| {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            entries.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(prefix)).count()
        };
        assert_eq!(names("closed.db"), 1, "what was written is one file");
        theirs.close().await;
        assert_eq!(names("open.db"), 1);
    }
}
