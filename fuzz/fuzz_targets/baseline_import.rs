//! An exported baseline that was edited by hand, cut short or made up.

#![no_main]

use driftd_model::{Comparison, FeatureName, JudgeRules, StoredBaseline, judge};
use driftd_stats::{FeatureAggregate, FeatureLayout};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(stored) = serde_json::from_slice::<StoredBaseline>(bytes) else {
        return;
    };
    // Layouts are proven while they are read; counts are asked here, as the import does.
    let baseline = &stored.baseline;
    if !baseline.is_consistent() {
        return;
    }
    let rules = JudgeRules::default();
    let comparisons: Vec<Comparison<'_>> = baseline
        .features
        .iter()
        .map(|f| {
            let (feature, layout): (&FeatureName, &FeatureLayout) = (&f.name, &f.layout);
            let counts: &FeatureAggregate = &f.aggregate;
            Comparison { feature, layout, baseline: counts, window: counts, rules: &rules, healthy: None }
        })
        .collect();
    for verdict in judge(&comparisons) {
        assert!(verdict.scores.iter().all(|score| score.value.is_none_or(f64::is_finite)), "{verdict:?}");
    }
    let hash = baseline.content_hash();
    let text = serde_json::to_vec(&stored).expect("a baseline in memory can be written");
    let again: StoredBaseline = serde_json::from_slice(&text).expect("what was written can be read");
    assert_eq!(again.baseline.content_hash(), hash);
});
