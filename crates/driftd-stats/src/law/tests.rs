//! The laws against tables made with SciPy, to full precision.

use super::*;

const SPECIAL: &str = include_str!("../../tests/golden/special_functions.json");
const LAWS: &str = include_str!("../../tests/golden/laws.json");
const MULTIPLE: &str = include_str!("../../tests/golden/multiple_testing.json");

/// Rows of one table; a missing expectation (the reference gave up) is NaN.
fn table(text: &str, name: &str) -> Vec<Vec<f64>> {
    let all: serde_json::Value = serde_json::from_str(text).unwrap();
    let rows = all[name].as_array().unwrap();
    assert!(!rows.is_empty());
    let number = |v: &serde_json::Value| v.as_f64().unwrap_or(f64::NAN);
    rows.iter().map(|row| row.as_array().unwrap().iter().map(number).collect()).collect()
}

/// Relative 1e-9, except among denormals, which have fewer digits.
fn close(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-9 * want + 1e-315
}

#[track_caller]
fn check(rows: &[Vec<f64>], law: impl Fn(&[f64]) -> f64) {
    let mut wrong = Vec::new();
    for row in rows {
        let (want, arguments) = row.split_last().unwrap();
        let got = law(arguments);
        if !want.is_nan() && !close(got, *want) {
            wrong.push(format!("{arguments:?}: {got:e}, wanted {want:e}, off by {:e}", got / want - 1.0));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows are off:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn chi_square_tails_equal_the_tables() {
    let law = |a: &[f64]| chi_square_sf(a[0], a[1]);
    check(&table(SPECIAL, "chi2_sf(x,df)"), law);
    check(&table(LAWS, "chi2_sf(x,df)"), law);
}

#[test]
fn kolmogorov_tails_equal_the_tables() {
    let law = |a: &[f64]| kolmogorov_sf(a[0], a[1]);
    check(&table(SPECIAL, "kstwo_sf(d,n)"), law);
    check(&table(LAWS, "kstwo_sf(d,n)"), law);
}

#[test]
fn benjamini_hochberg_equals_the_table() {
    let all: serde_json::Value = serde_json::from_str(MULTIPLE).unwrap();
    let list =
        |v: &serde_json::Value| -> Vec<f64> { v.as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect() };
    for (name, vector) in all["vectors"].as_object().unwrap() {
        let got = benjamini_hochberg(&list(&vector["p"]));
        for (got, want) in got.iter().zip(list(&vector["bh"])) {
            assert!((got - want).abs() <= 1e-12 * want, "{name}: {got} is not {want}");
        }
    }
    assert_eq!(benjamini_hochberg(&[]), [0.0; 0]);
    assert_eq!(benjamini_hochberg(&[f64::NAN, 0.01]), [1.0, 0.02]);
}

/// The sum over every h-th term against the sum over all of them.
#[test]
fn striding_over_the_smirnov_sum_changes_nothing() {
    for (n, z2) in [(16_384.0_f64, 2.2_f64), (50_000.0, 2.2), (50_000.0, 40.0), (50_000.0, 300.0)] {
        let d = (z2 / n).sqrt();
        let all: f64 = (0..=(n * (1.0 - d)) as u32)
            .map(|j| {
                let p = d + f64::from(j) / n;
                if p < 1.0 { d / p * saddle::binomial(f64::from(j), n, p, 1.0 - p) } else { 0.0 }
            })
            .sum();
        let strided = kolmogorov::smirnov_sf(d, n);
        assert!((strided / all - 1.0).abs() < 1e-12, "n = {n}, z² = {z2}: {strided:e} for {all:e}");
    }
}

#[test]
fn beta_tails_equal_the_table() {
    check(&table(LAWS, "f_sf(x,1,df)"), |a| f_sf(a[0], a[1]));
    check(&table(LAWS, "nbinom_sf(u,mean,k)"), |a| {
        let (mean, k) = (a[1], a[2]);
        beta_cdf(a[0], k, mean / (k + mean), k / (k + mean))
    });
}

#[test]
fn chi_square_quantiles_equal_the_table() {
    check(&table(LAWS, "chi2_ppf(p,df)"), |a| chi_square_quantile(a[0], a[1]));
}

#[test]
fn fisher_equals_the_table() {
    check(&table(LAWS, "fisher(a,n,b,m)"), |a| fisher_exact_p(a[0], a[1] - a[0], a[2], a[3] - a[2]));
}
