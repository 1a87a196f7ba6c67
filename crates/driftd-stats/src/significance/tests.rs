//! The rule against the values of the reference program.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::layout::fnv1a;
use crate::layout::names::{bucket, choose, votes};
use crate::statistic::DriftStatistic;

mod edges;

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

#[test]
fn votes_and_names_equal_the_reference() {
    for (input, want) in cases("thin") {
        let hash = fnv1a(input["category"].as_str().unwrap().as_bytes());
        assert_eq!(votes(hash, whole(&input["count"])), whole(&want["votes"]), "{input}");
    }
    let counts = |value: &Value| -> Vec<(String, u64)> {
        value.as_object().unwrap().iter().map(|(category, count)| (category.clone(), whole(count))).collect()
    };
    for (input, want) in cases("names") {
        let named = choose(counts(&input["counts"]), whole(&input["top"]) as usize, false);
        let names: Vec<&str> = named.names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(serde_json::json!(names), want["names"]);
        let compared: Vec<u64> = named.names.iter().map(|(_, count)| *count).collect();
        assert_eq!(serde_json::json!(compared), want["counts"]);
        assert_eq!(serde_json::json!(named.buckets.map_or(Vec::new(), |b| b.to_vec())), want["buckets"]);
        // The window on those names, then by bucket.
        let mut window: Vec<u64> = vec![0; names.len() + named.buckets.map_or(0, |b| b.len())];
        for (category, count) in counts(&input["window"]) {
            let name = names.iter().position(|name| *name == category);
            let other = || named.buckets.map(|_| names.len() + bucket(fnv1a(category.as_bytes())));
            if let Some(slot) = name.or_else(other) {
                window[slot] += count;
            }
        }
        assert_eq!(serde_json::json!(window), want["window"]);
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
        let got = level(number(&input["alarms"]), number(&input["period"]), numbers(&input["slides"]), 2.0, 0.01);
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
