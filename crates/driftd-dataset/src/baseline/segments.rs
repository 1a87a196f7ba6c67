//! The segments of a baseline: which are the largest, and what each looks like.

use std::collections::HashMap;

use driftd_model::{FeatureBaseline, SegmentBaseline};
use driftd_stats::{
    CategoryTally, FeatureAggregate, FeatureLayout, NumericAggregate, PresenceAggregate, absorb_numeric_grouped,
};
use driftd_window::{Column, PRESENT, SegmentKey, SegmentPlan};
use rayon::prelude::*;

use super::SegmentOptions;
use super::pass::{CHUNK_ROWS, columns};
use super::windows::{HoursOfSegments, Quarters, Usual};
use crate::segments::Labels;
use crate::values::{Reading, Values, Wanted};
use crate::{DatasetError, Table};

/// Which rows belong to which segment, and what has been counted of each.
pub(super) struct SegmentCounts {
    labels: Labels,
    columns: Vec<Wanted>,
    plan: SegmentPlan,
    rows: Vec<u64>,
    /// By feature and slot.
    counts: Vec<Counts>,
}

/// The segments that a baseline keeps apart, by slot, and the rows of each by quarter of an hour: nothing where there are
/// too many segments and hours to count.
pub(super) type SegmentQuarters = Vec<(SegmentKey, Option<Quarters>)>;

impl SegmentCounts {
    /// Finds the largest segments, and counts the event times of each where they are known: `times` says in which column
    /// they stand and which are usual.
    pub(super) fn find(
        table: &Table,
        options: &SegmentOptions,
        features: &[(Wanted, FeatureBaseline)],
        times: Option<(Wanted, Usual)>,
    ) -> Result<(Self, SegmentQuarters), DatasetError> {
        let labels = Labels::new(&options.by);
        let columns = label_columns(table, &labels)?;
        let (known, found) = largest(table, &labels, &columns, usize::from(options.max), times)?;
        let plan = SegmentPlan::split_into(known);
        let slots = plan.slots();
        let slot_of: Vec<usize> = found.keys.iter().map(|key| plan.slot_of(key)).collect();
        let other = slots.saturating_sub(1);
        let quarters = found.hours.by_group(slots, |key| slot_of.get(key as usize).copied().unwrap_or(other));
        let quarters = match quarters {
            Some(quarters) => quarters.into_iter().map(Some).collect(),
            None => vec![None; slots],
        };
        let quarters = (0..slots).map(|slot| plan.key_of(slot)).zip(quarters).collect();
        let counts = features.iter().map(|(_, feature)| Counts::new(&feature.layout, slots)).collect();
        Ok((Self { labels, columns, plan, rows: vec![0; slots], counts }, quarters))
    }

    /// The columns of the labels.
    pub(super) fn columns(&self) -> &[Wanted] {
        &self.columns
    }

    /// Counts rows in the layouts of the whole; the slot of each.
    pub(super) fn absorb(
        &mut self,
        labels: &[Column],
        rows: usize,
        features: &[(Wanted, FeatureBaseline)],
        columns: &[Column],
    ) -> Vec<u32> {
        let segments = self.labels.encode(&labels.iter().collect::<Vec<_>>(), rows);
        let slot_of: Vec<u32> = segments.keys.iter().map(|key| self.plan.slot_of(key) as u32).collect();
        let slots: Vec<u32> =
            segments.codes.iter().map(|code| slot_of.get(*code as usize).copied().unwrap_or_default()).collect();
        for slot in &slots {
            if let Some(rows) = self.rows.get_mut(*slot as usize) {
                *rows += 1;
            }
        }
        self.counts
            .par_iter_mut()
            .zip(columns)
            .zip(features)
            .for_each(|((counts, column), (_, feature))| counts.absorb(&feature.layout, column, &slots));
        slots
    }

    /// The segments, largest first, ties by key, the overflow last.
    pub(super) fn finish(self, features: &[(Wanted, FeatureBaseline)]) -> Vec<SegmentBaseline> {
        let finished = |(counts, (_, feature)): (Counts, &(Wanted, FeatureBaseline))| counts.finish(&feature.layout);
        let mut by_feature: Vec<_> =
            self.counts.into_iter().zip(features).map(|pair| finished(pair).into_iter()).collect();
        let segment = |(slot, rows)| SegmentBaseline {
            key: self.plan.key_of(slot),
            rows,
            aggregates: by_feature.iter_mut().filter_map(Iterator::next).collect(),
        };
        self.rows.into_iter().enumerate().map(segment).collect()
    }
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

/// All segments there are, by number, and their rows by hour.
#[derive(Default)]
struct Found {
    keys: Vec<SegmentKey>,
    hours: HoursOfSegments,
}

fn largest(
    table: &Table,
    labels: &Labels,
    label_columns: &[Wanted],
    max: usize,
    times: Option<(Wanted, Usual)>,
) -> Result<(Vec<SegmentKey>, Found), DatasetError> {
    let mut rows: HashMap<SegmentKey, (u32, u64)> = HashMap::new();
    let mut found = Found::default();
    let wanted = label_columns.iter().copied().chain(times.map(|(times, _)| times)).collect();
    let mut batches = table.batches(wanted)?;
    while let Some(chunk) = batches.next(CHUNK_ROWS)? {
        let mut values = chunk.values.into_iter();
        let label_values = columns(values.by_ref().take(label_columns.len()));
        let segments = labels.encode(&label_values.iter().collect::<Vec<_>>(), chunk.rows);
        let mut by_code = vec![0_u64; segments.keys.len()];
        for code in &segments.codes {
            if let Some(count) = by_code.get_mut(*code as usize) {
                *count += 1;
            }
        }
        let mut numbers = Vec::with_capacity(by_code.len());
        for (key, count) in segments.keys.into_iter().zip(by_code) {
            let (number, rows) = rows.entry(key).or_insert_with_key(|key| {
                found.keys.push(key.clone());
                (found.keys.len() as u32 - 1, 0)
            });
            *rows += count;
            numbers.push(*number);
        }
        if let (Some((_, usual)), Some(Values::Times(times))) = (times, values.next()) {
            for (code, at) in segments.codes.iter().zip(times.at) {
                let number = numbers.get(*code as usize).copied().unwrap_or_default();
                found.hours.add(number, usual.slice(at));
            }
        }
    }
    let mut ranked: Vec<(SegmentKey, u64)> = rows.into_iter().map(|(key, (_, rows))| (key, rows)).collect();
    ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.truncate(max);
    Ok((ranked.into_iter().map(|(key, _)| key).collect(), found))
}

/// Counts of one feature, one for each segment, in the layout of the whole.
enum Counts {
    Numeric(Vec<NumericAggregate>),
    Categorical(Vec<CategoryTally>),
    Presence(Vec<PresenceAggregate>),
}

impl Counts {
    fn new(layout: &FeatureLayout, segments: usize) -> Self {
        match layout {
            FeatureLayout::Numeric(edges) => Self::Numeric(vec![NumericAggregate::empty(edges); segments]),
            FeatureLayout::Categorical(dictionary) => {
                Self::Categorical(vec![CategoryTally::empty(dictionary); segments])
            }
            FeatureLayout::Presence => Self::Presence(vec![PresenceAggregate::new(); segments]),
        }
    }

    fn absorb(&mut self, layout: &FeatureLayout, column: &Column, groups: &[u32]) {
        match (self, layout) {
            (Self::Numeric(counts), FeatureLayout::Numeric(edges)) => {
                if let Some(column) = column.as_numeric() {
                    absorb_numeric_grouped(edges, column, groups, &mut counts.iter_mut().collect::<Vec<_>>());
                }
            }
            (Self::Categorical(tallies), FeatureLayout::Categorical(dictionary)) => {
                if let Some(column) = column.as_text() {
                    CategoryTally::absorb_grouped(dictionary, column, groups, tallies);
                }
            }
            (Self::Presence(counts), _) => {
                for (row, group) in groups.iter().enumerate() {
                    if let Some(counts) = counts.get_mut(*group as usize) {
                        let present = u64::from(is_present(column, row));
                        counts.add(present, 1 - present);
                    }
                }
            }
            // It was made for this layout.
            (Self::Numeric(_) | Self::Categorical(_), _) => {}
        }
    }

    fn finish(self, layout: &FeatureLayout) -> Vec<FeatureAggregate> {
        match (self, layout) {
            (Self::Numeric(counts), _) => counts.into_iter().map(FeatureAggregate::Numeric).collect(),
            (Self::Categorical(tallies), FeatureLayout::Categorical(dictionary)) => {
                tallies.into_iter().map(|tally| FeatureAggregate::Categorical(tally.finish(dictionary))).collect()
            }
            (Self::Categorical(_), _) => Vec::new(),
            (Self::Presence(counts), _) => counts.into_iter().map(FeatureAggregate::Presence).collect(),
        }
    }
}

/// Whether a row has a value. A column of nothing but NaN is watched for presence although it is read as numbers.
pub(super) fn is_present(column: &Column, row: usize) -> bool {
    match column {
        Column::Presence { absent } | Column::Numeric { absent: Some(absent), .. } => absent.get(row) == Some(&PRESENT),
        Column::Numeric { absent: None, .. } => true,
        Column::Text { codes, values } => codes.get(row).is_some_and(|c| (*c as usize) < values.len()),
    }
}
