//! Databases that an older driftd wrote: before incidents had a notification log and messages had receivers, and before
//! both were called so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where something is not as it should be")]

#[path = "upgrade/alarms.rs"]
mod alarms;
#[path = "upgrade/words.rs"]
mod words;

use std::path::{Path, PathBuf};

use driftd_model::{IncidentState, NotifyReason, SharedStore, Transition};
use driftd_testkit::fixtures::{clock, plan, receivers, reconcile};
use driftd_testkit::services::postgres::Postgres;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, raw_sql};

/// The incident as it was stored, in this state and with what goes with it.
fn incident(id: &str, state: &str, resolved_at: &str) -> String {
    let feature = r#"{"feature":"x","outcome":"critical","statistic":"ks","value":0.6,"effect":0.6,"threshold":null,"n":1000,"m":400,"q_value":null,"moved":[]}"#;
    format!(
        r#"{{"id":"{id}","key":{{"monitor":"m","segment":"","kind":"drift"}},"state":"{state}","severity":"critical","first_seen":0,"last_window":["hour",0,3600000000],"opened_at":0,"acknowledged":null,"resolved_at":{resolved_at},"features":{{"x":{feature}}},"windows":1,"streaks":{{"hour":{{"bad":1,"good":0,"counted_through":3600000000}}}},"announced":["x"],"last_notified_at":0}}"#
    )
}

/// Rows of every kind that changed, for either database.
fn old_rows() -> String {
    let (open, over) = (incident("aaaa", "open", "null"), incident("bbbb", "resolved", "7200000000"));
    let hash = "0".repeat(64);
    let message = format!(
        r#"{{"schema":1,"key":"{hash}","incident":{open},"reason":{{"transition":"opened","windows":1,"severity":"critical"}},"at":0,"baseline":"base@v1","baseline_hash":"{hash}"}}"#
    );
    format!(
        r#"
        INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, resolved_at, features,
                               windows, body)
        VALUES ('aaaa', 'm', '', 'drift', 'critical', 'open', 0, 0, NULL, '["x"]', 1, '{open}'),
               ('bbbb', 'm', '', 'drift', 'critical', 'resolved', 0, 0, 7200000000, '["x"]', 1, '{over}');
        INSERT INTO incident_events (incident_id, at, transition, silenced, body)
        VALUES ('aaaa', 0, 'opened', false, '{{"transition":"opened","windows":1,"severity":"critical"}}'),
               ('aaaa', 1, 'repeated', false, '{{"transition":"repeated"}}'),
               ('bbbb', 2, 'resolved', true, '{{"transition":"resolved","by":"2 good windows"}}');
        INSERT INTO notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)
        VALUES ('k', 'r0', 'aaaa', '{message}', 'pending', 3, 0, 0);
        "#
    )
}

/// The first `count` versions of the tables, in a folder of their own.
fn versions(database: &str, count: usize) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    for script in &scripts[..count] {
        std::fs::copy(script, folder.path().join(script.file_name().unwrap())).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

async fn goes_on(store: SharedStore) {
    let (open, events) =
        store.incident(&driftd_model::IncidentId::from_stored("aaaa".to_owned())).await.unwrap().unwrap();
    assert_eq!((open.state, open.notifications, open.notification_log.len()), (IncidentState::Open, 0, 0));
    let told = Transition::Notified { why: NotifyReason::Repeated, receivers: Vec::new() };
    assert_eq!(events.iter().map(|e| &e.transition).skip(1).collect::<Vec<_>>(), [&told]);
    let (over, _) = store.incident(&driftd_model::IncidentId::from_stored("bbbb".to_owned())).await.unwrap().unwrap();
    assert!(!over.owes_an_end(), "nobody knows who heard of it");
    assert_eq!(store.notified_incidents(clock(0)).await.unwrap(), [open, over]);

    // What is still open is told, and what it is told by is not held up by a message that nobody can read any more.
    let to = receivers(1);
    let outcome = reconcile(&*store, &plan(), &to, clock(9)).await;
    assert_eq!(outcome.notifications.iter().map(|n| n.incident.id.as_str()).collect::<Vec<_>>(), ["aaaa"]);
    assert_eq!(store.outbox_depth().await.unwrap(), 2);
    let leased = store.lease("w", &to[0], 8, clock(9), clock(10)).await.unwrap();
    assert_eq!(leased.iter().map(|entry| &entry.notification).collect::<Vec<_>>(), [&outcome.notifications[0]]);
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    let (_, events) = store.incident(&outcome.notifications[0].incident.id).await.unwrap().unwrap();
    let Some(Transition::Undelivered { receiver, error }) = events.last().map(|event| &event.transition) else {
        unreachable!("{events:?}");
    };
    assert_eq!(receiver, &to[0]);
    insta::allow_duplicates! {
        insta::assert_snapshot!(error, @"never sent: it was written by a driftd with messages of version 1, and this one reads version 3 (missing field `reason` at line 1 column 641)");
    }
}

/// A SQLite file with the first `count` versions of the tables and these rows, opened by this build.
async fn upgraded_file(count: usize, rows: String) -> (SharedStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftd.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let outside = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let (_scripts, scripts) = versions("sqlite", count);
    Migrator::new(scripts).await.unwrap().run(&outside).await.unwrap();
    raw_sql(AssertSqlSafe(rows)).execute(&outside).await.unwrap();
    outside.close().await;
    (driftd_store::open(&format!("sqlite://{}", path.display())).await.unwrap(), folder)
}

/// A Postgres database, likewise; nothing where there is no Postgres.
async fn upgraded_database(count: usize, rows: String, test: &str) -> Option<SharedStore> {
    let url = Postgres::shared().map_err(|skip| skip.announce(test)).ok()?.database();
    let outside = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let (_scripts, scripts) = versions("postgres", count);
    Migrator::new(scripts).await.unwrap().run(&outside).await.unwrap();
    raw_sql(AssertSqlSafe(rows)).execute(&outside).await.unwrap();
    outside.close().await;
    Some(driftd_store::open(&url).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_an_older_driftd_goes_on() {
    let (store, _folder) = upgraded_file(7, old_rows()).await;
    goes_on(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_an_older_driftd_goes_on() {
    if let Some(store) = upgraded_database(6, old_rows(), "a_database_of_an_older_driftd_goes_on").await {
        goes_on(store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_says_told_says_notified() {
    let (store, _folder) = upgraded_file(8, words::rows()).await;
    words::are_those_of_today(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_told_says_notified() {
    if let Some(store) = upgraded_database(7, words::rows(), "a_database_that_says_told_says_notified").await {
        words::are_those_of_today(store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_memories_goes_on() {
    let (store, _folder) = upgraded_file(9, alarms::rows()).await;
    alarms::go_on(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_memories_goes_on() {
    if let Some(store) = upgraded_database(8, alarms::rows(), "a_database_without_memories_goes_on").await {
        alarms::go_on(store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_remembers_by_feature_goes_on() {
    let (store, _folder) = upgraded_file(10, alarms::rows_with_memory("x'00'")).await;
    alarms::go_on(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_remembers_by_feature_goes_on() {
    let rows = alarms::rows_with_memory(r"'\x00'::bytea");
    if let Some(store) = upgraded_database(9, rows, "a_database_that_remembers_by_feature_goes_on").await {
        alarms::go_on(store).await;
    }
}
