//! What is SQLite's own: the file, its views, its bounds, and what is damaged.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where something is not as it should be")]

use driftd_model::{
    DeadLetter, ErrorClass, HistoryQuery, MonitorSealer, Offset, ReadStore, SealTime, SharedStore, StoreError,
};
use driftd_store::SqliteStore;
use driftd_testkit::fixtures::{
    CRITICAL, Feeder, NOBODY, Traffic, baseline, clock, hour, id_of, plan, receivers, seal_all,
};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Row, SqlitePool, query, query_as, query_scalar};

/// A file, a store on it, and a connection of somebody who looks into the file from outside.
struct Seen {
    _folder: tempfile::TempDir,
    path: String,
    store: SharedStore,
    outside: SqlitePool,
}

async fn seen() -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftd.db").to_str().unwrap().to_owned();
    let store = driftd_store::open(&format!("sqlite://{path}")).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&path);
    let outside = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    Seen { _folder: folder, path, store, outside }
}

async fn open_error(path: &str) -> String {
    let error = SqliteStore::open(path).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    error.to_string()
}

fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn the_file_keeps_a_write_ahead_log_and_its_tables_are_strict() {
    let seen = seen().await;
    let mode: String = query_scalar("PRAGMA journal_mode").fetch_one(&seen.outside).await.unwrap();
    assert_eq!(mode, "wal");
    let loose: Vec<String> = query_scalar(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0
         AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'",
    )
    .fetch_all(&seen.outside)
    .await
    .unwrap();
    assert_eq!(loose, [""; 0]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let seen = seen().await;
    Feeder::claim(&*seen.store, 0).await;
    for file in [seen.path.clone(), format!("{}-wal", seen.path), format!("{}-shm", seen.path)] {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_closed_database_is_one_file() {
    let seen = seen().await;
    Feeder::claim(&*seen.store, 0).await;
    seen.outside.close().await;
    seen.store.close().await;
    assert!(!std::fs::exists(format!("{}-wal", seen.path)).unwrap());
    assert_eq!(Feeder::claim(&SqliteStore::open(&seen.path).await.unwrap(), 0).await.epoch.0, 2);
}

#[tokio::test]
async fn files_that_are_no_database_of_this_build_are_refused_with_the_reason() {
    let seen = seen().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/folder/driftd.db");
    let error = open_error(missing.to_str().unwrap()).await;
    assert!(error.contains("check that its folder exists"), "{error}");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "these are notes and no database at all, and they are long enough to be read\n".repeat(20))
        .unwrap();
    let error = open_error(text.to_str().unwrap()).await;
    assert!(error.contains("is not a SQLite database"), "{error}");
    let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let names = std::fs::read_dir(scripts).unwrap().map(|script| script.unwrap().file_name());
    let newest: i64 = names.map(|name| name.to_str().unwrap()[..4].parse().unwrap()).max().unwrap();
    query("UPDATE _sqlx_migrations SET version = ?1 + 1 WHERE version = ?1")
        .bind(newest)
        .execute(&seen.outside)
        .await
        .unwrap();
    let error = open_error(&seen.path).await;
    let too_new = format!("has tables of version {}, this build knows them up to {newest}", newest + 1);
    assert!(error.contains(&too_new), "{error}");
    query("UPDATE _sqlx_migrations SET version = ?1, checksum = x'00' WHERE version = ?1 + 1")
        .bind(newest)
        .execute(&seen.outside)
        .await
        .unwrap();
    let error = open_error(&seen.path).await;
    assert!(error.contains(&format!("set up by another edition of migration {newest}")), "{error}");
}

#[tokio::test]
async fn the_views_say_what_the_port_says_in_words_of_people() {
    let seen = seen().await;
    let Seen { store, outside, .. } = &seen;
    let plan = plan();
    let mut feeder = Feeder::claim(&**store, 0).await;
    let traffic = [Traffic::at(0).shifted(CRITICAL), Traffic::at(1), Traffic::at(2)];
    feeder.feed(&**store, &plan, &traffic, 4).await;
    seal_all(&**store, &plan, &receivers(1), clock(5)).await;

    let rows = query("SELECT * FROM drift_history ORDER BY window_end, segment, window_name, feature, statistic")
        .fetch_all(outside)
        .await
        .unwrap();
    let columns: Vec<&str> = rows[0].columns().iter().map(sqlx::Column::name).collect();
    insta::assert_snapshot!(columns.join(", "), @"monitor, segment, window_name, window_start, window_end, feature, statistic, value, certified_error, n, m, p_value, q_value, warn, critical, outcome, baseline, sealed_at, expected, net, phi, healthy_windows, level, previous_value, previous_p, day_value, day_p, week_value, week_p");
    let history = store.history(&HistoryQuery::default()).await.unwrap();
    assert_eq!(rows.len(), history.len());
    for (row, expected) in rows.iter().zip(&history) {
        assert_eq!(row.get::<String, _>("window_end"), expected.window_end.to_string());
        assert_eq!(row.get::<String, _>("sealed_at"), "1970-01-01T05:00:00Z");
        assert_eq!(row.get::<Option<f64>, _>("value"), expected.value);
        assert_eq!(row.get::<Option<String>, _>("outcome"), expected.outcome.map(|o| o.as_str().to_owned()));
        assert_eq!(row.get::<i64, _>("m"), expected.m as i64);
    }

    let row = query("SELECT * FROM incident_history").fetch_one(outside).await.unwrap();
    let columns: Vec<&str> = row.columns().iter().map(sqlx::Column::name).collect();
    insta::assert_snapshot!(columns.join(", "), @"incident_id, monitor, segment, kind, severity, state, opened_at, acknowledged_at, resolved_at, features, windows");
    assert_eq!(row.get::<String, _>("opened_at"), "1970-01-01T05:00:00Z");
    assert_eq!(row.get::<Option<String>, _>("acknowledged_at"), None);
    assert_eq!(row.get::<String, _>("features"), r#"["x"]"#);

    store.put_baseline(&"base".parse().unwrap(), baseline(0), clock(0)).await.unwrap();
    let profile: Vec<(String, String, String, String, i64, i64)> =
        query_as("SELECT baseline, feature, role, kind, rows, missing FROM feature_profile ORDER BY feature")
            .fetch_all(outside)
            .await
            .unwrap();
    let text = |v: &str| v.to_owned();
    assert_eq!(
        profile,
        [
            (text("base@v1"), text("c"), text("feature"), text("categorical"), 1000, 0),
            (text("base@v1"), text("x"), text("feature"), text("numeric"), 1000, 0),
        ]
    );
}

#[tokio::test]
async fn instants_of_any_precision_and_age_read_as_their_display() {
    let seen = seen().await;
    let Seen { outside, .. } = &seen;
    let insert = "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, features,
                                         windows, body)
                  VALUES (?, 'm', ?, 'drift', 'warning', 'open', 0, ?, '[]', 1, '{}')";
    let instants = [0, 1, -1, 1_000, -1_000, 999_999, 1_372_636_800_000_000, -62_135_596_800_000_000, i64::MAX];
    for (id, micros) in instants.into_iter().enumerate() {
        let id = format!("{id:02}");
        query(insert).bind(&id).bind(&id).bind(micros).execute(outside).await.unwrap();
    }
    let shown: Vec<String> =
        query_scalar("SELECT opened_at FROM incident_history ORDER BY incident_id").fetch_all(outside).await.unwrap();
    let expected: Vec<String> =
        instants.iter().map(|micros| driftd_window::Timestamp::from_micros(*micros).to_string()).collect();
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn the_newest_thousand_rejects_of_a_topic_are_kept() {
    let seen = seen().await;
    let Seen { store, outside, .. } = &seen;
    let mut feeders = vec![Feeder::claim(&**store, 0).await];
    feeders.push(Feeder::claim_of(&**store, "payments".into(), 0).await);
    for feeder in &mut feeders {
        for turn in 0..3 {
            let mut checkpoint = feeder.checkpoint(&[&plan()], &[], 0);
            checkpoint.to.0 += 500;
            checkpoint.samples = (0..500)
                .map(|i| DeadLetter { offset: Offset(turn * 500 + i), reason: "r".into(), detail: "d".into() })
                .collect();
            feeder.write(&**store, &checkpoint).await.unwrap();
        }
    }
    let kept: Vec<(String, i64, i64, i64)> = query_as(
        "SELECT topic, count(*), min(at_offset), max(at_offset) FROM dead_letters GROUP BY topic ORDER BY topic",
    )
    .fetch_all(outside)
    .await
    .unwrap();
    assert_eq!(kept, [("orders".into(), 1000, 500, 1499), ("payments".into(), 1000, 500, 1499)]);
}

#[tokio::test]
async fn every_try_to_deliver_is_written_down() {
    let seen = seen().await;
    let Seen { store, outside, .. } = &seen;
    let plan = plan();
    Feeder::claim(&**store, 0).await.feed(&**store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(&**store, &plan, &receivers(1), clock(1)).await;
    for (now, settlement) in [
        (1, driftd_model::Settlement::RetryAt { at: clock(3), error: "503".into() }),
        (3, driftd_model::Settlement::Delivered),
    ] {
        let held = store.lease("w", &receivers(1)[0], 1, clock(now), clock(now + 1)).await.unwrap();
        assert!(store.settle("w", held[0].id, &settlement, clock(now)).await.unwrap());
    }
    type Try = (i64, i64, String, Option<i64>, Option<String>);
    let tries: Vec<Try> = query_as("SELECT attempt, at, outcome, retry_at, error FROM deliveries ORDER BY attempt")
        .fetch_all(outside)
        .await
        .unwrap();
    let at = |hours| clock(hours).as_micros();
    assert_eq!(
        tries,
        [
            (1, at(1), "retry".to_owned(), Some(at(3)), Some("503".to_owned())),
            (2, at(3), "delivered".to_owned(), None, None),
        ]
    );
}

#[tokio::test]
async fn damage_is_reported_and_never_judged() {
    let seen = seen().await;
    let Seen { store, outside, .. } = &seen;
    let plan = plan();
    let base = store.put_baseline(&"base".parse().unwrap(), baseline(0), clock(0)).await.unwrap();
    query("UPDATE baselines SET profile = json_set(profile, '$.features[0].name', 'y')")
        .execute(outside)
        .await
        .unwrap();
    let error = store.baseline(&base.reference).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @"store failed: read baseline base@v1: baseline base@v1 in the store is damaged: restore the database from a backup");

    Feeder::claim(&**store, 0).await.feed(&**store, &plan, &[Traffic::at(0)], 2).await;
    query("UPDATE pane_partials SET state = substr(state, 1, 40)").execute(outside).await.unwrap();
    let sealer = MonitorSealer::new(&plan, 1, &NOBODY, SealTime::Clock(clock(1)));
    let error = store.seal(&sealer).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    insta::assert_snapshot!(chain(&error), @"store failed: seal monitor m: pane state of 40 bytes cannot be decompressed: restore the database from a backup: Src size is incorrect");
    query("UPDATE pane_partials SET codec = 5").execute(outside).await.unwrap();
    assert!(chain(&store.seal(&sealer).await.unwrap_err()).contains("codec 5"));
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), None);
}

#[tokio::test]
async fn a_baseline_whose_counts_do_not_fit_its_bins_is_not_stored() {
    let seen = seen().await;
    let Seen { store, .. } = &seen;
    let mut wrong = baseline(0);
    wrong.features[0].aggregate = wrong.features[1].aggregate.clone();
    let error = store.put_baseline(&"base".parse().unwrap(), wrong, clock(0)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    assert_eq!(store.baselines().await.unwrap(), []);
}

#[tokio::test]
async fn two_processes_on_one_file_take_turns() {
    let seen = seen().await;
    let other = SqliteStore::open(&seen.path).await.unwrap();
    let plan = plan();
    let mut here = Feeder::claim(&*seen.store, 0).await;
    let mut there = Feeder::claim(&other, 1).await;
    for h in 0..10 {
        let (a, b) =
            (here.checkpoint(&[&plan], &[Traffic::at(h)], h), there.checkpoint(&[&plan], &[Traffic::at(h)], h));
        let (a, b) = tokio::join!(here.write(&*seen.store, &a), there.write(&other, &b));
        a.unwrap();
        b.unwrap();
    }
    here.feed(&*seen.store, &plan, &[], 11).await;
    there.feed(&other, &plan, &[], 11).await;
    let (a, b) = tokio::join!(seal_all(&*seen.store, &plan, &[], clock(0)), seal_all(&other, &plan, &[], clock(0)),);
    let rows: u64 = a.iter().chain(&b).map(|s| s.rows).sum();
    assert_eq!(rows, 10 * 2 * Traffic::at(0).rows as u64);
    assert_eq!(other.sealed_panes(&id_of(&plan), hour(0), hour(10)).await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_half_done() {
    let seen = seen().await;
    let plan = plan();
    let mut feeder = Feeder::claim(&*seen.store, 0).await;
    // Dropped at every point it may wait at, until one try gets through.
    let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(0)], 3);
    for polls in 0.. {
        let mut left = polls;
        let mut future = seen.store.checkpoint(&checkpoint, clock(0));
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
        let landed = seen.store.partitions(&feeder.topic).await.unwrap()[0].next_offset.is_some();
        if landed {
            break;
        }
        assert!(cut_off, "it said it was done");
        let partials: i64 = query_scalar("SELECT count(*) FROM pane_partials").fetch_one(&seen.outside).await.unwrap();
        assert_eq!(partials, 0, "after {polls} polls");
    }
    feeder.next = checkpoint.to;
    assert_eq!(seal_all(&*seen.store, &plan, &[], clock(0)).await[0].rows, Traffic::at(0).rows as u64);
}
