//! Whatever is counted, every number that comes out is finite and in its range.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

use driftd_stats::{
    BinEdges, Binning, CategoryCounts, Computed, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions,
    NumericAggregate, NumericSlice, Smoothing, SortedSample, Statistic, compare, distribution, movements,
};
use proptest::prelude::*;

fn check(statistic: DriftStatistic, c: &Computed) {
    let [value, ..] = [c.value];
    let range = match statistic {
        DriftStatistic::Psi | DriftStatistic::Wasserstein | DriftStatistic::ChiSquare => 0.0..=f64::MAX,
        DriftStatistic::Missing => -1.0..=1.0,
        _ => 0.0..=1.0,
    };
    assert!(range.contains(&value), "{statistic}: {c:?}");
    for share in [c.p_value(), c.cramers_v, c.baseline_share].into_iter().flatten() {
        assert!((0.0..=1.0).contains(&share), "{statistic}: {c:?}");
    }
    for length in [c.normalized, c.certified_error].into_iter().flatten() {
        assert!((0.0..=f64::MAX).contains(&length), "{statistic}: {c:?}");
    }
}

fn check_all(layout: &FeatureLayout, baseline: &FeatureAggregate, window: &FeatureAggregate) -> Vec<Statistic> {
    let mut last = Vec::new();
    for smoothing in [Smoothing::None, Smoothing::Epsilon(1e-4), Smoothing::default()] {
        last = compare(layout, baseline, window, smoothing).unwrap();
        assert!(last.is_sorted_by_key(|s| s.statistic));
        for Statistic { statistic, result } in &last {
            if let Ok(computed) = result {
                check(*statistic, computed);
            }
        }
    }
    for movement in movements(layout, baseline, window, 5).unwrap() {
        assert!((0.0..=1.0).contains(&movement.before) && (0.0..=1.0).contains(&movement.after));
        assert!(!movement.label.is_empty());
    }
    let counted: u64 = distribution(layout, window).iter().map(|b| b.1).sum();
    assert!(*layout == FeatureLayout::Presence || counted == window.usable());
    last
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -3.0..3.0_f64,
        2 => (-2..3_i32).prop_map(f64::from),
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::MAX), Just(f64::MIN), Just(5e-324), Just(-0.0), Just(f64::NAN), Just(f64::INFINITY)],
    ]
}

fn binning() -> impl Strategy<Value = Binning> {
    prop_oneof![
        Just(Binning::default()),
        (2_u16..40).prop_map(Binning::EqualWidth),
        Just(Binning::Edges(vec![-1e300, -1.0, 0.0, 0.5, 1e9])),
    ]
}

/// W₁ of two samples, by sorting; only for values whose differences are finite.
fn exact_wasserstein(x: &[f64], y: &[f64]) -> f64 {
    let mut all: Vec<f64> = x.iter().chain(y).copied().collect();
    all.sort_by(f64::total_cmp);
    let below = |s: &[f64], v: f64| s.iter().filter(|x| **x <= v).count() as f64 / s.len() as f64;
    all.windows(2).map(|p| (p[1] - p[0]) * (below(x, p[0]) - below(y, p[0])).abs()).sum()
}

/// sup |F_r − F_c| of two samples.
fn exact_ks(x: &[f64], y: &[f64]) -> f64 {
    let below = |s: &[f64], v: f64| s.iter().filter(|x| **x <= v).count() as f64 / s.len() as f64;
    x.iter().chain(y).map(|v| (below(x, *v) - below(y, *v)).abs()).fold(0.0, f64::max)
}

fn numeric(
    baseline: &[f64],
    window: &[f64],
    options: &LayoutOptions,
) -> (FeatureLayout, FeatureAggregate, FeatureAggregate) {
    let sample = SortedSample::from_unsorted(baseline.to_vec()).unwrap();
    let (edges, state) = BinEdges::from_sample(&sample, options).unwrap();
    let mut counted = NumericAggregate::empty(&edges);
    counted.absorb(&edges, NumericSlice { values: window, absent: None });
    (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(state), FeatureAggregate::Numeric(counted))
}

fn find(all: &[Statistic], statistic: DriftStatistic) -> Computed {
    all.iter().find(|s| s.statistic == statistic).unwrap().result.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn numeric_statistics_are_finite_and_in_range(
        baseline in prop::collection::vec(value().prop_filter("finite", |v| v.is_finite()), 1..120),
        window in prop::collection::vec(value(), 0..120),
        cells in prop_oneof![Just(16_u16), Just(256)],
        binning in binning(),
        absent in (0_u64..5, 0_u64..5, 0_u64..5, 0_u64..5),
    ) {
        let options = LayoutOptions::new(cells, binning, 10).unwrap();
        let (layout, mut state, counted) = numeric(&baseline, &window, &options);
        if let FeatureAggregate::Numeric(state) = &mut state {
            state.add_absent(absent.0, absent.1, absent.2, absent.3);
        }
        let json = serde_json::to_string(&layout).unwrap();
        prop_assert_eq!(&serde_json::from_str::<FeatureLayout>(&json).unwrap(), &layout);
        check_all(&layout, &state, &counted);
    }

    #[test]
    fn certified_intervals_hold(
        baseline in prop::collection::vec(-3.0..3.0_f64, 1..200),
        window in prop::collection::vec(-4.0..4.0_f64, 1..200),
        rounding in prop_oneof![Just(1e-9), Just(0.25), Just(1.0)],
        shift in -8.0..8.0_f64,
    ) {
        let round = |v: &f64| (v / rounding).round() * rounding;
        let baseline: Vec<f64> = baseline.iter().map(round).collect();
        let window: Vec<f64> = window.iter().map(|v| round(&(v + shift))).collect();
        let options = LayoutOptions::new(16, Binning::default(), 10).unwrap();
        let (layout, state, counted) = numeric(&baseline, &window, &options);
        let all = check_all(&layout, &state, &counted);
        let ks = find(&all, DriftStatistic::Ks);
        let exact = exact_ks(&baseline, &window);
        prop_assert!(ks.value <= exact + 1e-12 && exact <= ks.value + ks.certified_error.unwrap() + 1e-12);
        let w = find(&all, DriftStatistic::Wasserstein);
        let off = (w.value - exact_wasserstein(&baseline, &window)).abs();
        prop_assert!(off <= w.certified_error.unwrap() * (1.0 + 1e-9) + 1e-9, "off by {off}: {w:?}");
    }

    #[test]
    fn categorical_statistics_are_finite_and_in_range(
        baseline in prop::collection::vec((0_u32..30, 1_u64..2000), 0..30),
        window in prop::collection::vec((0_u32..60, 1_u64..2000), 0..30),
        top in 1_u16..12,
    ) {
        let mut counts = CategoryCounts::new();
        for (value, count) in baseline {
            counts.add(&value.to_string(), count);
        }
        let (dictionary, state) = counts.into_dictionary(top);
        let layout = FeatureLayout::Categorical(dictionary);
        let mut counted = FeatureAggregate::empty(&layout);
        if let (FeatureAggregate::Categorical(state), FeatureLayout::Categorical(dictionary)) = (&mut counted, &layout) {
            for (value, count) in window {
                state.add(dictionary, &value.to_string(), count);
            }
        }
        let bytes = postcard::to_allocvec(&layout).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<FeatureLayout>(&bytes).unwrap(), &layout);
        check_all(&layout, &FeatureAggregate::Categorical(state), &counted);
    }
}
