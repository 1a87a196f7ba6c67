//! Silences, and incidents under them.

use driftd_model::{IncidentState, Matcher, Silence, SilenceId, SilenceState};

use super::Place;
use crate::fixtures::{CRITICAL, Feeder, Traffic, clock, id_of, plan, receivers, seal_all};

fn silence(matchers: &[&str], from: i64, to: i64) -> Silence {
    Silence {
        id: SilenceId(0),
        matchers: matchers.iter().map(|m| m.parse::<Matcher>().unwrap()).collect(),
        starts_at: clock(from),
        ends_at: clock(to),
        author: "ana".to_owned(),
        comment: "deploy \u{1f680}".to_owned(),
    }
}

/// Everything but the id, which is the store's, comes back; ids differ.
pub async fn silences_keep_what_they_were_given(place: &dyn Place) {
    let store = place.open().await;
    let wanted = [silence(&["monitor=m", "severity!=critical"], 1, 5), silence(&[], -4, 5)];
    let mut expected = Vec::new();
    for silence in &wanted {
        let id = store.add_silence(silence).await.unwrap();
        expected.push(Silence { id, ..silence.clone() });
    }
    assert_ne!(expected[0].id, expected[1].id);
    assert_eq!(store.silences(None).await.unwrap(), expected);
}

/// A silence that ends at a moment is over at that moment.
pub async fn silences_are_found_until_they_end(place: &dyn Place) {
    let store = place.open().await;
    for end in [3, 5, 9] {
        store.add_silence(&silence(&[], 2, end)).await.unwrap();
    }
    for (now, left) in [(0, 3), (2, 3), (3, 2), (5, 1), (8, 1), (9, 0)] {
        assert_eq!(store.silences(Some(clock(now))).await.unwrap().len(), left, "hour {now}");
    }
    assert_eq!(store.silences(None).await.unwrap().len(), 3);
}

/// Ending a silence ends it at that moment, once; one that had not begun never will.
pub async fn a_silence_ends_once(place: &dyn Place) {
    let store = place.open().await;
    let running = store.add_silence(&silence(&[], 1, 9)).await.unwrap();
    let future = store.add_silence(&silence(&[], 6, 9)).await.unwrap();
    assert!(store.expire_silence(running, clock(4)).await.unwrap());
    assert!(!store.expire_silence(running, clock(4)).await.unwrap());
    assert!(store.expire_silence(future, clock(4)).await.unwrap());
    assert!(!store.expire_silence(SilenceId(999), clock(0)).await.unwrap());
    for found in store.silences(None).await.unwrap() {
        assert_eq!(found.ends_at, clock(4));
        for now in 4..10 {
            assert_eq!(found.state(clock(now)), SilenceState::Expired);
        }
    }
}

/// Under a silence an incident lives its life, and its events say that nobody heard of them.
pub async fn a_silenced_incident_runs_unheard(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    store.add_silence(&silence(&["monitor=m"], 0, 5)).await.unwrap();
    store.add_silence(&silence(&["monitor=other"], 0, 500)).await.unwrap();
    let mut feeder = Feeder::claim(&*store, 0).await;
    let to = receivers(1);
    feeder.feed(&*store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(&*store, &plan, &to, clock(4)).await;
    let row = store.incidents(Some(&id_of(&plan))).await.unwrap().remove(0);
    assert_eq!(row.state, IncidentState::Open);
    let (_, events) = store.incident(&row.incident_id).await.unwrap().unwrap();
    let heard: Vec<_> = events.iter().map(|e| (e.transition.as_str(), e.silenced)).collect();
    assert_eq!(heard, [("pended", false), ("opened", true), ("suppressed", false)]);
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
    // The silence is over when the good windows come: people hear of it with the first, and of its end with the second.
    feeder.feed(&*store, &plan, &[Traffic::at(1), Traffic::at(2)], 4).await;
    seal_all(&*store, &plan, &to, clock(5)).await;
    let (_, events) = store.incident(&row.incident_id).await.unwrap().unwrap();
    let heard: Vec<_> = events[3..].iter().map(|e| (e.transition.as_str(), e.silenced)).collect();
    assert_eq!(heard, [("notified", false), ("resolved", false), ("notified", false)]);
    assert_eq!(store.outbox_depth().await.unwrap(), 2);
}
