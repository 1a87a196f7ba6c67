//! How features are judged: every judged statistic has a threshold, and every threshold is of a judged statistic.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{FeatureName, FeatureRules, JudgeRules, Threshold};
use driftd_stats::{DriftStatistic, Smoothing};

use super::monitor::feature_rules;
use crate::problem::Problems;
use crate::raw::{RawFeature, RawThreshold, RawThresholds};
use crate::read::{Field, Located};

type Thresholds = BTreeMap<DriftStatistic, Threshold>;
type Features = BTreeMap<FeatureName, FeatureRules>;

/// Bound of `min_samples`: no window is worth waiting for longer.
const MOST_SAMPLES: u64 = 1_000_000_000;

/// The keys of a monitor that say how it is judged.
pub(super) struct RawJudge {
    pub(super) min_samples: Field<u64>,
    pub(super) q: Field<f64>,
    pub(super) smoothing: Field<Smoothing>,
    pub(super) statistics: Field<Vec<Located<DriftStatistic>>>,
    pub(super) thresholds: Field<RawThresholds>,
}

/// The monitor's rules and what its features have of their own.
pub(super) fn judge(
    raw: RawJudge,
    raw_features: BTreeMap<String, Located<RawFeature>>,
    problems: &mut Problems,
) -> (JudgeRules, Features) {
    let default = JudgeRules::default();
    if let Field::Given(q) = &raw.q
        && !(q.value > 0.0 && q.value <= 1.0)
    {
        q.problem(problems, format!("{} is out of range: choose a number above 0 and at most 1", q.value));
    }
    let q = raw.q.or(default.q);
    let min_samples = raw.min_samples.within(1, MOST_SAMPLES, default.min_samples, problems);
    let (own, own_places) = thresholds(raw.thresholds.or(RawThresholds::default()), problems);
    let mut thresholds = default.thresholds;
    thresholds.extend(own);
    let judged = judged(raw.statistics, &thresholds, "thresholds.", problems);
    let judged = judged.unwrap_or(default.judged);
    let rules = JudgeRules { min_samples, q, smoothing: raw.smoothing.or(default.smoothing), judged, thresholds };
    let features: Features = raw_features
        .into_iter()
        .map(|(name, raw)| (FeatureName::from(name.as_str()), feature(raw.value, &rules, problems)))
        .collect();
    for (statistic, threshold) in own_places {
        let by_feature = |f: &FeatureRules| f.judged.as_ref().is_some_and(|judged| judged.contains(&statistic));
        if !rules.judged.contains(&statistic) && !features.values().any(by_feature) {
            unused(statistic, &threshold, problems);
        }
    }
    (rules, features)
}

fn feature(mut raw: RawFeature, monitor: &JudgeRules, problems: &mut Problems) -> FeatureRules {
    let mut rules = feature_rules(&raw);
    let (own, places) = thresholds(std::mem::take(&mut raw.thresholds), problems);
    let mut all = monitor.thresholds.clone();
    all.extend(own.iter().map(|(statistic, threshold)| (*statistic, *threshold)));
    let broken = matches!(raw.statistics, Field::Broken);
    rules.judged = judged(raw.statistics, &all, "", problems);
    rules.thresholds = own;
    let effective = rules.judged.as_ref().unwrap_or(&monitor.judged);
    for (statistic, threshold) in places {
        if !broken && !effective.contains(&statistic) {
            unused(statistic, &threshold, problems);
        }
    }
    rules
}

/// The statistics that decide, each with a threshold; `prefix` leads from the list to the thresholds.
fn judged(
    raw: Field<Vec<Located<DriftStatistic>>>,
    thresholds: &Thresholds,
    prefix: &str,
    problems: &mut Problems,
) -> Option<BTreeSet<DriftStatistic>> {
    let list = raw.given()?;
    if list.value.is_empty() {
        list.problem(problems, "is empty: name at least one statistic, or leave the key out");
    }
    for item in &list.value {
        let statistic = item.value;
        if !thresholds.contains_key(&statistic) {
            let message = format!(
                "{statistic} has no default thresholds: add {prefix}{statistic} = {{ warn = …, critical = … }}"
            );
            item.problem(problems, message);
        }
    }
    Some(list.value.into_iter().map(|item| item.value).collect())
}

fn thresholds(
    raw: RawThresholds,
    problems: &mut Problems,
) -> (Thresholds, Vec<(DriftStatistic, Located<RawThreshold>)>) {
    let given = raw.given();
    let read = given.iter().filter_map(|(statistic, raw)| Some((*statistic, threshold(raw, problems)?)));
    (read.collect(), given)
}

fn threshold(raw: &Located<RawThreshold>, problems: &mut Problems) -> Option<Threshold> {
    let (warn, critical) = (&raw.value.warn.0, &raw.value.critical.0);
    for effect in [warn, critical].into_iter().flatten().filter(|effect| effect.value < 0.0) {
        effect.problem(problems, format!("{} is negative: effects begin at 0", effect.value));
    }
    let (warn, critical) = (warn.as_ref()?, critical.as_ref()?);
    if critical.value < warn.value {
        let message = format!("{} is below warn = {}: a critical effect is no smaller", critical.value, warn.value);
        critical.problem(problems, message);
    }
    Some(Threshold { warn: warn.value, critical: critical.value })
}

fn unused(statistic: DriftStatistic, threshold: &Located<RawThreshold>, problems: &mut Problems) {
    threshold.problem(problems, format!("{statistic} is not judged here: add \"{statistic}\" to statistics"));
}
