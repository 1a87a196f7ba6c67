//! A seal that was decided: what is to be read for it, and what comes of that.

use std::fmt;

use driftd_stats::ShapeMismatch;
use driftd_window::{EventTime, PaneId, Timestamp};

use crate::{MonitorPlan, PlannedDelta, ReconcileInput, SealInput, SealOutcome, SealStep, SealedPane, StoredBaseline};

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
/// The store reads the deltas of [`pane`](Self::pane) and has them [merged](Self::merge), reads the
/// [`history`](Self::history), the incidents and the silences, has everything [evaluated](Self::evaluate), and writes
/// what came of it.
pub struct SealOrder<'a> {
    /// What is sealed.
    pub step: SealStep,
    /// Frontier after the step.
    pub through: EventTime,
    /// The step's one moment.
    pub now: Timestamp,
    plan: &'a MonitorPlan,
    first_data: Option<PaneId>,
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
    /// The order to take `step` by `plan` at `now`; `first_data` is the earliest sealed pane with records.
    #[must_use]
    pub fn new(
        step: SealStep,
        plan: &'a MonitorPlan,
        first_data: Option<PaneId>,
        now: Timestamp,
        work: Box<dyn SealWork + 'a>,
    ) -> Self {
        Self { step, through: step.through(plan.monitor().pane), now, plan, first_data, work }
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

    /// The pane whose deltas are merged, if one is sealed.
    #[must_use]
    pub const fn pane(&self) -> Option<PaneId> {
        match self.step {
            SealStep::Pane { pane } => Some(pane),
            SealStep::Quiet { .. } | SealStep::Gap { .. } => None,
        }
    }

    /// The stretch of sealed panes that is needed: that of the longest window which ends with the step. Nothing for a
    /// gap, whose windows are known to be empty however long it is.
    #[must_use]
    pub fn history(&self) -> Option<(EventTime, EventTime)> {
        if matches!(self.step, SealStep::Gap { .. }) {
            return None;
        }
        let ending = self.plan.monitor().windows.iter().filter(|window| window.ends_at(self.through));
        let first = ending.map(|window| window.start_of(self.through)).min();
        Some((first.unwrap_or(self.through), self.through))
    }

    /// Merges the deltas of the pane.
    ///
    /// # Errors
    /// Counts of different shapes under one plan hash.
    pub fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        self.work.merge(deltas)
    }

    /// Evaluates every window that ends with the step, on the sealed panes of the history, those just merged, and what
    /// is known of the monitor's incidents.
    #[must_use]
    pub fn evaluate(&self, history: Vec<SealedPane>, merged: &[SealedPane], known: ReconcileInput) -> SealOutcome {
        let mut panes = history;
        // A row that holds late records only is no data.
        panes.retain(|pane| pane.rows > 0);
        panes.extend(merged.iter().cloned());
        let ReconcileInput { incidents, silences } = known;
        self.work.evaluate(SealInput { step: self.step, panes, first_data: self.first_data, incidents, silences })
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
