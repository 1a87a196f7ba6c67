//! The statistics against the reference program (NumPy and SciPy), case by case.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

mod support;

use driftd_stats::{
    BinEdges, Binning, DriftStatistic, FeatureLayout, LayoutOptions, Smoothing, Statistic, compare, distribution,
};
use serde_json::Value;
use support::{Case, Sides, cases, value};

/// Relative, with an absolute floor for what is zero but for rounding.
#[track_caller]
fn assert_close(id: &str, what: &str, got: f64, want: f64, relative: f64) {
    let slack = relative * want.abs() + 1e-300_f64.max(relative * 1e-6);
    assert!((got - want).abs() <= slack, "{id} {what}: {got:e}, wanted {want:e}");
}

fn p_close(id: &str, what: &str, got: Option<f64>, want: &Value) {
    match (got, want.as_f64()) {
        (Some(got), Some(want)) => {
            assert!((got - want).abs() <= 1e-7 * want + 1e-300, "{id} {what} p: {got:e}, wanted {want:e}");
        }
        (got, want) => assert_eq!(got, want, "{id} {what} p"),
    }
}

/// The two sets of options there are expectations for.
fn settings(case: &Case) -> [(LayoutOptions, Smoothing, &Value); 2] {
    let other = LayoutOptions::new(64, Binning::Quantile(20), 3).unwrap();
    [
        (LayoutOptions::default(), Smoothing::default(), &case.expected),
        (other, Smoothing::PseudoCount(1.0), &case.expected_other),
    ]
}

fn each_case(check: impl Fn(&Case, &FeatureLayout, &[Statistic], &Value)) {
    let mut compared = 0;
    for case in cases() {
        for (options, smoothing, expected) in settings(&case) {
            let (layout, baseline, window) = case.counted(&options);
            let statistics = compare(&layout, &baseline, &window, smoothing).unwrap();
            check(&case, &layout, &statistics, &expected["statistics"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * 63);
}

#[test]
fn layouts_equal_the_reference() {
    let mut compared = 0;
    for case in cases() {
        for (options, _, expected) in settings(&case) {
            let Value::Array(coarse) = &expected["coarse_edges"] else {
                continue;
            };
            let (layout, baseline, window) = case.counted(&options);
            let edges: &BinEdges = layout.as_numeric().unwrap();
            let want: Vec<f64> = coarse.iter().map(|e| e.as_f64().unwrap()).collect();
            assert_eq!(edges.coarse_edges(), want, "{}", case.id);
            assert_eq!(edges.cells() as u64, expected["cells"], "{}", case.id);
            for (side, state) in [&baseline, &window].into_iter().enumerate() {
                let got: Vec<u64> = distribution(&layout, state).into_iter().map(|b| b.1).collect();
                let want: Vec<u64> = serde_json::from_value(expected["coarse_counts"][side].clone()).unwrap();
                assert_eq!(got, want, "{} side {side}", case.id);
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 80);
}

#[test]
fn the_baseline_counts_itself_as_a_window_would() {
    for case in cases() {
        if let Sides::Numeric(numbers, _) = &case.sides
            && !numbers.finite.is_empty()
        {
            let (layout, state) = numbers.baseline(&LayoutOptions::default());
            let again = numbers.window(layout.as_numeric().unwrap());
            assert!(state.same_counts(&again), "{}", case.id);
        }
    }
}

#[test]
fn statistics_on_bins_equal_the_reference() {
    use DriftStatistic::{ChiSquare, Hellinger, Js, Linf, Psi, Tv};
    each_case(|case, _, statistics, want| {
        for statistic in [Psi, Js, Hellinger, Tv, Linf, ChiSquare] {
            let want = &want[statistic.as_str()];
            if want.is_null() {
                let got = statistics.iter().find(|s| s.statistic == statistic);
                assert!(got.is_none_or(|s| s.result.is_err()), "{} {statistic}", case.id);
                continue;
            }
            let got = value(statistics, statistic);
            assert_close(&case.id, statistic.as_str(), got.value, want["value"].as_f64().unwrap(), 1e-9);
            if statistic == Psi {
                assert_eq!(u64::from(got.bins.unwrap()), want["bins"], "{} bins", case.id);
            }
            if statistic == ChiSquare {
                assert_eq!(u64::from(got.df.unwrap()), want["df"], "{} df", case.id);
                let v = want["cramers_v"].as_f64().unwrap();
                assert_close(&case.id, "Cramér's V", got.cramers_v.unwrap(), v, 1e-9);
            }
            if matches!(statistic, Psi | ChiSquare) {
                p_close(&case.id, statistic.as_str(), got.p_value(), &want["p_value"]);
            }
        }
    });
}

#[test]
fn shares_equal_the_reference() {
    use DriftStatistic::{Missing, NonFinite, OutOfRange, Unseen};
    each_case(|case, layout, statistics, want| {
        for statistic in [Missing, NonFinite, OutOfRange, Unseen] {
            let want = &want[statistic.as_str()];
            // A baseline column without a finite value is not laid out at all.
            if want.is_null() || *layout == FeatureLayout::Presence {
                continue;
            }
            let got = value(statistics, statistic);
            assert_close(&case.id, statistic.as_str(), got.value, want["value"].as_f64().unwrap(), 1e-12);
            p_close(&case.id, statistic.as_str(), got.p_value(), &want["p_value"]);
            if let Some(share) = want["expected"].as_f64() {
                assert_close(&case.id, "expected share", got.baseline_share.unwrap(), share, 1e-12);
            }
            if let Some(share) = want["baseline"].as_f64() {
                assert_eq!(got.baseline_share, Some(share), "{}", case.id);
            }
        }
    });
}

#[test]
fn ks_equals_the_reference_and_certifies_the_exact_distance() {
    let mut exact_p = 0;
    each_case(|case, _, statistics, want| {
        let want = &want["ks"];
        if want.is_null() {
            return;
        }
        let got = value(statistics, DriftStatistic::Ks);
        let error = got.certified_error.unwrap();
        let number = |name: &str| want[name].as_f64().unwrap();
        assert!((got.value - number("value")).abs() <= 1e-12, "{}", case.id);
        assert!(error <= number("certified_error") + 1e-12, "{}", case.id);
        let exact = number("exact_D");
        assert!(got.value <= exact + 1e-12 && exact <= got.value + error + 1e-12, "{}", case.id);
        // Where all of one side lie below all of the other, the one-sample law says 0, and the number of orders does not.
        if got.value < 1.0 {
            p_close(&case.id, "ks", got.p_value(), &want["p_value"]);
        } else {
            assert!(got.p_value().is_some_and(|p| (0.0..0.2).contains(&p)), "{}: {got:?}", case.id);
        }
    });
    for case in cases() {
        exact_p += u32::from(case.expected["statistics"]["ks"]["p_exact"].is_f64());
    }
    assert!(exact_p > 5, "some cases compare with SciPy's exact p");
}

/// Wasserstein from counts against the raw samples: within its own bound
/// everywhere, and within 1 % of sigma on smooth data.
#[test]
fn wasserstein_is_within_its_bound() {
    let smooth = [
        "num_20000_vs_50",
        "num_50_vs_20000",
        "num_bimodal",
        "num_nan_10_30",
        "num_scale_1.5",
        "num_scale_10",
        "num_shift_0.25",
        "num_shift_0.5",
        "num_shift_1",
    ];
    let mut seen = 0;
    each_case(|case, layout, statistics, want| {
        let want = &want["wasserstein"];
        let (Some(exact), Some(sigma)) = (want["value"].as_f64(), want["sigma"].as_f64()) else {
            return;
        };
        let got = value(statistics, DriftStatistic::Wasserstein);
        let off = (got.value - exact).abs();
        let rounding = 1e-9 * (exact.abs() + sigma);
        if let Some(error) = got.certified_error {
            assert!(off <= error + rounding, "{}: {} for {exact}, bound {error}", case.id, got.value);
        }
        let fine = layout.as_numeric().is_some_and(|edges| edges.cells() >= 256);
        if fine && smooth.contains(&case.id.as_str()) {
            assert!(off < 0.01 * sigma, "{}: off by {} sigma", case.id, off / sigma);
            assert_close(&case.id, "normalised", got.normalized.unwrap(), got.value / sigma, 1e-9);
        }
    });
    for case in cases() {
        seen += usize::from(smooth.contains(&case.id.as_str()));
    }
    assert_eq!(seen, smooth.len());
}
