//! What was counted of a window, beside its baseline: the distributions that charts show.
//!
//! Sealed panes are read stretch by stretch, newest first, and added up, so that a window of any length takes the
//! memory of a stretch; how long one may be shows in how many panes and segments the one before held. Which features their counts are of follows from the history: every watched feature has rows
//! there, and they stand in the order of the baseline.

use std::collections::BTreeSet;

use driftd_model::{
    Baseline, BaselineRef, ContentHash, FeatureBaseline, FeatureKind, FeatureName, ReadStore, SealedPane, StoreError,
    WindowRow, merge_aggregates, words,
};
use driftd_stats::{FeatureAggregate, distribution};
use driftd_window::{SegmentKey, Span};

use crate::FeatureDistribution;
use crate::charts::{distribution_steps, paired_bars};

/// Event time whose panes are read first, and at most.
const FIRST_STRETCH: Span = Span::from_minutes(1);
const LONGEST_STRETCH: Span = Span::from_hours(24);
/// Panes and segments that are read at once are few hundreds: a stretch that holds more than that is followed by a shorter
/// one, and one that holds less by one that is twice as long.
const PANES_AT_ONCE: usize = 256;
/// Panes that are read for one page.
const MOST_PANES: usize = 20_000;
/// Characters of a name.
const SHORT: usize = 80;

/// Counts of the features of a window and of its baseline.
pub(super) struct Counts {
    features: Vec<Counted>,
    /// Why there are none, or not all of the window's; empty where there is nothing to say.
    pub(super) note: String,
}

struct Counted {
    feature: FeatureBaseline,
    baseline: Option<FeatureAggregate>,
    window: FeatureAggregate,
}

impl Counts {
    /// Reads the counts of `window`, whose history has rows of `features`.
    pub(super) async fn of(
        store: &dyn ReadStore,
        window: &WindowRow,
        features: &BTreeSet<&FeatureName>,
    ) -> Result<Self, StoreError> {
        let reference = window.baseline.parse::<BaselineRef>().ok();
        let stored = match &reference {
            Some(reference) => store.baseline(reference).await?,
            None => None,
        };
        let Some(stored) = stored else {
            return Ok(Self::none(format!(
                "its baseline {} is not in the store",
                words::name(&window.baseline, SHORT)
            )));
        };
        let watched = stored.baseline.features.iter().filter(|feature| features.contains(&feature.name));
        let mut sum = Sum { watched: watched.collect(), plan: None, total: Vec::new(), foreign: 0 };
        let (mut to, mut read, mut stretch) = (window.window_end, 0, FIRST_STRETCH);
        while to > window.window_start {
            let from = to.minus(stretch).max(window.window_start);
            let panes = store.sealed_panes(&window.monitor, from, to).await?;
            read += panes.len();
            stretch = next_stretch(stretch, panes.len());
            if read > MOST_PANES {
                let most = words::count(MOST_PANES as u64);
                return Ok(Self::none(format!(
                    "the window is made of more than {most} panes, which are too many to add up for a page"
                )));
            }
            panes.iter().rev().filter(|pane| is_part(pane, &window.segment)).for_each(|pane| sum.add(pane));
            to = from;
        }
        Ok(sum.beside(&stored.baseline, &window.segment))
    }

    fn none(why: String) -> Self {
        Self { features: Vec::new(), note: words::sentence(&format!("the distributions are not shown: {why}")) }
    }

    /// The chart of a feature beside its baseline; nothing where one of the two is not known.
    pub(super) fn chart(&self, feature: &FeatureName) -> Option<String> {
        let counted = self.features.iter().find(|counted| counted.feature.name == *feature)?;
        let layout = &counted.feature.layout;
        let before = distribution(layout, counted.baseline.as_ref()?);
        let after = distribution(layout, &counted.window);
        let bins = FeatureDistribution::from_counts(feature.clone(), &before, &after).bins;
        let title = format!("Distribution of {}", words::name(feature.as_str(), SHORT));
        match counted.feature.kind() {
            _ if bins.is_empty() => None,
            FeatureKind::Numeric => Some(distribution_steps(&title, &bins)),
            FeatureKind::Categorical | FeatureKind::Presence => Some(paired_bars(&title, &bins)),
        }
    }
}

/// How much is read after a stretch that held so many panes.
fn next_stretch(stretch: Span, panes: usize) -> Span {
    let micros = stretch.as_micros();
    let next = if panes > PANES_AT_ONCE {
        micros / 2
    } else if 2 * panes <= PANES_AT_ONCE {
        micros.saturating_mul(2)
    } else {
        micros
    };
    Span::from_micros(next.clamp(FIRST_STRETCH.as_micros(), LONGEST_STRETCH.as_micros())).unwrap_or(stretch)
}

/// Whether a pane is counted in a segment: the whole population is the sum of all.
fn is_part(pane: &SealedPane, segment: &SegmentKey) -> bool {
    segment.is_all() || pane.segment == *segment
}

/// Panes of one plan, added up.
struct Sum<'a> {
    watched: Vec<&'a FeatureBaseline>,
    plan: Option<ContentHash>,
    total: Vec<FeatureAggregate>,
    /// Records that are not in the sum.
    foreign: u64,
}

impl Sum<'_> {
    /// Adds a pane. A window is judged on the plan of its last pane, which comes first; what was counted on another one
    /// is not added.
    fn add(&mut self, pane: &SealedPane) {
        if pane.rows == 0 {
            return;
        }
        let is_own = self.plan.as_ref().is_none_or(|plan| *plan == pane.plan_hash) && self.fits(&pane.aggregates);
        if !is_own {
            self.foreign += pane.rows;
            return;
        }
        if self.plan.is_none() {
            self.plan = Some(pane.plan_hash.clone());
            self.total.clone_from(&pane.aggregates);
        } else if merge_aggregates(&mut self.total, &pane.aggregates).is_err() {
            self.foreign += pane.rows;
        }
    }

    fn fits(&self, aggregates: &[FeatureAggregate]) -> bool {
        aggregates.len() == self.watched.len()
            && aggregates.iter().zip(&self.watched).all(|(counts, feature)| counts.fits(&feature.layout))
    }

    /// The sum with the counts of the baseline beside it.
    fn beside(self, baseline: &Baseline, segment: &SegmentKey) -> Counts {
        if self.plan.is_none() {
            let why = match self.foreign {
                0 => "its panes are not in the store any more",
                _ => "its panes were counted on other bins than those of the baseline",
            };
            return Counts::none(why.to_owned());
        }
        let of_baseline = |feature: &FeatureBaseline| {
            if segment.is_all() {
                return Some(feature.aggregate.clone());
            }
            let place = baseline.features.iter().position(|known| known.name == feature.name)?;
            baseline.segment(segment)?.aggregates.get(place).cloned()
        };
        let features = self.watched.iter().zip(self.total);
        let features = features.map(|(feature, window)| Counted {
            feature: (*feature).clone(),
            baseline: of_baseline(feature),
            window,
        });
        let note = match self.foreign {
            0 => String::new(),
            rows => format!(
                "The distributions leave out {} counted on another baseline or configuration.",
                words::counted(rows, "record", "records")
            ),
        };
        Counts { features: features.collect(), note }
    }
}
