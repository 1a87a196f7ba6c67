use std::collections::BTreeSet;

use driftd_stats::{DriftStatistic, FeatureAggregate, Rung, Smoothing, Varying};
use driftd_window::Span;
use proptest::prelude::*;

use super::*;
use crate::fixtures::{categorical, deciles, nothing, numbers, numeric, presence, spread, texts, uniform};
use crate::{FeatureBaseline, Threshold};

fn rules() -> JudgeRules {
    JudgeRules::default()
}

fn only(judged: &[DriftStatistic]) -> JudgeRules {
    JudgeRules { judged: judged.iter().copied().collect::<BTreeSet<_>>(), ..rules() }
}

fn judged(features: &[(&FeatureBaseline, &FeatureAggregate)], rules: &JudgeRules) -> Vec<Verdict> {
    let comparisons: Vec<Comparison<'_>> = features
        .iter()
        .map(|(feature, window)| Comparison {
            feature: &feature.name,
            layout: &feature.layout,
            baseline: &feature.aggregate,
            window,
            rules,
            healthy: None,
        })
        .collect();
    judge(&comparisons)
}

fn one(feature: &FeatureBaseline, window: &FeatureAggregate, rules: &JudgeRules) -> Verdict {
    judged(&[(feature, window)], rules).remove(0)
}

fn score(verdict: &Verdict, statistic: DriftStatistic) -> &Score {
    verdict.score(statistic).unwrap()
}

/// A logistic sample: smooth, unbounded, standard deviation π/√3.
fn logistic(rows: usize, shift: f64) -> Vec<f64> {
    (0..rows).map(|i| ((i as f64 + 0.5) / (rows as f64 - i as f64 - 0.5)).ln() + shift).collect()
}

/// PSI about 0.3 on a hundred rows: significant alone, but not among twenty others.
const TILTED: [usize; 10] = [2, 4, 6, 8, 10, 10, 12, 14, 16, 18];

#[test]
fn many_rows_with_a_tiny_effect_are_stable() {
    let feature = numeric("x", logistic(10_000, 0.0));
    let window = numbers(&feature, &logistic(10_000, 0.005 * std::f64::consts::PI / 3_f64.sqrt()), 0);
    let verdict = one(&feature, &window, &rules());
    assert_eq!((verdict.outcome, &verdict.reason), (Outcome::Stable, &None));
    assert!(score(&verdict, DriftStatistic::Psi).value.unwrap() < 0.001);
    assert_eq!(score(&verdict, DriftStatistic::Psi).outcome, Some(Outcome::Stable));
}

#[test]
fn a_significant_effect_below_the_threshold_is_stable() {
    let feature = uniform("x");
    let verdict = one(&feature, &numbers(&feature, &spread(10_000, 500.0), 0), &only(&[DriftStatistic::Ks]));
    let ks = score(&verdict, DriftStatistic::Ks);
    assert!(ks.q_value.unwrap() < 1e-6 && ks.value.unwrap() < 0.1, "{ks:?}");
    assert_eq!(verdict.outcome, Outcome::Stable);
}

#[test]
fn few_rows_with_a_large_effect_are_stable() {
    let feature = uniform("x");
    let window = numbers(&feature, &deciles([1, 3, 3, 4, 5, 5, 6, 6, 7, 10]), 0);
    let verdict = one(&feature, &window, &rules());
    let psi = score(&verdict, DriftStatistic::Psi);
    assert!(psi.value.unwrap() >= 0.2 && psi.p_value.unwrap() > 0.05, "{psi:?}");
    assert_eq!((verdict.window.usable, verdict.outcome), (50, Outcome::Stable));
}

#[test]
fn a_real_shift_warns_and_a_large_one_is_critical() {
    let feature = uniform("x");
    for (shift, outcome) in [(1_500.0, Outcome::Warning), (5_000.0, Outcome::Critical)] {
        let verdict = one(&feature, &numbers(&feature, &spread(1_000, shift), 0), &only(&[DriftStatistic::Ks]));
        assert_eq!(verdict.outcome, outcome, "{shift}");
        assert_eq!(verdict.leading_score().unwrap().statistic, DriftStatistic::Ks);
        assert!(!verdict.moved.is_empty());
    }
}

#[test]
fn features_of_a_window_are_one_family() {
    let feature = uniform("x");
    let (tilted, flat) = (numbers(&feature, &deciles(TILTED), 0), numbers(&feature, &deciles([10; 10]), 0));
    let alone = one(&feature, &tilted, &only(&[DriftStatistic::Psi]));
    let p = score(&alone, DriftStatistic::Psi).p_value.unwrap();
    assert!(p < 0.01 && p * 21.0 > 0.01, "{p}");
    assert!(alone.outcome.is_bad());

    let mut features = vec![(&feature, &tilted)];
    features.extend(std::iter::repeat_n((&feature, &flat), 20));
    let together = judged(&features, &only(&[DriftStatistic::Psi]));
    let q = score(&together[0], DriftStatistic::Psi).q_value.unwrap();
    assert!((q / p - 21.0).abs() < 1e-9, "{q} is not 21 {p}");
    assert_eq!(together[0].outcome, Outcome::Stable);
}

#[test]
fn all_statistics_are_one_family_and_those_on_bins_are_in_it_once() {
    let feature = uniform("x");
    let tilted = numbers(&feature, &deciles(TILTED), 0);
    let q = |judged: &[DriftStatistic]| {
        let verdict = one(&feature, &tilted, &only(judged));
        let psi = score(&verdict, DriftStatistic::Psi);
        let of_bins = [DriftStatistic::Js, DriftStatistic::Tv, DriftStatistic::ChiSquare, DriftStatistic::Wasserstein];
        for other in of_bins.map(|statistic| score(&verdict, statistic)) {
            assert_eq!((other.p_value, other.q_value), (psi.p_value, psi.q_value), "{other:?}");
        }
        (psi.p_value.unwrap(), psi.q_value.unwrap())
    };
    let (p, alone) = q(&[DriftStatistic::Psi]);
    assert_eq!(alone, p);
    assert_eq!(q(&[DriftStatistic::Psi, DriftStatistic::Js, DriftStatistic::Tv, DriftStatistic::ChiSquare]), (p, p));
    let (_, beside_another) = q(&[DriftStatistic::Psi, DriftStatistic::OutOfRange]);
    assert!((beside_another / p - 2.0).abs() < 1e-9, "{beside_another} is not twice {p}");
    let verdict = one(&feature, &tilted, &only(&[DriftStatistic::OutOfRange]));
    assert_eq!(score(&verdict, DriftStatistic::Psi).q_value, None, "nothing that decides reads the bins");
}

#[test]
fn what_a_healthy_window_shows_is_taken_off() {
    let feature = uniform("x");
    let verdict = one(&feature, &numbers(&feature, &deciles(TILTED), 0), &rules());
    let (psi, ks) = (score(&verdict, DriftStatistic::Psi), score(&verdict, DriftStatistic::Ks));
    for found in [psi, ks] {
        let (expected, net) = (found.expected.unwrap(), found.net.unwrap());
        assert!(expected > 0.0 && net > 0.0 && (expected + net - found.value.unwrap()).abs() < 1e-12, "{found:?}");
        assert_eq!((found.phi, found.healthy_windows, found.level), (Some(1.0), None, Some(0.01)));
    }
    // A hundred rows of ten bins show a PSI of about 0.09 by themselves.
    assert!((0.05..0.15).contains(&psi.expected.unwrap()), "{psi:?}");
    // Held against the thresholds is what is left.
    let just_below = Threshold { warn: psi.net.unwrap() + 1e-9, critical: 1.0 };
    let mut rules = only(&[DriftStatistic::Psi]);
    rules.thresholds.insert(DriftStatistic::Psi, just_below);
    let window = numbers(&feature, &deciles(TILTED), 0);
    assert_eq!(one(&feature, &window, &rules).outcome, Outcome::Stable);
    rules.thresholds.insert(DriftStatistic::Psi, Threshold { warn: psi.net.unwrap(), critical: 1.0 });
    assert_eq!(one(&feature, &window, &rules).outcome, Outcome::Warning);
}

#[test]
fn what_healthy_windows_vary_by_is_no_drift() {
    let feature = uniform("x");
    let window = numbers(&feature, &spread(1_000, 1_500.0), 0);
    let judged = |learnt: &[(Varying, Healthy)]| {
        let mut variation = FeatureVariation::default();
        variation.insert(Rung::Hour, learnt.iter().copied().collect());
        let healthy = Some((&variation, Span::from_hours(1)));
        let rules = only(&[DriftStatistic::Psi]);
        let (name, layout, baseline) = (&feature.name, &*feature.layout, &feature.aggregate);
        let comparison = Comparison { feature: name, layout, baseline, window: &window, rules: &rules, healthy };
        judge(&[comparison]).remove(0)
    };
    let learnt = |phi: f64| Healthy { phi, upper: phi, size: 900.0, windows: 30 };
    assert_eq!(judged(&[]).outcome, Outcome::Critical);
    let varying = judged(&[(Varying::Bins, learnt(60.0))]);
    assert_eq!(varying.outcome, Outcome::Stable);
    let psi = score(&varying, DriftStatistic::Psi);
    assert!(psi.phi.is_some_and(|phi| phi >= 60.0) && psi.healthy_windows == Some(30), "{psi:?}");
    assert!(psi.net.unwrap() < 0.1 && psi.p_value.unwrap() > 0.01, "{psi:?}");
    assert_eq!(judged(&[(Varying::Missing, learnt(60.0))]).outcome, Outcome::Critical, "another's variation");
}

#[test]
fn features_without_enough_rows_take_no_part() {
    let feature = uniform("x");
    let (tilted, short) = (numbers(&feature, &deciles(TILTED), 0), numbers(&feature, &deciles([1; 10]), 0));
    let mut features = vec![(&feature, &tilted)];
    features.extend(std::iter::repeat_n((&feature, &short), 20));
    let verdicts = judged(&features, &only(&[DriftStatistic::Psi]));
    assert!(verdicts[0].outcome.is_bad());
    for verdict in &verdicts[1..] {
        assert_eq!(verdict.outcome, Outcome::InsufficientData);
        assert_eq!(verdict.reason, Some(Reason::TooFewRows { found: 10, needed: 50 }));
        let psi = score(verdict, DriftStatistic::Psi);
        assert!(psi.value.is_some() && psi.q_value.is_none() && psi.outcome.is_none(), "{psi:?}");
    }
}

#[test]
fn an_all_missing_column_is_critical_through_missing() {
    for feature in [uniform("x"), categorical("c")] {
        let verdict = one(&feature, &nothing(&feature, 200), &rules());
        assert_eq!((verdict.outcome, &verdict.reason), (Outcome::Critical, &Some(Reason::NoValues)));
        assert_eq!(verdict.leading_score().unwrap().statistic, DriftStatistic::Missing);
        assert_eq!(score(&verdict, DriftStatistic::Missing).value, Some(1.0));
    }
}

#[test]
fn one_form_of_no_value_for_another_is_stable() {
    let feature = uniform("x");
    let nulls = |missing: u64| {
        let mut baseline = feature.clone();
        baseline.aggregate = numbers(&feature, &spread(920, 0.0), missing);
        baseline
    };
    let mut nan = spread(920, 0.0);
    nan.extend([f64::NAN; 80]);
    let verdict = one(&nulls(80), &numbers(&feature, &nan, 0), &rules());
    assert_eq!(verdict.outcome, Outcome::Stable);
    let found = score(&verdict, DriftStatistic::NonFinite);
    assert_eq!((found.value, found.effect(), found.outcome), (Some(0.08), Some(0.0), Some(Outcome::Stable)));
    assert_eq!((verdict.baseline.missing, verdict.window.nan), (80, 80));
    // Each alone is below the threshold, both together are not.
    nan.truncate(950);
    let verdict = one(&feature, &numbers(&feature, &nan, 40), &rules());
    assert_eq!(verdict.outcome, Outcome::Warning);
    assert_eq!(verdict.leading_score().unwrap().statistic, DriftStatistic::Missing);
}

#[test]
fn values_of_another_type_are_judged_wherever_missing_ones_are() {
    let feature = uniform("x");
    let mut words = nothing(&feature, 0);
    if let FeatureAggregate::Numeric(counts) = &mut words {
        counts.add_mistyped(72);
    }
    for judged in [rules(), only(&[DriftStatistic::Psi, DriftStatistic::Missing])] {
        let verdict = one(&feature, &words, &judged);
        assert_eq!((verdict.outcome, &verdict.reason), (Outcome::Critical, &Some(Reason::NoValues)));
        assert_eq!(verdict.leading_score().unwrap().statistic, DriftStatistic::Mistyped);
        assert_eq!(score(&verdict, DriftStatistic::Missing).outcome, Some(Outcome::Stable));
    }
    let verdict = one(&feature, &words, &only(&[DriftStatistic::Psi]));
    assert_eq!(verdict.outcome, Outcome::InsufficientData);
}

#[test]
fn a_flood_of_nan_is_critical_through_non_finite() {
    let feature = uniform("x");
    for share in [100, 1_000] {
        let mut values = spread(1_000, 0.0);
        values.iter_mut().step_by(1_000 / share).for_each(|v| *v = f64::NAN);
        values[0] = f64::INFINITY;
        let verdict = one(&feature, &numbers(&feature, &values, 0), &rules());
        let found = score(&verdict, DriftStatistic::NonFinite);
        assert_eq!(found.value, Some(share as f64 / 1_000.0));
        let expected = if share == 100 { Outcome::Warning } else { Outcome::Critical };
        assert_eq!((verdict.outcome, found.outcome), (expected, Some(expected)));
        assert_eq!((verdict.window.nan, verdict.window.infinite), (share as u64 - 1, 1));
    }
}

#[test]
fn infinite_psi_without_smoothing_is_critical_and_has_no_number() {
    let feature = uniform("x");
    let rules = JudgeRules { smoothing: Smoothing::None, ..only(&[DriftStatistic::Psi]) };
    let verdict = one(&feature, &numbers(&feature, &spread(1_000, 5_000.0), 0), &rules);
    let psi = score(&verdict, DriftStatistic::Psi);
    assert_eq!((psi.value, psi.reason), (None, Some(NotComputable::Infinite)));
    assert_eq!(verdict.outcome, Outcome::Critical);
    assert_eq!(verdict.leading_score().unwrap().statistic, DriftStatistic::Psi);
    assert!(verdict.severity().is_finite() && verdict.severity() > 1e300);
    // The significance gate holds for it as well: nine full bins and an empty one are no news on fifty rows.
    let few = numbers(&feature, &deciles([0, 5, 5, 6, 6, 5, 6, 5, 6, 6]), 0);
    assert_eq!(one(&feature, &few, &rules).outcome, Outcome::Stable);
}

#[test]
fn a_presence_feature_is_watched_for_presence_only() {
    let feature = presence("p");
    let mut full = FeatureAggregate::empty(&feature.layout);
    if let FeatureAggregate::Presence(p) = &mut full {
        p.add(200, 0);
    }
    // What never had a value and has one now is as much of a change as the other way round.
    for (window, outcome) in [(&full, Outcome::Critical), (&nothing(&feature, 200), Outcome::Stable)] {
        let verdict = one(&feature, window, &rules());
        assert_eq!((verdict.kind, verdict.outcome), (FeatureKind::Presence, outcome));
        assert_eq!(verdict.reason, Some(Reason::EmptyBaseline));
        assert_eq!(verdict.scores.len(), 1);
    }
    let short = one(&feature, &nothing(&feature, 10), &rules());
    assert_eq!(short.outcome, Outcome::InsufficientData);
    assert_eq!(short.reason, Some(Reason::TooFewRows { found: 10, needed: 50 }));
}

#[test]
fn a_comparison_of_other_shapes_fails_alone() {
    let (x, c) = (uniform("x"), categorical("c"));
    let drifted = numbers(&x, &spread(1_000, 5_000.0), 0);
    let odd = texts(&c, &[("a", 600)]);
    let verdicts = judged(&[(&x, &odd), (&x, &drifted)], &rules());
    assert_eq!((verdicts[0].outcome, &verdicts[0].reason), (Outcome::NotComparable, &Some(Reason::BaselineChanged)));
    assert!(verdicts[0].scores.is_empty());
    assert_eq!(verdicts[1], one(&x, &drifted, &rules()));
}

#[test]
fn thresholds_decide_and_a_statistic_without_one_is_only_shown() {
    let feature = uniform("x");
    let window = numbers(&feature, &spread(1_000, 1_500.0), 0);
    let mut rules = only(&[DriftStatistic::Ks, DriftStatistic::Tv]);
    for (warn, critical, outcome) in
        [(0.05, 0.1, Outcome::Critical), (0.1, 0.2, Outcome::Warning), (0.2, 0.3, Outcome::Stable)]
    {
        rules.thresholds.insert(DriftStatistic::Ks, Threshold { warn, critical });
        let verdict = one(&feature, &window, &rules);
        assert_eq!(verdict.outcome, outcome);
        assert_eq!(score(&verdict, DriftStatistic::Tv).outcome, None);
        assert_eq!(score(&verdict, DriftStatistic::Psi).threshold, None, "not judged, so no threshold is shown");
    }
    // A statistic without a law of its own is gated by PSI's.
    rules.thresholds.insert(DriftStatistic::Tv, Threshold { warn: 0.1, critical: 0.2 });
    assert_eq!(score(&one(&feature, &window, &rules), DriftStatistic::Tv).outcome, Some(Outcome::Warning));
}

#[test]
fn fewer_missing_values_than_in_training_are_no_drift() {
    let mut feature = uniform("x");
    if let FeatureAggregate::Numeric(counts) = &mut feature.aggregate {
        counts.add_absent(10_000, 0, 0, 0);
    }
    let verdict = one(&feature, &numbers(&feature, &spread(1_000, 0.0), 0), &rules());
    let missing = score(&verdict, DriftStatistic::Missing);
    assert_eq!((missing.value, missing.outcome), (Some(-0.5), Some(Outcome::Stable)));
    assert!(missing.q_value.unwrap() < 1e-6);
    assert_eq!(verdict.outcome, Outcome::Stable);
}

#[test]
fn what_cannot_be_computed_says_why() {
    let constant = numeric("x", vec![7.0; 1_000]);
    let verdict = one(&constant, &numbers(&constant, &[8.0; 100], 0), &only(&[DriftStatistic::Wasserstein]));
    let reason = Reason::Statistic(NotComputable::ConstantBaseline);
    assert_eq!((verdict.outcome, verdict.reason), (Outcome::NotComparable, Some(reason)));
    let shown = one(&constant, &numbers(&constant, &[8.0; 100], 0), &only(&[]));
    assert_eq!((shown.outcome, shown.reason), (Outcome::NotComparable, Some(Reason::NothingDecides)));
    let moved = one(&constant, &numbers(&constant, &[8.0; 100], 0), &rules());
    assert_eq!(moved.outcome, Outcome::Critical);
}

#[test]
fn a_baseline_below_min_samples_judges_nothing() {
    let small = numeric("x", (0..20).map(f64::from).collect());
    let verdict = one(&small, &numbers(&small, &[1e6; 500], 0), &rules());
    assert_eq!(verdict.outcome, Outcome::InsufficientData);
    assert_eq!(verdict.reason, Some(Reason::TooFewBaselineRows { found: 20, needed: 50 }));
}

proptest! {
    /// A verdict is exactly its worst judged score, and no bad score lacks effect or significance.
    #[test]
    fn bad_means_both_gates(rows in 0..400_usize, shift in -9_000.0..9_000.0_f64, missing in 0..400_u64, nan in 0..100_usize) {
        let feature = uniform("x");
        let mut values = spread(rows, shift);
        values.extend(std::iter::repeat_n(f64::NAN, nan));
        let rules = rules();
        let verdict = one(&feature, &numbers(&feature, &values, missing), &rules);
        for score in verdict.scores.iter().filter(|s| s.outcome.is_some_and(Outcome::is_bad)) {
            prop_assert!(score.q_value.unwrap() <= rules.q);
            prop_assert!(score.effect().unwrap() >= score.threshold.unwrap().warn);
            prop_assert!(score.q_value >= score.p_value);
        }
        let worst = verdict.scores.iter().filter_map(|s| s.outcome).max();
        if verdict.outcome.is_bad() || verdict.outcome == Outcome::Stable {
            prop_assert_eq!(Some(verdict.outcome), worst);
        } else {
            prop_assert!(!worst.is_some_and(Outcome::is_bad));
            prop_assert!(verdict.reason.is_some());
        }
    }
}
