//! What a seal counts: the windows that end with it and those they are compared with, added up pane by pane.

use driftd_window::{EventTime, PaneId, SegmentKey};

use crate::window_result::{Segments, add_pane, add_whole};
use crate::{MonitorPlan, SealStep, SealedPane};

/// The counts of some stretches of time, into which panes are added one after another in order of time: a window of
/// thousands of panes takes the memory of one.
#[derive(Clone, Debug, Default)]
pub struct SealCounts {
    stretches: Vec<Stretch>,
    first: Option<PaneId>,
    last: Option<PaneId>,
}

/// One window, by segment.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    from: EventTime,
    to: EventTime,
    /// By segment, the whole population included once all panes are there.
    pub(crate) segments: Segments,
    /// Whether it holds records that were counted on another plan, and so cannot be judged on this one.
    pub(crate) is_foreign: bool,
}

impl SealCounts {
    /// Nothing yet, of the windows that end with `step` and those that these are compared with. None for a gap, whose
    /// windows are known to be empty however long it is, and none for what is passed over.
    #[must_use]
    pub fn for_step(plan: &MonitorPlan, step: SealStep) -> Self {
        if matches!(step, SealStep::Gap { .. } | SealStep::Uncounted { .. }) {
            return Self::default();
        }
        let monitor = plan.monitor();
        let through = step.through(monitor.pane);
        let of_window = |window| {
            let references = monitor.references.iter();
            references.filter_map(move |reference| reference.stretch(window, through))
        };
        let ending = monitor.windows.iter().filter(|window| window.ends_at(through));
        Self::of(ending.flat_map(|window| of_window(window).chain([(window.start_of(through), through)])))
    }

    /// Nothing yet, of these stretches [`from`, `to`).
    pub(crate) fn of(stretches: impl IntoIterator<Item = (EventTime, EventTime)>) -> Self {
        let mut wanted: Vec<(EventTime, EventTime)> = stretches.into_iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let empty = |(from, to)| Stretch { from, to, segments: Segments::default(), is_foreign: false };
        Self { stretches: wanted.into_iter().map(empty).collect(), first: None, last: None }
    }

    /// Adds the counts of a pane to every stretch that it lies in, if they are of `plan`. Panes come in order of time.
    pub fn add(&mut self, plan: &MonitorPlan, pane: &SealedPane) {
        if pane.rows > 0 {
            self.first = self.first.into_iter().chain([pane.pane]).min();
            self.last = self.last.into_iter().chain([pane.pane]).max();
        }
        let start = pane.pane.start();
        // Equal plan hashes mean equal shapes; a pane that lies about its hash is left out whole.
        let is_own = pane.plan_hash == *plan.hash();
        let is_counted = is_own && plan.fits(&pane.aggregates);
        for stretch in self.stretches.iter_mut().filter(|stretch| start >= stretch.from && start < stretch.to) {
            stretch.is_foreign |= !is_own && (pane.rows > 0 || pane.late_rows > 0);
            if is_counted {
                add_pane(&mut stretch.segments, pane);
            }
        }
    }

    /// The same once all panes are there.
    #[must_use]
    pub fn complete(mut self, plan: &MonitorPlan) -> Self {
        self.stretches.iter_mut().for_each(|stretch| add_whole(plan, &mut stretch.segments));
        self
    }

    /// The earliest and the latest pane with records.
    #[must_use]
    pub fn panes(&self) -> Option<(PaneId, PaneId)> {
        self.first.zip(self.last)
    }

    /// Records of one of its stretches; nothing where that is none.
    #[must_use]
    pub fn rows(&self, from: EventTime, to: EventTime) -> Option<u64> {
        let whole = |stretch: &Stretch| stretch.segments.get(&SegmentKey::all()).map_or(0, |whole| whole.rows);
        self.stretch(from, to).map(whole)
    }

    /// The stretches, in order of their start.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (EventTime, EventTime)> {
        self.stretches.iter().map(|stretch| (stretch.from, stretch.to))
    }

    /// One of its stretches.
    pub(crate) fn stretch(&self, from: EventTime, to: EventTime) -> Option<&Stretch> {
        self.stretches.iter().find(|stretch| (stretch.from, stretch.to) == (from, to))
    }
}
