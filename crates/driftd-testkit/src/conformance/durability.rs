//! What was committed is there for whoever opens the store next.

use driftd_model::{Epoch, HistoryQuery, Offset, Silence, SilenceId, Store, acknowledge};

use super::Place;
use crate::fixtures::{
    CRITICAL, Feeder, ROWS, Traffic, baseline, clock, hour, id_of, plan, receivers, seal_all, topic,
};

/// Everything a store says of itself, in one comparable text.
async fn everything(store: &dyn Store) -> String {
    let monitor = id_of(&plan());
    let rows = store.incidents(None).await.unwrap();
    let incident = store.incident(&rows[0].incident_id).await.unwrap();
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        store.partitions(&topic()).await.unwrap(),
        store.sealed_through(&monitor).await.unwrap(),
        store.sealed_panes(&monitor, hour(-10), hour(100)).await.unwrap(),
        store.baselines().await.unwrap(),
        store.newest_baseline(&"base".parse().unwrap()).await.unwrap(),
        store.activations(&monitor).await.unwrap(),
        store.history(&HistoryQuery::default()).await.unwrap(),
        rows,
        incident,
        store.silences(None).await.unwrap(),
        store.outbox_depth().await.unwrap(),
    )
}

/// Every table, once written, reads the same through a store that was opened later, while the first is open and after.
pub async fn everything_is_there_after_opening_again(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let stored = store.put_baseline(&"base".parse().unwrap(), baseline(0), clock(1)).await.unwrap();
    store.activate_baseline(&id_of(&plan), &stored.reference, plan.monitor().pane).await.unwrap();
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(0), Traffic::at(1).shifted(CRITICAL)], 3);
    checkpoint.rejected.push(("undecodable".to_owned(), 3));
    feeder.write(&*store, &checkpoint).await.unwrap();
    seal_all(&*store, &plan, &receivers(2), clock(5)).await;
    feeder.feed(&*store, &plan, &[Traffic::at(0).rows(4)], 3).await;
    store.sweep_late(&id_of(&plan)).await.unwrap();
    let row = store.incidents(None).await.unwrap().remove(0);
    let (open, _) = store.incident(&row.incident_id).await.unwrap().unwrap();
    let step = acknowledge(open, "ana", clock(6));
    assert!(store.amend_incident(row.state, &step, false, clock(6)).await.unwrap());
    let silence = Silence {
        id: SilenceId(0),
        matchers: vec!["kind=drift".parse().unwrap()],
        starts_at: clock(0),
        ends_at: clock(9),
        author: "ana".to_owned(),
        comment: String::new(),
    };
    store.add_silence(&silence).await.unwrap();
    let before = everything(&*store).await;
    let second = place.open().await;
    assert_eq!(everything(&*second).await, before);
    second.close().await;
    drop((store, second));
    assert_eq!(everything(&*place.open().await).await, before);
}

/// A new owner needs the store and nothing else: counts of the dead owner are sealed, its offset is where it goes on,
/// its leases run out.
pub async fn a_new_process_goes_on_where_the_old_one_stopped(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    let mut old = Feeder::claim(&*store, 0).await;
    old.feed(&*store, &plan, &[Traffic::at(0).shifted(CRITICAL), Traffic::at(1).rows(10)], 2).await;
    seal_all(&*store, &plan, &to, clock(5)).await;
    assert_eq!(store.lease("old", &to[0], 9, clock(5), clock(7)).await.unwrap().len(), 1);
    drop(store);

    let store = place.open().await;
    let mut new = Feeder::claim(&*store, 0).await;
    assert_eq!((new.epoch, new.next), (Epoch(2), Offset(ROWS as i64 + 10)));
    let stale = old.checkpoint(&[&plan], &[Traffic::at(1)], 9);
    assert!(store.checkpoint(&stale, clock(6)).await.is_err());
    new.feed(&*store, &plan, &[Traffic::at(1)], 3).await;
    let steps = seal_all(&*store, &plan, &to, clock(6)).await;
    assert_eq!(steps.iter().map(|s| s.rows).sum::<u64>(), ROWS as u64 + 10);
    assert_eq!(store.lease("new", &to[0], 9, clock(6), clock(8)).await.unwrap().len(), 0);
    assert_eq!(store.lease("new", &to[0], 9, clock(7), clock(8)).await.unwrap().len(), 1);
}

/// What a store takes is measured in parts, and grows with what it holds; its clock, if it has one, is about ours.
pub async fn a_store_measures_itself(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let sum = async || store.sizes().await.unwrap().iter().map(|size| size.bytes).sum::<u64>();
    let before = sum().await;
    for h in 0..200 {
        feeder.feed(&*store, &plan, &[Traffic::at(h).rows(ROWS)], h).await;
    }
    let after = sum().await;
    assert!(after > before, "{before} bytes, then {after}");
    let mut parts: Vec<String> = store.sizes().await.unwrap().into_iter().map(|size| size.part).collect();
    let all = parts.len();
    parts.dedup();
    assert_eq!(parts.len(), all, "each part once: {parts:?}");
    let ours = || i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
    let asked = ours();
    if let Some(shows) = store.clock().await.unwrap() {
        // One machine has one clock; servers round to the microsecond.
        assert!((asked - 1..=ours() + 1).contains(&shows.as_micros()), "{shows}");
    }
}
