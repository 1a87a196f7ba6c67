//! Inputs at the edge of what there is, one test each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

mod support;

use driftd_stats::{
    BinEdges, Binning, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, NotComputable, NumericAggregate,
    NumericSlice, Smoothing, SortedSample, StatsError, compare, distribution, movements,
};
use support::{Numbers, categorical, compared, normals, numeric, value};

fn grid(values: &[f64], binning: Binning) -> Result<BinEdges, StatsError> {
    let sample = SortedSample::from_unsorted(values.to_vec())?;
    let options = LayoutOptions { binning, ..LayoutOptions::default() };
    Ok(BinEdges::from_sample(&sample, &options)?.0)
}

#[test]
fn empty_window() {
    let all = compared(&numeric(&[1.0, 2.0, 3.0], &[]));
    let of_rows = [DriftStatistic::Missing, DriftStatistic::Mistyped];
    for statistic in of_rows {
        let found = value(&all, statistic);
        assert_eq!((found.value, found.p_value()), (0.0, None));
    }
    let scores = all.iter().filter(|s| !of_rows.contains(&s.statistic));
    assert!(scores.clone().count() > 8);
    assert!(scores.into_iter().all(|s| s.result == Err(NotComputable::NoWindowValues)));
}

#[test]
fn window_of_one_row() {
    let all = compared(&numeric(&normals(1, 500, 0.0), &[0.1]));
    assert!(all.iter().all(|s| s.result.is_ok()), "{all:?}");
    assert!(value(&all, DriftStatistic::Ks).p_value().unwrap() > 0.5);
}

#[test]
fn window_all_missing_or_all_nan() {
    let side = |missing, nan| Numbers { finite: vec![], missing, nan, pos_inf: 0, neg_inf: 0 };
    for (missing, nan) in [(40, 0), (0, 40)] {
        let baseline = Numbers { finite: normals(1, 500, 0.0), ..side(0, 0) };
        let (layout, state) = baseline.baseline(&LayoutOptions::default());
        let counted = side(missing, nan).window(layout.as_numeric().unwrap());
        assert_eq!((counted.rows(), counted.usable()), (40, 0));
        let all = compared(&(layout, state, counted));
        let ks = all.iter().find(|s| s.statistic == DriftStatistic::Ks).unwrap();
        assert_eq!(ks.result, Err(NotComputable::NoWindowValues));
        let telling = if missing > 0 { DriftStatistic::Missing } else { DriftStatistic::NonFinite };
        assert_eq!(value(&all, telling).value, 1.0);
        assert!(value(&all, telling).p_value().unwrap() < 1e-30);
    }
}

#[test]
fn constant_baseline() {
    let same = compared(&numeric(&[5.0; 100], &[5.0; 80]));
    assert_eq!(value(&same, DriftStatistic::Psi).value, 0.0);
    assert_eq!(value(&same, DriftStatistic::Psi).p_value(), None, "one bin tells nothing apart");
    assert_eq!(value(&same, DriftStatistic::Ks).p_value(), Some(1.0));
    assert_eq!(value(&same, DriftStatistic::Wasserstein).value, 0.0);
    assert!(grid(&[5.0; 100], Binning::default()).unwrap().is_constant());
}

#[test]
fn constant_window_elsewhere() {
    let all = compared(&numeric(&[5.0; 100], &[7.0; 80]));
    assert_eq!(value(&all, DriftStatistic::Tv).value, 1.0);
    assert_eq!(value(&all, DriftStatistic::OutOfRange).value, 1.0);
    let wasserstein = value(&all, DriftStatistic::Wasserstein);
    assert!((wasserstein.value - 2.0).abs() <= wasserstein.certified_error.unwrap());
    assert!(wasserstein.certified_error.unwrap() < 1e-5);
    assert_eq!(wasserstein.normalized, None, "there is no sigma to divide by");
}

#[test]
fn disjoint_supports() {
    let all = compared(&numeric(&normals(1, 1000, 0.0), &normals(2, 1000, 1e6)));
    assert_eq!(value(&all, DriftStatistic::Ks).value, 1.0);
    assert_eq!(value(&all, DriftStatistic::OutOfRange).value, 1.0);
    // A tenth of the baseline is in the open bin the window is in.
    assert!((value(&all, DriftStatistic::Tv).value - 0.9).abs() < 1e-12);
    assert!((value(&all, DriftStatistic::Wasserstein).value - 1e6).abs() < 1.0);
    let unsmoothed = {
        let (layout, r, c) = numeric(&[1.0, 2.0], &[9.0]);
        compare(&layout, &r, &c, Smoothing::None).unwrap()
    };
    let psi = unsmoothed.iter().find(|s| s.statistic == DriftStatistic::Psi).unwrap();
    assert_eq!(psi.result, Err(NotComputable::Infinite));
}

#[test]
fn ends_of_the_float_range() {
    let wide = [f64::MIN, -1e308, -1.0, 0.0, 1.0, 1e308, f64::MAX];
    let tiny = [-5e-324, 0.0, 5e-324, 1e-320, 2e-310];
    for (baseline, window) in [(&wide[..], &tiny[..]), (&tiny, &wide), (&wide, &wide), (&tiny, &tiny)] {
        for statistic in compared(&numeric(baseline, window)) {
            if let Ok(computed) = statistic.result {
                assert!(computed.value.is_finite(), "{statistic:?}");
            } else {
                assert_eq!(statistic.result, Err(NotComputable::Overflow), "{statistic:?}");
            }
        }
    }
    let edges = grid(&wide, Binning::EqualWidth(4)).unwrap();
    assert!(edges.mean().is_finite() && edges.sigma().is_finite() && edges.sigma() > 1e307);
    assert_eq!(edges.coarse_edges().len(), 3);
}

#[test]
fn negative_zero_is_zero() {
    let all = compared(&numeric(&[0.0; 20], &[-0.0; 20]));
    assert_eq!(value(&all, DriftStatistic::Ks).value, 0.0);
    assert_eq!(value(&all, DriftStatistic::OutOfRange).value, 0.0);
    let edges = grid(&[-0.0, -0.0, 1.0], Binning::Edges(vec![-0.0, 0.5])).unwrap();
    assert!(edges.edges().iter().all(|e| *e != 0.0 || e.is_sign_positive()));
    assert_eq!(edges.locate(-0.0), edges.locate(0.0));
}

#[test]
fn one_category() {
    let all = compared(&categorical(&[("a", 30)], &[("a", 20)]));
    let chi = value(&all, DriftStatistic::ChiSquare);
    assert_eq!((chi.df, chi.p_value(), chi.cramers_v), (Some(0), None, Some(0.0)));
}

#[test]
fn all_unseen() {
    let states = categorical(&[("a", 50), ("b", 50)], &[("XQ", 30), ("ZZ", 10), ("", 5), ("Q", 1)]);
    let all = compared(&states);
    let unseen = value(&all, DriftStatistic::Unseen);
    assert!(unseen.value == 1.0 && unseen.p_value().unwrap() < 1e-20);
    assert_eq!(unseen.baseline_share, Some(1.0 / 101.0));
    let moved = movements(&states.0, &states.1, &states.2, 1).unwrap();
    insta::assert_debug_snapshot!(moved, @r#"
    [
        Movement {
            label: "(unseen: XQ, ZZ, (empty), …)",
            before: 0.0,
            after: 1.0,
        },
    ]
    "#);
}

/// Too little to judge anything by (callers refuse it), but no accident.
#[test]
fn baseline_of_one_row() {
    let all = compared(&numeric(&[3.0], &[3.0, 4.0]));
    assert!(all.iter().all(|s| s.result.is_ok()));
    let p = value(&all, DriftStatistic::OutOfRange).p_value().unwrap();
    assert!((p - 0.75).abs() < 1e-12, "{p}: each of two values may well be a new maximum");
}

#[test]
fn baseline_column_of_all_nulls_is_watched_for_presence() {
    let layout = FeatureLayout::Presence;
    let (mut baseline, mut window) = (FeatureAggregate::empty(&layout), FeatureAggregate::empty(&layout));
    for (state, present, missing) in [(&mut baseline, 0, 1000), (&mut window, 400, 600)] {
        if let FeatureAggregate::Presence(state) = state {
            state.add(present, missing);
        }
    }
    let all = compare(&layout, &baseline, &window, Smoothing::default()).unwrap();
    assert_eq!(all.len(), 1);
    let missing = value(&all, DriftStatistic::Missing);
    assert!((missing.value + 0.4).abs() < 1e-12 && missing.p_value().unwrap() < 1e-50);
    assert_eq!(distribution(&layout, &window), [("present".to_owned(), 400), ("missing".to_owned(), 600)]);
}

#[test]
fn ten_thousand_categories() {
    let names: Vec<String> = (0..10_000).map(|i| format!("k{i}")).collect();
    let counts: Vec<(&str, u64)> = names.iter().zip(0..).map(|(n, i)| (n.as_str(), 10_000 - i)).collect();
    let states = categorical(&counts, &counts);
    let dictionary = states.0.as_categorical().unwrap();
    assert_eq!((dictionary.bins(), dictionary.distinct()), (100 + 32, 10_000));
    assert!(dictionary.locate(&dictionary.categories()[99]).slot == Some(99));
    let other = dictionary.locate("k9999");
    assert!(!other.is_new && other.slot.is_some_and(|slot| (100..132).contains(&slot)), "{other:?}");
    let new = dictionary.locate("k10000");
    assert!(new.is_new && new.slot.is_some_and(|slot| (100..132).contains(&slot)), "{new:?}");
    let all = compared(&states);
    assert_eq!(value(&all, DriftStatistic::Unseen).value, 0.0);
    let psi = value(&all, DriftStatistic::Psi);
    assert!(psi.value < 1e-4 && psi.p_value().unwrap() > 0.1, "{psi:?}");
}

#[test]
fn unicode_and_empty_categories() {
    // Composed and decomposed é are different texts; ties are broken by bytes.
    let states = categorical(&[("é", 55), ("e\u{301}", 55), ("", 55), ("🚀", 59)], &[("", 1)]);
    let dictionary = states.0.as_categorical().unwrap();
    assert_eq!(dictionary.categories(), ["🚀", "", "e\u{301}", "é"]);
    let labels: Vec<String> = distribution(&states.0, &states.1).into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["🚀", "(empty)", "e\u{301}", "é", "(unseen)"]);
}

/// Integers beyond 2⁵³ round to the nearest float before they get here, so
/// neighbours may share a cell; nothing else changes.
#[test]
fn integers_beyond_2_53_round() {
    let big = (1_u64 << 53) as f64;
    assert_eq!(((1_u64 << 53) + 1) as f64, big);
    let all = compared(&numeric(&[big, big + 2.0, big + 4.0], &[big, big + 2.0, big + 4.0]));
    assert_eq!(value(&all, DriftStatistic::Ks).value, 0.0);
    let edges = grid(&[big, big + 2.0], Binning::default()).unwrap();
    assert_eq!(edges.bin_label(1), "{9007199254740992}");
}

#[test]
fn bins_by_hand_and_of_equal_width() {
    let values: Vec<f64> = (0..100).map(f64::from).collect();
    let edges = grid(&values, Binning::Edges(vec![-50.0, 9.5, 1e6])).unwrap();
    assert_eq!(edges.coarse_edges(), [-50.0, 9.5, 1e6]);
    let labels: Vec<String> = (0..edges.bins()).map(|b| edges.bin_label(b)).collect();
    insta::assert_snapshot!(labels.join(" "), @"(-inf, -50] (-50, 9.5] (9.5, 1000000] (1000000, +inf)");
    // The range stays [0, 99] although there are edges outside it.
    let mut window = NumericAggregate::empty(&edges);
    window.absorb(&edges, NumericSlice { values: &[-60.0, -1.0, 0.0, 99.0, 100.0, 2e6], absent: None });
    let sample = SortedSample::from_unsorted(values.clone()).unwrap();
    let options = LayoutOptions { binning: Binning::Edges(vec![-50.0, 9.5, 1e6]), ..LayoutOptions::default() };
    let (edges, baseline) = BinEdges::from_sample(&sample, &options).unwrap();
    let all = compared(&(
        FeatureLayout::Numeric(edges),
        FeatureAggregate::Numeric(baseline),
        FeatureAggregate::Numeric(window),
    ));
    assert_eq!(value(&all, DriftStatistic::OutOfRange).value, 4.0 / 6.0);
    let equal = grid(&values, Binning::EqualWidth(3)).unwrap();
    assert_eq!(equal.coarse_edges(), [33.0, 66.0]);
}

#[test]
fn options_out_of_range_are_refused() {
    let refused = [
        LayoutOptions::new(15, Binning::default(), 100).unwrap_err(),
        LayoutOptions::new(256, Binning::Quantile(1), 100).unwrap_err(),
        LayoutOptions::new(256, Binning::Edges(vec![1.0, 1.0]), 100).unwrap_err(),
        LayoutOptions::new(256, Binning::Edges(vec![]), 100).unwrap_err(),
        LayoutOptions::new(256, Binning::default(), 10_001).unwrap_err(),
        Smoothing::PseudoCount(-1.0).checked().unwrap_err(),
        grid(&[], Binning::default()).unwrap_err(),
    ];
    insta::assert_snapshot!(refused.map(|e| e.to_string()).join("\n"), @"
    cells = 15 is out of range; choose 16 to 4096
    bins = 1 is out of range; choose 2 to 4096
    bin edge number 1 (1) must be finite and greater than the one before it
    0 bin edges given; between 1 and 4095 are needed
    categories = 10001 is out of range; choose 1 to 10000
    smoothing constant -1 must be finite, greater than 0 and at most 1
    the baseline sample has no finite value; watch the feature for presence only
    ");
}
