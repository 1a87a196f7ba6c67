//! The rule against the values of the reference program, its laws, and its edges.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::statistic::{DriftStatistic, Measured};

const CASES: &str = include_str!("../../tests/golden/alarms_cases.json");

/// The cases of one kind: (input, value).
fn cases(kind: &str) -> Vec<(Value, Value)> {
    let all: Value = serde_json::from_str(CASES).unwrap();
    let of_kind = all["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind);
    let cases: Vec<_> = of_kind.map(|case| (case["input"].clone(), case["value"].clone())).collect();
    assert!(!cases.is_empty(), "no case of kind {kind}");
    cases
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

#[track_caller]
fn close(what: &str, got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want.abs() + 1e-11 * relative, "{what}: {got:e}, wanted {want:e}");
}

#[track_caller]
fn p_close(got: f64, want: f64) {
    if want > 1e-300 {
        close("p", got, want, 1e-7);
    } else {
        assert!(got <= 1e-299, "p: {got:e}, wanted {want:e}");
    }
}

#[track_caller]
fn same_difference(got: &Difference, want: &Value) {
    close("size", got.size, number(&want["size"]), 1e-9);
    close("mean", got.mean, number(&want["mean"]), 1e-9);
    close("nu", got.nu, number(&want["nu"]), 1e-9);
    close("effective rows", got.effective_rows, number(&want["m_eff"]), 1e-9);
}

#[track_caller]
fn same_measure(got: Option<Measure>, want: &Value) {
    assert_eq!(got.is_some(), !want["p"].is_null(), "{got:?}, wanted {want}");
    if let Some(got) = got {
        same_difference(&got.difference, want);
        p_close(got.p, number(&want["p"]));
    }
}

#[test]
fn two_samples_equal_the_reference() {
    for (input, want) in cases("two_sample") {
        same_measure(two_sample(&numbers(&input["baseline"]), &numbers(&input["window"])), &want);
    }
}

#[test]
fn shares_equal_the_reference() {
    for (input, want) in cases("share") {
        let [a, n, b, m] = ["a", "n", "b", "m"].map(|name| whole(&input[name]));
        same_measure(share(a, n, b, m), &want);
    }
}

#[test]
fn unseen_values_equal_the_reference() {
    for (input, want) in cases("unseen") {
        let [u, m, once, twice, values] = ["u", "m", "f1", "f2", "n"].map(|name| whole(&input[name]));
        let novelty = Novelty { once, twice, values };
        same_measure(Some(strangers(u, m, &novelty)), &want);
        close("expected share", novelty.expected_share(), number(&want["expected_share"]), 1e-9);
    }
}

#[test]
fn kolmogorov_smirnov_equals_the_reference() {
    for (input, want) in cases("ks") {
        let (d, measure) = ks_measure(&numbers(&input["baseline"]), &numbers(&input["window"]));
        close("D", d, number(&want["D"]), 1e-9);
        same_measure(Some(measure), &want);
    }
}

fn same_healthy(got: Option<Healthy>, want: &Value) {
    assert_eq!(got.is_some(), want.is_object(), "{got:?}, wanted {want}");
    if let Some(got) = got {
        close("phi", got.phi, number(&want["phi"]), 1e-9);
        close("upper", got.upper, number(&want["upper"]), 1e-9);
        close("size", got.size, number(&want["size"]), 1e-9);
        assert_eq!(u64::from(got.windows), whole(&want["windows"]));
    }
}

fn same_judgement(got: Judged, want: &Value) {
    p_close(got.p, number(&want["p"]));
    close("phi", got.phi, number(&want["phi"]), 1e-9);
    close("net", got.net, number(&want["net"]), 1e-9);
}

#[test]
fn what_is_learnt_equals_the_reference() {
    for (input, want) in cases("learn") {
        let windows: Vec<Vec<f64>> = input["windows"].as_array().unwrap().iter().map(numbers).collect();
        let healthy = Healthy::learn(&leave_one_out(&windows, bins_difference));
        same_healthy(healthy, &want["healthy"]);
        let total: Vec<f64> = (0..windows[0].len()).map(|bin| windows.iter().map(|w| w[bin]).sum()).collect();
        for judged in want["judged"].as_array().unwrap() {
            let measure = two_sample(&total, &numbers(&judged["window"])).unwrap();
            let got = judge_difference(&measure, healthy.as_ref());
            same_judgement(got, judged);
            let net = got.net_effect(DriftStatistic::Psi, number(&judged["psi"]));
            close("net PSI", net, number(&judged["net_psi"]), 1e-9);
        }
    }
}

#[test]
fn what_is_learnt_of_shares_equals_the_reference() {
    for (input, want) in cases("learn_share") {
        let missing: Vec<u64> = input["missing"].as_array().unwrap().iter().map(whole).collect();
        let rows = whole(&input["rows"]);
        let (all, n) = (missing.iter().sum::<u64>(), rows * missing.len() as u64);
        let differences: Vec<Option<Difference>> =
            missing.iter().map(|b| share(all - b, n - rows, *b, rows).map(|measure| measure.difference)).collect();
        let healthy = Healthy::learn(&differences);
        same_healthy(healthy, &want["healthy"]);
        let [b, m] = [0, 1].map(|i| whole(&input["window"][i]));
        same_judgement(judge_difference(&share(all, n, b, m).unwrap(), healthy.as_ref()), &want["judged"]);
    }
}

#[test]
fn what_is_learnt_of_unseen_values_equals_the_reference() {
    for (input, want) in cases("learn_unseen") {
        let window = |window: &Value| -> Vec<(String, u64)> {
            window.as_object().unwrap().iter().map(|(category, count)| (category.clone(), whole(count))).collect()
        };
        let windows: Vec<_> = input["windows"].as_array().unwrap().iter().map(window).collect();
        let differences = strangers_by_window(&windows);
        let sizes: Vec<f64> = differences.iter().flatten().map(|difference| difference.size).collect();
        let wanted = numbers(&want["sizes"]);
        assert_eq!(sizes.len(), wanted.len());
        sizes.iter().zip(&wanted).for_each(|(got, want)| close("size", *got, *want, 1e-9));
        same_healthy(Healthy::learn(&differences), &want["healthy"]);
    }
}

#[test]
fn the_rung_that_speaks_equals_the_reference() {
    for (input, want) in cases("pick") {
        let learnt: BTreeMap<Rung, Healthy> = Rung::ALL
            .into_iter()
            .filter_map(|rung| {
                let windows = input["learnt"][rung.seconds().to_string()]["windows"].as_u64()?;
                Some((rung, Healthy { phi: 1.0, upper: 1.0, size: 1.0, windows: windows as u32 }))
            })
            .collect();
        for (length, want) in input["lengths"].as_array().unwrap().iter().zip(want.as_array().unwrap()) {
            let picked = Rung::pick(&learnt, number(length)).map(|(rung, _)| rung.seconds());
            assert_eq!(picked, want.as_u64(), "{input} at {length}");
        }
    }
}

#[test]
fn the_level_equals_the_reference() {
    for (input, want) in cases("level") {
        let got = level(number(&input["alarms"]), number(&input["period"]), numbers(&input["slides"]), 0.01);
        close("level", got, number(&want["level"]), 1e-9);
    }
}

#[test]
fn a_memory_equals_the_reference() {
    for (input, want) in cases("memory") {
        let baseline = numbers(&input["baseline"]);
        let mut memory = Memory::empty(baseline.len());
        for (window, want) in input["windows"].as_array().unwrap().iter().zip(want.as_array().unwrap()) {
            let window: Vec<u64> = window.as_array().unwrap().iter().map(whole).collect();
            memory.add(&window);
            let counts = memory.counts();
            counts.iter().zip(numbers(&want["counts"])).for_each(|(got, want)| close("count", *got, want, 1e-9));
            close("rows", memory.rows(), number(&want["rows"]), 1e-9);
            let measure = two_sample(&baseline, &counts).unwrap();
            same_measure(Some(measure), want);
            let psi = psi(&baseline, &counts);
            let net = judge_difference(&measure, None).net_effect(DriftStatistic::Psi, psi);
            close("net PSI", net, number(&want["net_psi"]), 1e-9);
        }
    }
}

fn psi(r: &[f64], c: &[f64]) -> f64 {
    let (n, m, bins) = (r.iter().sum::<f64>(), c.iter().sum::<f64>(), r.len() as f64);
    let share = |count: f64, of: f64| (count + 0.5) / (of + 0.5 * bins);
    r.iter().zip(c).map(|(r, c)| (share(*c, m) - share(*r, n)) * (share(*c, m) / share(*r, n)).ln()).sum()
}

fn bins(counts: &[u64]) -> Vec<f64> {
    counts.iter().map(|count| *count as f64).collect()
}

#[test]
fn equal_shares_have_no_size_and_nothing_net() {
    let measure = two_sample(&bins(&[100, 200, 300]), &bins(&[50, 100, 150])).unwrap();
    assert_eq!((measure.difference.size, measure.p), (0.0, 1.0));
    assert_eq!(judge_difference(&measure, None), Judged { p: 1.0, phi: 1.0, net: 0.0 });
}

#[test]
fn where_bins_fold_into_one_there_is_nothing_to_tell_apart() {
    assert_eq!(two_sample(&bins(&[3, 3, 3]), &bins(&[1, 2, 1])), None);
    assert_eq!(two_sample(&bins(&[1000]), &bins(&[1000])), None, "one category");
    assert_eq!(two_sample(&bins(&[0, 0]), &bins(&[10, 10])), None, "an empty baseline");
    assert_eq!(two_sample(&bins(&[10, 10]), &bins(&[0, 0])), None, "an empty window");
    assert_eq!(two_sample(&[], &[]), None);
}

#[test]
fn a_baseline_without_a_count_in_a_bin_and_smaller_than_the_window() {
    let measure = two_sample(&bins(&[0, 100, 0, 100]), &bins(&[400, 400, 400, 400])).unwrap();
    assert_eq!(measure.difference.nu, 3.0);
    assert!(measure.p < 1e-20 && measure.p > 0.0, "{measure:?}");
}

/// Ten thousand features by segments: the first rank of a family is held against 10⁻⁸, and far beyond it nothing is 0.
#[test]
fn tails_do_not_vanish_before_their_time() {
    let p = |shift: u64| {
        two_sample(
            &bins(&[1000; 10]),
            &bins(&[1000 - shift, 1000 + shift, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]),
        )
        .unwrap()
        .p
    };
    let all: Vec<f64> = (0..1000).step_by(50).map(p).collect();
    assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
    assert!(all.last().is_some_and(|least| *least > 0.0 && *least < 1e-250), "{all:?}");
}

#[test]
fn shares_of_none_and_all_have_no_p() {
    assert_eq!(share(0, 100, 0, 100), None);
    assert_eq!(share(100, 100, 50, 50), None);
    assert_eq!(share(0, 0, 1, 2), None);
    assert_eq!(share(1, 2, 0, 0), None);
    let all_of_one_side = share(0, 1_000_000, 100, 100).unwrap();
    assert!(all_of_one_side.p < 1e-300 && all_of_one_side.difference.size.is_finite(), "{all_of_one_side:?}");
}

#[test]
fn where_every_baseline_value_is_different_new_ones_are_expected() {
    let novelty = Novelty { once: 1_000, twice: 0, values: 1_000 };
    assert_eq!(novelty.expected_share(), 1.0);
    assert!(strangers(100, 100, &novelty).p > 0.3);
    assert_eq!(strangers(0, 100, &novelty).p, 1.0, "one-sided");
}

#[test]
fn one_clump_is_less_surprising_than_many_single_values() {
    let p = |twice| strangers(30, 1_000, &Novelty { once: 100, twice, values: 10_000 }).p;
    assert!(p(0) < p(50) && p(50) < p(200), "{} {} {}", p(0), p(50), p(200));
}

fn of_size(size: f64) -> Difference {
    Difference { size, mean: 4.0, nu: 4.0, effective_rows: 100.0 }
}

#[test]
fn nine_windows_teach_nothing_and_ten_do() {
    assert_eq!(Healthy::learn(&vec![Some(of_size(8.0)); 9]), None);
    let with_gaps: Vec<_> = (0..30).map(|i| (i % 3 == 0).then(|| of_size(8.0))).collect();
    let learnt = Healthy::learn(&with_gaps).unwrap();
    assert_eq!((learnt.phi, learnt.size.round(), learnt.windows), (2.0, 100.0, 10), "{learnt:?}");
    assert!(learnt.upper > learnt.phi);
    assert_eq!(Healthy::learn(&[None; 20]), None);
}

#[test]
fn windows_that_are_all_equal_have_no_variation() {
    let windows = vec![bins(&[30, 40, 50]); 12];
    let learnt = Healthy::learn(&leave_one_out(&windows, bins_difference)).unwrap();
    assert_eq!((learnt.phi, learnt.windows), (1.0, 12));
}

#[test]
fn windows_without_values_do_not_count() {
    let mut windows = vec![bins(&[30, 40, 50]); 12];
    windows[3] = bins(&[0, 0, 0]);
    let differences = leave_one_out(&windows, bins_difference);
    assert_eq!((differences[3], differences.iter().flatten().count()), (None, 11));
    assert_eq!(leave_one_out(&[bins(&[5, 5])], bins_difference), [None], "one window has nothing beside it");
}

#[test]
fn what_is_stored_of_healthy_windows_is_four_numbers() {
    let healthy = Healthy { phi: 1.5, upper: 2.0, size: 99.5, windows: 30 };
    let text =
        serde_json::to_string(&BTreeMap::from([(Rung::SixHours, BTreeMap::from([(Measured::NonFinite, healthy)]))]));
    assert_eq!(text.unwrap(), r#"{"6h":{"non_finite":[1.5,2.0,99.5,30]}}"#);
    let hostile: Healthy = serde_json::from_str("[-7.0, 0.0, 0.0, 0]").unwrap();
    assert_eq!(hostile, Healthy { phi: 1.0, upper: 1.0, size: 1.0, windows: 0 });
    assert_eq!(Measured::LEARNT.map(Measured::as_str), ["bins", "ks", "missing", "non_finite", "unseen"]);
}

#[test]
fn variation_weighs_more_in_larger_windows_and_never_makes_p_smaller() {
    let healthy = Healthy { phi: 2.0, upper: 3.0, size: 100.0, windows: 30 };
    assert_eq!((healthy.phi_at(10.0), healthy.phi_at(100.0), healthy.phi_at(300.0)), (2.0, 2.0, 6.0));
    for size in [0.0, 1.0, 10.0, 100.0, 1e6] {
        let difference = of_size(size);
        let measure = Measure { difference, p: crate::law::chi_square_sf(size, 4.0) };
        let (with, without) = (judge_difference(&measure, Some(&healthy)), judge_difference(&measure, None));
        assert!(with.p >= without.p && with.net <= without.net, "{with:?} {without:?}");
    }
}

#[test]
fn a_level_keeps_to_its_cap_and_no_window_has_none() {
    assert_eq!(level(1e9, 1.0, [1.0], 0.01), 0.01);
    assert_eq!(level(1.0, 1.0, [], 0.01), 0.01);
    assert_eq!(once_in(0.0, 0.01, 1.0, 90.0), f64::INFINITY);
    assert_eq!(once_in(0.01, 0.01, 1.0, 90.0), 180.0);
    assert_eq!(once_in(0.001, 0.01, 1.0, 90.0), 1800.0);
}

#[test]
fn a_memory_of_nothing_stays_empty_and_hostile_bytes_are_refused() {
    let mut memory = Memory::empty(3);
    memory.add(&[0, 0, 0]);
    assert!(memory.is_empty());
    assert_eq!((memory.rows(), memory.counts()), (0.0, vec![0.0; 3]));
    memory.add(&[1, 2, 3]);
    assert_eq!((memory.rows(), memory.counts(), memory.to_bytes().len()), (6.0, vec![1.0, 2.0, 3.0], 16 + 8 * 3));
    assert!(Memory::from_bytes(&memory.to_bytes()[1..]).is_err());
    assert!(Memory::from_bytes(&[]).is_err());
    assert!(Memory::from_bytes(&[f64::NAN, 1.0, 1.0].map(f64::to_le_bytes).concat()).is_err());
    assert!(Memory::from_bytes(&[1.0, 1.0, -1.0].map(f64::to_le_bytes).concat()).is_err());
}

#[test]
fn a_full_memory_is_worth_fifteen_windows() {
    let mut memory = Memory::empty(1);
    (0..500).for_each(|_| memory.add(&[100]));
    assert!((memory.rows() - 100.0 * f64::from(Memory::WINDOWS)).abs() < 1e-6, "{}", memory.rows());
}

proptest! {
    /// A restart between any two windows changes no bit.
    #[test]
    fn a_memory_survives_its_bytes(windows in proptest::collection::vec(proptest::collection::vec(0_u64..1000, 4), 0..20), cut in 0_usize..20) {
        let mut straight = Memory::empty(4);
        let mut restarted = Memory::empty(4);
        for (i, window) in windows.iter().enumerate() {
            straight.add(window);
            if i == cut {
                restarted = Memory::from_bytes(&restarted.to_bytes()).unwrap();
            }
            restarted.add(window);
        }
        prop_assert_eq!(straight.to_bytes(), restarted.to_bytes());
    }

    /// Both sides are samples: exchanging them changes nothing.
    #[test]
    fn two_samples_are_symmetric(pairs in proptest::collection::vec((0_u32..500, 0_u32..500), 2..20)) {
        let r: Vec<f64> = pairs.iter().map(|p| f64::from(p.0)).collect();
        let c: Vec<f64> = pairs.iter().map(|p| f64::from(p.1)).collect();
        match (two_sample(&r, &c), two_sample(&c, &r)) {
            (Some(a), Some(b)) => {
                prop_assert!((a.difference.size - b.difference.size).abs() <= 1e-9 * a.difference.size + 1e-9);
                prop_assert!((0.0..=1.0).contains(&a.p));
            }
            (a, b) => prop_assert_eq!(a, b),
        }
    }

    /// What is learnt does not depend on the order of windows, nor of categories within them.
    #[test]
    fn unseen_values_are_learnt_in_any_order(windows in proptest::collection::vec(proptest::collection::hash_map(0_u8..30, 1_u64..4, 0..10), 0..12)) {
        let lists: Vec<Vec<(u8, u64)>> = windows.iter().map(|w: &HashMap<u8, u64>| w.iter().map(|(k, v)| (*k, *v)).collect()).collect();
        let mut turned: Vec<Vec<(u8, u64)>> = lists.iter().map(|w| w.iter().rev().copied().collect()).collect();
        turned.reverse();
        let mut other = strangers_by_window(&turned);
        other.reverse();
        prop_assert_eq!(strangers_by_window(&lists), other);
    }
}
