//! What to seal next, and the merge of a pane's deltas: pure decisions that every store asks for inside its
//! transaction.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use driftd_stats::{FeatureAggregate, ShapeMismatch};
use driftd_window::{
    EventTime, GlobalMark, PaneDelta, PaneId, PaneWidth, PartitionMark, SegmentKey, Timestamp, Watermark, WindowSpec,
};

use crate::{Activation, ContentHash, Monitor, Partition};

/// What a store sees of a monitor in one snapshot, before anything is sealed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SealView {
    /// End of the last sealed pane; nothing before the first seal.
    pub sealed_through: Option<EventTime>,
    /// Marks of the partitions of the monitor's topics that have a row: how far they were counted on the sealer's newest
    /// plan, see [`CountedMark::for_plan`].
    pub marks: Vec<PartitionMark>,
    /// From where on all records were counted on a plan, where that is not everything.
    pub whole_from: BTreeMap<ContentHash, EventTime>,
    /// Earliest unsealed pane that holds records (at or after `sealed_through`).
    pub next_data: Option<PaneId>,
    /// Earliest sealed pane that holds records.
    pub first_data: Option<PaneId>,
    /// Latest sealed pane that holds records.
    pub last_data: Option<PaneId>,
    /// The monitor's newest activation.
    pub activation: Option<Activation>,
}

/// The next thing to seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealStep {
    /// A pane with records.
    Pane {
        /// The pane.
        pane: PaneId,
    },
    /// No records up to here, but a window that ends here still holds some from before.
    Quiet {
        /// End of that window, and the new frontier.
        through: EventTime,
    },
    /// No records up to here, and a window that ends here, if one does, holds none either. A stretch of any length is
    /// crossed in a few such steps: to the first empty window of every shape, so that "no data" is noticed when it
    /// began, then to the last one, then to the end.
    Gap {
        /// The new frontier.
        through: EventTime,
    },
    /// Not all records up to here were counted on the plan, because a worker read them that does not have it. What was
    /// counted of them is of no use: the pass over it says nothing about anything.
    Uncounted {
        /// The new frontier.
        through: EventTime,
    },
}

/// How far the records of a partition were counted on one plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Nobody has said yet on which plans the partition is counted.
    Unsaid,
    /// Its owner counts on the plan.
    Now,
    /// An earlier owner did, until the watermark stood here.
    Until(Option<Watermark>),
    /// Nobody ever did.
    Never,
}

/// How far a partition was read, beside how far its records were counted on one plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedMark {
    /// The partition.
    pub partition: Partition,
    /// Its mark, whatever its records are counted on.
    pub mark: PartitionMark,
    /// How far they are counted on the plan.
    pub counting: Counting,
}

impl CountedMark {
    /// The mark for the plan: that of the partition where its records are counted on the plan, and otherwise the last
    /// one of which that was so. Records that were read and not counted promise nothing.
    #[must_use]
    pub const fn for_plan(&self) -> PartitionMark {
        match self.counting {
            Counting::Unsaid | Counting::Now => self.mark,
            Counting::Until(watermark) => PartitionMark::stored(watermark, None),
            Counting::Never => PartitionMark::stored(None, None),
        }
    }

    /// Whether its records are read and not counted on the plan.
    #[must_use]
    pub const fn is_uncounted(&self) -> bool {
        matches!(self.counting, Counting::Until(_) | Counting::Never)
    }
}

/// The frozen counts of one pane and segment.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedPane {
    /// The pane.
    pub pane: PaneId,
    /// The segment.
    pub segment: SegmentKey,
    /// Records counted.
    pub rows: u64,
    /// Records that came after the seal and are not counted.
    pub late_rows: u64,
    /// Shape of the counts.
    pub plan_hash: ContentHash,
    /// One aggregate a feature; none when every record was counted on another plan.
    pub aggregates: Vec<FeatureAggregate>,
}

/// A pane delta as stored: with the hash of the plan that gave it its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedDelta {
    /// Shape of the counts.
    pub plan_hash: ContentHash,
    /// The counts.
    pub delta: PaneDelta,
}

impl SealStep {
    /// The frontier after the step.
    #[must_use]
    pub const fn through(self, pane: PaneWidth) -> EventTime {
        match self {
            Self::Pane { pane: id } => id.end(pane),
            Self::Quiet { through } | Self::Gap { through } | Self::Uncounted { through } => through,
        }
    }
}

/// Decides what to seal next; nothing when nothing may be sealed yet.
///
/// A pane may be sealed once the global watermark has passed its end plus the allowed lateness. Stretches without
/// records are crossed window end by window end while a window still holds older records, and beyond that in a number
/// of steps that depends on the number of window shapes only. Up to `whole_from` it is passed over what was not counted whole.
#[must_use]
pub fn next_step(
    monitor: &Monitor,
    view: &SealView,
    whole_from: Option<EventTime>,
    expected_partitions: usize,
    now: Timestamp,
) -> Option<SealStep> {
    let mark = GlobalMark::combine(&view.marks, expected_partitions, now, monitor.idle_timeout).watermark()?;
    let width = monitor.pane;
    let frontier = view.sealed_through.or(view.next_data.map(PaneId::start))?;
    let sealable = width.pane_of(mark.event_time().minus(monitor.allowed_lateness)).start();
    if let Some(whole) = whole_from.filter(|whole| *whole > frontier) {
        let through = whole.min(sealable);
        return (through > frontier).then_some(SealStep::Uncounted { through });
    }
    // Records behind the frontier are late; they must not hold it up.
    let next_data = view.next_data.filter(|pane| pane.start() >= frontier);
    if let Some(pane) = next_data
        && pane.start() == frontier
    {
        return (pane.end(width) <= sealable).then_some(SealStep::Pane { pane });
    }
    let stop = next_data.map_or(sealable, |pane| pane.start().min(sealable));
    if stop <= frontier {
        return None;
    }
    let data_end = view.last_data.map(|pane| pane.end(width));
    let ends = monitor.windows.iter().filter_map(|window| next_end(window, frontier, stop, data_end));
    let through = ends.min().unwrap_or(stop);
    let holds_data = |w: &WindowSpec| w.ends_at(through) && data_end.is_some_and(|end| w.start_of(through) < end);
    let is_quiet = monitor.windows.iter().any(holds_data);
    Some(if is_quiet { SealStep::Quiet { through } } else { SealStep::Gap { through } })
}

/// The next end of a window in (`frontier`, `stop`] to halt at: the very next one while it still reaches back before
/// `data_end` or is the first that does not, otherwise the last.
fn next_end(
    window: &WindowSpec,
    frontier: EventTime,
    stop: EventTime,
    data_end: Option<EventTime>,
) -> Option<EventTime> {
    let next = window.next_end(frontier);
    if next > stop {
        return None;
    }
    let near_data = data_end.is_some_and(|end| window.start_before(next) < end);
    Some(if near_data { next } else { window.last_end(stop) })
}

/// Merges the deltas of one pane into one sealed pane a segment, in order of segment.
///
/// Integer addition: the order and the number of deltas do not matter. Deltas of another shape than `plan_hash` are
/// left out and counted as late, because counts on different bins cannot be added; a segment that has no others gets a
/// pane without counts, so that no record goes unaccounted.
///
/// # Errors
/// A delta whose shape contradicts its own plan hash.
pub fn merge_deltas(deltas: Vec<PlannedDelta>, plan_hash: &ContentHash) -> Result<Vec<SealedPane>, ShapeMismatch> {
    let mut merged: BTreeMap<(PaneId, SegmentKey), SealedPane> = BTreeMap::new();
    let (own, mut foreign): (Vec<_>, Vec<_>) = deltas.into_iter().partition(|d| d.plan_hash == *plan_hash);
    for PlannedDelta { plan_hash, delta } in own {
        match merged.entry((delta.pane, delta.segment)) {
            Entry::Vacant(slot) => {
                let (pane, segment) = slot.key().clone();
                let aggregates = delta.aggregates;
                slot.insert(SealedPane { pane, segment, rows: delta.rows, late_rows: 0, plan_hash, aggregates });
            }
            Entry::Occupied(mut slot) => {
                let pane = slot.get_mut();
                merge_aggregates(&mut pane.aggregates, &delta.aggregates)?;
                pane.rows += delta.rows;
            }
        }
    }
    // In order of their hashes, so that the one a pane without counts bears does not depend on the order of deltas.
    foreign.sort_by(|a, b| a.plan_hash.cmp(&b.plan_hash));
    for PlannedDelta { plan_hash, delta } in foreign {
        let pane = merged.entry((delta.pane, delta.segment)).or_insert_with_key(|(pane, segment)| SealedPane {
            pane: *pane,
            segment: segment.clone(),
            rows: 0,
            late_rows: 0,
            plan_hash,
            aggregates: Vec::new(),
        });
        pane.late_rows += delta.rows;
    }
    Ok(merged.into_values().collect())
}

/// Adds `others` to `into`, feature by feature.
///
/// # Errors
/// Different numbers of features, or a feature of different shapes.
pub fn merge_aggregates(into: &mut [FeatureAggregate], others: &[FeatureAggregate]) -> Result<(), ShapeMismatch> {
    if into.len() != others.len() {
        return Err(ShapeMismatch::features(into.len(), others.len()));
    }
    into.iter_mut().zip(others).try_for_each(|(a, b)| a.merge(b))
}

#[cfg(test)]
mod tests;
