//! Features and segments of a comparison.

use driftd_model::{FeatureKind, MonitorId, words};
use driftd_stats::distribution;
use driftd_window::SegmentKey;

use crate::charts::{BinShare, distribution_steps_of, effect_bar, paired_bars_of};
use crate::figures::Badge;
use crate::history_row::{gates, threshold, value};
use crate::pages::address::Address;
use crate::pages::verdicts::FeatureVerdict;
use crate::past::Answer;
use crate::report::FeatureDistribution;

/// Segments that are listed.
const SEGMENTS: usize = 50;
/// Characters of a name.
const SHORT: usize = 80;

/// One feature.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) address: Option<Address>,
    pub(super) badge: Badge,
    pub(super) lead: String,
    pub(super) gates: String,
    pub(super) bar: String,
    pub(super) n: String,
    pub(super) m: String,
    pub(super) moved: String,
}

/// The distribution of a feature on both sides.
pub(super) struct Card {
    pub(super) name: String,
    pub(super) address: Option<Address>,
    pub(super) badge: Badge,
    pub(super) chart: String,
}

/// How much of the traffic every segment has on both sides.
#[derive(Default)]
pub(super) struct Mix {
    pub(super) chart: String,
    pub(super) segments: Vec<Segment>,
    /// How many more there are.
    pub(super) more: u64,
}

/// A segment, and the same comparison in it.
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) address: Option<Address>,
    pub(super) shares: String,
    pub(super) is_here: bool,
}

impl Line {
    pub(super) fn of(answer: &Answer, verdict: &FeatureVerdict<'_>) -> Self {
        let lead = verdict.lead;
        let bar = threshold(lead).filter(|limits| limits.critical.is_finite()).zip(lead.net);
        let judged = answer.judged.iter().flat_map(|judged| &judged.verdicts);
        let own = judged.into_iter().find(|judged| judged.feature == lead.feature);
        let reason = own.and_then(|own| own.reason.as_ref()).map(|reason| answer.reason(reason));
        Self {
            name: words::name(lead.feature.as_str(), SHORT),
            address: address(answer, verdict),
            badge: Badge::of_any(own.map(|own| own.outcome)),
            lead: format!("{} {}", lead.statistic.name(), value(lead)),
            gates: reason.map_or_else(|| gates(lead), |reason| words::name(&reason, 2 * SHORT)),
            bar: bar.map(|(limits, net)| effect_bar(lead.statistic.name(), net.max(0.0), limits)).unwrap_or_default(),
            n: words::count(lead.n),
            m: words::count(lead.m),
            moved: own.and_then(|own| own.moved.first()).map(words::moved).unwrap_or_default(),
        }
    }
}

impl Card {
    /// Of the first features that can be drawn.
    pub(super) fn all(answer: &Answer, verdicts: &[FeatureVerdict<'_>], most: usize) -> Vec<Self> {
        verdicts.iter().filter_map(|verdict| Self::of(answer, verdict)).take(most).collect()
    }

    fn of(answer: &Answer, verdict: &FeatureVerdict<'_>) -> Option<Self> {
        let feature = &verdict.lead.feature;
        let planned = answer.past.plan().features().iter().find(|planned| planned.name == *feature)?;
        let [before, after] = answer.counts(feature)?.map(|side| distribution(&planned.layout, side));
        let bins = FeatureDistribution::from_counts(feature.clone(), &before, &after).bins;
        if bins.is_empty() {
            return None;
        }
        let name = words::name(feature.as_str(), SHORT);
        let title = format!("Distribution of {name}");
        let chart = match planned.kind {
            FeatureKind::Numeric => distribution_steps_of(&title, sides(answer), &bins),
            FeatureKind::Categorical | FeatureKind::Presence => paired_bars_of(&title, sides(answer), &bins),
        };
        Some(Self { name, address: address(answer, verdict), badge: Badge::of_any(verdict.outcome()), chart })
    }
}

impl Mix {
    pub(super) fn of(id: &MonitorId, answer: &Answer, (a, b): (&str, &str)) -> Self {
        let mix = answer.segments();
        if mix.len() < 2 {
            return Self::default();
        }
        let total = |side: fn(&[u64; 2]) -> u64| mix.values().map(side).sum::<u64>().max(1) as f64;
        let (all_before, all_after) = (total(|[before, _]| *before), total(|[_, after]| *after));
        let bin = |(segment, [before, after]): (&SegmentKey, &[u64; 2])| BinShare {
            label: segment.to_string(),
            baseline_share: *before as f64 / all_before,
            window_share: *after as f64 / all_after,
        };
        let bins: Vec<BinShare> = mix.iter().map(bin).collect();
        let mut listed: Vec<(&SegmentKey, &BinShare)> = mix.keys().zip(&bins).collect();
        let change = |bin: &BinShare| (bin.window_share - bin.baseline_share).abs();
        listed.sort_by(|(_, one), (_, other)| change(other).total_cmp(&change(one)));
        let segment = |(segment, bin): (&SegmentKey, &BinShare)| {
            let (before, after) = words::percents(bin.baseline_share, bin.window_share);
            Segment {
                name: words::name(&bin.label, SHORT),
                address: Address::comparison(id, segment, a, b).reachable(),
                shares: format!("{before} → {after}"),
                is_here: *segment == answer.segment,
            }
        };
        Self {
            chart: paired_bars_of("Records by segment", sides(answer), &bins),
            more: listed.len().saturating_sub(SEGMENTS) as u64,
            segments: listed.into_iter().take(SEGMENTS).map(segment).collect(),
        }
    }
}

/// What charts call the two sides.
const fn sides(answer: &Answer) -> [&'static str; 2] {
    if answer.before.is_some() { ["A", "B"] } else { ["baseline", "B"] }
}

/// The feature over time, up to the end of the range.
fn address(answer: &Answer, verdict: &FeatureVerdict<'_>) -> Option<Address> {
    let feature = Address::feature(&answer.past.plan().monitor().id, &verdict.lead.feature).in_segment(&answer.segment);
    feature.with("to", &answer.past.stretches().ends().1.to_string()).reachable()
}
