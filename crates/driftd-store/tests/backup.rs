//! Backup and restore, by the commands that the documentation names: what was read since the backup is read again, and
//! the history is the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where something is not as it should be")]

use driftd_model::{HistoryQuery, HistoryRow, MonitorPlan, SealedPane, SharedStore, Store, StoreError};
use driftd_testkit::fixtures::{CRITICAL, Feeder, Traffic, clock, hour, id_of, plan, receivers, seal_all};
use driftd_testkit::services::postgres::Postgres;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, query};

/// Records of twelve hours, of which the later half drifted.
fn traffic() -> Vec<Traffic> {
    (1..13).map(|hour| if hour > 6 { Traffic::at(hour).shifted(CRITICAL * 1.5) } else { Traffic::at(hour) }).collect()
}

/// Counts and seals hour by hour from where the store stands, up to `until`.
async fn work(store: &dyn Store, plan: &MonitorPlan, until: usize) {
    let mut feeder = Feeder::claim(store, 0).await;
    let mut passed = 0;
    for traffic in traffic().into_iter().take(until) {
        passed += traffic.rows as i64;
        if feeder.next.0 < passed {
            feeder.feed(store, plan, &[traffic], traffic.hour + 1).await;
            seal_all(store, plan, &receivers(1), clock(traffic.hour + 1)).await;
        }
    }
}

/// All that was sealed, judged and decided.
async fn everything(store: &dyn Store, plan: &MonitorPlan) -> (Vec<SealedPane>, Vec<HistoryRow>, Vec<String>, u64) {
    let incidents = store.incidents(None).await.unwrap();
    (
        store.sealed_panes(&id_of(plan), hour(0), hour(100)).await.unwrap(),
        store.history(&HistoryQuery::default()).await.unwrap(),
        incidents.iter().map(|row| format!("{row:?}")).collect(),
        store.outbox_depth().await.unwrap(),
    )
}

/// Works until the fifth hour, backs up, works on, and works from the backup as far: both have the same.
async fn is_the_same(store: &SharedStore, restored: impl AsyncFnOnce() -> SharedStore) {
    let plan = plan();
    work(&**store, &plan, 8).await;
    let restored = restored().await;
    // What comes now is lost with the database.
    work(&**store, &plan, 12).await;
    let zombie = Feeder::claim(&**store, 0).await;
    let undisturbed = everything(&**store, &plan).await;
    assert!(!undisturbed.2.is_empty() && undisturbed.0.len() > 10, "{undisturbed:?}");
    assert_ne!(everything(&*restored, &plan).await, undisturbed);
    work(&*restored, &plan, 12).await;
    assert_eq!(everything(&*restored, &plan).await, undisturbed);
    // A worker that goes on with what it knew of the database before is refused.
    let checkpoint = zombie.checkpoint(&[&plan], &[Traffic::at(20)], 21);
    let refused = restored.checkpoint(&checkpoint, clock(21)).await.unwrap_err();
    assert!(matches!(refused, StoreError::WentBack(_)), "{refused:?}");
    restored.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_sqlite_file_goes_on_as_the_file_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let store = driftd_store::open(&format!("sqlite://{}", path("driftd.db"))).await.unwrap();
    is_the_same(&store, async || {
        // As `sqlite3 driftd.db "VACUUM INTO 'copy.db'"` does, beside a daemon that has the file open.
        let mut outside = SqliteConnectOptions::new().filename(path("driftd.db")).connect().await.unwrap();
        query("VACUUM INTO ?").bind(path("copy.db")).execute(&mut outside).await.unwrap();
        driftd_store::open(&format!("sqlite://{}", path("copy.db"))).await.unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_postgres_goes_on_in_another_database() {
    let server = match Postgres::shared() {
        Ok(server) => server,
        Err(skip) => return skip.announce("backup::a_dump_of_postgres_goes_on_in_another_database"),
    };
    let (url, other) = (server.database(), server.database());
    let store = driftd_store::open(&url).await.unwrap();
    is_the_same(&store, async || {
        // As `pg_dump driftd | psql restored` does.
        server.run_script(&other, &server.dump(&url));
        driftd_store::open(&other).await.unwrap()
    })
    .await;
}
