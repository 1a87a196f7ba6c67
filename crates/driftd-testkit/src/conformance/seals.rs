//! Sealed panes: written once, in order, by whoever comes first.

use std::sync::Arc;

use driftd_model::{ContentHash, HistoryQuery, MonitorSealer, SealStep, SealTime, SealedPane};
use driftd_window::{EventTime, SegmentKey};

use super::Place;
use crate::fixtures::{
    Feeder, NOBODY, ROWS, Traffic, clock, deltas, hour, id_of, monitor, plan, plan_of, seal_all, segment, split_plan,
};

/// No mark, no data, or a mark that has not passed: idle, and nothing written.
pub async fn nothing_is_sealed_before_its_time(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    assert!(seal_all(&*store, &plan, &[], clock(0)).await.is_empty(), "nobody has claimed anything");
    let mut feeder = Feeder::claim(&*store, 0).await;
    assert!(seal_all(&*store, &plan, &[], clock(0)).await.is_empty(), "nothing was read");
    feeder.feed(&*store, &plan, &[Traffic::at(4)], 5).await;
    assert!(seal_all(&*store, &plan, &[], clock(0)).await.is_empty(), "the lateness is not over");
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), None);
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), []);
    feeder.feed(&*store, &plan, &[], 6).await;
    assert_eq!(seal_all(&*store, &plan, &[], clock(0)).await.len(), 1);
}

/// What was sealed is what was counted; asking again changes nothing.
pub async fn a_seal_is_final(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &[Traffic::at(4)], 6).await;
    let steps = seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].rows, ROWS as u64);
    assert!(matches!(steps[0].step, SealStep::Pane { pane } if pane.start() == hour(4)));
    let panes = store.sealed_panes(&id_of(&plan), hour(0), hour(10)).await.unwrap();
    let delta = deltas(&plan, &[Traffic::at(4)]).remove(0);
    let expected = SealedPane {
        pane: delta.delta.pane,
        segment: SegmentKey::all(),
        rows: ROWS as u64,
        late_rows: 0,
        plan_hash: plan.hash().clone(),
        aggregates: delta.delta.aggregates,
    };
    assert_eq!(panes, [expected]);
    let history = store.history(&HistoryQuery::default()).await.unwrap();
    assert!(!history.is_empty());
    assert!(seal_all(&*store, &plan, &[], clock(9)).await.is_empty());
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), history);
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(5)));
}

/// Panes are sealed by event time, one a step, and the frontier follows.
pub async fn every_pane_is_sealed_once_in_order(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    for h in [3, 1, 4, 2, 0] {
        feeder.feed(&*store, &plan, &[Traffic::at(h)], 0).await;
    }
    feeder.feed(&*store, &plan, &[], 6).await;
    let sealer = MonitorSealer::new(&plan, 1, &NOBODY, SealTime::Clock(clock(0)));
    for h in 0..5 {
        let sealed = store.seal(&sealer).await.unwrap().unwrap();
        assert!(matches!(sealed.step, SealStep::Pane { pane } if pane.start() == hour(h)), "{:?}", sealed.step);
        assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(h + 1)));
    }
    assert_eq!(store.seal(&sealer).await.unwrap(), None);
}

/// Any worker may seal; together they seal every pane once and judge every window once.
pub async fn concurrent_seals_never_double(place: &dyn Place) {
    const HOURS: i64 = 12;
    let (store, plan) = (place.open().await, Arc::new(plan()));
    let traffic: Vec<Traffic> = (0..HOURS).map(Traffic::at).collect();
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, HOURS + 1).await;
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (store, plan) = (store.clone(), Arc::clone(&plan));
            tokio::spawn(async move {
                let mut rows = 0;
                // A worker that finds another one at it is given nothing and comes back.
                for _ in 0..4 * HOURS {
                    let sealer = MonitorSealer::new(&plan, 1, &NOBODY, SealTime::Clock(clock(0)));
                    rows += store.seal(&sealer).await.unwrap().map_or(0, |sealed| sealed.rows);
                    tokio::task::yield_now().await;
                }
                rows
            })
        })
        .collect();
    let mut rows = 0;
    for task in tasks {
        rows += task.await.unwrap();
    }
    rows += seal_all(&*store, &plan, &[], clock(0)).await.iter().map(|s| s.rows).sum::<u64>();
    assert_eq!(rows, HOURS as u64 * ROWS as u64);
    let panes = store.sealed_panes(&id_of(&plan), hour(0), hour(HOURS)).await.unwrap();
    assert_eq!(panes.len(), HOURS as usize);
    let mut ends: Vec<EventTime> = Vec::new();
    for row in store.history(&HistoryQuery::default()).await.unwrap() {
        if row.feature.as_str() == "x" && row.statistic == driftd_stats::DriftStatistic::Ks {
            ends.push(row.window_end);
        }
    }
    assert_eq!(ends, (1..=HOURS).map(hour).collect::<Vec<_>>());
}

/// Segments of one pane have rows of their own, in order of key.
pub async fn segments_are_sealed_apart(place: &dyn Place) {
    let (store, plan) = (place.open().await, split_plan());
    let traffic = [Traffic::at(1).of("y"), Traffic::at(1).of("nobody").rows(3), Traffic::at(1).of("x").rows(50)];
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, 3).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let panes = store.sealed_panes(&id_of(&plan), hour(0), hour(10)).await.unwrap();
    let found: Vec<_> = panes.iter().map(|p| (p.segment.clone(), p.rows)).collect();
    assert_eq!(found, [(SegmentKey::overflow(), 3), (segment("x"), 50), (segment("y"), ROWS as u64)]);
    let whole = store.history(&HistoryQuery { segment: Some(SegmentKey::all()), ..Default::default() }).await.unwrap();
    assert!(whole.iter().any(|row| row.m == ROWS as u64 + 53), "the whole population is the sum of its segments");
}

/// Two monitors of one topic have frontiers, panes and histories of their own.
pub async fn monitors_are_sealed_apart(place: &dyn Place) {
    let store = place.open().await;
    let (a, b) = (plan_of(monitor("a", &[("hour", 1, 1)])), plan_of(monitor("b", &[("two", 2, 2)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let checkpoint = feeder.checkpoint(&[&a, &b], &[Traffic::at(0), Traffic::at(1)], 3);
    feeder.write(&*store, &checkpoint).await.unwrap();
    seal_all(&*store, &a, &[], clock(0)).await;
    assert_eq!(store.sealed_through(&id_of(&a)).await.unwrap(), Some(hour(2)));
    assert_eq!(store.sealed_through(&id_of(&b)).await.unwrap(), None);
    seal_all(&*store, &b, &[], clock(0)).await;
    for (plan, window, ends) in [(&a, "hour", vec![hour(1), hour(2)]), (&b, "two", vec![hour(2)])] {
        let query = HistoryQuery { monitor: Some(id_of(plan)), ..Default::default() };
        let rows = store.history(&query).await.unwrap();
        assert!(rows.iter().all(|row| row.window_name.as_str() == window));
        let mut found: Vec<EventTime> = rows.iter().map(|row| row.window_end).collect();
        found.dedup();
        assert_eq!(found, ends);
        assert_eq!(store.sealed_panes(&id_of(plan), hour(0), hour(9)).await.unwrap().len(), 2);
    }
}

/// Counts on other bins cannot be added: they are accounted for as late, once.
pub async fn counts_of_another_plan_are_left_out_and_late(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut foreign = feeder.checkpoint(&[&plan], &[Traffic::at(1).rows(8), Traffic::at(2).rows(6)], 0);
    for (_, delta) in &mut foreign.deltas {
        delta.plan_hash = ContentHash::of(b"another plan");
    }
    feeder.write(&*store, &foreign).await.unwrap();
    feeder.feed(&*store, &plan, &[Traffic::at(1)], 4).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    store.sweep_late(&id_of(&plan)).await.unwrap();
    let panes = store.sealed_panes(&id_of(&plan), hour(0), hour(9)).await.unwrap();
    let rows: Vec<_> = panes.iter().map(|p| (p.pane.start(), p.rows, p.late_rows)).collect();
    assert_eq!(rows, [(hour(1), ROWS as u64, 8), (hour(2), 0, 6)]);
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
}

/// A range holds its start and not its end.
pub async fn ranges_of_sealed_panes_are_half_open(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let traffic: Vec<Traffic> = (-2..3).map(Traffic::at).collect();
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, 4).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    for (from, to, expected) in [(-2, 3, 5), (-1, 2, 3), (0, 1, 1), (0, 0, 0), (3, 9, 0), (2, -2, 0)] {
        let panes = store.sealed_panes(&id_of(&plan), hour(from), hour(to)).await.unwrap();
        assert_eq!(panes.len(), expected, "{from}..{to}");
        assert!(panes.iter().zip(from..).all(|(pane, h)| pane.pane.start() == hour(h)));
    }
}
