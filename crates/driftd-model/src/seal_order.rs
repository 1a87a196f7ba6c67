//! A seal that was decided: what is to be read for it, and what comes of that.

use std::fmt;

use driftd_stats::ShapeMismatch;
use driftd_window::{EventTime, PaneId, Span, Timestamp, WindowSpec};

use crate::calibration::alarms_from;
use crate::{
    AlarmCount, FalseAlarms, FeatureMemory, MonitorPlan, PlannedDelta, ReconcileInput, RememberedShape, SealCounts,
    SealInput, SealOutcome, SealStep, SealedPane, StoredBaseline,
};

/// The pure work of a seal, without its order.
pub trait SealWork: Send + Sync {
    /// Merges the deltas of the order's pane.
    ///
    /// # Errors
    /// Counts of different shapes under one plan hash.
    fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch>;

    /// Evaluates every window that ends with the order's step.
    fn evaluate(&self, input: SealInput) -> SealOutcome;
}

/// One seal that is to be carried out in the transaction whose snapshot it was decided on.
///
/// The store reads the deltas of [`pane`](Self::pane) and has them [merged](Self::merge), has the panes of the
/// [`history`](Self::history) [counted](Self::count) while it reads them, reads the memories of the
/// [`remembered`](Self::remembered) window shapes, the incidents and the silences, has everything
/// [evaluated](Self::evaluate), and writes what came of it.
pub struct SealOrder<'a> {
    /// What is sealed.
    pub step: SealStep,
    /// Frontier after the step.
    pub through: EventTime,
    /// The step's one moment.
    pub now: Timestamp,
    plan: &'a MonitorPlan,
    first_data: Option<PaneId>,
    whole_from: Option<EventTime>,
    work: Box<dyn SealWork + 'a>,
}

/// What a seal did.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The step taken.
    pub step: SealStep,
    /// Records in the sealed pane.
    pub rows: u64,
    /// What was decided, for logs and progress.
    pub outcome: SealOutcome,
}

impl<'a> SealOrder<'a> {
    /// The order to take `step` by `plan` at `now`; `since` is the earliest sealed pane with records, and the time from which on
    /// all records were counted on the plan.
    #[must_use]
    pub fn new(
        step: SealStep,
        plan: &'a MonitorPlan,
        since: (Option<PaneId>, Option<EventTime>),
        now: Timestamp,
        work: Box<dyn SealWork + 'a>,
    ) -> Self {
        let (first_data, whole_from) = since;
        Self { step, through: step.through(plan.monitor().pane), now, plan, first_data, whole_from, work }
    }

    /// The same order, whose work is what `around` makes of it.
    #[must_use]
    pub fn map_work(self, around: impl FnOnce(Box<dyn SealWork + 'a>) -> Box<dyn SealWork + 'a>) -> Self {
        Self { work: around(self.work), ..self }
    }

    /// The baseline that its windows are judged against.
    #[must_use]
    pub const fn baseline(&self) -> &StoredBaseline {
        self.plan.baseline()
    }

    /// How far back a seal of this monitor may look.
    #[must_use]
    pub fn reach(&self) -> Span {
        self.plan.monitor().reach()
    }

    /// The pane whose deltas are merged, if one is sealed.
    #[must_use]
    pub const fn pane(&self) -> Option<PaneId> {
        match self.step {
            SealStep::Pane { pane } => Some(pane),
            SealStep::Quiet { .. } | SealStep::Gap { .. } | SealStep::Uncounted { .. } => None,
        }
    }

    /// The stretches of sealed panes that are needed, in order and apart: those of the windows that end with the step, and
    /// of the windows that these are compared with. None for a gap, whose windows are known to be empty however long it
    /// is, and none for what is passed over.
    #[must_use]
    pub fn history(&self) -> Vec<(EventTime, EventTime)> {
        let mut apart: Vec<(EventTime, EventTime)> = Vec::new();
        for (from, to) in self.counts().stretches() {
            match apart.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        apart
    }

    /// No counts yet of the windows that the history is read for.
    #[must_use]
    pub fn counts(&self) -> SealCounts {
        SealCounts::for_step(self.plan, self.step)
    }

    /// Adds a pane of the history to them; panes come in order of time.
    pub fn count(&self, pane: &SealedPane, counts: &mut SealCounts) {
        // A row that holds late records only is no data.
        if pane.rows > 0 {
            counts.add(self.plan, pane);
        }
    }

    /// The window shapes whose memories are needed: those that end with the step, if anything is remembered at all. None
    /// for a gap, whose windows are empty and change no memory, or for what is passed over.
    #[must_use]
    pub fn remembered(&self) -> Vec<RememberedShape> {
        let is_any = self.holds_records() && self.plan.remembers();
        let ending = self.ending().filter(|_| is_any);
        ending.map(|window| RememberedShape::of(self.plan, window, self.through)).collect()
    }

    /// The budget of false alarms that its windows are judged under.
    #[must_use]
    pub fn budget(&self) -> FalseAlarms {
        self.plan.monitor().false_alarms
    }

    /// From when on alarms are counted, where windows end with the step and there is a budget to hold them against.
    #[must_use]
    pub fn alarms_from(&self) -> Option<EventTime> {
        if matches!(self.step, SealStep::Uncounted { .. }) {
            return None;
        }
        self.ending().next()?;
        alarms_from(self.budget(), self.through)
    }

    const fn holds_records(&self) -> bool {
        matches!(self.step, SealStep::Pane { .. } | SealStep::Quiet { .. })
    }

    fn ending(&self) -> impl Iterator<Item = &WindowSpec> {
        self.plan.monitor().windows.iter().filter(|window| window.ends_at(self.through))
    }

    /// Merges the deltas of the pane.
    ///
    /// # Errors
    /// Counts of different shapes under one plan hash.
    pub fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        self.work.merge(deltas)
    }

    /// Evaluates every window that ends with the step, on the counts of the history, the panes just merged, what is
    /// remembered, and what is known of the monitor's incidents.
    #[must_use]
    pub fn evaluate(
        &self,
        mut counts: SealCounts,
        merged: &[SealedPane],
        memories: Vec<FeatureMemory>,
        alarms: AlarmCount,
        known: ReconcileInput,
    ) -> SealOutcome {
        for pane in merged {
            counts.add(self.plan, pane);
        }
        let counts = counts.complete(self.plan);
        let ReconcileInput { incidents, silences } = known;
        let Self { step, first_data, whole_from, .. } = *self;
        self.work.evaluate(SealInput { step, counts, first_data, whole_from, memories, alarms, incidents, silences })
    }

    /// What the seal did, once everything is written.
    #[must_use]
    pub fn done(&self, merged: &[SealedPane], outcome: SealOutcome) -> Sealed {
        let rows = merged.iter().fold(0_u64, |sum, pane| sum.saturating_add(pane.rows));
        Sealed { step: self.step, rows, outcome }
    }
}

impl fmt::Debug for SealOrder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, through, now, .. } = self;
        f.debug_struct("SealOrder").field("step", step).field("through", through).field("now", now).finish()
    }
}
