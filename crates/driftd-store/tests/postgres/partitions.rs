//! Partitions of `pane_partials`: by the day of arrival, made ahead, dropped whole.

use driftd_model::Retention;
use driftd_testkit::fixtures::{Feeder, ROWS, Traffic, clock, hour, id_of, plan, seal_all};
use driftd_window::{Span, Timestamp};
use sqlx::query_scalar;

use super::Database;

const DAY: i64 = 86_400_000_000;

fn day(number: i64) -> Timestamp {
    Timestamp::from_micros(number * DAY)
}

fn a_day() -> Retention {
    Retention::new(Span::from_hours(24), None, [])
}

impl Database {
    /// Names of the partitions, without what they have in common, of days before 2000: those of today come and go.
    async fn partitions(&self) -> Vec<String> {
        let names: Vec<String> = query_scalar(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'pane_partials'::regclass AND c.relname < 'pane_partials_2000' ORDER BY c.relname",
        )
        .fetch_all(&self.outside)
        .await
        .unwrap();
        names.iter().map(|name| name.trim_start_matches("pane_partials_").to_owned()).collect()
    }
}

#[tokio::test]
async fn opening_makes_the_partitions_of_today_and_two_more() {
    let Some(database) = Database::new("opening_makes_the_partitions_of_today_and_two_more") else { return };
    database.open().await;
    let ahead: Vec<i32> = query_scalar(
        "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') - (now() AT TIME ZONE 'UTC')::date
         FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'pane_partials'::regclass ORDER BY 1",
    )
    .fetch_all(&database.outside)
    .await
    .unwrap();
    // Unless midnight has come between the two.
    assert!(ahead == [0, 1, 2] || ahead == [-1, 0, 1], "{ahead:?}");
}

#[tokio::test]
async fn records_of_any_age_land_on_the_day_they_come() {
    let Some(database) = Database::new("records_of_any_age_land_on_the_day_they_come") else { return };
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for years in [0, 40, -60, 7_000] {
        let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(years * 365 * 24)], 0);
        store.checkpoint(&checkpoint, day(30)).await.unwrap();
        feeder.next = checkpoint.to;
    }
    assert_eq!(database.partitions().await, ["19700131", "19700201", "19700202"]);
    // The days that were made ahead are used; the one after them brings the next.
    for (number, partitions) in [(32, 5), (31, 5), (33, 6)] {
        let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(1)], 0);
        store.checkpoint(&checkpoint, day(number)).await.unwrap();
        feeder.next = checkpoint.to;
        assert!(database.partitions().await.len() <= partitions, "{:?}", database.partitions().await);
    }
}

#[tokio::test]
async fn moments_outside_the_calendar_have_a_day_too() {
    let Some(database) = Database::new("moments_outside_the_calendar_have_a_day_too") else { return };
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for micros in [i64::MIN, -1, 0, i64::MAX] {
        let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(1)], 0);
        store.checkpoint(&checkpoint, Timestamp::from_micros(micros)).await.unwrap();
        feeder.next = checkpoint.to;
    }
    assert_eq!(database.count("pane_partials").await, 4);
    let partitions = database.partitions().await;
    assert_eq!(partitions[..5], ["00010101", "00010102", "00010103", "19691231", "19700101"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_need_the_same_day_at_once_share_it() {
    let Some(database) = Database::new("processes_that_need_the_same_day_at_once_share_it") else { return };
    let plan = std::sync::Arc::new(plan());
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(database.open().await);
    }
    for number in 0..10 {
        let tasks: Vec<_> = stores
            .iter()
            .zip(0..)
            .map(|(store, partition)| {
                let (store, plan) = (store.clone(), plan.clone());
                tokio::spawn(async move {
                    let feeder = Feeder::claim(&*store, partition + 10 * number).await;
                    let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(1)], 0);
                    store.checkpoint(&checkpoint, day(10 * i64::from(number))).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
    assert_eq!((database.count("pane_partials").await, database.partitions().await.len()), (40, 30));
}

#[tokio::test]
async fn a_day_that_is_over_is_dropped_whole_and_may_come_again() {
    let Some(database) = Database::new("a_day_that_is_over_is_dropped_whole_and_may_come_again") else { return };
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for (h, landed) in [(1, 10), (2, 10), (3, 11)] {
        let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(h)], h);
        store.checkpoint(&checkpoint, day(landed)).await.unwrap();
        feeder.next = checkpoint.to;
    }
    // Nothing is sealed: nothing goes, not even the days that hold nothing.
    assert!(store.retain(&a_day(), day(12)).await.unwrap().is_nothing());
    assert_eq!(database.partitions().await, ["19700111", "19700112", "19700113", "19700114"]);
    let end = feeder.checkpoint(&[&plan], &[], 9);
    store.checkpoint(&end, day(11)).await.unwrap();
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(store.retain(&a_day(), day(11)).await.unwrap().partials, 0, "the day is not over for long enough");
    assert_eq!(store.retain(&a_day(), day(12)).await.unwrap().partials, 2);
    assert_eq!(database.partitions().await, ["19700112", "19700113", "19700114"]);
    // A process whose clock is days behind still finds a place for what it has counted: it is late.
    let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(1).rows(8)], 9);
    store.checkpoint(&checkpoint, day(10)).await.unwrap();
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 8);
    assert_eq!(store.retain(&a_day(), day(20)).await.unwrap().partials, 2);
    assert_eq!(database.partitions().await, [""; 0]);
    let panes = store.sealed_panes(&id_of(&plan), hour(0), hour(9)).await.unwrap();
    let rows: Vec<_> = panes.iter().map(|pane| (pane.rows, pane.late_rows)).collect();
    assert_eq!(rows, [(ROWS as u64, 8), (ROWS as u64, 0), (ROWS as u64, 0)]);
}

#[tokio::test]
async fn a_day_with_records_that_nobody_seals_loses_the_others_only() {
    let Some(database) = Database::new("a_day_with_records_that_nobody_seals_loses_the_others_only") else { return };
    let (store, plan) = (database.open().await, plan());
    let abandoned = driftd_testkit::fixtures::plan_of(driftd_testkit::fixtures::monitor("old", &[("hour", 1, 1)]));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let checkpoint = feeder.checkpoint(&[&plan, &abandoned], &[Traffic::at(1), Traffic::at(2)], 9);
    feeder.write(&*store, &checkpoint).await.unwrap();
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(store.retain(&a_day(), day(5)).await.unwrap().partials, 2);
    assert_eq!(database.count("pane_partials WHERE monitor = 'old'").await, 2);
    assert_eq!(database.count("pane_partials").await, 2);
    let rows: u64 = seal_all(&*store, &abandoned, &[], clock(0)).await.iter().map(|s| s.rows).sum();
    assert_eq!(rows, 2 * ROWS as u64, "should somebody seal them after all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_processes_that_forget_at_once_each_row_is_forgotten_by_one() {
    let Some(database) = Database::new("of_processes_that_forget_at_once_each_row_is_forgotten_by_one") else { return };
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for number in 0..6 {
        let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(number), Traffic::at(0).rows(1)], number);
        store.checkpoint(&checkpoint, day(number)).await.unwrap();
        feeder.next = checkpoint.to;
    }
    feeder.feed(&*store, &plan, &[], 20).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let there = database.open().await;
    let policy = a_day();
    let (a, b) = tokio::join!(store.retain(&policy, day(30)), there.retain(&policy, day(30)));
    let c = store.retain(&policy, day(30)).await.unwrap();
    assert_eq!(a.unwrap().partials + b.unwrap().partials + c.partials, 11);
    assert_eq!((database.count("pane_partials").await, store.sweep_late(&id_of(&plan)).await.unwrap()), (0, 0));
}
