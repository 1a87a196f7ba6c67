//! Records that came after their pane was sealed.

use driftd_model::{MonitorPlan, SealStep, SealedPane, Store};

use super::Place;
use crate::fixtures::{Feeder, ROWS, Traffic, clock, hour, id_of, plan, seal_all};

async fn panes(store: &dyn Store, plan: &MonitorPlan) -> Vec<SealedPane> {
    store.sealed_panes(&id_of(plan), hour(-1000), hour(1000)).await.unwrap()
}

/// Without a frontier everything is still open.
pub async fn nothing_is_late_before_the_first_seal(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &[Traffic::at(5), Traffic::at(1)], 3).await;
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
    assert_eq!(panes(&*store, &plan).await, []);
}

/// A sweep finds what is new and nothing else; what is late is not counted into the pane.
pub async fn late_records_are_counted_once(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1)], 3).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let before = panes(&*store, &plan).await;
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
    for (rows, in_all) in [(7, 7), (0, 7), (5, 12)] {
        feeder.feed(&*store, &plan, &[Traffic::at(1).rows(rows)], 3).await;
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), rows as u64);
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
        let now = panes(&*store, &plan).await;
        assert_eq!(now, [SealedPane { late_rows: in_all, ..before[0].clone() }]);
    }
}

/// A pane that was sealed empty gets a row for its late records, which is not data: no window and no step sees it.
pub async fn late_records_of_an_empty_pane_are_no_data(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1)], 10).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    feeder.feed(&*store, &plan, &[Traffic::at(5).rows(9)], 10).await;
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 9);
    let rows: Vec<_> = panes(&*store, &plan).await.iter().map(|p| (p.pane.start(), p.rows, p.late_rows)).collect();
    assert_eq!(rows, [(hour(1), ROWS as u64, 0), (hour(5), 0, 9)]);
    let late = panes(&*store, &plan).await.remove(1);
    assert!(late.aggregates.is_empty(), "what came too late is counted, not kept");
    // The stretch behind it is still a gap, as if nothing had come.
    feeder.feed(&*store, &plan, &[], 30).await;
    let steps = seal_all(&*store, &plan, &[], clock(0)).await;
    assert!(steps.iter().all(|s| matches!(s.step, SealStep::Gap { .. })), "{steps:?}");
}

/// Nothing is lost and nothing doubled, whatever the order of feeding, sealing and sweeping.
pub async fn every_record_is_sealed_open_or_late(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut fed = 0;
    // A walk over hours that goes back again and again, with a mark that only goes on.
    for turn in 0..40_usize {
        let hour = [4, 0, 7, 2, 9, 1, 12, 3][turn % 8] + (turn as i64) / 2;
        let rows = 1 + turn % 5;
        feeder.feed(&*store, &plan, &[Traffic::at(hour).rows(rows)], turn as i64 / 2 + 3).await;
        fed += rows as u64;
        if turn % 3 == 0 {
            seal_all(&*store, &plan, &[], clock(0)).await;
        }
        if turn % 7 == 0 {
            store.sweep_late(&id_of(&plan)).await.unwrap();
        }
    }
    feeder.feed(&*store, &plan, &[], 1000).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    store.sweep_late(&id_of(&plan)).await.unwrap();
    let panes = panes(&*store, &plan).await;
    let sealed: u64 = panes.iter().map(|p| p.rows).sum();
    let late: u64 = panes.iter().map(|p| p.late_rows).sum();
    assert_eq!(sealed + late, fed);
    assert!(late > 0 && sealed > late, "the walk makes some records late: {late} of {fed}");
}

/// Any worker may sweep at any time.
pub async fn concurrent_sweeps_count_once(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1)], 3).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(17), Traffic::at(0).rows(4)], 3).await;
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (store, monitor) = (store.clone(), id_of(&plan));
            tokio::spawn(async move { store.sweep_late(&monitor).await.unwrap() })
        })
        .collect();
    let mut found = 0;
    for task in tasks {
        found += task.await.unwrap();
    }
    assert_eq!(found, 21);
}
