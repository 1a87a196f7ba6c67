//! Questions about past ranges: what is asked, and what the store's counts answer.
//!
//! The API and the pages ask alike: some range of a monitor, held against a baseline or against other ranges. Its panes are
//! read one by one and added up, so that a year takes the memory of a window. Counts are kept in bins, so which baseline's
//! bins they are in decides what can be said: a range that was counted for another baseline than the one it is held
//! against is compared in those features that have the same bins in both, and the others are named.

mod notes;
mod plans;
mod side;
mod turn;

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_model::{
    FeatureName, HistoryRow, Monitor, MonitorPlan, PastCounts, ReadStore, Reason, StoreError, Stretches, WindowResult,
    judge_past,
};
use driftd_stats::{DriftStatistic, FeatureAggregate};
use driftd_window::{EventTime, SegmentKey, Timestamp};

pub(crate) use self::side::{Side, ranges, spelled};
pub(crate) use self::turn::Turn;
use crate::problem::{Problem, ProblemKind};

/// What is asked.
pub(crate) struct Question {
    /// The monitor, as it is configured here.
    pub(crate) monitor: Monitor,
    /// What the range is held against.
    pub(crate) before: Side,
    /// The range, which may have gaps.
    pub(crate) past: Vec<(EventTime, EventTime)>,
    /// The segment.
    pub(crate) segment: SegmentKey,
    /// The statistics that decide; those of the configuration where none is named.
    pub(crate) statistics: Vec<DriftStatistic>,
}

/// What there is to say.
pub(crate) struct Answer {
    /// The segment it is about.
    pub(crate) segment: SegmentKey,
    /// The range's counts.
    pub(crate) past: PastCounts,
    /// The counts of what it is held against, where that is no baseline.
    pub(crate) before: Option<PastCounts>,
    /// The range as one window; nothing where one side has no records.
    pub(crate) judged: Option<WindowResult>,
    /// What is not in the counts, and why.
    pub(crate) notes: Vec<String>,
}

impl Question {
    /// Reads the counts of both sides, and compares them.
    ///
    /// # Errors
    /// One of the ranges cannot be counted, or the monitor's configuration does not fit the baseline.
    pub(crate) async fn ask(mut self, store: &dyn ReadStore) -> Result<Answer, Problem> {
        if !self.statistics.is_empty() {
            self.monitor.judge.judged = self.statistics.iter().copied().collect();
            self.monitor.features.values_mut().for_each(|own| own.judged = None);
        }
        let width = self.monitor.pane;
        let counted = |ranges: &[(EventTime, EventTime)]| {
            Stretches::of(width, ranges.iter().copied())
                .map_err(|error| Problem::new(ProblemKind::InvalidRange, error.to_string()))
        };
        let past = counted(&self.past)?;
        let (wanted, before) = match &self.before {
            Side::Baseline(wanted) => (wanted.as_ref(), None),
            Side::Ranges(ranges) => (None, Some(counted(ranges)?)),
        };
        let asked: Vec<(EventTime, EventTime)> = past.iter().chain(before.iter().flat_map(Stretches::iter)).collect();
        let (plan, others) = plans::of(store, &self.monitor, wanted, past.ends().1, &asked).await?;
        let past = read(store, &plan, &others, past).await?;
        let before = match before {
            None => None,
            Some(stretches) => Some(read(store, &plan, &others, stretches).await?),
        };
        let judged = judge_past(&past, before.as_ref(), &self.segment);
        let notes = notes::of(store, &self.segment, &past, before.as_ref()).await?;
        Ok(Answer { segment: self.segment, past, before, judged, notes })
    }
}

impl Answer {
    /// What it is held against: `name@vN`, or the ranges.
    pub(crate) fn against(&self) -> String {
        match &self.before {
            None => self.past.plan().baseline().reference.to_string(),
            Some(before) => spelled(before.stretches()),
        }
    }

    /// The features that are not compared, because one side has no counts of them in these bins, and why.
    pub(crate) fn left_out(&self) -> BTreeMap<&FeatureName, String> {
        let sides = self.before.iter().chain([&self.past]);
        sides.flat_map(PastCounts::left_out).map(|(feature, why)| (feature, why.to_string())).collect()
    }

    /// Counts of a feature on both sides, before and in the range; nothing where one of them has none.
    pub(crate) fn counts(&self, feature: &FeatureName) -> Option<[&FeatureAggregate; 2]> {
        let past = self.past.counts(&self.segment, feature)?;
        let before = match &self.before {
            Some(before) => before.counts(&self.segment, feature)?,
            None => {
                let plan = self.past.plan();
                let place = plan.features().iter().position(|planned| planned.name == *feature)?;
                plan.baseline_of(&self.segment)?.1.get(place).copied()?
            }
        };
        Some([before, past])
    }

    /// Records by segment on both sides; nothing where the monitor has no segments.
    pub(crate) fn segments(&self) -> BTreeMap<SegmentKey, [u64; 2]> {
        let mut mix: BTreeMap<SegmentKey, [u64; 2]> = BTreeMap::new();
        let mut put = |segment: &SegmentKey, side: usize, rows: u64| {
            if let Some(place) = mix.entry(segment.clone()).or_default().get_mut(side) {
                *place = rows;
            }
        };
        let plan = self.past.plan();
        if !plan.reducer().segments.is_split() {
            return mix;
        }
        self.past.segments().for_each(|(segment, rows)| put(segment, 1, rows));
        match &self.before {
            Some(before) => before.segments().for_each(|(segment, rows)| put(segment, 0, rows)),
            None => plan.baseline().baseline.segments.iter().for_each(|known| put(&known.key, 0, known.rows)),
        }
        mix
    }

    /// Why a feature was not judged, in words: where two ranges are compared, neither is a baseline.
    pub(crate) fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::TooFewBaselineRows { found, needed } if self.before.is_some() => {
                format!("{found} values in the ranges before, {needed} needed")
            }
            reason => reason.to_string(),
        }
    }

    /// Its rows, in the columns of the history: `baseline` is what it is held against.
    pub(crate) fn rows(&self, now: Timestamp) -> Vec<HistoryRow> {
        let plan = self.past.plan();
        let (monitor, baseline) = (&plan.monitor().id, &plan.baseline().reference);
        let rows = self.judged.iter().flat_map(|judged| judged.history(monitor, baseline, now));
        rows.map(|row| HistoryRow { baseline: self.against(), ..row }).collect()
    }
}

/// The counts of all panes of a range, in the bins of `plan`.
async fn read(
    store: &dyn ReadStore,
    plan: &Arc<MonitorPlan>,
    others: &[MonitorPlan],
    stretches: Stretches,
) -> Result<PastCounts, StoreError> {
    let mut counts = PastCounts::new(Arc::clone(plan), others, stretches.clone());
    for (from, to) in stretches.iter() {
        store.each_sealed_pane(&plan.monitor().id, from, to, &mut |pane| counts.add(&pane)).await?;
    }
    Ok(counts.complete())
}
