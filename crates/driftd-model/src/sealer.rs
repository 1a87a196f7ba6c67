//! The sealer of a planned monitor at one moment.

use driftd_stats::ShapeMismatch;
use driftd_window::{EventTime, PartitionMark, Span, Timestamp, Watermark, WindowSpec};

use crate::{
    BaselineRef, ContentHash, Monitor, MonitorId, MonitorPlan, PlanSchedule, PlannedDelta, Routing, SealInput,
    SealOutcome, SealStep, SealView, SealedPane, Sealer, Topic, evaluate, merge_deltas, next_step,
};

/// When a seal happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealTime {
    /// At this moment of the wall clock.
    Clock(Timestamp),
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

impl<'a> MonitorSealer<'a> {
    /// A sealer that waits for `expected_partitions` and tells who `routing` names.
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

    const fn monitor_rules(&self) -> &Monitor {
        self.newest.monitor()
    }

    /// The plan of the pane that starts at `at`.
    fn plan_at(&self, at: EventTime) -> &'a MonitorPlan {
        let is_valid = |plan: &&MonitorPlan| plan.reducer().validity.contains(at);
        self.older.iter().copied().find(is_valid).unwrap_or(self.newest)
    }

    /// The plan of the last pane before the end of `step`, by which its windows are judged.
    fn plan_of(&self, step: SealStep) -> &'a MonitorPlan {
        let width = self.monitor_rules().pane;
        self.through(step).map_or(self.newest, |end| self.plan_at(end.minus(width.span())))
    }

    /// Whether somebody has activated a baseline that this sealer does not know of.
    fn is_superseded(&self, view: &SealView) -> bool {
        self.newest.origin().is_some_and(|origin| origin.activation() != view.activation.as_ref())
    }
}

impl Sealer for MonitorSealer<'_> {
    fn monitor(&self) -> &MonitorId {
        &self.monitor_rules().id
    }

    fn topics(&self) -> &[Topic] {
        &self.monitor_rules().topics
    }

    fn decide(&self, view: &SealView) -> SealStep {
        if self.is_superseded(view) {
            return SealStep::Idle;
        }
        let now = match self.time {
            SealTime::Clock(now) => now,
            SealTime::ReplayEnd if view.next_data.is_none() => return SealStep::Idle,
            SealTime::ReplayEnd => {
                let over = PartitionMark::stored(Some(Watermark::at(EventTime::from_micros(i64::MAX))), None);
                let view = SealView { marks: vec![over], ..view.clone() };
                return next_step(self.monitor_rules(), &view, 1, Timestamp::from_micros(i64::MIN));
            }
            // A replay has no clock: only its records move time.
            SealTime::Replay => Timestamp::from_micros(i64::MIN),
        };
        next_step(self.monitor_rules(), view, self.expected_partitions, now)
    }

    fn history_from(&self, step: SealStep) -> EventTime {
        let end = self.through(step).unwrap_or(EventTime::from_micros(i64::MAX));
        let ending = self.monitor_rules().windows.iter().filter(|w| w.ends_at(end));
        match step {
            // Windows of a gap are known to be empty.
            SealStep::Gap { .. } | SealStep::Idle => end,
            SealStep::Pane { .. } | SealStep::Quiet { .. } => {
                end.minus(ending.map(WindowSpec::size).max().unwrap_or(Span::ZERO))
            }
        }
    }

    fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        let plan = deltas.first().map_or(self.newest, |first| self.plan_at(first.delta.pane.start()));
        merge_deltas(deltas, plan.hash())
    }

    fn evaluate(&self, input: SealInput) -> SealOutcome {
        let now = self.now(input.step);
        evaluate(self.plan_of(input.step), self.routing, input, now)
    }

    fn now(&self, step: SealStep) -> Timestamp {
        match self.time {
            SealTime::Clock(now) => now,
            SealTime::Replay | SealTime::ReplayEnd => {
                let monitor = self.monitor_rules();
                let end = self.through(step).unwrap_or(EventTime::from_micros(0));
                let sealed = end.plus(monitor.out_of_orderness).plus(monitor.allowed_lateness);
                Timestamp::from_micros(sealed.as_micros())
            }
        }
    }

    fn through(&self, step: SealStep) -> Option<EventTime> {
        step.through(self.monitor_rules().pane)
    }

    fn baseline(&self, step: SealStep) -> (BaselineRef, ContentHash) {
        let baseline = self.plan_of(step).baseline();
        (baseline.reference.clone(), baseline.hash.clone())
    }
}
