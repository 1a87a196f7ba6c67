//! What a sealer is shown, and what becomes of its decisions.

use std::sync::Mutex;

use driftd_model::{
    ContentHash, ErrorClass, HistoryQuery, MonitorId, MonitorPlan, MonitorSealer, PlannedDelta, SealInput, SealOrder,
    SealOutcome, SealStep, SealTime, SealView, SealWork, SealedPane, Sealer, Topic,
};
use driftd_stats::ShapeMismatch;
use driftd_window::{EventTime, PaneId, PartitionMark};

use super::Place;
use crate::fixtures::{Feeder, NOBODY, ROWS, Traffic, clock, hour, id_of, monitor, plan, plan_of, seal_all};

/// A sealer that writes down what it is shown, and can be told to decide or to fail otherwise.
struct Witness<'a> {
    real: MonitorSealer<'a>,
    step: Option<SealStep>,
    breaks: bool,
    views: Mutex<Vec<SealView>>,
    merged: Mutex<Vec<SealedPane>>,
    inputs: Mutex<Vec<SealInput>>,
}

/// The work of an order, witnessed.
struct Witnessed<'a> {
    real: Box<dyn SealWork + 'a>,
    witness: &'a Witness<'a>,
}

impl<'a> Witness<'a> {
    fn of(plan: &'a MonitorPlan) -> Self {
        Self {
            real: MonitorSealer::new(plan, 1, &NOBODY, SealTime::Clock(clock(0))),
            step: None,
            breaks: false,
            views: Mutex::default(),
            merged: Mutex::default(),
            inputs: Mutex::default(),
        }
    }
}

impl Sealer for Witness<'_> {
    fn monitor(&self) -> &MonitorId {
        self.real.monitor()
    }

    fn topics(&self) -> &[Topic] {
        self.real.topics()
    }

    fn plan_hash(&self) -> &ContentHash {
        self.real.plan_hash()
    }

    fn decide(&self, view: &SealView) -> Option<SealOrder<'_>> {
        self.views.lock().unwrap().push(view.clone());
        let order = self.step.map_or_else(|| self.real.decide(view), |step| Some(self.real.order(step, view)))?;
        Some(order.map_work(|real| Box::new(Witnessed { real, witness: self })))
    }
}

impl SealWork for Witnessed<'_> {
    fn merge(&self, mut deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        if self.witness.breaks {
            deltas[0].delta.aggregates.clear();
        }
        let merged = self.real.merge(deltas)?;
        self.witness.merged.lock().unwrap().extend(merged.iter().cloned());
        Ok(merged)
    }

    fn evaluate(&self, input: SealInput) -> SealOutcome {
        self.witness.inputs.lock().unwrap().push(input.clone());
        self.real.evaluate(input)
    }
}

fn start(pane: Option<PaneId>) -> Option<EventTime> {
    pane.map(PaneId::start)
}

/// Frontier, marks, next and last pane with records before the decision; the panes of the longest window, the one
/// being sealed included and last, before the verdict.
pub async fn a_sealer_sees_one_snapshot(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(monitor("m", &[("hour", 1, 1), ("three", 3, 1)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic: Vec<Traffic> = [0, 1, 2, 3, 6].map(Traffic::at).into();
    feeder.feed(&*store, &plan, &traffic, 6).await;
    let witness = Witness::of(&plan);
    while store.seal(&witness).await.unwrap().is_some() {}
    let views = witness.views.into_inner().unwrap();
    let seen: Vec<_> = views.iter().map(|v| (v.sealed_through, start(v.next_data), start(v.last_data))).collect();
    let expected = [
        (None, Some(hour(0)), None),
        (Some(hour(1)), Some(hour(1)), Some(hour(0))),
        (Some(hour(2)), Some(hour(2)), Some(hour(1))),
        (Some(hour(3)), Some(hour(3)), Some(hour(2))),
        (Some(hour(4)), Some(hour(6)), Some(hour(3))),
    ];
    assert_eq!(seen[..5], expected);
    assert!(views.iter().all(|v| v.marks == [feeder.mark]), "{views:?}");
    let inputs = witness.inputs.into_inner().unwrap();
    let counted = |at: usize, from: i64, to: i64| inputs[at].counts.rows(hour(from), hour(to));
    let panes = |at: usize| inputs[at].counts.panes().map(|(first, last)| (first.start(), last.start()));
    assert_eq!((counted(0, 0, 1), counted(0, -2, 1)), (Some(ROWS as u64), Some(ROWS as u64)));
    assert_eq!((counted(3, 3, 4), counted(3, 1, 4)), (Some(ROWS as u64), Some(3 * ROWS as u64)));
    assert_eq!((panes(0), panes(3)), (Some((hour(0), hour(0))), Some((hour(1), hour(3)))));
    // What a later seal reads of a pane is what the pane's own seal made of it, bit for bit.
    let sealed = store.sealed_panes(&id_of(&plan), hour(0), hour(9)).await.unwrap();
    assert_eq!(sealed, witness.merged.into_inner().unwrap());
    assert!(sealed.iter().all(|p| p.rows == ROWS as u64 && p.aggregates.len() == 2));
}

/// Where a window still holds older records, it is judged; then the stretch is a gap.
pub async fn a_quiet_stretch_is_crossed_window_by_window(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(monitor("m", &[("four", 4, 2)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(0)], 101).await;
    let steps = seal_all(&*store, &plan, &[], clock(0)).await;
    let quiet: Vec<_> = steps
        .iter()
        .filter_map(|s| if let SealStep::Quiet { through } = s.step { Some(through) } else { None })
        .collect();
    assert_eq!(quiet, [hour(2), hour(4)]);
    let windows: Vec<_> = steps.iter().flat_map(|s| &s.outcome.windows).map(|w| (w.window.end, w.rows)).collect();
    assert_eq!(windows, [(hour(2), ROWS as u64), (hour(4), ROWS as u64)]);
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(100)));
    let rows = store.history(&HistoryQuery::default()).await.unwrap();
    let mut ends: Vec<_> = rows.iter().map(|row| row.window_end).collect();
    ends.dedup();
    assert_eq!(ends, [hour(2), hour(4)]);
}

/// A hundred years without a record cost as much as a day.
pub async fn a_gap_is_one_step_however_long(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(0)], 2).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    const CENTURY: i64 = 876_600;
    feeder.feed(&*store, &plan, &[Traffic::at(CENTURY)], CENTURY + 2).await;
    let steps = seal_all(&*store, &plan, &[], clock(0)).await;
    assert!(steps.len() <= 4, "{} steps", steps.len());
    assert!(matches!(steps.last().unwrap().step, SealStep::Pane { pane } if pane.start() == hour(CENTURY)));
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(CENTURY + 1)));
    let panes = store.sealed_panes(&id_of(&plan), hour(0), hour(2 * CENTURY)).await.unwrap();
    assert_eq!(panes.len(), 2);
}

/// A monitor of two topics waits for both; a third topic is none of its business.
pub async fn only_the_marks_of_the_monitors_topics_count(place: &dyn Place) {
    let store = place.open().await;
    let mut monitor = monitor("m", &[("hour", 1, 1)]);
    monitor.topics = vec!["a".into(), "b".into()];
    let plan = plan_of(monitor);
    for (topic, partition, mark) in [("b", 0, 9), ("a", 1, 7), ("c", 0, 1), ("a", 0, 8)] {
        let mut feeder = Feeder::claim_of(&*store, topic.into(), partition).await;
        feeder.feed(&*store, &plan, &[], mark).await;
    }
    let witness = Witness::of(&plan);
    store.seal(&witness).await.unwrap();
    let mut marks: Vec<PartitionMark> = witness.views.into_inner().unwrap().remove(0).marks;
    marks.sort_by_key(PartitionMark::watermark);
    let found: Vec<_> = marks.iter().map(|m| m.watermark().unwrap().event_time()).collect();
    assert_eq!(found, [hour(7), hour(8), hour(9)]);
}

/// A decision that does not lead on is refused and writes nothing, so no loop of seals runs for ever.
pub async fn a_frontier_never_goes_back(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &[Traffic::at(4)], 6).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let history = store.history(&HistoryQuery::default()).await.unwrap();
    for through in [hour(5), hour(3)] {
        let mut witness = Witness::of(&plan);
        witness.step = Some(SealStep::Quiet { through });
        let error = store.seal(&witness).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
    }
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(5)));
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), history);
}

/// Counts that contradict their own plan stop the seal, and the pane stays open.
pub async fn a_sealer_that_cannot_merge_leaves_nothing_behind(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(4)], 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(4)], 6).await;
    let mut witness = Witness::of(&plan);
    witness.breaks = true;
    let error = store.seal(&witness).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), None);
    assert_eq!(store.sealed_panes(&id_of(&plan), hour(0), hour(9)).await.unwrap(), []);
    assert_eq!(seal_all(&*store, &plan, &[], clock(0)).await[0].rows, 2 * ROWS as u64);
}
