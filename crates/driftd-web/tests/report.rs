//! The HTML report: what it says, that strangers' names stay text, and that its size is bounded.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may assert by panicking"
)]

mod fixtures;

use driftd_model::Outcome;
use driftd_model::check::CheckReport;
use driftd_web::{FeatureDistribution, render_check};
use fixtures::{Feature, assert_well_formed, categorical, mixed, numeric, report, words};
use proptest::prelude::*;

fn summary(html: &str) -> &str {
    let (_, from) = html.split_once("class=\"summary\"><bdi>").unwrap();
    from.split_once("</bdi>").unwrap().0
}

/// Everything a self-contained page must not have.
fn assert_self_contained(html: &str) {
    for foreign in
        ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", " onload", " onerror", "href=\"http"]
    {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert_well_formed(html);
}

#[test]
fn a_report_says_first_what_matters() {
    let (report, shown) = mixed();
    let html = render_check(&report, &shown);
    // Left behind for eyes: no test replaces them.
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/check.html"), &html).unwrap();
    assert_self_contained(&html);
    assert_eq!(html, render_check(&report, &shown), "the same input gives the same bytes");
    insta::assert_snapshot!(summary(&html), @"4 of 5 judged features drifted (4 critical): 2,000 rows of today.parquet against 2,000 rows of train.parquet; 2 features could not be judged.");
    let text = words(&html);
    for expected in
        ["Critical drift", "Features, worst first", "type differs: number in the baseline", "unseen: XQ, ZZ"]
    {
        assert!(text.contains(expected), "{expected:?} in {text}");
    }
    assert_eq!(html.matches("<svg class=\"chart steps\"").count(), 4);
    assert_eq!(html.matches("<svg class=\"chart pairs\"").count(), 2);
}

#[test]
fn a_section_explains_its_outcome() {
    let (report, shown) = mixed();
    let html = render_check(&report, &shown);
    let (_, section) = html.split_once("id=\"f1\"").unwrap();
    let section = words(&format!("<header{section}"));
    let (shown, statistics) = section.split_once(" All statistics ").unwrap();
    insta::assert_snapshot!(shown, @"temp critical numeric PSI is 2, at or above the critical threshold of 0.25, and significant (q &#60; 1e‑16). Share of (76.95, +inf) rose from 10 % to 53 %, of (68.85, 76.95] rose from 10 % to 23 % and of (-inf, 33.05] fell from 10 % to 0.35 %. 10 bins; the greatest change is (76.95, +inf): 10 % → 53 %. baseline current share (-inf, 33.05] 10 % → 0.35 % (33.05, 41.15] 10 % → 0.65 % (41.15, 46.53] 10 % → 0.9 % (46.53, 50.95] 10 % → 1.4 % (50.95, 55] 10 % → 2.1 % (55, 59.05] 10 % → 3.2 % (59.05, 63.47] 10 % → 5.5 % (63.47, 68.85] 10.0 % → 10.2 % (68.85, 76.95] 10 % → 23 % (76.95, +inf) 10 % → 53 % baseline current rows 2,000 2,000 usable 2,000 (100 %) 2,000 (100 %) missing 0 0 NaN 0 0 infinite 0 0");
    // The figures are the business of the statistics crate; here they must only be there.
    insta::assert_snapshot!(statistics.split_once(" KS ").unwrap().0, @"Statistic Value Warning / critical p q Judged PSI 2 9 df, 10 bins 0.1 / 0.25 &#60; 1e-16 &#60; 1e-16 critical");
    assert!(statistics.contains(" certified"), "{statistics}");
}

#[test]
fn no_features_say_what_to_do_next() {
    let (report, shown) = report(&[], &[]);
    let html = render_check(&report, &shown);
    assert_self_contained(&html);
    insta::assert_snapshot!(summary(&html), @"No feature could be judged: 2,000 rows of today.parquet against 2,000 rows of train.parquet; the two sides have no column in common.");
    assert!(html.contains("compare the column names of the two files"));
    assert!(!html.contains("<h2 id=\"definitions\""));
}

fn judged(outcomes: &[Outcome]) -> CheckReport {
    let flat = |u: f64| u;
    let features: Vec<Feature> = (0..outcomes.len()).map(|i| numeric(&format!("f{i}"), flat, flat, 0)).collect();
    let (mut report, _) = report(&features, &[]);
    for (verdict, outcome) in report.features.iter_mut().zip(outcomes) {
        verdict.outcome = *outcome;
    }
    report
}

#[test]
fn the_summary_counts_in_singular_and_plural() {
    use Outcome::{Critical, InsufficientData, NotComparable, Stable, Warning};
    let tell = |outcomes: &[Outcome]| summary(&render_check(&judged(outcomes), &[])).to_owned();
    insta::assert_snapshot!(tell(&[Stable]), @"The one judged feature did not drift: 2,000 rows of today.parquet against 2,000 rows of train.parquet.");
    insta::assert_snapshot!(tell(&[Stable, Stable, InsufficientData]), @"None of 2 judged features drifted: 2,000 rows of today.parquet against 2,000 rows of train.parquet; 1 feature could not be judged.");
    insta::assert_snapshot!(tell(&[Warning]), @"1 of 1 judged feature drifted (1 warning): 2,000 rows of today.parquet against 2,000 rows of train.parquet.");
    insta::assert_snapshot!(tell(&[Critical, Warning, Warning, Stable, NotComparable]), @"3 of 4 judged features drifted (1 critical, 2 warnings): 2,000 rows of today.parquet against 2,000 rows of train.parquet; 1 feature could not be judged.");
    insta::assert_snapshot!(tell(&[InsufficientData]), @"No feature could be judged: 2,000 rows of today.parquet against 2,000 rows of train.parquet; the table says why for 1 feature.");
}

#[test]
fn hostile_names_stay_text() {
    let long = "x".repeat(500);
    let bell = |u: f64| u * 100.0;
    let names =
        ["<script>alert(1)</script>", "\"' onload=\"alert(1)", "\u{202e}gnp.exe", "שם העמודה", "a\nb\0c", "", &long];
    let mut features: Vec<Feature> = names.iter().map(|name| numeric(name, bell, |u| u * 150.0, 0)).collect();
    features.push(categorical(
        "values",
        &[("<b>", 900), ("&amp;", 100)],
        &[("<b>", 400), ("<img src=x onerror=y>", 600)],
    ));
    let (mut report, shown) = report(&features, &["<script>note</script>"]);
    report.baseline.name = "<svg/onload=alert(1)>".to_owned();
    let html = render_check(&report, &shown);
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/hostile.html"), &html).unwrap();
    assert_well_formed(&html);
    for raw in ["<script", "<img", "<svg/onload", "onload=\"", "\u{202e}", "<b>"] {
        assert!(!html.contains(raw), "{raw:?}");
    }
    assert!(html.contains(&long), "the section gives the whole name");
}

#[test]
fn a_thousand_features_and_more_stay_a_page() {
    let shifted = numeric("f", |u| u, |u| u * 1.5, 3);
    let (one, shown) = report(&[shifted], &["n"; 500]);
    let wide = |n: usize| -> (CheckReport, Vec<FeatureDistribution>) {
        let mut wide = one.clone();
        wide.features = (0..n)
            .map(|i| {
                let mut v = one.features[0].clone();
                v.feature = format!("feature_{i:05}").as_str().into();
                v
            })
            .collect();
        let shown = wide
            .features
            .iter()
            .map(|v| FeatureDistribution { feature: v.feature.clone(), ..shown[0].clone() })
            .collect();
        (wide, shown)
    };
    let (report, shown) = wide(1_000);
    let thousand = render_check(&report, &shown);
    assert_eq!(thousand.matches("<svg class=\"chart steps\"").count(), 50);
    assert!(thousand.contains("Charts are drawn for the worst 50 features only."));
    assert_eq!(thousand.matches("class=\"card\"").count(), 1_000);
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/thousand.html"), &thousand).unwrap();
    let (report, shown) = wide(3_000);
    let more = render_check(&report, &shown);
    assert!(more.contains("2,000 more are left out"));
    assert!(more.len() < thousand.len() + 10_000 && more.len() < 6_000_000, "{} bytes", more.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_page_is_well_formed(name in any::<String>(), value in any::<String>(), note in any::<String>()) {
        let features = [categorical(&name, &[("a", 500), (&value, 500)], &[(&value, 100), (&note, 900)])];
        let (report, shown) = report(&features, &[&note]);
        assert_well_formed(&render_check(&report, &shown));
    }
}
