//! On which plans records are counted, where workers of several configurations take turns at a partition.

use std::sync::Arc;

use driftd_model::{Counting, MonitorPlan, MonitorSealer, SealStep, SealTime, Sealed, SealedPane, Store};
use driftd_window::{EventTime, Watermark};

use super::Place;
use crate::fixtures::{Feeder, NOBODY, ROWS, Traffic, clock, hour, id_of, monitor, plan_of, steps_of, topic};

/// Two monitors of one topic.
fn plans() -> (Arc<MonitorPlan>, Arc<MonitorPlan>) {
    let plan = |id| Arc::new(plan_of(monitor(id, &[("hour", 1, 1)])));
    (plan("m"), plan("n"))
}

async fn seal(store: &dyn Store, plan: &MonitorPlan, partitions: usize) -> Vec<Sealed> {
    steps_of(store, &MonitorSealer::new(plan, partitions, &NOBODY, SealTime::Clock(clock(0)))).await
}

async fn sealed_through(store: &dyn Store, plan: &MonitorPlan) -> Option<EventTime> {
    store.sealed_through(&id_of(plan)).await.unwrap()
}

/// Panes with records, and how many those are.
async fn panes(store: &dyn Store, plan: &MonitorPlan) -> Vec<(EventTime, u64)> {
    let panes: Vec<SealedPane> = store.sealed_panes(&id_of(plan), hour(0), hour(1000)).await.unwrap();
    panes.iter().filter(|pane| pane.rows > 0).map(|pane| (pane.pane.start(), pane.rows)).collect()
}

async fn counting(store: &dyn Store, plan: &MonitorPlan) -> Vec<Counting> {
    let marks = store.marks(&topic(), &id_of(plan), plan.hash()).await.unwrap();
    marks.into_iter().map(|partition| partition.counting).collect()
}

/// A worker without a monitor reads one of two partitions: the monitor stands where it was counted last, and the others go
/// on.
pub async fn a_monitor_is_sealed_only_as_far_as_it_was_counted(place: &dyn Place) {
    let (store, (m, n)) = (place.open().await, plans());
    let (both, traffic) = ([&m, &n], [0, 1, 2].map(Traffic::at));
    let mut first = Feeder::claim_counting(&*store, 0, &both).await;
    let mut second = Feeder::claim_counting(&*store, 1, &both).await;
    first.feed_all(&*store, &both, &traffic, 3).await;
    second.feed_all(&*store, &both, &traffic, 3).await;
    assert_eq!(counting(&*store, &n).await, [Counting::Now, Counting::Now]);
    let mut second = Feeder::claim_counting(&*store, 1, &[&m]).await;
    let until = Counting::Until(Some(Watermark::at(hour(3))));
    assert_eq!(counting(&*store, &n).await, [Counting::Now, until]);
    let later = [3, 4, 5].map(Traffic::at);
    first.feed_all(&*store, &both, &later, 6).await;
    second.feed_all(&*store, &[&m], &later, 6).await;
    seal(&*store, &m, 2).await;
    seal(&*store, &n, 2).await;
    assert_eq!(sealed_through(&*store, &m).await, Some(hour(5)));
    assert_eq!(sealed_through(&*store, &n).await, Some(hour(2)), "an hour of lateness before what was counted");
    assert!(panes(&*store, &n).await.iter().all(|(_, rows)| *rows == 2 * ROWS as u64));
}

/// Once every partition is counted for the monitor again, it goes on with the first pane of which all records were: nothing
/// before is sealed from a part of them, and none of those records is taken for anything but late.
pub async fn what_was_not_counted_whole_is_passed_over(place: &dyn Place) {
    let (store, (m, n)) = (place.open().await, plans());
    let both = [&m, &n];
    let mut first = Feeder::claim_counting(&*store, 0, &both).await;
    let mut second = Feeder::claim_counting(&*store, 1, &[&m]).await;
    let traffic: Vec<Traffic> = (0..6).map(Traffic::at).collect();
    first.feed_all(&*store, &both, &traffic, 6).await;
    second.feed_all(&*store, &[&m], &traffic, 6).await;
    assert!(seal(&*store, &n, 2).await.is_empty(), "nothing is known of the second partition");
    assert_eq!(counting(&*store, &n).await, [Counting::Now, Counting::Never]);
    let mut second = Feeder::claim_counting(&*store, 1, &both).await;
    let later: Vec<Traffic> = (6..10).map(Traffic::at).collect();
    first.feed_all(&*store, &both, &later, 10).await;
    second.feed_all(&*store, &both, &later, 10).await;
    let steps = seal(&*store, &n, 2).await;
    assert_eq!(steps[0].step, SealStep::Uncounted { through: hour(7) }, "the newest record was at 6 at most");
    assert!(steps[0].outcome.is_empty(), "{:?}", steps[0].outcome);
    assert_eq!(panes(&*store, &n).await, [(hour(7), 2 * ROWS as u64), (hour(8), 2 * ROWS as u64)]);
    assert_eq!(store.sweep_late(&id_of(&n)).await.unwrap(), 8 * ROWS as u64, "those of seven hours, one of them whole");
    seal(&*store, &m, 2).await;
    assert_eq!(panes(&*store, &m).await.len(), 9);
    assert_eq!(store.sweep_late(&id_of(&m)).await.unwrap(), 0);
}

/// A monitor that comes to a topic which is read already begins with the first pane that is wholly its own.
pub async fn a_monitor_that_is_added_begins_with_a_whole_pane(place: &dyn Place) {
    let (store, (m, n)) = (place.open().await, plans());
    let mut feeder = Feeder::claim_counting(&*store, 0, &[&m]).await;
    feeder.feed_all(&*store, &[&m], &[0, 1, 2].map(Traffic::at), 2).await;
    let mut feeder = Feeder::claim_counting(&*store, 0, &[&m, &n]).await;
    feeder.feed_all(&*store, &[&m, &n], &[2, 3, 4].map(Traffic::at), 6).await;
    seal(&*store, &n, 1).await;
    assert_eq!(panes(&*store, &n).await, [(hour(3), ROWS as u64), (hour(4), ROWS as u64)]);
    seal(&*store, &m, 1).await;
    assert_eq!(panes(&*store, &m).await[2], (hour(2), 2 * ROWS as u64));
}

/// A partition that goes from hand to hand while nothing comes is counted for everybody as it was.
pub async fn nothing_is_passed_over_where_nothing_was_read(place: &dyn Place) {
    let (store, (m, n)) = (place.open().await, plans());
    let both = [&m, &n];
    let mut feeder = Feeder::claim_counting(&*store, 0, &both).await;
    feeder.feed_all(&*store, &both, &[0, 1].map(Traffic::at), 2).await;
    for plans in [&[&m][..], &[], &[&m]] {
        Feeder::claim_counting(&*store, 0, plans).await;
    }
    let mut feeder = Feeder::claim_counting(&*store, 0, &both).await;
    feeder.feed_all(&*store, &both, &[2, 3].map(Traffic::at), 5).await;
    let steps = seal(&*store, &n, 1).await;
    assert!(steps.iter().all(|sealed| matches!(sealed.step, SealStep::Pane { .. })), "{steps:?}");
    assert_eq!(panes(&*store, &n).await.len(), 4);
}

/// Counts of a monitor whose filter was another one are not its counts.
pub async fn another_plan_is_another_count(place: &dyn Place) {
    let store = place.open().await;
    let plan = |version: &str| {
        let mut monitor = monitor("m", &[("hour", 1, 1)]);
        monitor.filter.versions = vec![version.to_owned()];
        Arc::new(plan_of(monitor))
    };
    let (three, four) = (plan("3"), plan("4"));
    let mut first = Feeder::claim_counting(&*store, 0, &[&three]).await;
    let mut second = Feeder::claim_counting(&*store, 1, &[&four]).await;
    for (feeder, plan) in [(&mut first, &three), (&mut second, &four)] {
        feeder.feed_all(&*store, &[plan], &[0, 1].map(Traffic::at), 3).await;
    }
    assert!(seal(&*store, &three, 2).await.is_empty() && seal(&*store, &four, 2).await.is_empty());
    let mut first = Feeder::claim_counting(&*store, 0, &[&four]).await;
    assert_eq!(counting(&*store, &three).await, [Counting::Never, Counting::Never], "what is over is forgotten");
    for feeder in [&mut first, &mut second] {
        feeder.feed_all(&*store, &[&four], &[3, 4].map(Traffic::at), 6).await;
    }
    let steps = seal(&*store, &four, 2).await;
    assert_eq!(steps[0].step, SealStep::Uncounted { through: hour(4) });
    assert_eq!(panes(&*store, &four).await, [(hour(4), 2 * ROWS as u64)]);
}

/// A plan that is counted beside the one before it, because a baseline was activated, has no gap of its own.
pub async fn a_plan_takes_over_what_was_counted_beside_it(place: &dyn Place) {
    let store = place.open().await;
    let plan = |version: &str| {
        let mut monitor = monitor("m", &[("hour", 1, 1)]);
        monitor.filter.versions = vec![version.to_owned()];
        Arc::new(plan_of(monitor))
    };
    let (old, new) = (plan("3"), plan("4"));
    let mut feeder = Feeder::claim_counting(&*store, 0, &[&old]).await;
    feeder.feed_all(&*store, &[&old], &[0, 1].map(Traffic::at), 3).await;
    for plans in [&[&old, &new][..], &[&new]] {
        let mut feeder = Feeder::claim_counting(&*store, 0, plans).await;
        feeder.feed_all(&*store, &[&new], &[Traffic::at(2)], 3).await;
    }
    let mut feeder = Feeder::claim_counting(&*store, 0, &[&new]).await;
    feeder.feed_all(&*store, &[&new], &[Traffic::at(3)], 5).await;
    let steps = seal(&*store, &new, 1).await;
    assert!(steps.iter().all(|sealed| matches!(sealed.step, SealStep::Pane { .. })), "{steps:?}");
    assert_eq!(panes(&*store, &new).await[..], [(hour(2), 2 * ROWS as u64), (hour(3), ROWS as u64)]);
}
