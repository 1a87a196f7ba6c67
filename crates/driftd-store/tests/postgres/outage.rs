//! Servers that go away and come back.

use std::time::{Duration, Instant};

use driftd_model::{Checkpoint, Claimant, ErrorClass, MonitorReconciler, Offset, SharedStore};
use driftd_testkit::fixtures::{Feeder, NOBODY, Traffic, clock, hour, id_of, plan, receivers, seal_all, topic};
use driftd_testkit::services::postgres::{Postgres, PostgresOptions};
use sqlx::{Connection, PgConnection, query};

use super::{Database, TIMEOUT, chain};

/// A server of one's own.
fn server(test: &str) -> Option<Postgres> {
    match Postgres::start(PostgresOptions { max_connections: 20, ..PostgresOptions::default() }) {
        Ok(server) => Some(server),
        Err(skip) => {
            skip.announce(test);
            None
        }
    }
}

/// Every call, each of which has to say that it may be tried again.
async fn all_calls_are_transient(store: &SharedStore, checkpoint: &Checkpoint) {
    let errors = [
        store.claim(&topic(), checkpoint.partition, &Claimant::named("w"), clock(0)).await.err(),
        store.checkpoint(checkpoint, clock(0)).await.err(),
        store.sweep_late(&id_of(&plan())).await.err(),
        store.lease("w", &receivers(1)[0], 1, clock(0), clock(1)).await.err(),
        store.notified_incidents(clock(0)).await.err(),
        store.reconcile(&MonitorReconciler::new(&plan(), &NOBODY, None, clock(0))).await.err(),
        store.outbox_depth().await.err(),
    ];
    for error in errors {
        let Some(error) = error else { panic!("there is no server, and yet an answer") };
        assert_eq!(error.class(), ErrorClass::Transient, "{}", chain(&error));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_is_waited_for_and_found_again() {
    let Some(server) = server("a_server_that_goes_away_is_waited_for_and_found_again") else { return };
    let database = Database::at(server.database());
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for (h, kill) in [(1, false), (2, true)] {
        feeder.feed(&*store, &plan, &[Traffic::at(h)], h).await;
        let next = feeder.checkpoint(&[&plan], &[Traffic::at(h).rows(5)], h);
        if kill {
            server.kill();
        } else {
            server.stop();
        }
        if kill {
            let error = driftd_store::open(&database.url).await.map(|_| ()).unwrap_err();
            assert_eq!(error.class(), ErrorClass::Transient, "{}", chain(&error));
            all_calls_are_transient(&store, &next).await;
        } else {
            let begun = Instant::now();
            let error = store.checkpoint(&next, clock(0)).await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::Transient, "{}", chain(&error));
            assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
        }
        server.start_again();
        // The very next call finds the server, on connections that the old one has cut.
        store.checkpoint(&next, clock(0)).await.unwrap();
        feeder.next = next.to;
    }
    feeder.feed(&*store, &plan, &[], 9).await;
    let rows: u64 = seal_all(&*store, &plan, &[], clock(0)).await.iter().map(|s| s.rows).sum();
    assert_eq!(rows, feeder.next.0 as u64);
}

/// A task that writes while its server is killed again and again: what it is told is that it may try again, or that it
/// is behind what has landed already.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_killed_under_load_loses_and_doubles_nothing() {
    const CHECKPOINTS: i64 = 300;
    let Some(server) = server("a_server_that_is_killed_under_load_loses_and_doubles_nothing") else { return };
    let database = Database::at(server.database());
    let store = database.open().await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            let plan = plan();
            let mut feeder = Feeder::claim(&*store, 0).await;
            let deadline = Instant::now() + TIMEOUT;
            while feeder.next < Offset(10 * CHECKPOINTS) {
                let turn = feeder.next.0 / 10;
                let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(turn % 7).rows(10)], 0);
                match store.checkpoint(&checkpoint, clock(0)).await {
                    Ok(()) => feeder.next = checkpoint.to,
                    Err(error) if error.class() == ErrorClass::Fenced => {
                        // An answer was lost, not a commit.
                        let row = &store.partitions(&topic()).await.unwrap()[0];
                        assert_eq!((row.epoch, row.next_offset), (feeder.epoch, Some(checkpoint.to)), "{error}");
                        feeder.next = checkpoint.to;
                    }
                    Err(error) => {
                        assert_eq!(error.class(), ErrorClass::Transient, "{}", chain(&error));
                    }
                }
                assert!(Instant::now() < deadline, "stuck at {}", feeder.next);
            }
            feeder
        }
    });
    for kills in 1..=3_i64 {
        let deadline = Instant::now() + TIMEOUT;
        let reached = |rows: &[driftd_model::PartitionRow]| {
            rows.first().and_then(|row| row.next_offset).is_some_and(|next| next.0 >= kills * CHECKPOINTS * 2)
        };
        while !store.partitions(&topic()).await.is_ok_and(|rows| reached(&rows)) {
            assert!(Instant::now() < deadline, "the task does not get on");
            tokio::task::yield_now().await;
        }
        assert!(!writing.is_finished(), "nobody writes any more");
        tokio::task::block_in_place(|| {
            server.kill();
            server.start_again();
        });
    }
    let mut feeder = writing.await.unwrap();
    let plan = plan();
    feeder.feed(&*store, &plan, &[], 20).await;
    let rows: u64 = seal_all(&*store, &plan, &[], clock(0)).await.iter().map(|s| s.rows).sum();
    assert_eq!(rows, 10 * CHECKPOINTS as u64);
    assert_eq!(store.sealed_panes(&id_of(&plan), hour(0), hour(20)).await.unwrap().len(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_free_connection_is_waited_for() {
    let Some(server) = server("a_server_without_a_free_connection_is_waited_for") else { return };
    let database = Database::at(server.database());
    let store = database.open().await;
    store.outbox_depth().await.unwrap();
    // A second process comes when the first and some strangers have everything.
    let mut strangers = Vec::new();
    while let Ok(stranger) = PgConnection::connect(&database.url).await {
        strangers.push(stranger);
    }
    let error = driftd_store::open(&database.url).await.map(|_| ()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{}", chain(&error));
    for stranger in strangers {
        stranger.close().await.unwrap();
    }
    driftd_store::open(&database.url).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_does_not_come_is_given_up() {
    let Some(database) = Database::new("a_lock_that_does_not_come_is_given_up") else { return };
    let store = database.open().await;
    let feeder = Feeder::claim(&*store, 0).await;
    let mut held = database.outside.begin().await.unwrap();
    query("SELECT 1 FROM source_partitions FOR UPDATE").execute(&mut *held).await.unwrap();
    let checkpoint = feeder.checkpoint(&[&plan()], &[Traffic::at(1)], 3);
    let error = store.checkpoint(&checkpoint, clock(0)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(chain(&error).contains("lock timeout"), "{}", chain(&error));
    held.rollback().await.unwrap();
    store.checkpoint(&checkpoint, clock(0)).await.unwrap();
}
