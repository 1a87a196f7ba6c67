//! The pass that counts a table in the layouts of the whole: by segment, by window, or both.

use driftd_model::FeatureBaseline;
use driftd_window::{Column, NO_EVENT_TIME};

use super::learner::Learner;
use super::segments::SegmentCounts;
use crate::values::{Values, Wanted};
use crate::{DatasetError, Table};

/// Rows counted at a time.
pub(super) const CHUNK_ROWS: usize = 1 << 16;

/// Streams the table once more. `times` are its event times, where windows are counted.
pub(super) fn count(
    table: &Table,
    features: &[(Wanted, FeatureBaseline)],
    mut segments: Option<&mut SegmentCounts>,
    mut windows: Option<(Wanted, &mut Learner<'_>)>,
) -> Result<(), DatasetError> {
    let labels = segments.as_ref().map_or_else(Vec::new, |segments| segments.columns().to_vec());
    let times = windows.as_ref().map(|(times, _)| *times);
    let wanted = labels.iter().copied().chain(times).chain(features.iter().map(|(wanted, _)| *wanted)).collect();
    let mut batches = table.batches(wanted)?;
    while let Some(chunk) = batches.next(CHUNK_ROWS)? {
        let mut values = chunk.values.into_iter();
        let labels = columns(values.by_ref().take(labels.len()));
        let times = times.and_then(|_| values.next());
        let columns = columns(values);
        let groups = segments.as_mut().map(|segments| segments.absorb(&labels, chunk.rows, features, &columns));
        if let Some((_, learner)) = &mut windows {
            let at = match times {
                Some(Values::Times(times)) => times.at,
                _ => vec![NO_EVENT_TIME; chunk.rows],
            };
            learner.absorb(&at, groups.as_deref(), &columns);
        }
    }
    Ok(())
}

/// Values that are no event times.
pub(super) fn columns(values: impl Iterator<Item = Values>) -> Vec<Column> {
    let column = |values| match values {
        Values::Column(column) => column,
        Values::Times(times) => Column::all_missing(false, times.at.len()),
    };
    values.map(column).collect()
}
