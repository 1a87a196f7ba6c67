//! Builder of one column's layout and counts.

use std::path::Path;

use driftd_model::Reason;
use driftd_stats::{
    BinEdges, CategoryCounts, FeatureAggregate, FeatureLayout, LayoutOptions, MISSING_CODE, Precision,
    PresenceAggregate,
};
use driftd_window::{Column, MISSING, PRESENT, boolean_word};

use super::identifier;
use super::number_census::NumberCensus;
use super::plan::Planned;
use crate::DatasetError;
use crate::runs::RunCollector;
use crate::values::{Reading, Values};

/// Distinct values from which the share is looked at before the end, so that identifiers do not fill the memory.
const IDENTIFIER_EARLY: usize = 1 << 20;

/// What a column becomes: a layout and its own counts, or a reason why not.
pub(super) type Built = Result<(FeatureLayout, FeatureAggregate), Reason>;

/// Collects the values of one column.
pub(super) struct ColumnBuilder {
    plan: Planned,
    options: LayoutOptions,
    precision: Precision,
    rows: u64,
    missing: u64,
    mistyped: u64,
    values: Collected,
}

enum Collected {
    Numbers(RunCollector, Box<NumberCensus>),
    Texts(CategoryCounts),
    /// Too many distinct texts to be a feature; nothing more is kept.
    Identifier,
    Presence,
}

impl ColumnBuilder {
    /// A builder for a column of so many rows that may keep about `budget` bytes of numbers in memory.
    pub(super) fn new(plan: &Planned, options: &LayoutOptions, precision: Precision, budget: usize, rows: u64) -> Self {
        let values = match plan.reading {
            Reading::Numbers => Collected::Numbers(RunCollector::new(budget, rows), Box::default()),
            Reading::Texts => Collected::Texts(CategoryCounts::new()),
            Reading::Presence | Reading::Times => Collected::Presence,
        };
        let (plan, options) = (plan.clone(), options.clone());
        Self { plan, options, precision, rows: 0, missing: 0, mistyped: 0, values }
    }

    /// Adds the values of a chunk.
    pub(super) fn absorb(&mut self, values: Values) -> Result<(), DatasetError> {
        let Values::Column(column) = values else {
            return Ok(());
        };
        self.rows += column.rows() as u64;
        match (&mut self.values, column) {
            (Collected::Numbers(runs, census), Column::Numeric { values, absent: None }) => {
                census.absorb(values.iter().copied());
                values.into_iter().try_for_each(|v| runs.push(v))?;
            }
            (Collected::Numbers(runs, census), Column::Numeric { values, absent: Some(absent) }) => {
                let there = values.iter().zip(&absent).filter(|(_, absent)| **absent == PRESENT);
                census.absorb(there.map(|(value, _)| *value));
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
                let is_open = !self.plan.is_given && counts.distinct() >= IDENTIFIER_EARLY;
                if is_open && identifier::is_identifier(counts) {
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
                if let Some(reason) = identifier::reason(&counts, &self.plan.name).filter(|_| !self.plan.is_given) {
                    return Ok(Err(reason));
                }
                let counts = with_one_spelling_of_booleans(counts);
                let (dictionary, mut aggregate) = counts.into_dictionary(self.options.categories);
                aggregate.add_missing(self.missing);
                aggregate.add_mistyped(self.mistyped);
                Ok(Ok((FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(aggregate))))
            }
            Collected::Numbers(runs, census) if present > 0 && runs.has_finite() => {
                let odd = runs.odd;
                let sample = runs.finish();
                let Planned { name, is_whole, is_given, .. } = &self.plan;
                if let Some(reason) = census.reason(name, *is_whole, &sample).filter(|_| !is_given) {
                    return sample.take_error().map_or(Ok(Err(reason)), Err);
                }
                let built = BinEdges::from_sample_of(&sample, &self.options, self.precision);
                if let Some(error) = sample.take_error() {
                    return Err(error);
                }
                let (edges, mut aggregate) = built.map_err(|source| DatasetError::Layout {
                    path: path.to_owned(),
                    column: self.plan.name,
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

/// Texts that are all `true` and `false`, in whatever case, as the booleans of other files are spelt.
fn with_one_spelling_of_booleans(counts: CategoryCounts) -> CategoryCounts {
    if counts.iter().all(|(text, _)| boolean_word(text).is_some()) {
        return counts.renamed(|text| text.to_ascii_lowercase());
    }
    counts
}
