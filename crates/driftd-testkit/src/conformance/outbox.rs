//! The outbox: at least once, by one sender at a time.

use driftd_model::{OutboxEntry, Settlement, Store, Transition};

use super::Place;
use crate::fixtures::{CRITICAL, Feeder, Traffic, clock, plan, receivers, seal_all};

const ALL: u32 = 100;

/// Opens an incident at hour 10 of the wall clock and tells it to that many receivers.
async fn told(store: &dyn Store, count: usize) {
    let plan = plan();
    Feeder::claim(store, 0).await.feed(store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(store, &plan, &receivers(count), clock(10)).await;
}

async fn lease(store: &dyn Store, owner: &str, now: i64, until: i64) -> Vec<OutboxEntry> {
    store.lease(owner, ALL, clock(now), clock(until)).await.unwrap()
}

fn ids(entries: &[OutboxEntry]) -> Vec<i64> {
    entries.iter().map(|e| e.id).collect()
}

fn retry(at: i64) -> Settlement {
    Settlement::RetryAt { at: clock(at), error: "503".to_owned() }
}

/// One entry a receiver and told transition, with the notification as it was decided; what nobody is told of has none.
pub async fn every_receiver_hears_of_every_told_transition(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let to = receivers(3);
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic = [Traffic::at(0).shifted(CRITICAL), Traffic::at(1), Traffic::at(2)];
    feeder.feed(&*store, &plan, &traffic, 4).await;
    let seals = seal_all(&*store, &plan, &to, clock(10)).await;
    let decided: Vec<_> = seals.iter().flat_map(|s| &s.outcome.notifications).collect();
    assert_eq!(decided.len(), 2);
    assert_eq!(store.outbox_depth().await.unwrap(), 6);
    let entries = lease(&*store, "a", 10, 11).await;
    let expected: Vec<_> = decided.iter().flat_map(|n| to.iter().map(move |r| (r, *n))).collect();
    assert_eq!(entries.iter().map(|e| (&e.receiver, &e.notification)).collect::<Vec<_>>(), expected);
    assert!(entries.iter().all(|e| e.attempts == 0));
    assert!(matches!(entries[0].notification.reason, Transition::Opened { .. }));
    assert!(matches!(entries[5].notification.reason, Transition::Resolved { .. }));
}

/// Nobody else, and not the holder again, until the lease is over; then anybody.
pub async fn a_lease_is_exclusive_until_it_ends(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 2).await;
    assert_eq!(lease(&*store, "a", 9, 12).await, [], "not before it was decided");
    let held = lease(&*store, "a", 10, 12).await;
    assert_eq!(held.len(), 2);
    for owner in ["b", "a"] {
        assert_eq!(lease(&*store, owner, 11, 20).await, [], "{owner}");
    }
    assert_eq!(store.outbox_depth().await.unwrap(), 2, "leased is not delivered");
    assert_eq!(lease(&*store, "b", 12, 20).await, held);
}

/// A sender takes as many as it can send, those that wait longest first.
pub async fn leases_are_limited_and_oldest_first(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 5).await;
    assert_eq!(store.lease("a", 0, clock(10), clock(20)).await.unwrap(), []);
    let first = store.lease("a", 2, clock(10), clock(20)).await.unwrap();
    let second = store.lease("b", 2, clock(10), clock(20)).await.unwrap();
    let third = store.lease("c", ALL, clock(10), clock(20)).await.unwrap();
    assert_eq!((first.len(), second.len(), third.len()), (2, 2, 1));
    let order = ids(&[first, second, third].concat());
    assert!(order.is_sorted(), "{order:?}");
}

/// Senders that come at the same time share the work.
pub async fn concurrent_leases_are_disjoint(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 30).await;
    let tasks: Vec<_> = (0..6)
        .map(|i| {
            let store = store.clone();
            tokio::spawn(async move { store.lease(&format!("w{i}"), 7, clock(10), clock(20)).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(ids(&task.await.unwrap()));
    }
    taken.extend(ids(&lease(&*store, "last", 10, 20).await));
    taken.sort_unstable();
    let before = taken.len();
    taken.dedup();
    assert_eq!((taken.len(), before), (30, 30));
}

/// Delivered is the end of it.
pub async fn a_delivered_entry_never_comes_back(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 2).await;
    let held = lease(&*store, "a", 10, 12).await;
    assert!(store.settle("a", held[0].id, &Settlement::Delivered, clock(11)).await.unwrap());
    assert!(!store.settle("a", held[0].id, &Settlement::Delivered, clock(11)).await.unwrap(), "settled once");
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    assert_eq!(ids(&lease(&*store, "a", 500, 501).await), [held[1].id]);
    assert!(!store.settle("a", 999_999, &Settlement::Delivered, clock(11)).await.unwrap(), "there is no such entry");
}

/// A retry gives the lease back, counts the try, and is not due before its time.
pub async fn a_retry_waits_for_its_time(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 1).await;
    for (attempt, at) in [(0, 10), (1, 20), (2, 40)] {
        let held = lease(&*store, "a", at, at + 5).await;
        assert_eq!(held.iter().map(|e| e.attempts).collect::<Vec<_>>(), [attempt]);
        assert!(store.settle("a", held[0].id, &retry(at * 2), clock(at)).await.unwrap());
        assert_eq!(lease(&*store, "b", at * 2 - 1, at * 2).await, [], "before its time");
    }
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    assert_eq!(lease(&*store, "b", 80, 81).await.len(), 1);
}

/// Given up is the end of it, too.
pub async fn a_dead_entry_stays_dead(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 1).await;
    let held = lease(&*store, "a", 10, 12).await;
    let dead = Settlement::Dead { error: "410 gone".to_owned() };
    assert!(store.settle("a", held[0].id, &dead, clock(11)).await.unwrap());
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
    assert_eq!(lease(&*store, "b", 500, 501).await, []);
    assert!(!store.settle("a", held[0].id, &retry(12), clock(11)).await.unwrap());
    assert_eq!(lease(&*store, "b", 500, 501).await, []);
}

/// Whoever lost the lease has no say any more; whoever is late but still the holder has.
pub async fn a_lost_lease_settles_nothing(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 2).await;
    let held = lease(&*store, "a", 10, 12).await;
    assert!(store.settle("a", held[1].id, &Settlement::Delivered, clock(15)).await.unwrap(), "late, but nobody else's");
    assert_eq!(ids(&lease(&*store, "b", 15, 20).await), [held[0].id]);
    for settlement in [Settlement::Delivered, retry(16), Settlement::Dead { error: "no".to_owned() }] {
        assert!(!store.settle("a", held[0].id, &settlement, clock(16)).await.unwrap());
    }
    assert!(!store.settle("nobody", held[0].id, &Settlement::Delivered, clock(16)).await.unwrap());
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    assert!(store.settle("b", held[0].id, &Settlement::Delivered, clock(17)).await.unwrap());
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
}
