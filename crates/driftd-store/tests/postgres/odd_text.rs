//! Text from outside that Postgres cannot hold, and instants that its calendar does not have.

use driftd_model::{DeadLetter, HistoryQuery, Offset, Settlement, Silence, SilenceId};
use driftd_testkit::fixtures::{CRITICAL, Feeder, Traffic, clock, hour, id_of, plan, receivers, seal_all, topic};
use driftd_window::SegmentKey;
use sqlx::query_scalar;

use super::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nul_characters_come_back_or_are_no_trouble() {
    let Some(database) = Database::new("nul_characters_come_back_or_are_no_trouble") else { return };
    let (store, plan) = (database.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(1).shifted(CRITICAL)], 9);
    let odd = SegmentKey::from_labels([("s", Some("a\0b")), ("t", Some("\u{f8f0}0"))]);
    for (_, planned) in &mut checkpoint.deltas {
        planned.delta.segment = odd.clone();
    }
    checkpoint.rejected.push(("odd\0reason".to_owned(), 3));
    checkpoint.samples.push(DeadLetter { offset: Offset(0), reason: "odd\0".into(), detail: "at \0".into() });
    feeder.write(&*store, &checkpoint).await.unwrap();
    seal_all(&*store, &plan, &receivers(1), clock(1)).await;
    assert_eq!(store.sealed_panes(&id_of(&plan), hour(0), hour(9)).await.unwrap()[0].segment, odd);
    assert_eq!(store.partitions(&topic()).await.unwrap()[0].rejected, 3);
    feeder.feed(&*store, &plan, &[], 9).await;
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
    let none = HistoryQuery { segment: Some(odd), feature: Some("x\0".into()), ..HistoryQuery::default() };
    assert_eq!(store.history(&none).await.unwrap(), []);
    let silence = Silence {
        id: SilenceId(1),
        matchers: Vec::new(),
        starts_at: clock(0),
        ends_at: clock(9),
        author: "a\0na".to_owned(),
        comment: "\0\u{f8f0}".to_owned(),
    };
    store.add_silence(&silence).await.unwrap();
    assert_eq!(store.silences(None).await.unwrap(), [silence]);
    for entry in store.lease("w\0", &receivers(1)[0], 9, clock(1), clock(2)).await.unwrap() {
        let settlement = Settlement::Dead { error: "it said \0".to_owned() };
        assert!(store.settle("w\0", entry.id, &settlement, clock(1)).await.unwrap());
    }
    let nobody = driftd_model::IncidentId::from_stored("\0".to_owned());
    assert!(store.incident(&nobody).await.unwrap().is_none());
}

#[tokio::test]
async fn instants_of_any_age_read_exactly() {
    let Some(database) = Database::new("instants_of_any_age_read_exactly") else { return };
    database.open().await;
    let instants = [0, 1, -1, 999_999, 1_372_636_800_000_001, -62_135_596_800_000_000, i64::MAX, i64::MIN];
    let shown: Vec<String> = query_scalar(
        "SELECT coalesce(to_char(driftd_instant(m) AT TIME ZONE 'UTC', 'FMYYYY-MM-DD HH24:MI:SS.US BC'), 'none')
         FROM unnest($1::bigint[]) WITH ORDINALITY AS n (m, i) ORDER BY i",
    )
    .bind(instants)
    .fetch_all(&database.outside)
    .await
    .unwrap();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    1970-01-01 00:00:00.000000 AD
    1970-01-01 00:00:00.000001 AD
    1969-12-31 23:59:59.999999 AD
    1970-01-01 00:00:00.999999 AD
    2013-07-01 00:00:00.000001 AD
    1-01-01 00:00:00.000000 AD
    294247-01-10 04:00:54.775807 AD
    none
    "#);
}
