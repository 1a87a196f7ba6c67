//! The sealer of a planned monitor at one moment.

use driftd_stats::ShapeMismatch;
use driftd_window::{EventTime, PartitionMark, Span, Timestamp, Watermark, WindowSpec};

use crate::{
    BaselineRef, ContentHash, MonitorId, MonitorPlan, PlannedDelta, Routing, SealInput, SealOutcome, SealStep,
    SealView, SealedPane, Sealer, Topic, evaluate, merge_deltas, next_step,
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
    plan: &'a MonitorPlan,
    expected_partitions: usize,
    routing: &'a Routing,
    time: SealTime,
}

impl<'a> MonitorSealer<'a> {
    /// A sealer that waits for `expected_partitions` and tells who `routing` names.
    #[must_use]
    pub const fn new(plan: &'a MonitorPlan, expected_partitions: usize, routing: &'a Routing, time: SealTime) -> Self {
        Self { plan, expected_partitions, routing, time }
    }
}

impl Sealer for MonitorSealer<'_> {
    fn monitor(&self) -> &MonitorId {
        &self.plan.monitor().id
    }

    fn topics(&self) -> &[Topic] {
        &self.plan.monitor().topics
    }

    fn decide(&self, view: &SealView) -> SealStep {
        let now = match self.time {
            SealTime::Clock(now) => now,
            SealTime::ReplayEnd if view.next_data.is_none() => return SealStep::Idle,
            SealTime::ReplayEnd => {
                let over = PartitionMark::stored(Some(Watermark::at(EventTime::from_micros(i64::MAX))), None);
                let view = SealView { marks: vec![over], ..view.clone() };
                return next_step(self.plan.monitor(), &view, 1, Timestamp::from_micros(i64::MIN));
            }
            // A replay has no clock: only its records move time.
            SealTime::Replay => Timestamp::from_micros(i64::MIN),
        };
        next_step(self.plan.monitor(), view, self.expected_partitions, now)
    }

    fn history_from(&self, step: SealStep) -> EventTime {
        let end = self.through(step).unwrap_or(EventTime::from_micros(i64::MAX));
        let ending = self.plan.monitor().windows.iter().filter(|w| w.ends_at(end));
        match step {
            // Windows of a gap are known to be empty.
            SealStep::Gap { .. } | SealStep::Idle => end,
            SealStep::Pane { .. } | SealStep::Quiet { .. } => {
                end.minus(ending.map(WindowSpec::size).max().unwrap_or(Span::ZERO))
            }
        }
    }

    fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        merge_deltas(deltas, self.plan.hash())
    }

    fn evaluate(&self, input: SealInput) -> SealOutcome {
        let now = self.now(input.step);
        evaluate(self.plan, self.routing, input, now)
    }

    fn now(&self, step: SealStep) -> Timestamp {
        match self.time {
            SealTime::Clock(now) => now,
            SealTime::Replay | SealTime::ReplayEnd => {
                let monitor = self.plan.monitor();
                let end = self.through(step).unwrap_or(EventTime::from_micros(0));
                let sealed = end.plus(monitor.out_of_orderness).plus(monitor.allowed_lateness);
                Timestamp::from_micros(sealed.as_micros())
            }
        }
    }

    fn through(&self, step: SealStep) -> Option<EventTime> {
        step.through(self.plan.monitor().pane)
    }

    fn baseline(&self) -> (BaselineRef, ContentHash) {
        (self.plan.baseline().reference.clone(), self.plan.baseline().hash.clone())
    }
}
