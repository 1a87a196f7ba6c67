//! The charts: what they draw, and that they stay well formed whatever they are given.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may assert by panicking"
)]

mod fixtures;

use driftd_model::{Outcome, Threshold};
use driftd_web::BinShare;
use driftd_web::charts::{STYLE, TimePoint, distribution_steps, effect_bar, paired_bars, sparkline, timeline};
use fixtures::{assert_well_formed, bin};
use proptest::prelude::*;

const THRESHOLD: Threshold = Threshold { warn: 0.1, critical: 0.25 };

/// One element a line, so that a difference can be read.
fn lines(svg: &str) -> String {
    svg.replace("><", ">\n<")
}

#[test]
fn a_numeric_feature_is_a_step_line_over_bars() {
    let svg =
        distribution_steps("Distribution of temp", &[bin("(-inf, 80.6]", 1.0, 0.69), bin("(80.6, +inf)", 0.0, 0.31)]);
    insta::assert_snapshot!(lines(&svg), @r#"
    <svg class="chart steps" role="img" xmlns="http://www.w3.org/2000/svg" width="100%" height="5.8em">
    <title>Distribution of temp</title>
    <desc>2 bins; the greatest change is (-inf, 80.6]: 100 % → 69 %.</desc>
    <g class="legend">
    <line class="baseline" x1=".5em" y1=".35em" x2=".5em" y2="1.3em"/>
    <text x="1.5em" y="1.15em">baseline</text>
    <rect class="window" x="7.3em" y=".4em" width=".9em" height=".8em"/>
    <text x="8.7em" y="1.15em">current</text>
    <text class="figures" x="100%" y="1.15em">share</text>
    </g>
    <svg x="0" y="0" width="27.2%" height="100%">
    <text class="label" x="0" y="3.23em">(-inf, 80.6]</text>
    </svg>
    <text class="figures" x="100%" y="3.23em">100 % → 69 %</text>
    <line class="axis" x1="28.2%" y1="2em" x2="28.2%" y2="3.75em"/>
    <rect class="window" x="28.2%" y="2.25em" width="29.53%" height="1.25em"/>
    <line class="baseline" x1="28.2%" y1="2em" x2="71%" y2="2em"/>
    <line class="baseline" x1="71%" y1="2em" x2="71%" y2="3.75em"/>
    <svg x="0" y="0" width="27.2%" height="100%">
    <text class="label" x="0" y="4.97em">(80.6, +inf)</text>
    </svg>
    <text class="figures" x="100%" y="4.97em">0 % → 31 %</text>
    <line class="axis" x1="28.2%" y1="3.75em" x2="28.2%" y2="5.5em"/>
    <rect class="window" x="28.2%" y="4em" width="13.27%" height="1.25em"/>
    <line class="baseline" x1="71%" y1="3.75em" x2="28.2%" y2="3.75em"/>
    <line class="baseline" x1="28.2%" y1="3.75em" x2="28.2%" y2="5.5em"/>
    </svg>
    "#);
}

#[test]
fn categories_are_pairs_and_unseen_ones_stand_apart() {
    let svg = paired_bars(
        "Distribution of carrier",
        &[bin("UA", 0.6, 0.5), bin("(other)", 0.4, 0.38), bin("(unseen: XQ)", 0.0, 0.12)],
    );
    insta::assert_snapshot!(lines(&svg), @r#"
    <svg class="chart pairs" role="img" xmlns="http://www.w3.org/2000/svg" width="100%" height="9.7em">
    <title>Distribution of carrier</title>
    <desc>3 categories; the greatest change is (unseen: XQ): 0 % → 12 %.</desc>
    <g class="legend">
    <rect class="baseline" x=".1em" y=".4em" width=".9em" height=".8em"/>
    <text x="1.5em" y="1.15em">baseline</text>
    <rect class="window" x="7.3em" y=".4em" width=".9em" height=".8em"/>
    <text x="8.7em" y="1.15em">current</text>
    <text class="figures" x="100%" y="1.15em">share</text>
    </g>
    <svg x="0" y="0" width="27.2%" height="100%">
    <text class="label" x="0" y="3.5em">UA</text>
    </svg>
    <text class="figures" x="100%" y="3.5em">60 % → 50 %</text>
    <line class="axis" x1="28.2%" y1="2em" x2="28.2%" y2="4.3em"/>
    <rect class="baseline" x="28.2%" y="2.25em" width="42.8%" height="0.75em"/>
    <rect class="window" x="28.2%" y="3.15em" width="35.67%" height="0.75em"/>
    <svg x="0" y="0" width="27.2%" height="100%">
    <text class="label" x="0" y="5.8em">(other)</text>
    </svg>
    <text class="figures" x="100%" y="5.8em">40 % → 38 %</text>
    <line class="axis" x1="28.2%" y1="4.3em" x2="28.2%" y2="6.6em"/>
    <rect class="baseline" x="28.2%" y="4.55em" width="28.53%" height="0.75em"/>
    <rect class="window" x="28.2%" y="5.45em" width="27.11%" height="0.75em"/>
    <line class="apart" x1="0" y1="6.9em" x2="100%" y2="6.9em"/>
    <svg x="0" y="0" width="27.2%" height="100%">
    <text class="label unseen" x="0" y="8.6em">(unseen: XQ)</text>
    </svg>
    <text class="figures" x="100%" y="8.6em">0 % → 12 %</text>
    <line class="axis" x1="28.2%" y1="7.1em" x2="28.2%" y2="9.4em"/>
    <rect class="window" x="28.2%" y="8.25em" width="8.56%" height="0.75em"/>
    </svg>
    "#);
}

#[test]
fn an_effect_off_the_scale_ends_in_an_arrow_head() {
    insta::assert_snapshot!(lines(&effect_bar("PSI", 0.12, THRESHOLD)), @r#"
    <svg class="chart effect" role="img" xmlns="http://www.w3.org/2000/svg" width="100%" height="1em">
    <title>PSI</title>
    <desc>effect 0.12; warning from 0.1, critical from 0.25.</desc>
    <rect class="track" x="0" y=".25em" width="100%" height=".5em"/>
    <rect class="window" x="0" y=".25em" width="24%" height=".5em"/>
    <line class="tick warn" x1="20%" y1="0.1em" x2="20%" y2="1em"/>
    <line class="tick critical" x1="50%" y1="0em" x2="50%" y2="1em"/>
    </svg>
    "#);
    assert!(effect_bar("PSI", 8.32, THRESHOLD).contains("<path class=\"window\""));
    assert!(effect_bar("PSI", f64::MAX, THRESHOLD).contains("effect infinite"));
}

#[test]
fn a_sparkline_leaves_gaps_open() {
    let svg = sparkline("PSI of temp", &[Some(0.0), Some(0.1), None, Some(0.3), None], Some(THRESHOLD));
    insta::assert_snapshot!(lines(&svg), @r#"
    <svg class="chart sparkline" role="img" xmlns="http://www.w3.org/2000/svg" width="100%" height="2.2em">
    <title>PSI of temp</title>
    <desc>3 values, 2 gaps: from 0 to 0.3, last 0.3.</desc>
    <svg width="100%" height="100%" viewBox="0 0 200 40" preserveAspectRatio="none">
    <path class="tick warn" d="M0 25.7H200"/>
    <path class="tick critical" d="M0 8.7H200"/>
    <path class="trend" d="M0.0 37.0h0L50.0 25.7M150.0 3.0h0"/>
    </svg>
    </svg>
    "#);
    assert!(sparkline("PSI of temp", &[], None).contains("no values"));
}

/// A window of a timeline.
fn point(at: &str, value: Option<f64>, healthy: Option<f64>, outcome: Option<Outcome>) -> TimePoint {
    let says = value.map_or_else(|| "not computed".to_owned(), |value| format!("PSI {value}"));
    let incident = outcome == Some(Outcome::Critical);
    TimePoint {
        value,
        healthy,
        outcome,
        incident,
        address: format!("/m/a/f/x?w=day&end={at}"),
        at: at.to_owned(),
        says,
    }
}

#[test]
fn a_timeline_has_thresholds_above_what_healthy_windows_show() {
    let points = [
        point("2013-07-01", Some(0.03), Some(0.05), Some(Outcome::Stable)),
        point("2013-07-02", None, None, None),
        point("2013-07-03", Some(0.31), Some(0.05), Some(Outcome::Critical)),
    ];
    insta::assert_snapshot!(lines(&timeline("PSI of x over time", &points, Some(THRESHOLD), Some(2))), @r#"
    <svg class="chart timeline" role="group" aria-label="PSI of x over time" xmlns="http://www.w3.org/2000/svg" width="100%" height="14.6em">
    <desc>3 windows that ended from 2013-07-01 to 2013-07-03, 1 of them bad.</desc>
    <svg width="100%" height="12em" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
    <path class="healthy" d="M0.0 96.0V82.1h333.3V96.0ZM666.7 96.0V82.1h333.3V96.0Z"/>
    <path class="tick warn" d="M166.7 54.2h0L500.0 68.1L833.3 54.2"/>
    <path class="tick critical" d="M166.7 12.4h0L500.0 26.3L833.3 12.4"/>
    <path class="trend" d="M166.7 87.6h0M833.3 9.6h0"/>
    </svg>
    <a href="/m/a/f/x?w=day&amp;end=2013-07-01" aria-label="2013-07-01: PSI 0.03">
    <title>2013-07-01: PSI 0.03</title>
    <rect class="column" x="0%" y="0" width="33.33%" height="12em"/>
    <svg x="16.67%" y="10.52em" overflow="visible">
    <path class="point window" d="M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z"/>
    </svg>
    </a>
    <a href="/m/a/f/x?w=day&amp;end=2013-07-02" aria-label="2013-07-02: not computed">
    <title>2013-07-02: not computed</title>
    <rect class="column" x="33.33%" y="0" width="33.33%" height="12em"/>
    </a>
    <a href="/m/a/f/x?w=day&amp;end=2013-07-03" class="selected" aria-label="2013-07-03: PSI 0.31">
    <title>2013-07-03: PSI 0.31</title>
    <rect class="column" x="66.67%" y="0" width="33.33%" height="12em"/>
    <line class="cursor" x1="83.33%" y1="0" x2="83.33%" y2="12em"/>
    <svg x="83.33%" y="1.15em" overflow="visible">
    <path class="point critical" d="M-2-5h4l3 3v4l-3 3h-4l-3-3v-4z"/>
    </svg>
    </a>
    <rect class="incident" x="66.67%" y="12.4em" width="33.33%" height=".4em"/>
    <text class="when" x="0%" y="14.2em" text-anchor="start">2013-07-01</text>
    <text class="when" x="100%" y="14.2em" text-anchor="end">2013-07-03</text>
    </svg>
    "#);
}

#[test]
fn what_is_far_beyond_is_drawn_at_the_end_of_the_scale() {
    let points = [point("a", Some(0.1), None, None), point("b", Some(8.0), None, Some(Outcome::Critical))];
    let svg = timeline("PSI", &points, Some(THRESHOLD), None);
    // Ten times the threshold would leave the thresholds no room.
    assert!(svg.contains("<path class=\"tick critical\" d=\"M250.0 73.0h0L750.0 73.0\"/>"), "{svg}");
    assert!(timeline("PSI", &[], Some(THRESHOLD), None).contains("0 windows."));
}

#[test]
fn many_bins_are_joined_with_their_neighbours() {
    let bins: Vec<BinShare> = (0..100).map(|i| bin(&format!("({i}, {}]", i + 1), 0.01, 0.01)).collect();
    let svg = distribution_steps("many", &bins);
    assert!(svg.contains(">(0, 3]<") && svg.contains(">(99, 100]<"), "{svg}");
    assert!(svg.contains("34 bins; no share changed."), "{svg}");
}

#[test]
fn the_largest_categories_are_drawn_and_the_rest_is_summed() {
    let mut bins: Vec<BinShare> = (0..100).map(|i| bin(&format!("c{i:02}"), 0.005, 0.004)).collect();
    bins.push(bin("(other)", 0.5, 0.4));
    bins.push(bin("(unseen: new)", 0.0, 0.2));
    let svg = paired_bars("many", &bins);
    assert!(svg.contains(">81 further ones<") && svg.contains("(other)") && svg.contains("(unseen: new)"), "{svg}");
    assert_eq!(svg.matches("class=\"label").count(), 22);
}

#[test]
fn the_style_needs_nothing_from_elsewhere() {
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(STYLE.contains("prefers-color-scheme: dark"));
}

proptest! {
    #[test]
    fn charts_are_well_formed_whatever_they_are_given(
        labels in proptest::collection::vec(any::<String>(), 0..60),
        shares in proptest::collection::vec((any::<f64>(), any::<f64>()), 60),
        title in any::<String>(),
        (effect, warn, critical) in (any::<f64>(), any::<f64>(), any::<f64>()),
    ) {
        let bins: Vec<BinShare> = labels.iter().zip(&shares).map(|(label, (b, w))| bin(label, *b, *w)).collect();
        let values: Vec<Option<f64>> = shares.iter().map(|(b, w)| (w > b).then_some(*b)).collect();
        let threshold = Threshold { warn, critical };
        let outcomes = [None, Some(Outcome::Stable), Some(Outcome::Warning), Some(Outcome::Critical)];
        let points: Vec<TimePoint> = labels
            .iter()
            .zip(&shares)
            .enumerate()
            .map(|(i, (label, (b, w)))| point(label, Some(*b), Some(*w), outcomes[i % 4]))
            .collect();
        for svg in [
            distribution_steps(&title, &bins),
            paired_bars(&title, &bins),
            effect_bar(&title, effect, threshold),
            sparkline(&title, &values, Some(threshold)),
            timeline(&title, &points, Some(threshold), Some(1)),
        ] {
            assert_well_formed(&svg);
            for nonsense in ["NaN%", "inf%", "NaNem", "infem", "MNaN", "LNaN", "<script"] {
                prop_assert!(!svg.contains(nonsense), "{} in {}", nonsense, svg);
            }
        }
    }
}
