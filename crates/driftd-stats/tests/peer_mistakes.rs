//! Mistakes other drift tools make, one test each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

mod support;

use driftd_stats::{
    CategoryCounts, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, NotComputable, distribution,
    movements,
};
use support::{Numbers, Texts, case, categorical, compared, normals, numeric, uniform, value};

#[test]
fn an_outlier_does_not_blind_the_bins() {
    let baseline = normals(1, 4000, 0.0);
    let window = normals(2, 4000, 0.5);
    let plain = value(&compared(&numeric(&baseline, &window)), DriftStatistic::Psi).value;
    let mut with_outlier = baseline;
    with_outlier.push(1e12);
    let all = compared(&numeric(&with_outlier, &window));
    assert!((value(&all, DriftStatistic::Psi).value - plain).abs() < 0.01 && plain > 0.15);
    assert!(value(&all, DriftStatistic::Ks).value > 0.15);
}

#[test]
fn a_cauchy_tail_does_not_blind_the_bins() {
    let all = compared(&case("num_cauchy_shift").counted(&LayoutOptions::default()));
    let ks = value(&all, DriftStatistic::Ks);
    assert!(ks.value > 0.06 && ks.certified_error.unwrap() < 0.005, "{ks:?}");
    assert!(value(&all, DriftStatistic::Psi).value > 0.01);
}

#[test]
fn bins_do_not_move_with_the_window() {
    let baseline = normals(1, 1000, 0.0);
    let labels = |shift: f64| -> Vec<String> {
        let (layout, _, window) = numeric(&baseline, &normals(2, 500, shift));
        distribution(&layout, &window).into_iter().map(|b| b.0).collect()
    };
    assert_eq!(labels(0.0), labels(1e6));
}

/// The baseline is a sample too: without drift 5 % of the p-values are below
/// 5 %, not 29 to 100 %.
#[test]
fn the_baseline_is_not_taken_for_exact_truth() {
    let mut uniform = uniform(7);
    let mut draw = |n: u64| {
        let mut counts = [0_u64; 5];
        (0..n).for_each(|_| counts[(uniform() * 5.0) as usize] += 1);
        ["a", "b", "c", "d", "e"].into_iter().zip(counts).collect::<Vec<_>>()
    };
    let mut alarms = 0;
    for _ in 0..2000 {
        let all = compared(&categorical(&draw(500), &draw(2000)));
        alarms += u32::from(value(&all, DriftStatistic::ChiSquare).p_value().unwrap() < 0.05);
    }
    assert!((60..=140).contains(&alarms), "{alarms} false alarms in 2000");
}

#[test]
fn one_unseen_category_does_not_make_p_zero() {
    let all = compared(&categorical(&[("a", 600), ("b", 399), ("rare", 1)], &[("a", 600), ("b", 399), ("new", 1)]));
    assert!(value(&all, DriftStatistic::ChiSquare).p_value().unwrap() > 0.3);
    assert!(value(&all, DriftStatistic::Unseen).p_value().unwrap() > 0.3);
    assert!(value(&all, DriftStatistic::Psi).p_value().unwrap() > 0.3);
}

#[test]
fn psi_is_on_shares_not_on_counts() {
    let all = compared(&categorical(&[("a", 60_000), ("b", 40_000)], &[("a", 60), ("b", 40)]));
    assert!(value(&all, DriftStatistic::Psi).value < 1e-4);
}

#[test]
fn empty_bins_do_not_blow_psi_up() {
    let psi = value(&compared(&numeric(&normals(1, 1000, 0.0), &normals(2, 1000, 100.0))), DriftStatistic::Psi);
    assert!((5.0..20.0).contains(&psi.value), "{psi:?}");
}

#[test]
fn nan_does_not_silence_a_column() {
    let (baseline, window) = (normals(1, 1000, 0.0), normals(2, 900, 1.0));
    let side = |finite, nan| Numbers { finite, missing: 0, nan, pos_inf: 0, neg_inf: 0 };
    let (layout, state) = side(baseline, 0).baseline(&LayoutOptions::default());
    let counted = side(window, 100).window(layout.as_numeric().unwrap());
    let all = compared(&(layout, state, counted));
    assert!(value(&all, DriftStatistic::Ks).value > 0.3);
    let non_finite = value(&all, DriftStatistic::NonFinite);
    assert!((non_finite.value - 0.1).abs() < 1e-12 && non_finite.p_value().unwrap() < 1e-20);
}

#[test]
fn infinities_are_not_dropped_silently() {
    let side = |finite, pos_inf| Numbers { finite, missing: 0, nan: 0, pos_inf, neg_inf: pos_inf };
    let (layout, state) = side(normals(1, 1000, 0.0), 0).baseline(&LayoutOptions::default());
    let counted = side(normals(2, 900, 0.0), 50).window(layout.as_numeric().unwrap());
    assert_eq!(counted.infinite(), 100);
    let non_finite = value(&compared(&(layout, state, counted)), DriftStatistic::NonFinite);
    assert!((non_finite.value - 0.1).abs() < 1e-12 && non_finite.p_value().unwrap() < 1e-20);
}

#[test]
fn a_rising_null_share_is_noticed() {
    let side = |missing| Texts { values: vec![("a".to_owned(), 1000 - missing)], missing };
    let (layout, state) = side(100).baseline(&LayoutOptions::default());
    let counted = side(330).window(&layout);
    let missing = value(&compared(&(layout, state, counted)), DriftStatistic::Missing);
    assert!((missing.value - 0.23).abs() < 1e-12 && missing.p_value().unwrap() < 1e-30);
    assert_eq!(missing.baseline_share, Some(0.1));
}

#[test]
fn a_moved_spike_does_not_hide_inside_a_bin() {
    let spike = |at: f64| -> Vec<f64> {
        let mut values = vec![at; 600];
        values.extend((1..=400).map(|i| f64::from(i) / 4.0));
        values
    };
    let states = numeric(&spike(0.0), &spike(-1.0));
    let all = compared(&states);
    assert!(value(&all, DriftStatistic::Psi).value > 3.0);
    assert!((value(&all, DriftStatistic::Tv).value - 0.6).abs() < 1e-12);
    assert!((value(&all, DriftStatistic::Ks).value - 0.6).abs() < 1e-12);
    let moved = movements(&states.0, &states.1, &states.2, 2).unwrap();
    let labels: Vec<&str> = moved.iter().map(|m| m.label.as_str()).collect();
    assert_eq!(labels, ["(-inf, 0)", "{0}"]);
}

#[test]
fn one_row_in_the_window_gets_the_exact_ks_p() {
    let baseline: Vec<f64> = (0..1000).map(f64::from).collect();
    let ks = value(&compared(&numeric(&baseline, &[5000.0])), DriftStatistic::Ks);
    assert_eq!(ks.value, 1.0);
    assert!((ks.p_value().unwrap() - 2.0 / 1001.0).abs() < 1e-12);
}

/// With 50 rows E[PSI] is about 9 · (1/50 + 1/4000) = 0.18 without any drift.
#[test]
fn the_noise_floor_of_psi_is_not_drift() {
    let baseline = normals(3, 4000, 0.0);
    let (mut sum, mut alarms) = (0.0, 0);
    for seed in 0..300 {
        let all = compared(&numeric(&baseline, &normals(1000 + seed, 50, 0.0)));
        let psi = value(&all, DriftStatistic::Psi);
        sum += psi.value;
        alarms += u32::from(psi.p_value().unwrap() < 0.01);
    }
    assert!((0.12..0.25).contains(&(sum / 300.0)), "mean PSI {}", sum / 300.0);
    assert!(alarms <= 9, "{alarms} alarms in 300 at a nominal 3");
}

/// In bits the distance of disjoint distributions is 1; in nats it would be
/// 0.83.
#[test]
fn js_is_a_distance_in_bits() {
    let disjoint = compared(&categorical(&[("a", 10)], &[("b", 10)]));
    assert_eq!(value(&disjoint, DriftStatistic::Js).value, 1.0);
    let half = compared(&categorical(&[("a", 10)], &[("a", 10), ("b", 10)]));
    assert!((value(&half, DriftStatistic::Js).value - 0.557_923_045_284_143).abs() < 1e-9);
}

#[test]
fn an_empty_column_is_an_outcome_not_a_failure() {
    for statistic in compared(&numeric(&[1.0, 2.0], &[])) {
        if !matches!(statistic.statistic, DriftStatistic::Missing | DriftStatistic::Mistyped) {
            assert_eq!(statistic.result, Err(NotComputable::NoWindowValues), "{statistic:?}");
        }
    }
    let (dictionary, state) = CategoryCounts::new().into_dictionary(100);
    let layout = FeatureLayout::Categorical(dictionary);
    let window = FeatureAggregate::empty(&layout);
    let all = compared(&(layout, FeatureAggregate::Categorical(state), window));
    assert!(all.iter().any(|s| s.result == Err(NotComputable::NoBaselineValues)));
}
