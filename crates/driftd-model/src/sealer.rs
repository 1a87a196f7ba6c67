//! The sealer of a planned monitor at one moment.

use driftd_stats::ShapeMismatch;
use driftd_window::{EventTime, PaneId, PartitionMark, Timestamp, Watermark};

use crate::{
    ContentHash, Monitor, MonitorId, MonitorPlan, PlanSchedule, PlannedDelta, Routing, SealInput, SealOrder,
    SealOutcome, SealStep, SealView, SealWork, SealedPane, Topic, evaluate, merge_deltas, next_step,
};

/// Decides what to seal: asked by a store inside its transaction, and asked again when that has to be repeated.
pub trait Sealer: Send + Sync {
    /// The monitor.
    fn monitor(&self) -> &MonitorId;

    /// Topics whose partitions' marks matter.
    fn topics(&self) -> &[Topic];

    /// The plan that records have to be counted on from now on.
    fn plan_hash(&self) -> &ContentHash;

    /// What is to be done about what the snapshot shows; nothing when nothing may be sealed yet.
    fn decide(&self, view: &SealView) -> Option<SealOrder<'_>>;
}

/// When a seal happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealTime {
    /// At this moment of the wall clock.
    Clock(Timestamp),
    /// At this moment of a wall clock that is not to be believed: nothing is sealed for being quiet.
    DoubtedClock(Timestamp),
    /// At the moment the live daemon could first have sealed it: the end of the step plus out-of-orderness and allowed
    /// lateness. This makes a replay a function of its input.
    Replay,
    /// As `Replay`, when the source has no more records: everything that holds records is sealed, and nothing beyond. The
    /// partition's own mark stays where its records left it, so that another file may go on from there.
    ReplayEnd,
}

/// Seals one monitor.
#[derive(Debug)]
pub struct MonitorSealer<'a> {
    older: Vec<&'a MonitorPlan>,
    newest: &'a MonitorPlan,
    expected_partitions: usize,
    routing: &'a Routing,
    time: SealTime,
}

/// A seal by one plan at one moment.
struct PlannedSeal<'a> {
    plan: &'a MonitorPlan,
    routing: &'a Routing,
    now: Timestamp,
}

impl<'a> MonitorSealer<'a> {
    /// A sealer that waits for `expected_partitions` and notifies whom `routing` names.
    #[must_use]
    pub const fn new(plan: &'a MonitorPlan, expected_partitions: usize, routing: &'a Routing, time: SealTime) -> Self {
        Self { older: Vec::new(), newest: plan, expected_partitions, routing, time }
    }

    /// [`MonitorSealer::new`] for a monitor whose panes fall under several plans.
    #[must_use]
    pub fn of(plans: &'a PlanSchedule, expected_partitions: usize, routing: &'a Routing, time: SealTime) -> Self {
        let older = plans.plans().rev().skip(1).map(AsRef::as_ref).collect();
        Self { older, newest: plans.newest(), expected_partitions, routing, time }
    }

    /// The order to take `step`, if `view` is what a store holds: by the plan of the last pane before its end, which is
    /// the one that its windows are judged by.
    #[must_use]
    pub fn order(&self, step: SealStep, view: &SealView) -> SealOrder<'a> {
        let width = self.monitor_rules().pane;
        let plan = self.plan_at(step.through(width).minus(width.span()));
        let now = self.now(step);
        let work = PlannedSeal { plan, routing: self.routing, now };
        let whole_from = self.whole_from(plan, view);
        SealOrder::new(step, plan, (view.first_data, whole_from), now, Box::new(work))
    }

    const fn monitor_rules(&self) -> &'a Monitor {
        self.newest.monitor()
    }

    /// The plan of the pane that starts at `at`.
    fn plan_at(&self, at: EventTime) -> &'a MonitorPlan {
        let is_valid = |plan: &&MonitorPlan| plan.reducer().validity.contains(at);
        self.older.iter().copied().find(is_valid).unwrap_or(self.newest)
    }

    /// The first pane of which all records were counted on `plan`, where there are others before.
    fn whole_from(&self, plan: &MonitorPlan, view: &SealView) -> Option<EventTime> {
        let (from, width) = (view.whole_from.get(plan.hash())?, self.monitor_rules().pane);
        let pane = width.pane_of(*from);
        let whole = if pane.start() == *from { *from } else { pane.end(width) };
        // From there on it is another plan that has to be counted on.
        Some(plan.reducer().validity.until.map_or(whole, |until| whole.min(until)))
    }

    /// Whether somebody has activated a baseline that this sealer does not know of.
    fn is_superseded(&self, view: &SealView) -> bool {
        self.newest.origin().is_some_and(|origin| origin.activation() != view.activation.as_ref())
    }

    fn next_step(&self, view: &SealView) -> Option<SealStep> {
        let of_frontier = |frontier| self.whole_from(self.plan_at(frontier), view);
        let whole_from = view.sealed_through.or(view.next_data.map(PaneId::start)).and_then(of_frontier);
        let now = match self.time {
            SealTime::Clock(now) => now,
            SealTime::DoubtedClock(now) => {
                // Without an end that was seen, no partition is idle, and the clock moves nothing.
                let marks = view.marks.iter().map(|mark| PartitionMark::stored(mark.watermark(), None)).collect();
                let view = SealView { marks, ..view.clone() };
                return next_step(self.monitor_rules(), &view, whole_from, self.expected_partitions, now);
            }
            SealTime::ReplayEnd => {
                view.next_data?;
                let over = PartitionMark::stored(Some(Watermark::at(EventTime::from_micros(i64::MAX))), None);
                let view = SealView { marks: vec![over], ..view.clone() };
                return next_step(self.monitor_rules(), &view, None, 1, Timestamp::from_micros(i64::MIN));
            }
            // A replay has no clock: only its records move time.
            SealTime::Replay => Timestamp::from_micros(i64::MIN),
        };
        next_step(self.monitor_rules(), view, whole_from, self.expected_partitions, now)
    }

    /// The one moment that `step` happens at: the clock's in a live daemon, event time's in a replay.
    fn now(&self, step: SealStep) -> Timestamp {
        match self.time {
            SealTime::Clock(now) | SealTime::DoubtedClock(now) => now,
            SealTime::Replay | SealTime::ReplayEnd => {
                let monitor = self.monitor_rules();
                let sealed = step.through(monitor.pane).plus(monitor.out_of_orderness).plus(monitor.allowed_lateness);
                Timestamp::from_micros(sealed.as_micros())
            }
        }
    }
}

impl Sealer for MonitorSealer<'_> {
    fn monitor(&self) -> &MonitorId {
        &self.monitor_rules().id
    }

    fn topics(&self) -> &[Topic] {
        &self.monitor_rules().topics
    }

    fn plan_hash(&self) -> &ContentHash {
        self.newest.hash()
    }

    fn decide(&self, view: &SealView) -> Option<SealOrder<'_>> {
        if self.is_superseded(view) {
            return None;
        }
        Some(self.order(self.next_step(view)?, view))
    }
}

impl SealWork for PlannedSeal<'_> {
    fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        merge_deltas(deltas, self.plan.hash())
    }

    fn evaluate(&self, input: SealInput) -> SealOutcome {
        evaluate(self.plan, self.routing, input, self.now)
    }
}
