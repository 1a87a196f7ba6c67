//! Opening a database: once, at once, or not at all.

use driftd_model::ErrorClass;
use driftd_store::{PostgresStore, StoreOptions};
use sqlx::{query, query_scalar};

use super::{Database, chain};

/// Names of the scripts that make the tables, oldest first.
fn versions() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let scripts = std::fs::read_dir(folder).unwrap().map(|script| script.unwrap().path());
    let mut names: Vec<String> =
        scripts.map(|script| script.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Number of the newest of them.
fn newest_version() -> i64 {
    versions().last().unwrap().split_once('_').unwrap().0.parse().unwrap()
}

async fn open_error(url: &str) -> String {
    let error = PostgresStore::open(url, &StoreOptions::default()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{}", chain(&error));
    chain(&error)
}

#[tokio::test]
async fn migrating_says_what_it_did() {
    let Some(database) = Database::new("migrating_says_what_it_did") else { return };
    let migrated = driftd_store::migrate(&database.url).await.unwrap();
    let newest = newest_version();
    assert_eq!((migrated.applied, migrated.version), (versions(), newest));
    let again = driftd_store::migrate(&database.url).await.unwrap();
    assert_eq!((again.applied, again.version), (Vec::new(), newest));
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
    let all = versions().len();
    assert!(applied.iter().all(|n| [0, all].contains(n)) && applied.iter().sum::<usize>() <= all, "{applied:?}");
    assert_eq!(database.count("_sqlx_migrations").await, all as i64);
}

#[tokio::test]
async fn tables_of_another_driftd_are_refused_with_the_reason() {
    let Some(database) = Database::new("tables_of_another_driftd_are_refused_with_the_reason") else { return };
    database.open().await.close().await;
    let newest = newest_version();
    query("UPDATE _sqlx_migrations SET version = $1 + 1 WHERE version = $1")
        .bind(newest)
        .execute(&database.outside)
        .await
        .unwrap();
    let error = open_error(&database.url).await;
    let too_new = format!("has tables of version {}, this build knows them up to {newest}", newest + 1);
    assert!(error.contains(&too_new), "{error}");
    query("UPDATE _sqlx_migrations SET version = $1, checksum = '\\x00' WHERE version = $1 + 1")
        .bind(newest)
        .execute(&database.outside)
        .await
        .unwrap();
    let error = open_error(&database.url).await;
    assert!(error.contains(&format!("set up by another edition of migration {newest}")), "{error}");
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
