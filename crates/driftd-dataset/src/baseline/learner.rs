//! Counts the windows of a table, and learns from them how much its features differ while nothing is wrong.

use std::collections::{BTreeMap, HashMap};

use driftd_model::{FeatureBaseline, FeatureName, FeatureVariation, HealthyVariation, LEAST_ROWS, MOST_WINDOWS};
use driftd_stats::{
    CategorySpread, FeatureAggregate, FeatureLayout, GROUP_SKIP, Novelty, PartCounts, Places, Rung, UnseenInWindow,
    VariationLearner,
};
use driftd_window::{Column, SegmentKey};
use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::segments::is_present;
use super::windows::{Kept, Quarters, Usual, choose};

/// Windows of one length that are counted of the whole and of a segment: the first pair with which all fit the memory.
const FEWER: [(usize, usize); 9] =
    [(MOST_WINDOWS, MOST_WINDOWS), (200, 100), (200, 50), (200, 25), (200, 10), (200, 0), (100, 0), (50, 0), (10, 0)];
/// Parts that a row of a population may be in: all of its rows, and a window of each length.
const PARTS: usize = 1 + Rung::ALL.len();

/// Counts every feature in the windows of the whole, and in those of each segment.
///
/// All of them are counted in one pass, in whatever order the rows stand, so what it takes is bounded beforehand: a part
/// takes no more than its histogram, and where all together would take more than the budget, fewer windows are counted,
/// those of segments first.
pub(super) struct Learner<'a> {
    usual: Usual,
    /// The whole, then the segments by slot.
    populations: Vec<Population>,
    features: Vec<FeatureLearner<'a>>,
}

/// The whole or one segment.
struct Population {
    key: SegmentKey,
    kept: Vec<Kept>,
    /// Number of the part with all of its rows. Those of its windows follow, length by length.
    first: u32,
}

struct FeatureLearner<'a> {
    feature: &'a FeatureBaseline,
    counts: PartCounts,
    spread: Option<CategorySpread>,
}

impl<'a> Learner<'a> {
    /// A learner for rows whose windows are those of `whole`, and of `segments` where the baseline is split: each with its
    /// own windows, or with those of the whole where its own could not be counted. Nothing where there are too few.
    pub(super) fn new(
        features: Vec<&'a FeatureBaseline>,
        usual: Usual,
        whole: &Quarters,
        segments: Vec<(SegmentKey, Option<Quarters>)>,
        budget: usize,
    ) -> Option<Self> {
        let populations = |(of_whole, of_segment): (usize, usize)| {
            let segment = |(key, own): &(SegmentKey, Option<Quarters>)| {
                (key.clone(), choose(own.as_ref().unwrap_or(whole), of_segment))
            };
            let mut next = 0_u32;
            let number = |(key, kept): (SegmentKey, Vec<Kept>)| {
                let first = next;
                next += kept.iter().map(|kept| kept.windows.len() as u32).sum::<u32>() + 1;
                Population { key, kept, first }
            };
            let whole = std::iter::once((SegmentKey::all(), choose(whole, of_whole)));
            whole.chain(segments.iter().map(segment)).map(number).collect::<Vec<_>>()
        };
        let fits = |(populations, rows): &(Vec<Population>, Vec<u64>)| {
            let bytes = features.iter().map(|feature| PartCounts::bytes(&feature.layout, rows.iter().copied()));
            let has_any = populations.iter().any(|population| !population.kept.is_empty());
            has_any && bytes.fold(0, u64::saturating_add) <= budget as u64
        };
        let with_rows = |populations: Vec<Population>| {
            let rows = populations.iter().flat_map(Population::rows).collect();
            (populations, rows)
        };
        let (populations, rows) = FEWER.into_iter().map(populations).map(with_rows).find(fits)?;
        let features = features.into_iter().map(|feature| FeatureLearner {
            feature,
            counts: PartCounts::new(&feature.layout, &rows),
            spread: feature.layout.as_categorical().map(CategorySpread::new),
        });
        Some(Self { usual, populations, features: features.collect() })
    }

    /// Counts rows that happened at `times` and belong to the segments of those slots, if there are any.
    pub(super) fn absorb(&mut self, times: &[i64], segments: Option<&[u32]>, columns: &[Column]) {
        let slices: Vec<i64> = times.iter().map(|at| self.usual.slice(*at)).collect();
        let mut lists = self.lists(&slices, std::iter::repeat_n(0, slices.len()));
        if let Some(segments) = segments {
            lists.extend(self.lists(&slices, segments.iter().map(|slot| 1 + *slot as usize)));
        }
        let learners = self.features.par_iter_mut().zip(columns);
        learners.for_each(|(learner, column)| learner.absorb(column, &lists, &slices, segments));
    }

    /// What the windows taught.
    pub(super) fn finish(self) -> HealthyVariation {
        let Self { populations, features, .. } = self;
        let learnt: Vec<_> = features.into_par_iter().map(|feature| feature.finish(&populations)).collect();
        let mut healthy = HealthyVariation::default();
        for (segment, feature, variation) in learnt.into_iter().flatten() {
            healthy.insert(segment, feature, variation);
        }
        healthy
    }

    /// The parts that rows are counted in, one list for each part that a row may be in at once; lists of nothing are left out.
    fn lists(&self, slices: &[i64], populations: impl Iterator<Item = usize>) -> Vec<Vec<u32>> {
        let mut lists: [Vec<u32>; PARTS] = std::array::from_fn(|_| Vec::with_capacity(slices.len()));
        let mut last = None;
        for row in slices.iter().copied().zip(populations) {
            let parts = match last {
                Some((same, parts)) if same == row => parts,
                _ => self.populations.get(row.1).map_or([GROUP_SKIP; PARTS], |population| population.parts(row.0)),
            };
            last = Some((row, parts));
            lists.iter_mut().zip(parts).for_each(|(list, part)| list.push(part));
        }
        lists.into_iter().filter(|list| list.iter().any(|part| *part != GROUP_SKIP)).collect()
    }
}

impl Population {
    /// About how many rows each of its parts has: all of them are more than any list is worth.
    fn rows(&self) -> impl Iterator<Item = u64> {
        let windows = self.kept.iter().flat_map(|kept| kept.windows.iter().map(|(_, rows)| *rows));
        let all = if self.kept.is_empty() { 0 } else { u64::MAX };
        std::iter::once(all).chain(windows)
    }

    /// The parts that a row of that slice of time is in.
    fn parts(&self, slice: i64) -> [u32; PARTS] {
        let mut parts = [GROUP_SKIP; PARTS];
        if self.kept.is_empty() {
            return parts;
        }
        let [all, of_windows @ ..] = &mut parts;
        *all = self.first;
        for (part, (first, kept)) in of_windows.iter_mut().zip(self.numbered()) {
            *part = kept.place(slice).map_or(GROUP_SKIP, |place| first + place as u32);
        }
        parts
    }

    /// The windows of each length, and the number of the first part of each.
    fn numbered(&self) -> impl Iterator<Item = (u32, &Kept)> {
        self.kept.iter().scan(self.first + 1, |next, kept| {
            let first = *next;
            *next += kept.windows.len() as u32;
            Some((first, kept))
        })
    }
}

impl FeatureLearner<'_> {
    fn absorb(&mut self, column: &Column, lists: &[Vec<u32>], slices: &[i64], segments: Option<&[u32]>) {
        let places = match (&*self.feature.layout, column) {
            (FeatureLayout::Numeric(edges), column) => column.as_numeric().map(|c| Places::of_numbers(edges, c)),
            (FeatureLayout::Categorical(known), column) => column.as_text().map(|c| Places::of_texts(known, c)),
            (FeatureLayout::Presence, column) => {
                Some(Places::of_presence((0..column.rows()).map(|row| is_present(column, row))))
            }
        };
        for (places, parts) in places.iter().flat_map(|places| lists.iter().map(move |parts| (places, parts))) {
            self.counts.absorb(places, parts);
        }
        if let (Some(spread), Some(known), Some(column)) =
            (&mut self.spread, self.feature.layout.as_categorical(), column.as_text())
        {
            spread.absorb(known, column, slices, segments);
        }
    }

    fn finish(self, populations: &[Population]) -> Vec<(SegmentKey, FeatureName, FeatureVariation)> {
        let alone = self.spread.as_ref().map(|spread| Alone::new(spread, populations));
        let values = populations.first().map_or(0, |whole| self.part(whole.first).usable());
        let taught = populations.iter().enumerate().filter(|(_, population)| !population.kept.is_empty());
        let taught = taught.map(|(number, population)| {
            let total = self.part(population.first);
            let mut variation = FeatureVariation::default();
            for (first, kept) in population.numbered() {
                let mut learner = VariationLearner::new(&self.feature.layout, &total, LEAST_ROWS);
                for (part, (window, _)) in (first..).zip(&kept.windows) {
                    let counted = self.part(part);
                    let others = values.saturating_sub(counted.usable());
                    let unseen = alone.as_ref().map(|alone| alone.unseen(kept.rung, number, *window, others));
                    learner.add(&counted, unseen);
                }
                variation.insert(kept.rung, learner.finish());
            }
            (population.key.clone(), self.feature.name.clone(), variation)
        });
        taught.collect()
    }

    fn part(&self, part: u32) -> FeatureAggregate {
        self.counts.aggregate(part, &self.feature.layout)
    }
}

/// What only one window has of a feature's categories.
struct Alone {
    once: u64,
    twice: u64,
    /// Values by rung, population and window.
    values: HashMap<(Rung, usize, i64), u64, FixedState>,
}

impl Alone {
    fn new(spread: &CategorySpread, populations: &[Population]) -> Self {
        let mut values = HashMap::default();
        let lengths: BTreeMap<Rung, i64> =
            populations.iter().flat_map(|p| &p.kept).map(|kept| (kept.rung, kept.length())).collect();
        for (rung, length) in lengths {
            for found in spread.alone(length) {
                *values.entry((rung, 0, found.window)).or_default() += found.count;
                if let Some(segment) = found.segment.filter(|_| populations.len() > 1) {
                    *values.entry((rung, 1 + segment as usize, found.window)).or_default() += found.count;
                }
            }
        }
        Self { once: spread.occurred_exactly(1), twice: spread.occurred_exactly(2), values }
    }

    /// What a window has that no other has, nor another segment, beside `others` values that are not of the window.
    fn unseen(&self, rung: Rung, population: usize, window: i64, others: u64) -> UnseenInWindow {
        let count = self.values.get(&(rung, population, window)).copied().unwrap_or_default();
        UnseenInWindow { count, novelty: Novelty { once: self.once, twice: self.twice, values: others } }
    }
}
