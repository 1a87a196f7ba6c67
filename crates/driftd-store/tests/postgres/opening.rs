//! Opening a database: once, at once, or not at all.

use driftd_model::ErrorClass;
use driftd_store::{PostgresStore, StoreOptions};
use sqlx::{query, query_scalar};

use super::{Database, chain};

const VERSIONS: [&str; 9] = [
    "0001_stream",
    "0002_baselines",
    "0003_history",
    "0004_incidents",
    "0005_views",
    "0006_reader",
    "0007_tending",
    "0008_notification_log",
    "0009_alarms",
];

async fn open_error(url: &str) -> String {
    let error = PostgresStore::open(url, &StoreOptions::default()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{}", chain(&error));
    chain(&error)
}

#[tokio::test]
async fn migrating_says_what_it_did() {
    let Some(database) = Database::new("migrating_says_what_it_did") else { return };
    let migrated = driftd_store::migrate(&database.url).await.unwrap();
    assert_eq!((migrated.applied, migrated.version), (VERSIONS.map(str::to_owned).to_vec(), 9));
    let again = driftd_store::migrate(&database.url).await.unwrap();
    assert_eq!((again.applied, again.version), (Vec::new(), 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_processes_that_migrate_at_once_one_does_it() {
    let Some(database) = Database::new("of_processes_that_migrate_at_once_one_does_it") else { return };
    let at_once: Vec<_> = (0..4)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { driftd_store::migrate(&url).await.unwrap().applied.len() })
        })
        .collect();
    let opening: Vec<_> = (0..4)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { driftd_store::open(&url).await.unwrap() })
        })
        .collect();
    for store in opening {
        assert_eq!(store.await.unwrap().outbox_depth().await.unwrap(), 0);
    }
    let mut applied = Vec::new();
    for migrating in at_once {
        applied.push(migrating.await.unwrap());
    }
    // One of the eight did all of it, and the others found nothing to do.
    assert!(applied.iter().all(|n| [0, 9].contains(n)) && applied.iter().sum::<usize>() <= 9, "{applied:?}");
    assert_eq!(database.count("_sqlx_migrations").await, 9);
}

#[tokio::test]
async fn tables_of_another_driftd_are_refused_with_the_reason() {
    let Some(database) = Database::new("tables_of_another_driftd_are_refused_with_the_reason") else { return };
    database.open().await.close().await;
    query("UPDATE _sqlx_migrations SET version = 10 WHERE version = 9").execute(&database.outside).await.unwrap();
    let error = open_error(&database.url).await;
    assert!(error.contains("has tables of version 10, this build knows them up to 9"), "{error}");
    query("UPDATE _sqlx_migrations SET version = 9, checksum = '\\x00' WHERE version = 10")
        .execute(&database.outside)
        .await
        .unwrap();
    let error = open_error(&database.url).await;
    assert!(error.contains("set up by another edition of migration 9"), "{error}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    let Some(database) = Database::new("a_database_that_is_not_there_is_named") else { return };
    let (server, _) = database.url.rsplit_once('/').unwrap();
    let error = open_error(&format!("{server}/nowhere")).await;
    insta::assert_snapshot!(error, @r#"store failed: database "nowhere" does not exist: make it (createdb), or name another one under [store] url"#);
    let error = open_error(&format!("{}_role@{}", "postgres://no", server.rsplit_once('@').unwrap().1)).await;
    assert!(error.contains(r#"role "no_role" does not exist"#), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_leaves_nothing_half_done() {
    use driftd_testkit::fixtures::{Feeder, ROWS, Traffic, clock, plan, seal_all};
    let Some(database) = Database::new("a_caller_that_goes_away_leaves_nothing_half_done") else { return };
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(0)], 3);
    // Dropped at every point it may wait at, until one try gets through.
    for polls in 0.. {
        let mut left = polls;
        let mut future = store.checkpoint(&checkpoint, clock(0));
        let cut_off = std::future::poll_fn(|context| {
            if left == 0 {
                return std::task::Poll::Ready(true);
            }
            left -= 1;
            future.as_mut().poll(context).map(|landed| {
                landed.unwrap();
                false
            })
        })
        .await;
        drop(future);
        // Whatever was cut off is over, one way or the other, once somebody else gets the row.
        let landed: bool = query_scalar("SELECT next_offset IS NOT NULL FROM source_partitions FOR UPDATE")
            .fetch_one(&database.outside)
            .await
            .unwrap();
        let rows = database.count("pane_partials").await;
        assert_eq!(rows, i64::from(landed), "after {polls} polls");
        if landed {
            break;
        }
        assert!(cut_off, "it said it was done after {polls} polls");
    }
    feeder.next = checkpoint.to;
    assert_eq!(seal_all(&*store, &plan, &[], clock(0)).await[0].rows, ROWS as u64);
}
