//! The segments of a baseline: which are the largest, and what each looks like.

use std::collections::HashMap;

use driftd_model::{FeatureBaseline, SegmentBaseline};
use driftd_stats::{
    CategoricalAggregate, FeatureAggregate, FeatureLayout, NumericAggregate, absorb_numeric_grouped,
    absorb_text_grouped,
};
use driftd_window::{Column, PRESENT, SegmentKey, SegmentPlan};
use rayon::prelude::*;

use super::SegmentOptions;
use crate::segments::Labels;
use crate::values::{Chunk, Reading, Values, Wanted};
use crate::{DatasetError, Table};

/// Rows counted at a time.
const CHUNK_ROWS: usize = 1 << 16;

/// Counts every segment in the layouts of the whole; largest segment first, ties by key, the overflow last.
pub(super) fn count(
    table: &Table,
    options: &SegmentOptions,
    features: &[(Wanted, FeatureBaseline)],
) -> Result<Vec<SegmentBaseline>, DatasetError> {
    let labels = Labels::new(&options.by);
    let label_columns = label_columns(table, &labels)?;
    let known = largest(table, &labels, &label_columns, usize::from(options.max))?;
    let plan = SegmentPlan::split_into(known);
    let slots = plan.slots();
    let mut rows = vec![0_u64; slots];
    let mut counts: Vec<Vec<FeatureAggregate>> =
        features.iter().map(|(_, f)| (0..slots).map(|_| FeatureAggregate::empty(&f.layout)).collect()).collect();
    let wanted = label_columns.iter().copied().chain(features.iter().map(|(wanted, _)| *wanted)).collect();
    let mut batches = table.batches(wanted)?;
    while let Some(chunk) = batches.next(CHUNK_ROWS)? {
        let (label_values, values) = split(chunk.values, label_columns.len());
        let segments = labels.encode(&label_values.iter().collect::<Vec<_>>(), chunk.rows);
        let slot_of: Vec<u32> = segments.keys.iter().map(|key| plan.slot_of(key) as u32).collect();
        let groups: Vec<u32> =
            segments.codes.iter().map(|code| slot_of.get(*code as usize).copied().unwrap_or_default()).collect();
        for group in &groups {
            if let Some(rows) = rows.get_mut(*group as usize) {
                *rows += 1;
            }
        }
        counts
            .par_iter_mut()
            .zip(values)
            .zip(features)
            .for_each(|((counts, column), (_, feature))| absorb(&feature.layout, &column, &groups, counts));
    }
    let mut by_feature: Vec<_> = counts.into_iter().map(Vec::into_iter).collect();
    let segment = |(slot, rows)| SegmentBaseline {
        key: plan.key_of(slot),
        rows,
        aggregates: by_feature.iter_mut().filter_map(Iterator::next).collect(),
    };
    Ok(rows.into_iter().enumerate().map(segment).collect())
}

fn label_columns(table: &Table, labels: &Labels) -> Result<Vec<Wanted>, DatasetError> {
    let find = |name: &String| match table.find(name)? {
        Some(column) => Ok(Wanted::new(Some(column), Reading::Texts)),
        None => Err(DatasetError::MissingColumn {
            path: table.path().to_owned(),
            name: name.clone(),
            purpose: "segments",
            known: table.schema().names(),
        }),
    };
    labels.names().iter().map(find).collect()
}

fn largest(table: &Table, labels: &Labels, columns: &[Wanted], max: usize) -> Result<Vec<SegmentKey>, DatasetError> {
    let mut rows: HashMap<SegmentKey, u64> = HashMap::new();
    let mut batches = table.batches(columns.to_vec())?;
    while let Some(Chunk { rows: in_chunk, values }) = batches.next(CHUNK_ROWS)? {
        let (values, _) = split(values, columns.len());
        let segments = labels.encode(&values.iter().collect::<Vec<_>>(), in_chunk);
        let mut by_code = vec![0_u64; segments.keys.len()];
        for code in segments.codes {
            if let Some(count) = by_code.get_mut(code as usize) {
                *count += 1;
            }
        }
        for (key, count) in segments.keys.into_iter().zip(by_code) {
            *rows.entry(key).or_default() += count;
        }
    }
    let mut ranked: Vec<(SegmentKey, u64)> = rows.into_iter().collect();
    ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.truncate(max);
    Ok(ranked.into_iter().map(|(key, _)| key).collect())
}

fn split(values: Vec<Values>, labels: usize) -> (Vec<Column>, Vec<Column>) {
    let column = |values| match values {
        Values::Column(column) => column,
        // Neither labels nor features are asked for as times.
        Values::Times(times) => Column::all_missing(false, times.at.len()),
    };
    let mut columns: Vec<Column> = values.into_iter().map(column).collect();
    let features = columns.split_off(labels.min(columns.len()));
    (columns, features)
}

fn absorb(layout: &FeatureLayout, column: &Column, groups: &[u32], counts: &mut [FeatureAggregate]) {
    match (layout, column) {
        (FeatureLayout::Numeric(edges), column) => {
            let mut numeric: Vec<&mut NumericAggregate> = counts
                .iter_mut()
                .filter_map(|c| if let FeatureAggregate::Numeric(a) = c { Some(a) } else { None })
                .collect();
            if let Some(column) = column.as_numeric() {
                absorb_numeric_grouped(edges, column, groups, &mut numeric);
            }
        }
        (FeatureLayout::Categorical(dictionary), column) => {
            let mut texts: Vec<&mut CategoricalAggregate> = counts
                .iter_mut()
                .filter_map(|c| if let FeatureAggregate::Categorical(a) = c { Some(a) } else { None })
                .collect();
            if let Some(column) = column.as_text() {
                absorb_text_grouped(dictionary, column, groups, &mut texts);
            }
        }
        (FeatureLayout::Presence, column) => {
            for (row, group) in groups.iter().enumerate() {
                if let Some(FeatureAggregate::Presence(counts)) = counts.get_mut(*group as usize) {
                    let present = u64::from(is_present(column, row));
                    counts.add(present, 1 - present);
                }
            }
        }
    }
}

/// Whether a row has a value. A column of nothing but NaN is watched for presence although it is read as numbers.
fn is_present(column: &Column, row: usize) -> bool {
    match column {
        Column::Presence { absent } | Column::Numeric { absent: Some(absent), .. } => absent.get(row) == Some(&PRESENT),
        Column::Numeric { absent: None, .. } => true,
        Column::Text { codes, values } => codes.get(row).is_some_and(|c| (*c as usize) < values.len()),
    }
}
