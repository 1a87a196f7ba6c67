//! Baselines out of tables.

mod column;
mod options;
mod plan;
mod segments;

use std::sync::Arc;

use driftd_model::{Baseline, FeatureBaseline, SkippedColumn};

use self::column::ColumnBuilder;
pub use self::options::{BaselineOptions, SegmentOptions};
use self::plan::Planned;
use crate::values::Wanted;
use crate::{DatasetError, Table};

/// Builds a baseline from a table.
///
/// Numbers become numeric features, text and booleans categorical ones, a column without any value is watched for
/// presence only. Left out, and listed with the reason in [`Baseline::skipped`], are timestamps, columns that hold no
/// single values, and text that looks like an identifier (at least 1,000 distinct values and nine in ten rows
/// distinct), unless their kind is given in the options. The table is streamed; numbers that do not fit into the memory
/// budget are sorted on disk. With segments the table is streamed twice more, once to find the largest segments and
/// once to count them in the layouts of the whole.
///
/// `progress` is told how many rows are done, from any thread.
///
/// # Errors
/// A file that turns out to be damaged, an override that a column cannot have, a segment column that is not there, or
/// nothing to monitor at all.
pub fn build_baseline(
    table: &Table,
    options: &BaselineOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Baseline, DatasetError> {
    let (planned, mut skipped) = plan::plan(table, options)?;
    let features = build_features(table, options, planned, &mut skipped, progress)?;
    if features.is_empty() {
        let reasons: Vec<String> = skipped.iter().map(|s| format!("{} ({})", s.name, s.reason)).collect();
        return Err(DatasetError::NothingToMonitor { path: table.path().to_owned(), reasons: reasons.join(", ") });
    }
    let (segment_by, segments) = match &options.segments {
        Some(wanted) => (wanted.by.clone(), segments::count(table, wanted, &features)?),
        None => (Vec::new(), Vec::new()),
    };
    Ok(Baseline {
        source: table.path().display().to_string(),
        rows: table.rows(),
        features: features.into_iter().map(|(_, feature)| feature).collect(),
        segment_by,
        segments,
        skipped,
    })
}

/// The features, each with the column it stands in.
fn build_features(
    table: &Table,
    options: &BaselineOptions,
    planned: Vec<Planned>,
    skipped: &mut Vec<SkippedColumn>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<(Wanted, FeatureBaseline)>, DatasetError> {
    // Parquet columns are built one after the other on every thread; the columns of other files all at once.
    let at_once = if table.is_typed() { rayon::current_num_threads() } else { planned.len() };
    let budget = options.memory / at_once.max(1);
    let columns: Vec<(Wanted, ColumnBuilder)> = planned
        .iter()
        .map(|p| (Wanted::new(Some(p.column), p.reading), ColumnBuilder::new(p, options.layout_of(&p.name), budget)))
        .collect();
    let built = table.scan(columns, &ColumnBuilder::absorb, &|b: ColumnBuilder| b.finish(table.path()), progress)?;
    let mut features = Vec::new();
    for (plan, built) in planned.into_iter().zip(built) {
        let Planned { name, column, reading } = plan;
        let role = options.roles.get(&name).copied().unwrap_or_default();
        match built {
            Ok((layout, aggregate)) => {
                let (layout, wanted) = (Arc::new(layout), Wanted::new(Some(column), reading));
                features.push((wanted, FeatureBaseline { name: name.as_str().into(), role, layout, aggregate }));
            }
            Err(reason) => skipped.push(SkippedColumn { name, reason }),
        }
    }
    Ok(features)
}
