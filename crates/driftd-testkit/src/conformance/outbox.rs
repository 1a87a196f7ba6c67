//! The outbox: at least once, by one sender at a time, to every receiver in the order of events.

use std::sync::{Arc, Mutex};

use driftd_model::{MonitorPlan, NotifyReason, OutboxEntry, ReceiverName, Settlement, Store, Transition};

use super::Place;
use crate::fixtures::{CRITICAL, Feeder, Traffic, clock, monitor, plan, plan_of, receivers, reconcile, seal_all};

const ALL: u32 = 100;

/// Opens an incident in each of so many monitors at hour 10 of the wall clock, and tells it to one receiver.
async fn told(store: &dyn Store, count: usize) -> Vec<MonitorPlan> {
    let plans: Vec<MonitorPlan> = (0..count).map(|i| plan_of(monitor(&format!("m{i}"), &[("hour", 1, 1)]))).collect();
    let mut feeder = Feeder::claim(store, 0).await;
    let checkpoint = feeder.checkpoint(&plans.iter().collect::<Vec<_>>(), &[Traffic::at(0).shifted(CRITICAL)], 2);
    feeder.write(store, &checkpoint).await.unwrap();
    for plan in &plans {
        seal_all(store, plan, &receivers(1), clock(10)).await;
    }
    plans
}

/// Opens an incident and ends it, both at hour 10 of the wall clock, and tells both to that many receivers.
async fn begun_and_ended(store: &dyn Store, count: usize) -> MonitorPlan {
    let plan = plan();
    let traffic = [Traffic::at(0).shifted(CRITICAL), Traffic::at(1), Traffic::at(2)];
    Feeder::claim(store, 0).await.feed(store, &plan, &traffic, 4).await;
    seal_all(store, &plan, &receivers(count), clock(10)).await;
    plan
}

fn first() -> ReceiverName {
    receivers(1).remove(0)
}

async fn lease(store: &dyn Store, owner: &str, now: i64, until: i64) -> Vec<OutboxEntry> {
    store.lease(owner, &first(), ALL, clock(now), clock(until)).await.unwrap()
}

fn ids(entries: &[OutboxEntry]) -> Vec<i64> {
    entries.iter().map(|e| e.id).collect()
}

fn reasons(entries: &[OutboxEntry]) -> Vec<&str> {
    entries.iter().map(|e| e.notification.reason.as_str()).collect()
}

fn retry(at: i64) -> Settlement {
    Settlement::RetryAt { at: clock(at), error: "503".to_owned() }
}

fn dead() -> Settlement {
    Settlement::Dead { error: "410 gone".to_owned() }
}

/// One entry a receiver and message, with the notification as it was decided.
pub async fn every_receiver_hears_of_everything_that_is_told(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let to = receivers(3);
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic = [Traffic::at(0).shifted(CRITICAL), Traffic::at(1), Traffic::at(2)];
    feeder.feed(&*store, &plan, &traffic, 4).await;
    let seals = seal_all(&*store, &plan, &to, clock(10)).await;
    let decided: Vec<_> = seals.iter().flat_map(|s| &s.outcome.notifications).collect();
    assert_eq!(decided.len(), 2);
    assert!(matches!(decided[0].reason, NotifyReason::Opened { windows: 1 }));
    assert!(matches!(decided[1].reason, NotifyReason::Resolved { .. }));
    assert_eq!(store.outbox_depth().await.unwrap(), 6);
    for receiver in &to {
        for wanted in &decided {
            let entries = store.lease("a", receiver, ALL, clock(10), clock(11)).await.unwrap();
            let found: Vec<_> = entries.iter().map(|e| (&e.receiver, &e.notification, e.attempts)).collect();
            assert_eq!(found, [(receiver, *wanted, 0)]);
            assert!(store.settle("a", entries[0].id, &Settlement::Delivered, clock(10)).await.unwrap());
        }
    }
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
}

/// What waits for one receiver is nobody else's, and holds up nobody else.
pub async fn receivers_have_queues_of_their_own(place: &dyn Place) {
    let store = place.open().await;
    begun_and_ended(&*store, 3).await;
    let nobody: ReceiverName = "nobody".parse().unwrap();
    assert_eq!(store.lease("a", &nobody, ALL, clock(10), clock(11)).await.unwrap(), []);
    let mut seen = Vec::new();
    for receiver in receivers(3) {
        let held = store.lease("a", &receiver, ALL, clock(10), clock(20)).await.unwrap();
        assert!(held.iter().all(|entry| entry.receiver == receiver));
        // Each receiver's beginning goes another way, and the others' does not change for it.
        let settlement = [Settlement::Delivered, retry(15), dead()][seen.len()].clone();
        assert!(store.settle("a", held[0].id, &settlement, clock(10)).await.unwrap());
        seen.extend(ids(&held));
    }
    assert_eq!(seen.len(), 3);
    let mut next = Vec::new();
    for receiver in receivers(3) {
        let held = store.lease("a", &receiver, ALL, clock(10), clock(20)).await.unwrap();
        next.push(reasons(&held).concat());
    }
    assert_eq!(next, ["resolved", "", "resolved"]);
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

/// A sender takes as many as it can send, those that are due longest first.
pub async fn leases_are_limited_and_what_is_due_longest_comes_first(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 6).await;
    let limited = |owner: &'static str, limit: u32, now: i64| {
        let store = store.clone();
        async move { store.lease(owner, &first(), limit, clock(now), clock(20)).await.unwrap() }
    };
    assert_eq!(limited("a", 0, 10).await, []);
    let (a, b, c) = (limited("a", 2, 10).await, limited("b", 2, 10).await, limited("c", ALL, 10).await);
    assert_eq!((a.len(), b.len(), c.len()), (2, 2, 2));
    let order = ids(&[a, b, c].concat());
    assert!(order.is_sorted(), "{order:?}");
    for (owner, (id, at)) in ["a", "a", "b", "b"].into_iter().zip(order.iter().zip([18, 12, 16, 14])) {
        assert!(store.settle(owner, *id, &retry(at), clock(11)).await.unwrap());
    }
    let again = ids(&lease(&*store, "d", 20, 30).await);
    assert_eq!(again, [4, 5, 1, 3, 2, 0].map(|i| order[i]), "by the moment they were due at");
}

/// Senders that come at the same time share the work.
pub async fn concurrent_leases_are_disjoint(place: &dyn Place) {
    let store = place.open().await;
    told(&*store, 30).await;
    let tasks: Vec<_> = (0..6)
        .map(|i| {
            let store = store.clone();
            tokio::spawn(async move { store.lease(&format!("w{i}"), &first(), 7, clock(10), clock(20)).await.unwrap() })
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
    assert!(store.settle("a", held[0].id, &dead(), clock(11)).await.unwrap());
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
    for settlement in [Settlement::Delivered, retry(16), dead()] {
        assert!(!store.settle("a", held[0].id, &settlement, clock(16)).await.unwrap());
    }
    assert!(!store.settle("nobody", held[0].id, &Settlement::Delivered, clock(16)).await.unwrap());
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    assert!(store.settle("b", held[0].id, &Settlement::Delivered, clock(17)).await.unwrap());
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
}

/// A receiver that keeps incidents of its own would open one that is over and never close it. So an end waits while
/// its beginning is under way, while it waits for its retry, and until it was delivered or given up.
pub async fn an_end_never_overtakes_its_beginning(place: &dyn Place) {
    let store = place.open().await;
    begun_and_ended(&*store, 1).await;
    assert_eq!(store.outbox_depth().await.unwrap(), 2);
    let held = lease(&*store, "a", 10, 12).await;
    assert_eq!(reasons(&held), ["opened"]);
    assert_eq!(lease(&*store, "b", 11, 20).await, [], "somebody else is at its beginning");
    assert_eq!(lease(&*store, "b", 12, 14).await, held, "the lease was over");
    assert!(store.settle("b", held[0].id, &retry(40), clock(13)).await.unwrap());
    assert_eq!(lease(&*store, "a", 39, 50).await, [], "its beginning waits for a retry");
    let held = lease(&*store, "a", 40, 50).await;
    assert_eq!(reasons(&held), ["opened"]);
    assert!(store.settle("a", held[0].id, &Settlement::Delivered, clock(41)).await.unwrap());
    let held = lease(&*store, "a", 41, 50).await;
    assert_eq!(reasons(&held), ["resolved"]);
    assert!(store.settle("a", held[0].id, &Settlement::Delivered, clock(41)).await.unwrap());
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
}

/// However many senders there are, a receiver hears of an incident in the order of events, and of each event once.
pub async fn many_senders_keep_the_order_of_every_incident(place: &dyn Place) {
    const INCIDENTS: usize = 3;
    let (store, to) = (place.open().await, receivers(1));
    let plans = told(&*store, INCIDENTS).await;
    for now in [14, 18, 22, 26] {
        for plan in &plans {
            assert_eq!(reconcile(&*store, plan, &to, clock(now)).await.notifications.len(), 1, "told again");
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..4)
        .map(|i| {
            let (store, log) = (store.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                let owner = format!("w{i}");
                while store.outbox_depth().await.unwrap() > 0 {
                    for entry in store.lease(&owner, &first(), 2, clock(30), clock(40)).await.unwrap() {
                        let incident = &entry.notification.incident;
                        log.lock().unwrap().push((incident.id.clone(), incident.notifications));
                        assert!(store.settle(&owner, entry.id, &Settlement::Delivered, clock(30)).await.unwrap());
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut sent = log.lock().unwrap().clone();
    // By incident, and otherwise in the order of sending.
    sent.sort_by(|(a, _), (b, _)| a.cmp(b));
    let numbers: Vec<u64> = sent.iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5].repeat(INCIDENTS), "{sent:?}");
}

/// Who was not told is written down where people look for it; whoever lost the lease writes nothing.
pub async fn a_message_that_is_given_up_is_written_into_its_incident(place: &dyn Place) {
    let store = place.open().await;
    begun_and_ended(&*store, 1).await;
    let held = lease(&*store, "a", 10, 12).await;
    let id = held[0].notification.incident.id.clone();
    let (_, before) = store.incident(&id).await.unwrap().unwrap();
    assert!(!store.settle("b", held[0].id, &dead(), clock(11)).await.unwrap());
    assert!(store.settle("a", held[0].id, &retry(12), clock(11)).await.unwrap());
    assert_eq!(store.incident(&id).await.unwrap().unwrap().1, before);
    let held = lease(&*store, "a", 12, 20).await;
    assert!(store.settle("a", held[0].id, &dead(), clock(13)).await.unwrap());
    let (_, after) = store.incident(&id).await.unwrap().unwrap();
    assert_eq!(after[..before.len()], before);
    let undelivered = Transition::Undelivered { receiver: first(), error: "410 gone".to_owned() };
    let added: Vec<_> = after[before.len()..].iter().map(|e| (e.at, e.transition.clone(), e.silenced)).collect();
    assert_eq!(added, [(clock(13), undelivered, false)]);
    assert_eq!(reasons(&lease(&*store, "a", 13, 20).await), ["resolved"], "what was given up holds up nothing");
}
