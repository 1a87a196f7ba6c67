//! A receiver that was away for long: ten thousand messages wait for it, and a lease takes no longer for that.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where something is not as it should be")]

use std::time::{Duration, Instant};

use driftd_model::{Settlement, SharedStore};
use driftd_testkit::fixtures::{CRITICAL, Feeder, Traffic, clock, plan, receivers, seal_all};
use driftd_testkit::services::postgres::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, raw_sql};

const ROWS: usize = 10_000;
/// What a lease may take on a machine that is busy with other tests; it takes one or two milliseconds on an idle one.
const BOUND: Duration = Duration::from_millis(25);

/// Copies of the only message, of that many incidents, for either database.
fn copies(incidents: usize) -> String {
    format!(
        "INSERT INTO notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
         SELECT 'k' || i, o.receiver, 'i' || (i % {incidents}), o.body, 'pending', 0, o.created_at, o.due_at + i
         FROM n CROSS JOIN notification_outbox AS o WHERE o.key NOT LIKE 'k%';"
    )
}

/// One message for one receiver.
async fn told(store: &SharedStore) {
    let plan = plan();
    Feeder::claim(&**store, 0).await.feed(&**store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(&**store, &plan, &receivers(1), clock(1)).await;
}

/// The median time of some leases of eight, of which each found `expected` messages; what they took is settled by
/// `settlement`, if there is one.
async fn median(store: &SharedStore, now: i64, expected: usize, settlement: Option<Settlement>) -> Duration {
    let receiver = &receivers(1)[0];
    let mut taken = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        let held = store.lease("w", receiver, 8, clock(now), clock(now + 1)).await.unwrap();
        taken.push(begun.elapsed());
        assert_eq!(held.len(), expected);
        for entry in held {
            if let Some(settlement) = &settlement {
                assert!(store.settle("w", entry.id, settlement, clock(now)).await.unwrap());
            }
        }
    }
    taken.sort();
    taken[10]
}

/// Leases from queues of every shape: what there is to take, and what keeps it from being taken.
async fn every_queue_is_leased_fast(store: SharedStore, run: impl AsyncFn(String)) {
    told(&store).await;
    for incidents in [ROWS, 1_000] {
        run(copies(incidents)).await;
        let whole = median(&store, 5, 8, Some(Settlement::Delivered)).await;
        // Leased and not settled: what stands in front of the queue is somebody else's.
        let held = median(&store, 5, 8, None).await;
        // The receiver is away: what was tried waits, and what stands behind it with it.
        let retried = median(&store, 7, 8, Some(Settlement::RetryAt { at: clock(50), error: "503".into() })).await;
        run(format!("UPDATE notification_outbox SET due_at = {} WHERE state = 'pending'", clock(90).as_micros())).await;
        let away = median(&store, 8, 0, None).await;
        for (what, took) in [("whole", whole), ("held", held), ("retried", retried), ("away", away)] {
            assert!(took < BOUND, "{what}, {incidents} incidents: {took:?}");
        }
        run("DELETE FROM notification_outbox WHERE key LIKE 'k%'".to_owned()).await;
    }
    // The worst there is: everything is due, and all of it stands behind the few that are under way.
    run(copies(8)).await;
    let heads = store.lease("other", &receivers(1)[0], 99, clock(5), clock(6)).await.unwrap();
    assert_eq!(heads.len(), 8);
    let blocked = median(&store, 5, 0, None).await;
    assert!(blocked < 10 * BOUND, "{blocked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_queue_in_a_file_is_leased_fast() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftd.db");
    let store = driftd_store::open(&format!("sqlite://{}", path.display())).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&path);
    let outside = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let run = async |sql: String| {
        raw_sql(AssertSqlSafe(sql)).execute(&outside).await.unwrap();
    };
    every_queue_is_leased_fast(store, run).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_queue_on_a_server_is_leased_fast() {
    let url = match Postgres::shared() {
        Ok(server) => server.database(),
        Err(skip) => return skip.announce("a_long_queue_on_a_server_is_leased_fast"),
    };
    let store = driftd_store::open(&url).await.unwrap();
    let outside = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let run = async |sql: String| {
        raw_sql(AssertSqlSafe(sql)).execute(&outside).await.unwrap();
    };
    every_queue_is_leased_fast(store, run).await;
}
