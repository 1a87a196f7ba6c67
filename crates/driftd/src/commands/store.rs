//! Maintenance of the store: `driftd migrate` and `driftd retain`.

use driftd_engine::{Clock, SystemClock};
use driftd_model::words;

use crate::cli::ConfigFiles;
use crate::commands::Exit;
use crate::setup;
use crate::stores::Stores;

/// Brings the tables up to date.
pub(super) async fn migrate(files: &ConfigFiles) -> anyhow::Result<Exit> {
    let config = setup::config(files)?;
    let migrated = driftd_store::migrate(&setup::address(&config)).await?;
    if migrated.applied.is_empty() {
        eprintln!("the store's schema is up to date, version {}", migrated.version);
    } else {
        eprintln!("the store's schema is now version {}: added {}", migrated.version, migrated.applied.join(", "));
    }
    Ok(Exit::Ok)
}

/// Drops what is older than the configuration wants it kept, as the daemon does every hour.
pub(super) async fn retain(files: &ConfigFiles, stores: &Stores) -> anyhow::Result<Exit> {
    let config = setup::config(files)?;
    let store = stores.configured(&config).await?;
    let dropped = store.retain(&setup::retention(&config), SystemClock.now()).await?;
    let kinds = [
        (dropped.partials, "partial count", "partial counts"),
        (dropped.panes, "sealed pane", "sealed panes"),
        (dropped.windows, "window", "windows"),
        (dropped.incidents, "incident", "incidents"),
        (dropped.notifications, "notification", "notifications"),
        (dropped.dead_letters, "dead letter", "dead letters"),
    ];
    let said: Vec<String> =
        kinds.iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| words::counted(*n, one, many)).collect();
    if said.is_empty() {
        eprintln!("nothing is old enough to be dropped");
    } else {
        eprintln!("dropped: {}", said.join(", "));
    }
    Ok(Exit::Ok)
}
