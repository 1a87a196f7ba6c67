//! Counts of one feature in very many parts at once, each as small as its rows allow.

use super::columns::{MISSING_CODE, NumericSlice, PRESENT, TextSlice};
use super::{Absence, CategoricalAggregate, FeatureAggregate, Moments, NumericAggregate, PresenceAggregate};
use crate::kernels;
use crate::layout::{BinEdges, Dictionary, FeatureLayout};

/// Rows of a list for each place of a histogram at which both take as many bytes.
const ROWS_A_PLACE: usize = 2;

/// Where every row of a column is counted: in one of a feature's *places*, which are its cells or slots and one for each
/// way of having no value.
///
/// A column is located once, whatever number of parts its rows are counted in afterwards.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<u16>);

/// Counts of one feature, by part.
///
/// A part of few rows is a list of their places, one of many rows a histogram: `min(2 · rows, 4 · places)` bytes. So
/// thousands of windows of a table can be counted while it streams by, in whatever order its rows stand.
#[derive(Clone, Debug)]
pub struct PartCounts {
    places: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Few(Vec<u16>),
    Many(Vec<u32>),
}

/// What there is beside cells and slots. Numbers stand as the kernels find them: −inf, the cells, +inf, NaN. Categories
/// that the baseline never had may have no slot.
const ODD_NUMBERS: usize = 3;
const WITHOUT_SLOT: usize = 1;
/// Missing and mistyped, behind all others; of presence alone, present and missing.
const ABSENT: usize = 2;

fn places_of(layout: &FeatureLayout) -> usize {
    match layout {
        FeatureLayout::Numeric(edges) => edges.cells() + ODD_NUMBERS + ABSENT,
        FeatureLayout::Categorical(dictionary) => dictionary.bins() + WITHOUT_SLOT + ABSENT,
        FeatureLayout::Presence => ABSENT,
    }
}

impl Places {
    /// The places of a column of numbers.
    #[must_use]
    pub fn of_numbers(edges: &BinEdges, column: NumericSlice<'_>) -> Self {
        let mut places = kernels::places(edges, column.values);
        let missing = edges.cells() + ODD_NUMBERS;
        for (place, code) in places.iter_mut().zip(column.absent.unwrap_or_default()) {
            if *code != PRESENT {
                *place = (missing + usize::from(*code != Absence::Missing.code())) as u16;
            }
        }
        Self(places)
    }

    /// The places of a column of text.
    #[must_use]
    pub fn of_texts(dictionary: &Dictionary, column: TextSlice<'_>) -> Self {
        let slot = |value: &String| dictionary.locate(value).slot.unwrap_or(dictionary.bins()) as u16;
        let slots: Vec<u16> = column.values.iter().map(slot).collect();
        let missing = dictionary.bins() + WITHOUT_SLOT;
        let absent = |code: u32| (missing + usize::from(code != MISSING_CODE)) as u16;
        let place = |code: &u32| slots.get(*code as usize).copied().unwrap_or_else(|| absent(*code));
        Self(column.codes.iter().map(place).collect())
    }

    /// The places of rows of which only the presence is watched: whether each has a value.
    #[must_use]
    pub fn of_presence(present: impl Iterator<Item = bool>) -> Self {
        Self(present.map(|present| u16::from(!present)).collect())
    }
}

impl PartCounts {
    /// Nothing counted yet, in parts of about so many rows.
    #[must_use]
    pub fn new(layout: &FeatureLayout, rows: &[u64]) -> Self {
        let places = places_of(layout);
        let part = |rows: &u64| {
            let rows = usize::try_from(*rows).unwrap_or(usize::MAX);
            if rows > ROWS_A_PLACE * places { Part::Many(vec![0; places]) } else { Part::Few(Vec::with_capacity(rows)) }
        };
        Self { places, parts: rows.iter().map(part).collect() }
    }

    /// Bytes that parts of so many rows take.
    #[must_use]
    pub fn bytes(layout: &FeatureLayout, rows: impl IntoIterator<Item = u64>) -> u64 {
        let most = size_of::<u32>() as u64 * places_of(layout) as u64;
        let part = |rows: u64| rows.saturating_mul(size_of::<u16>() as u64).min(most) + size_of::<Part>() as u64;
        rows.into_iter().map(part).fold(0, u64::saturating_add)
    }

    /// Counts row `i` in part `parts[i]`; rows whose part is [`GROUP_SKIP`](crate::GROUP_SKIP), or that there is none of,
    /// are left out.
    pub fn absorb(&mut self, places: &Places, parts: &[u32]) {
        let mut rest = places.0.as_slice();
        // As a rule neighbours belong together.
        for run in parts.chunk_by(|a, b| a == b) {
            let (rows, after) = rest.split_at(run.len().min(rest.len()));
            rest = after;
            if let Some(part) = run.first().and_then(|part| self.parts.get_mut(*part as usize)) {
                part.add(rows, self.places);
            }
        }
    }

    /// The counts of a part, on the layout they were made for. Nothing is known of their moments.
    #[must_use]
    pub fn aggregate(&self, part: u32, layout: &FeatureLayout) -> FeatureAggregate {
        let counts = self.parts.get(part as usize).map(|part| part.counts(self.places));
        aggregate(layout, &counts.unwrap_or_default())
    }
}

impl Part {
    fn add(&mut self, rows: &[u16], places: usize) {
        if let Self::Few(list) = self {
            if list.len() + rows.len() <= ROWS_A_PLACE * places {
                list.extend_from_slice(rows);
                return;
            }
            // Only where the table has grown since its rows were counted.
            let mut counts = vec![0; places];
            count(&mut counts, list);
            *self = Self::Many(counts);
        }
        if let Self::Many(counts) = self {
            count(counts, rows);
        }
    }

    fn counts(&self, places: usize) -> Vec<u64> {
        match self {
            Self::Many(counts) => counts.iter().map(|count| u64::from(*count)).collect(),
            Self::Few(list) => {
                let mut counts = vec![0; places];
                count(&mut counts, list);
                counts.into_iter().map(u64::from).collect()
            }
        }
    }
}

fn count(counts: &mut [u32], rows: &[u16]) {
    for place in rows {
        if let Some(count) = counts.get_mut(usize::from(*place)) {
            *count = count.saturating_add(1);
        }
    }
}

fn aggregate(layout: &FeatureLayout, counts: &[u64]) -> FeatureAggregate {
    let (values, absent) = counts.split_at(counts.len().saturating_sub(ABSENT));
    let [missing, mistyped] = *absent else { return FeatureAggregate::empty(layout) };
    match layout {
        FeatureLayout::Numeric(edges) => {
            let [neg_inf, cells @ .., pos_inf, nan] = values else { return FeatureAggregate::empty(layout) };
            let mut counted = NumericAggregate::of_baseline(edges, cells.to_vec(), Moments::default());
            counted.add_absent(missing, *nan, *pos_inf, *neg_inf);
            counted.add_mistyped(mistyped);
            FeatureAggregate::Numeric(counted)
        }
        FeatureLayout::Categorical(dictionary) => {
            let slots = values.get(..dictionary.bins()).unwrap_or_default().to_vec();
            let present = values.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
            let mut counted = CategoricalAggregate::of_baseline(dictionary, slots, present);
            counted.add_missing(missing);
            counted.add_mistyped(mistyped);
            FeatureAggregate::Categorical(counted)
        }
        FeatureLayout::Presence => {
            let mut counted = PresenceAggregate::new();
            // The two places there are: with a value, and without one.
            counted.add(missing, mistyped);
            FeatureAggregate::Presence(counted)
        }
    }
}

#[cfg(test)]
mod tests;
