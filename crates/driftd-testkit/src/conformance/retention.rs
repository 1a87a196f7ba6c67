//! What a store forgets, and that nobody can tell from what it does afterwards.

use driftd_model::{
    DeadLetter, HistoryQuery, Monitor, MonitorPlan, ReadStore, Retained, Retention, SealStep, SealedPane, Settlement,
    Store, acknowledge, resolve_by_hand,
};
use driftd_window::{Span, Timestamp};

use super::Place;
use crate::MemStore;
use crate::fixtures::{
    CRITICAL, Feeder, ROWS, Traffic, WARN, clock, hour, id_of, monitor, plan, plan_of, receivers, reconcile, seal_all,
};

/// A moment at which everything that these laws write is old; they write in the first days of 1970.
const LATER: i64 = 10_000;

/// An hour for counts, for ever for what was judged.
fn counts_only() -> Retention {
    Retention::new(Span::from_hours(1), None, [])
}

/// An hour for everything of the monitor `m`, and `keep` hours for the panes of its longest window.
fn everything(keep: u32) -> Retention {
    everything_of(&monitor("m", &[("longest", keep, keep)]))
}

/// An hour for everything of `monitor` that it does not look back to.
fn everything_of(monitor: &Monitor) -> Retention {
    Retention::new(Span::from_hours(1), Some(Span::from_hours(1)), [monitor])
}

/// Delivers everything that waits for so many receivers at that hour of the wall clock.
async fn deliver(store: &dyn Store, count: usize, now: i64) {
    for receiver in receivers(count) {
        loop {
            let entries = store.lease("w", &receiver, 9, clock(now), clock(now + 1)).await.unwrap();
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                assert!(store.settle("w", entry.id, &Settlement::Delivered, clock(now)).await.unwrap());
            }
        }
    }
}

async fn panes(store: &dyn Store, plan: &MonitorPlan) -> Vec<SealedPane> {
    store.sealed_panes(&id_of(plan), hour(-1000), hour(100_000)).await.unwrap()
}

/// Counts of panes that are not sealed are kept whatever their age, and are sealed in full when their time comes.
pub async fn open_panes_are_kept(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1), Traffic::at(2)], 3).await;
    assert_eq!(store.retain(&everything(1), clock(LATER)).await.unwrap(), Retained::default(), "nothing was sealed");
    seal_all(&*store, &plan, &[], clock(0)).await;
    let gone = store.retain(&counts_only(), clock(LATER)).await.unwrap();
    assert_eq!(gone, Retained { partials: 1, ..Retained::default() }, "the first pane is sealed, the second is not");
    feeder.feed(&*store, &plan, &[], 9).await;
    let steps = seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(steps[0].rows, ROWS as u64);
    assert_eq!(store.retain(&counts_only(), clock(LATER)).await.unwrap().partials, 1);
    assert!(store.retain(&counts_only(), clock(LATER)).await.unwrap().is_nothing());
}

/// Young counts stay, because a sweep may still want to see them beside those that come late.
pub async fn young_counts_are_kept(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let landed = clock(LATER);
    let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(1)], 9);
    store.checkpoint(&checkpoint, landed).await.unwrap();
    feeder.next = checkpoint.to;
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert!(store.retain(&counts_only(), landed.plus(Span::from_secs(3599))).await.unwrap().is_nothing());
    assert_eq!(store.retain(&counts_only(), landed.plus(Span::from_hours(49))).await.unwrap().partials, 1);
}

/// A record that comes for a pane whose counts were dropped is late, and is late once.
pub async fn late_records_of_forgotten_counts_are_counted_once(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1)], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let mut late = 0;
    // The first ones come while the counts are there, the last ones when all before them are gone.
    for rows in [5, 3, 0, 500, 1] {
        feeder.feed(&*store, &plan, &[Traffic::at(1).rows(rows), Traffic::at(5).rows(rows)], 9).await;
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 2 * rows as u64);
        late += rows as u64;
        let dropped = store.retain(&counts_only(), clock(LATER)).await.unwrap();
        assert_eq!(dropped.partials > 0, rows > 0, "{dropped:?}");
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
        let found: Vec<_> = panes(&*store, &plan).await.iter().map(|p| (p.pane.start(), p.rows, p.late_rows)).collect();
        assert_eq!(found, [(hour(1), ROWS as u64, late), (hour(5), 0, late)]);
    }
}

/// Late records that no sweep has seen yet are kept until one has.
pub async fn what_was_not_swept_is_kept_until_it_is(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1)], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(7), Traffic::at(2).rows(4)], 9).await;
    assert!(store.retain(&everything(1), clock(LATER)).await.unwrap().partials <= 1);
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 11);
    store.retain(&everything(1), clock(LATER)).await.unwrap();
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
    assert_eq!(store.retain(&everything(1), clock(LATER)).await.unwrap().partials, 0);
}

/// Records that come for a pane of which nothing is left are late as well, and once.
pub async fn late_records_of_forgotten_panes_are_counted_once(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1), Traffic::at(2), Traffic::at(30)], 60).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let gone = store.retain(&everything(1), clock(LATER)).await.unwrap();
    assert_eq!((gone.partials, gone.panes), (3, 2), "{gone:?}");
    for rows in [9, 2] {
        feeder.feed(&*store, &plan, &[Traffic::at(1).rows(rows)], 60).await;
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), rows as u64);
        store.retain(&everything(1), clock(LATER)).await.unwrap();
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
    }
}

/// A monitor whose store forgets at every turn judges, opens, resolves and tells as one whose store forgets nothing.
pub async fn sealing_goes_on_as_if_nothing_was_forgotten(place: &dyn Place) {
    let (store, undisturbed) = (place.open().await, MemStore::new());
    let plan = plan_of(monitor("m", &[("hour", 1, 1), ("six", 6, 2)]));
    let mut feeders = [Feeder::claim(&*store, 0).await, Feeder::claim(&undisturbed, 0).await];
    for turn in 0..30_i64 {
        // Hours with drift, with nothing at all for long enough that every window is empty, and late ones.
        let now = if turn < 20 { turn } else { turn + 40 };
        let shift = if turn % 7 > 4 { CRITICAL } else { 0.0 };
        let traffic =
            [Traffic::at(now).shifted(shift), Traffic::at(now - 9).rows(turn as usize % 4), Traffic::at(now).rows(3)];
        let stores: [&dyn Store; 2] = [&*store, &undisturbed];
        let mut sealed = Vec::new();
        for (feeder, store) in feeders.iter_mut().zip(stores) {
            feeder.feed(store, &plan, &traffic, now + 1).await;
            let mut steps = seal_all(store, &plan, &receivers(1), clock(now)).await;
            deliver(store, 1, now).await;
            // Two stores give the same counts in other words when a mean was added up in another order.
            for step in &mut steps {
                step.outcome.windows.clear();
            }
            sealed.push((format!("{steps:?}"), store.sweep_late(&id_of(&plan)).await.unwrap()));
        }
        assert_eq!(sealed[0], sealed[1], "turn {turn}");
        store.retain(&everything(6), clock(LATER)).await.unwrap();
    }
    let kept = panes(&*store, &plan).await;
    let all = panes(&undisturbed, &plan).await;
    assert!(kept.len() < all.len() / 2, "{} of {} panes are left", kept.len(), all.len());
    let incidents = [store.incidents(None).await.unwrap(), undisturbed.incidents(None).await.unwrap()];
    assert!(incidents[0].len() < incidents[1].len(), "resolved ones are gone");
}

/// What was judged goes by the moment it was judged at, and resolved incidents and settled messages by theirs.
pub async fn the_past_is_forgotten_by_its_age(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for (h, shift) in [(1, CRITICAL), (2, 0.0), (3, 0.0), (4, 0.0), (5, WARN), (6, WARN), (7, WARN)] {
        feeder.feed(&*store, &plan, &[Traffic::at(h).shifted(shift)], h + 2).await;
        seal_all(&*store, &plan, &receivers(2), clock(100 + h)).await;
    }
    let rows = store.history(&HistoryQuery::default()).await.unwrap().len();
    let before = store.incidents(None).await.unwrap();
    assert_eq!(before.iter().filter(|row| row.resolved_at.is_some()).count(), 1);
    // Beginning and end of the first incident, told to two receivers, and the beginning of the second.
    assert_eq!(store.outbox_depth().await.unwrap(), 6);
    deliver(&*store, 1, 110).await;
    // What was decided before hour 104 goes: windows judged at 101, 102 and 103, and messages that were delivered.
    let gone = store.retain(&everything(1), clock(105)).await.unwrap();
    let found = (gone.windows, gone.incidents, gone.notifications);
    assert_eq!(found, (3, 0, 2), "the second receiver has not heard of the end: {gone:?}");
    for receiver in &receivers(2)[1..] {
        for _ in 0..2 {
            let entry = store.lease("w", receiver, 1, clock(110), clock(120)).await.unwrap().remove(0);
            assert!(store.settle("w", entry.id, &Settlement::Delivered, clock(110)).await.unwrap());
        }
    }
    let gone = store.retain(&everything(1), clock(105)).await.unwrap();
    assert_eq!((gone.windows, gone.incidents, gone.notifications), (0, 1, 2), "{gone:?}");
    let left = store.history(&HistoryQuery::default()).await.unwrap();
    assert_eq!(left.len(), rows / 7 * 4);
    assert!(left.iter().all(|row| row.sealed_at >= clock(104)));
    let gone = store.retain(&everything(1), clock(LATER)).await.unwrap();
    assert_eq!((gone.windows, gone.incidents, gone.notifications), (4, 0, 1), "{gone:?}");
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), []);
    assert_eq!(store.outbox_depth().await.unwrap(), 1, "what is not delivered yet is kept");
    let after = store.incidents(None).await.unwrap();
    assert_eq!(after, before.into_iter().filter(|row| row.resolved_at.is_none()).collect::<Vec<_>>());
}

/// An incident is kept until everybody who heard of it knows that it is over, however old it is.
pub async fn what_somebody_waits_for_is_kept(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &[Traffic::at(1).shifted(CRITICAL)], 3).await;
    seal_all(&*store, &plan, &to, clock(5)).await;
    deliver(&*store, 1, 5).await;
    let row = store.incidents(None).await.unwrap().remove(0);
    let (incident, _) = store.incident(&row.incident_id).await.unwrap().unwrap();
    let step = resolve_by_hand(incident, "ana", clock(6));
    assert!(store.amend_incident(row.state, &step, false, clock(6)).await.unwrap());
    let forgotten = async || store.retain(&everything(1), clock(LATER)).await.unwrap();
    assert_eq!(forgotten().await.incidents, 0, "nobody was told of its end");
    assert_eq!(reconcile(&*store, &plan, &to, clock(7)).await.notifications.len(), 1);
    let gone = forgotten().await;
    assert_eq!((gone.incidents, store.outbox_depth().await.unwrap()), (0, 1), "the message is under way");
    deliver(&*store, 1, 7).await;
    assert_eq!(forgotten().await.incidents, 1);
    assert_eq!(store.incidents(None).await.unwrap(), []);
}

/// People go on with an incident that is not resolved, however old it is.
pub async fn an_open_incident_is_kept(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &[Traffic::at(1).shifted(CRITICAL)], 3).await;
    seal_all(&*store, &plan, &[], clock(5)).await;
    store.retain(&everything(1), clock(LATER)).await.unwrap();
    let row = store.incidents(None).await.unwrap().remove(0);
    let (incident, events) = store.incident(&row.incident_id).await.unwrap().unwrap();
    assert!(!events.is_empty());
    let step = acknowledge(incident, "ana", clock(LATER));
    assert!(store.amend_incident(row.state, &step, false, clock(LATER)).await.unwrap());
}

/// The last pane with records stays: without it a monitor that falls silent for a year would look like a new one.
pub async fn a_silent_monitor_stays_an_old_one(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1), Traffic::at(2)], 500).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    store.retain(&everything(1), clock(LATER)).await.unwrap();
    let found: Vec<_> = panes(&*store, &plan).await.iter().map(|pane| pane.pane.start()).collect();
    assert_eq!(found, [hour(2)]);
    feeder.feed(&*store, &plan, &[], 900).await;
    let steps = seal_all(&*store, &plan, &[], clock(0)).await;
    assert!(steps.iter().all(|s| matches!(s.step, SealStep::Gap { .. })), "{steps:?}");
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(899)));
}

/// Deployments that share a store forget nothing of each other: not of monitors that only the other one has, and no pane
/// of a common one that the other's windows are made of.
pub async fn what_another_deployment_needs_is_kept(place: &dyn Place) {
    let store = place.open().await;
    let (ours, theirs) = (monitor("m", &[("hour", 1, 1)]), monitor("m", &[("day", 24, 24)]));
    let alone = monitor("alone", &[("day", 24, 24)]);
    let plans = [plan_of(theirs), plan_of(alone.clone())];
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic: Vec<Traffic> = (1..40).map(|h| Traffic::at(h).shifted(if h < 24 { CRITICAL } else { 0.0 })).collect();
    let mut checkpoint = feeder.checkpoint(&[&plans[0], &plans[1]], &traffic, 42);
    let detail = "at byte 3".to_owned();
    checkpoint.samples.push(DeadLetter { offset: checkpoint.from, reason: "undecodable".to_owned(), detail });
    feeder.write(&*store, &checkpoint).await.unwrap();
    for plan in &plans {
        seal_all(&*store, plan, &receivers(1), clock(50)).await;
    }
    deliver(&*store, 1, 51).await;
    let everything = async || {
        let history = store.history(&HistoryQuery::default()).await.unwrap().len();
        (panes(&*store, &plans[0]).await.len(), panes(&*store, &plans[1]).await.len(), history)
    };
    let before = everything().await;
    let gone = store.retain(&everything_of(&ours), clock(LATER)).await.unwrap();
    let kept: Vec<_> = panes(&*store, &plans[0]).await.iter().map(|pane| pane.pane.start()).collect();
    assert_eq!(kept.first(), Some(&hour(16)), "a day behind the frontier, and the one before: {gone:?}");
    let after = everything().await;
    assert_eq!((after.1, after.0 < before.0), (before.1, true), "what nobody looks back to may go");
    let alone_only = HistoryQuery { monitor: Some(alone.id.clone()), ..HistoryQuery::default() };
    assert!(!store.history(&alone_only).await.unwrap().is_empty(), "the history of a monitor that is not ours");
    assert!(
        store.incidents(None).await.unwrap().iter().all(|row| row.monitor == alone.id || row.resolved_at.is_none())
    );
    let gone = store.retain(&everything_of(&alone), clock(LATER)).await.unwrap();
    assert!(gone.panes > 0 && gone.windows > 0, "and now that it is: {gone:?}");
    assert_eq!(store.history(&alone_only).await.unwrap(), []);
}

/// Any worker may do it at any time, while others write.
pub async fn forgetting_does_not_disturb_those_who_write(place: &dyn Place) {
    const HOURS: i64 = 20;
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let forgetting = tokio::spawn({
        let store = store.clone();
        async move {
            let mut dropped = 0;
            for _ in 0..10 {
                dropped += store.retain(&everything(1), clock(LATER)).await.unwrap().partials;
                tokio::task::yield_now().await;
            }
            dropped
        }
    });
    let (mut sealed, mut late, mut fed) = (0, 0, 0);
    for h in 0..HOURS {
        let traffic = [Traffic::at(h).rows(50), Traffic::at(h - 5).rows(3)];
        let checkpoint = feeder.checkpoint(&[&plan], &traffic, h + 1);
        let landed = Timestamp::from_micros(clock(0).as_micros() + h);
        store.checkpoint(&checkpoint, landed).await.unwrap();
        feeder.next = checkpoint.to;
        fed += 53;
        sealed += seal_all(&*store, &plan, &[], clock(0)).await.iter().map(|s| s.rows).sum::<u64>();
        late += store.sweep_late(&id_of(&plan)).await.unwrap();
    }
    forgetting.await.unwrap();
    feeder.feed(&*store, &plan, &[], HOURS + 5).await;
    // Somebody who is just forgetting may have kept the last step from being taken.
    sealed += seal_all(&*store, &plan, &[], clock(0)).await.iter().map(|s| s.rows).sum::<u64>();
    late += store.sweep_late(&id_of(&plan)).await.unwrap();
    assert_eq!((sealed + late, store.sweep_late(&id_of(&plan)).await.unwrap()), (fed, 0));
}
