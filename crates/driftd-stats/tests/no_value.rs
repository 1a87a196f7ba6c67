//! Missing values and NaN are two ways to say that there is no value.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

mod support;

use driftd_stats::{DriftStatistic, FeatureAggregate, LayoutOptions};
use support::{Numbers, compared, normals, value};

/// Growth that is judged as `missing` and as `non_finite`, each with its p-value, of 1,000 rows a side.
fn growths(baseline: [u64; 3], window: [u64; 3]) -> [(f64, Option<f64>); 2] {
    let side = |seed, [missing, nan, pos_inf]: [u64; 3]| {
        let finite = normals(seed, (1_000 - missing - nan - pos_inf) as usize, 0.0);
        Numbers { finite, missing, nan, pos_inf, neg_inf: 0 }
    };
    let (layout, state) = side(1, baseline).baseline(&LayoutOptions::default());
    let counted = side(2, window).window(layout.as_numeric().unwrap());
    let all = compared(&(layout, state, counted));
    [DriftStatistic::Missing, DriftStatistic::NonFinite].map(|statistic| {
        let found = value(&all, statistic);
        let scale = statistic.definition().scale;
        let own = scale.effect(found.value, found.normalized, found.baseline_share).unwrap();
        let growth = found.growth.unwrap_or(own);
        ((growth * 1e4).round() / 1e4, found.p_value())
    })
}

#[test]
fn one_form_for_another_is_no_news() {
    for (baseline, window) in [([80, 0, 0], [0, 80, 0]), ([0, 80, 0], [80, 0, 0]), ([40, 40, 0], [70, 10, 0])] {
        for (growth, p) in growths(baseline, window) {
            assert_eq!(growth, 0.0, "{baseline:?} {window:?}");
            assert!(p.is_none_or(|p| p > 0.05), "{baseline:?} {window:?}: {p:?}");
        }
    }
}

#[test]
fn both_forms_are_judged_together_and_once() {
    let [(missing, p), (non_finite, _)] = growths([0, 0, 0], [40, 30, 0]);
    assert_eq!((missing, non_finite), (0.07, 0.0));
    assert!(p.unwrap() < 1e-10, "{p:?}");
    let [(missing, _), (non_finite, p)] = growths([10, 0, 0], [30, 40, 0]);
    assert_eq!((missing, non_finite), (0.0, 0.06));
    assert!(p.unwrap() < 1e-8, "{p:?}");
}

#[test]
fn infinities_are_a_thing_of_their_own() {
    let [(missing, _), (non_finite, p)] = growths([80, 0, 0], [0, 80, 100]);
    assert_eq!((missing, non_finite), (0.0, 0.1));
    assert!(p.unwrap() < 1e-10, "{p:?}");
    let [(missing, _), (non_finite, p)] = growths([0, 80, 0], [80, 0, 100]);
    assert_eq!((missing, non_finite), (0.0, 0.1087), "of the 920 numbers that are there");
    assert!(p.unwrap() < 1e-10, "{p:?}");
}

#[test]
fn values_of_another_type_are_not_missing() {
    let baseline = Numbers { finite: normals(1, 500, 0.0), missing: 0, nan: 0, pos_inf: 0, neg_inf: 0 };
    let (layout, state) = baseline.baseline(&LayoutOptions::default());
    let mut window = FeatureAggregate::empty(&layout);
    if let FeatureAggregate::Numeric(counts) = &mut window {
        counts.add_mistyped(72);
    }
    let all = compared(&(layout, state, window));
    assert_eq!(value(&all, DriftStatistic::Missing).value, 0.0);
    assert_eq!(value(&all, DriftStatistic::Mistyped).value, 1.0);
    assert!(value(&all, DriftStatistic::Mistyped).p_value().unwrap() < 1e-30);
}
