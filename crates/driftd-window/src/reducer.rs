//! Records in, pane deltas out: the only state a partition task holds between two checkpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_stats::{FeatureAggregate, FeatureLayout, NumericAggregate, absorb_numeric_grouped, absorb_text_grouped};

use crate::batch::{Column, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT, RecordBatch};
use crate::{EventTime, PaneId, PaneWidth, SegmentKey, SegmentPlan, Span, Timestamp};

/// Group code of a row that is counted nowhere.
const SKIP: u32 = driftd_stats::GROUP_SKIP;

/// What the reducer needs to know of a monitor and its baseline.
#[derive(Clone, Debug)]
pub struct ReducerPlan {
    /// Width of the panes.
    pub pane: PaneWidth,
    /// One layout a feature, in the order of a batch's columns.
    pub layouts: Vec<Arc<FeatureLayout>>,
    /// Which segments are kept apart.
    pub segments: SegmentPlan,
    /// Event times before this cannot be meant: a zero for "unknown", a clock that was never set.
    pub oldest: EventTime,
    /// How far beyond the wall clock an event time may lie.
    pub max_future_skew: Span,
    /// Event times that are counted; others are for other plans of the same monitor.
    pub validity: Validity,
}

/// Event times for which something is valid: from a first instant up to the one before the end; open on a side that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Validity {
    /// First instant.
    pub from: Option<EventTime>,
    /// First instant after.
    pub until: Option<EventTime>,
}

impl Validity {
    /// Whether `at` lies within.
    #[must_use]
    pub fn contains(self, at: EventTime) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

/// Counts of one pane and segment from one run of offsets.
#[derive(Clone, Debug, PartialEq)]
pub struct PaneDelta {
    /// The pane.
    pub pane: PaneId,
    /// The segment.
    pub segment: SegmentKey,
    /// Records counted.
    pub rows: u64,
    /// One aggregate a feature, in the plan's order.
    pub aggregates: Vec<FeatureAggregate>,
}

/// What became of the rows of a batch; those beyond [`ReducerPlan::validity`] are in none of these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Absorbed {
    /// Rows counted in a pane.
    pub accepted: u64,
    /// Rows without a readable event time.
    pub without_time: u64,
    /// Rows whose event time lies before [`ReducerPlan::oldest`], or before the first pane.
    pub too_old: u64,
    /// Rows whose event time is beyond the clock plus the allowed skew.
    pub in_future: u64,
    /// Newest accepted event time.
    pub newest: Option<EventTime>,
}

/// Accumulates batches into pane deltas.
#[derive(Debug)]
pub struct Reducer {
    plan: Arc<ReducerPlan>,
    panes: BTreeMap<(PaneId, usize), Accumulator>,
    bytes: usize,
    least: usize,
}

#[derive(Debug)]
struct Accumulator {
    rows: u64,
    bytes: usize,
    aggregates: Vec<FeatureAggregate>,
}

impl Absorbed {
    /// Adds another batch's account to this one.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.without_time += other.without_time;
        self.too_old += other.too_old;
        self.in_future += other.in_future;
        self.newest = self.newest.max(other.newest);
    }

    /// Rows rejected for any reason.
    #[must_use]
    pub const fn rejected(&self) -> u64 {
        self.without_time + self.too_old + self.in_future
    }
}

impl ReducerPlan {
    /// Approximate heap size of a pane of one segment that holds next to nothing, in bytes.
    #[must_use]
    pub fn least_bytes(&self) -> usize {
        Accumulator::empty(&self.layouts).heap_bytes()
    }
}

impl Reducer {
    /// An empty reducer.
    #[must_use]
    pub fn new(plan: Arc<ReducerPlan>) -> Self {
        let least = plan.least_bytes();
        Self { plan, panes: BTreeMap::new(), bytes: 0, least }
    }

    /// Approximate heap size of a pane that holds next to nothing, in bytes: less than this no budget can do with.
    #[must_use]
    pub const fn least_bytes(&self) -> usize {
        self.least
    }

    /// Counts every row of `batch` in the pane and segment it belongs to.
    ///
    /// The batch's columns are those of the plan, in its order; a column of another kind than its layout counts as
    /// absent there, so one bad column never takes others down.
    pub fn absorb(&mut self, batch: &RecordBatch, now: Timestamp) -> Absorbed {
        let limit = now.plus(self.plan.max_future_skew).as_event_time();
        let (groups, keys, report) = self.assign(batch, limit);
        if keys.is_empty() {
            return report;
        }
        let plan = Arc::clone(&self.plan);
        let mut accumulators = self.take(&keys);
        for row_group in groups.iter().filter(|g| **g != SKIP) {
            if let Some(accumulator) = accumulators.get_mut(*row_group as usize) {
                accumulator.rows += 1;
            }
        }
        for (feature, layout) in plan.layouts.iter().enumerate() {
            let targets: Vec<&mut FeatureAggregate> =
                accumulators.iter_mut().filter_map(|a| a.aggregates.get_mut(feature)).collect();
            match batch.columns().get(feature) {
                Some(column) => count(layout, column, &groups, targets),
                None => {
                    let missing = Column::Presence { absent: vec![MISSING; batch.rows()] };
                    count(layout, &missing, &groups, targets);
                }
            }
        }
        for (key, mut accumulator) in keys.into_iter().zip(accumulators) {
            // Lists of unseen values grow with the data, so the size is taken again after every batch.
            accumulator.bytes = accumulator.heap_bytes();
            self.bytes += accumulator.bytes;
            self.panes.insert(key, accumulator);
        }
        report
    }

    /// A group number for every row, the pane and segment slot of every group, and the account.
    fn assign(&self, batch: &RecordBatch, limit: EventTime) -> (Vec<u32>, Vec<(PaneId, usize)>, Absorbed) {
        let mut report = Absorbed::default();
        let mut keys: Vec<(PaneId, usize)> = Vec::new();
        let mut index: BTreeMap<(PaneId, usize), u32> = BTreeMap::new();
        let slots: Option<Vec<usize>> =
            batch.segments().map(|s| s.keys.iter().map(|k| self.plan.segments.slot_of(k)).collect());
        let overflow = self.plan.segments.slots() - 1;
        let mut previous: Option<((PaneId, usize), u32)> = None;
        let mut groups = Vec::with_capacity(batch.rows());
        let readable = EventTime::from_micros(NO_EVENT_TIME + 1);
        let oldest = self.plan.oldest.max(self.plan.pane.earliest()).max(readable);
        for (row, micros) in batch.event_times().iter().copied().enumerate() {
            let at = EventTime::from_micros(micros);
            if at < oldest {
                // The marker for "none" is the oldest time of all.
                let count = if micros == NO_EVENT_TIME { &mut report.without_time } else { &mut report.too_old };
                *count += 1;
                groups.push(SKIP);
                continue;
            }
            if at > limit {
                report.in_future += 1;
                groups.push(SKIP);
                continue;
            }
            if !self.plan.validity.contains(at) {
                groups.push(SKIP);
                continue;
            }
            report.accepted += 1;
            report.newest = report.newest.max(Some(at));
            let slot = match (batch.segments(), &slots) {
                (Some(column), Some(slots)) => {
                    let code = column.codes.get(row).map_or(usize::MAX, |c| *c as usize);
                    slots.get(code).copied().unwrap_or(overflow)
                }
                // A split monitor whose records carry no segment: they all overflow.
                _ => overflow,
            };
            let key = (self.plan.pane.pane_of(at), slot);
            let group = match previous {
                // Neighbouring records nearly always share pane and segment.
                Some((last, group)) if last == key => group,
                _ => *index.entry(key).or_insert_with(|| {
                    keys.push(key);
                    // A batch has fewer rows than u32::MAX, so it has fewer groups.
                    (keys.len() - 1) as u32
                }),
            };
            previous = Some((key, group));
            groups.push(group);
        }
        (groups, keys, report)
    }

    /// The accumulators of `keys`, out of the map and of the byte count so that all of them can be written at once.
    fn take(&mut self, keys: &[(PaneId, usize)]) -> Vec<Accumulator> {
        keys.iter()
            .map(|key| {
                let known = self.panes.remove(key);
                self.bytes -= known.as_ref().map_or(0, |a| a.bytes);
                known.unwrap_or_else(|| Accumulator::empty(&self.plan.layouts))
            })
            .collect()
    }

    /// Everything counted since the last drain, in order of pane and segment; the reducer is empty afterwards.
    pub fn drain(&mut self) -> Vec<PaneDelta> {
        self.bytes = 0;
        let plan = &self.plan;
        std::mem::take(&mut self.panes)
            .into_iter()
            .map(|((pane, slot), accumulator)| PaneDelta {
                pane,
                segment: plan.segments.key_of(slot),
                rows: accumulator.rows,
                aggregates: accumulator.aggregates,
            })
            .collect()
    }

    /// Approximate heap size of the open panes, in bytes: the figure a byte budget is held against.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of open pane and segment pairs.
    #[must_use]
    pub fn open(&self) -> usize {
        self.panes.len()
    }
}

impl Accumulator {
    fn empty(layouts: &[Arc<FeatureLayout>]) -> Self {
        Self { rows: 0, bytes: 0, aggregates: layouts.iter().map(|l| FeatureAggregate::empty(l)).collect() }
    }

    fn heap_bytes(&self) -> usize {
        self.aggregates.iter().map(|a| size_of::<FeatureAggregate>() + a.heap_bytes()).sum()
    }
}

/// Counts one feature's column into the aggregates of its groups.
fn count(layout: &FeatureLayout, column: &Column, groups: &[u32], targets: Vec<&mut FeatureAggregate>) {
    match layout {
        FeatureLayout::Numeric(edges) => {
            let mut numeric: Vec<&mut NumericAggregate> = targets
                .into_iter()
                .filter_map(|a| if let FeatureAggregate::Numeric(a) = a { Some(a) } else { None })
                .collect();
            match column.as_numeric() {
                Some(values) => absorb_numeric_grouped(edges, values, groups, &mut numeric),
                None => {
                    let stand_in = stand_in_numbers(column);
                    if let Some(values) = stand_in.as_numeric() {
                        absorb_numeric_grouped(edges, values, groups, &mut numeric);
                    }
                }
            }
        }
        FeatureLayout::Categorical(dictionary) => {
            let mut text: Vec<_> = targets
                .into_iter()
                .filter_map(|a| if let FeatureAggregate::Categorical(a) = a { Some(a) } else { None })
                .collect();
            match column.as_text() {
                Some(values) => absorb_text_grouped(dictionary, values, groups, &mut text),
                None => {
                    let stand_in = stand_in_text(column);
                    if let Some(values) = stand_in.as_text() {
                        absorb_text_grouped(dictionary, values, groups, &mut text);
                    }
                }
            }
        }
        FeatureLayout::Presence => {
            let mut targets = targets;
            for (row, group) in groups.iter().enumerate() {
                if let Some(FeatureAggregate::Presence(presence)) = targets.get_mut(*group as usize) {
                    // Whatever its type, a value is there.
                    let present = u64::from(absence(column, row) != MISSING);
                    presence.add(present, 1 - present);
                }
            }
        }
    }
}

/// [`PRESENT`], [`MISSING`], or [`MISTYPED`] and above, for one row of any column.
fn absence(column: &Column, row: usize) -> u8 {
    match column {
        Column::Numeric { absent: None, .. } => PRESENT,
        Column::Numeric { absent: Some(absent), .. } | Column::Presence { absent } => {
            absent.get(row).copied().unwrap_or(MISSING)
        }
        Column::Text { codes, .. } => match codes.get(row) {
            None | Some(&driftd_stats::MISSING_CODE) => MISSING,
            Some(&driftd_stats::MISTYPED_CODE) => MISTYPED,
            Some(_) => PRESENT,
        },
    }
}

/// A column that is not numeric, as a numeric feature sees it: absent, mistyped where there was a value.
fn stand_in_numbers(column: &Column) -> Column {
    let rows = column.rows();
    let absent = (0..rows).map(|row| if absence(column, row) == MISSING { MISSING } else { MISTYPED }).collect();
    Column::Numeric { values: vec![0.0; rows], absent: Some(absent) }
}

/// A column that is not text, as a categorical feature sees it.
fn stand_in_text(column: &Column) -> Column {
    let code = |row| match absence(column, row) {
        MISSING => driftd_stats::MISSING_CODE,
        _ => driftd_stats::MISTYPED_CODE,
    };
    Column::Text { codes: (0..column.rows()).map(code).collect(), values: Vec::new() }
}

#[cfg(test)]
mod tests;
