//! Activations: which plan a pane is counted on, so that none mixes two.

use driftd_model::{
    Activation, BaselineRef, ErrorClass, HistoryQuery, MonitorSealer, PlanOrigin, PlanSchedule, Routing, SealTime,
    Store, StoreError,
};
use driftd_window::EventTime;

use super::Place;
use super::baselines::version;
use crate::fixtures::{Feeder, ROWS, Traffic, baseline, clock, hour, id_of, plan, seal_all, steps_of};

/// Stores `a@v1` to `a@v3`.
async fn versions(store: &dyn Store) {
    for salt in 0..3 {
        store.put_baseline(&"a".parse().unwrap(), baseline(salt), clock(0)).await.unwrap();
    }
}

async fn activate(store: &dyn Store, reference: &str) -> Activation {
    let plan = plan();
    store.activate_baseline(&id_of(&plan), &version(reference), plan.monitor().pane).await.unwrap()
}

/// The monitor's plans as a worker makes them that starts now; `a@v1` is configured.
async fn schedule(store: &dyn Store) -> PlanSchedule {
    let plan = plan();
    let activations = store.activations(&id_of(&plan)).await.unwrap();
    let through = store.sealed_through(&id_of(&plan)).await.unwrap();
    let mut bound = Vec::new();
    for origin in PlanSchedule::needed_origins(&activations, through, plan.monitor().pane) {
        let reference = origin.activation().map_or(version("a@v1"), |activation| activation.reference.clone());
        bound.push((origin, store.baseline(&reference).await.unwrap().unwrap()));
    }
    let last = bound.pop().unwrap();
    PlanSchedule::bind(plan.monitor(), bound, last).unwrap()
}

/// Writes `traffic` counted on every plan of `schedule`, each its own panes.
async fn feed(
    feeder: &mut Feeder,
    store: &dyn Store,
    schedule: &PlanSchedule,
    traffic: &[Traffic],
    mark: i64,
) -> Result<(), StoreError> {
    let plans: Vec<_> = schedule.plans().map(AsRef::as_ref).collect();
    let checkpoint = feeder.checkpoint(&plans, traffic, mark);
    feeder.write(store, &checkpoint).await
}

/// Each begins behind everything that was counted or sealed before it; a second word about the same pane replaces the
/// first, and one that changes nothing writes nothing.
pub async fn an_activation_begins_behind_what_was_counted(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    versions(&*store).await;
    let earliest = plan.monitor().pane.earliest();
    assert_eq!(activate(&*store, "a@v2").await.since, earliest);
    assert_eq!(activate(&*store, "a@v1").await.since, earliest);
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(3)], 3).await;
    assert_eq!(activate(&*store, "a@v1").await.since, earliest, "it is what holds already");
    assert_eq!(activate(&*store, "a@v2").await.since, hour(4));
    assert_eq!(activate(&*store, "a@v3").await.since, hour(4));
    feeder.feed(&*store, &plan, &[], 10).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let through = store.sealed_through(&id_of(&plan)).await.unwrap().unwrap();
    assert!(through > hour(4), "{through}");
    assert_eq!(activate(&*store, "a@v1").await.since, through);
    let other =
        store.activate_baseline(&"other".parse().unwrap(), &version("a@v1"), plan.monitor().pane).await.unwrap();
    assert_eq!(other.since, earliest, "another monitor has counted nothing");
    let expected: Vec<(EventTime, BaselineRef)> =
        vec![(earliest, version("a@v1")), (hour(4), version("a@v3")), (through, version("a@v1"))];
    let found = store.activations(&id_of(&plan)).await.unwrap();
    assert_eq!(found.into_iter().map(|a| (a.since, a.reference)).collect::<Vec<_>>(), expected);
}

/// Nothing of a checkpoint is written that holds a pane of somebody else's plan; the same records are taken once they
/// were counted on the right one.
pub async fn counts_of_a_superseded_plan_are_refused(place: &dyn Place) {
    let store = place.open().await;
    versions(&*store).await;
    let before = schedule(&*store).await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feed(&mut feeder, &*store, &before, &[Traffic::at(3)], 3).await.unwrap();
    activate(&*store, "a@v2").await;
    feed(&mut feeder, &*store, &before, &[Traffic::at(2), Traffic::at(3)], 3).await.unwrap();
    let both = [Traffic::at(3), Traffic::at(4)];
    let refused = feed(&mut feeder, &*store, &before, &both, 5).await.unwrap_err();
    assert!(matches!(refused, StoreError::Superseded(_)), "{refused}");
    assert_eq!(refused.class(), ErrorClass::Fenced);
    assert!(refused.to_string().contains("a@v2"), "{refused}");
    let partition = store.partitions(&feeder.topic).await.unwrap().remove(0);
    assert_eq!((partition.next_offset, partition.mark), (Some(feeder.next), feeder.mark), "nothing was written");

    let after = schedule(&*store).await;
    feed(&mut feeder, &*store, &after, &both, 5).await.unwrap();
    activate(&*store, "a@v3").await;
    feed(&mut feeder, &*store, &after, &[Traffic::at(4)], 5).await.unwrap();
    feed(&mut feeder, &*store, &after, &[Traffic::at(5)], 5).await.unwrap_err();
    feed(&mut feeder, &*store, &schedule(&*store).await, &[Traffic::at(5)], 10).await.unwrap();

    let sealed = seal(&*store, &after).await;
    assert!(sealed.is_empty(), "who does not know the newest activation seals nothing");
    let sealed = seal(&*store, &schedule(&*store).await).await;
    assert_eq!(sealed.iter().sum::<u64>(), 7 * ROWS as u64, "every record was counted on the plan of its pane");
    let panes = store.sealed_panes(&id_of(&plan()), hour(0), hour(10)).await.unwrap();
    assert!(panes.iter().all(|pane| pane.late_rows == 0), "and none of them mixes two");
    let mut judged: Vec<(EventTime, String)> = store
        .history(&HistoryQuery::default())
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.window_end, row.baseline))
        .collect();
    judged.dedup();
    let expected = [(3, "a@v1"), (4, "a@v1"), (5, "a@v2"), (6, "a@v3")];
    assert_eq!(judged, expected.map(|(end, reference)| (hour(end), reference.to_owned())));
}

/// Records that come too late for a plan that is over are counted as late, on the plan there is.
pub async fn late_records_find_a_plan(place: &dyn Place) {
    let store = place.open().await;
    versions(&*store).await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feed(&mut feeder, &*store, &schedule(&*store).await, &[Traffic::at(3)], 10).await.unwrap();
    seal(&*store, &schedule(&*store).await).await;
    activate(&*store, "a@v2").await;
    let after = schedule(&*store).await;
    assert_eq!(after.plans().count(), 1, "what is sealed needs no plan");
    feed(&mut feeder, &*store, &after, &[Traffic::at(3)], 10).await.unwrap();
    assert_eq!(store.sweep_late(&id_of(&plan())).await.unwrap(), ROWS as u64);
}

/// Seals as far as it goes; the records of every step.
async fn seal(store: &dyn Store, schedule: &PlanSchedule) -> Vec<u64> {
    let routing = Routing::default();
    let sealer = MonitorSealer::of(schedule, 1, &routing, SealTime::Clock(clock(0)));
    steps_of(store, &sealer).await.iter().map(|sealed| sealed.rows).collect()
}

/// A plan that stands alone is no worker's: a replay counts whatever it is given.
pub async fn a_plan_without_a_term_is_not_asked(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    versions(&*store).await;
    activate(&*store, "a@v2").await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(3)], 10).await;
    assert!(!seal_all(&*store, &plan, &[], clock(0)).await.is_empty());
    let configured =
        PlanSchedule::bind(plan.monitor(), Vec::new(), (PlanOrigin::Configured, plan.baseline().clone())).unwrap();
    feed(&mut feeder, &*store, &configured, &[Traffic::at(20)], 20).await.unwrap_err();
}
