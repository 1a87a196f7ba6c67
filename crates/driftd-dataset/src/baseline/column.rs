//! Builder of one column's layout and counts.

use std::path::Path;

use driftd_model::Reason;
use driftd_stats::{
    BinEdges, CategoryCounts, FeatureAggregate, FeatureLayout, LayoutOptions, MISSING_CODE, PresenceAggregate,
};
use driftd_window::{Column, MISSING, PRESENT};

use super::plan::Planned;
use crate::DatasetError;
use crate::runs::RunCollector;
use crate::values::{Reading, Values};

/// Distinct values from which a text column can be an identifier.
const IDENTIFIER_VALUES: usize = 1000;
/// Share of distinct values from which it is one.
const IDENTIFIER_SHARE: f64 = 0.9;
/// Distinct values from which the share is looked at before the end, so that identifiers do not fill the memory.
const IDENTIFIER_EARLY: usize = 1 << 20;

/// What a column becomes: a layout and its own counts, or a reason why not.
pub(super) type Built = Result<(FeatureLayout, FeatureAggregate), Reason>;

/// Collects the values of one column.
pub(super) struct ColumnBuilder {
    name: String,
    options: LayoutOptions,
    rows: u64,
    missing: u64,
    mistyped: u64,
    values: Collected,
}

enum Collected {
    Numbers(RunCollector),
    Texts(CategoryCounts),
    /// Too many distinct texts to be a feature; nothing more is kept.
    Identifier,
    Presence,
}

impl ColumnBuilder {
    /// A builder that may keep about `budget` bytes of numbers in memory.
    pub(super) fn new(plan: &Planned, options: &LayoutOptions, budget: usize) -> Self {
        let values = match plan.reading {
            Reading::Numbers => Collected::Numbers(RunCollector::new(budget)),
            Reading::Texts => Collected::Texts(CategoryCounts::new()),
            Reading::Presence | Reading::Times => Collected::Presence,
        };
        Self { name: plan.name.clone(), options: options.clone(), rows: 0, missing: 0, mistyped: 0, values }
    }

    /// Adds the values of a chunk.
    pub(super) fn absorb(&mut self, values: Values) -> Result<(), DatasetError> {
        let Values::Column(column) = values else {
            return Ok(());
        };
        self.rows += column.rows() as u64;
        match (&mut self.values, column) {
            (Collected::Numbers(runs), Column::Numeric { values, absent: None }) => {
                values.into_iter().try_for_each(|v| runs.push(v))?;
            }
            (Collected::Numbers(runs), Column::Numeric { values, absent: Some(absent) }) => {
                for (value, absent) in values.into_iter().zip(absent) {
                    match absent {
                        PRESENT => runs.push(value)?,
                        MISSING => self.missing += 1,
                        _ => self.mistyped += 1,
                    }
                }
            }
            (Collected::Texts(counts), Column::Text { codes, values }) => {
                let mut by_code = vec![0; values.len()];
                for code in codes {
                    match by_code.get_mut(code as usize) {
                        Some(count) => *count += 1,
                        None if code == MISSING_CODE => self.missing += 1,
                        None => self.mistyped += 1,
                    }
                }
                values.iter().zip(by_code).for_each(|(value, count)| counts.add(value, count));
                if counts.distinct() >= IDENTIFIER_EARLY && is_identifier(counts) {
                    self.values = Collected::Identifier;
                }
            }
            (Collected::Presence, Column::Presence { absent }) => {
                self.missing += absent.iter().filter(|code| **code != PRESENT).count() as u64;
            }
            _ => {}
        }
        Ok(())
    }

    /// The layout of everything that was added, and its counts.
    pub(super) fn finish(self, path: &Path) -> Result<Built, DatasetError> {
        let present = self.rows - self.missing - self.mistyped;
        match self.values {
            Collected::Identifier => Ok(Err(Reason::IdentifierLike)),
            Collected::Texts(counts) if counts.total() > 0 => {
                if is_identifier(&counts) {
                    return Ok(Err(Reason::IdentifierLike));
                }
                let (dictionary, mut aggregate) = counts.into_dictionary(self.options.categories);
                aggregate.add_missing(self.missing);
                aggregate.add_mistyped(self.mistyped);
                Ok(Ok((FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(aggregate))))
            }
            Collected::Numbers(runs) if present > 0 && runs.has_finite() => {
                let odd = runs.odd;
                let sample = runs.finish();
                let built = BinEdges::from_sample(&sample, &self.options);
                if let Some(error) = sample.take_error() {
                    return Err(error);
                }
                let (edges, mut aggregate) = built.map_err(|source| DatasetError::Layout {
                    path: path.to_owned(),
                    column: self.name,
                    source,
                })?;
                aggregate.add_absent(self.missing, odd.nan, odd.pos_inf, odd.neg_inf);
                aggregate.add_mistyped(self.mistyped);
                Ok(Ok((FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(aggregate))))
            }
            // Nothing to lay out: all missing, or nothing but NaN and infinities.
            _ => {
                let mut aggregate = PresenceAggregate::new();
                aggregate.add(present, self.rows - present);
                Ok(Ok((FeatureLayout::Presence, FeatureAggregate::Presence(aggregate))))
            }
        }
    }
}

fn is_identifier(counts: &CategoryCounts) -> bool {
    let distinct = counts.distinct();
    distinct >= IDENTIFIER_VALUES && distinct as f64 > IDENTIFIER_SHARE * counts.total() as f64
}
