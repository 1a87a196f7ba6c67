//! What a baseline has learnt of healthy variation, in words.

use std::collections::BTreeSet;
use std::fmt::Write;

use driftd_model::{Baseline, FeatureName, words};
use driftd_stats::{Healthy, Rung, Varying};
use driftd_window::SegmentKey;

/// φ of two versions that say about the same, as a ratio.
const SAME: f64 = 1.25;

/// One line on what it was learnt from, or why not.
pub(super) fn line(baseline: &Baseline) -> String {
    format!("healthy variation: {}", words::healthy::learnt_from(baseline))
}

/// One line a feature on how much its healthy windows differ, and one for the segments that have learnt their own.
pub(super) fn features(baseline: &Baseline) -> String {
    let mut text = String::new();
    for feature in &baseline.features {
        let variation = baseline.healthy.of(&SegmentKey::all(), &feature.name);
        if let Some(sentence) = variation.and_then(|variation| words::healthy::differs(&feature.name, variation)) {
            let _ = writeln!(text, "{sentence}");
        }
    }
    let own: BTreeSet<&SegmentKey> = baseline.healthy.iter().map(|(segment, ..)| segment).collect();
    let own = own.into_iter().filter(|segment| !segment.is_all()).count() as u64;
    if own > 0 {
        let of = words::count(baseline.segments.len() as u64);
        let _ = writeln!(text, "{} of {of} segments have learnt from their own windows", words::count(own));
    }
    text
}

/// Where two versions differ in what they have learnt, one line a feature: `healthy variation of temp: 1d 40 → 12`.
pub(super) fn changes(old: &Baseline, new: &Baseline) -> String {
    let mut text = String::new();
    for feature in &old.features {
        if new.feature(feature.name.as_str()).is_none() {
            continue;
        }
        let changed = changed(old, new, &feature.name);
        if !changed.is_empty() {
            let _ = writeln!(text, "healthy variation of {}: {}", feature.name, changed.join(", "));
        }
    }
    text
}

fn changed(old: &Baseline, new: &Baseline, feature: &FeatureName) -> Vec<String> {
    let phi = |baseline: &Baseline, what, rung| {
        let rungs = baseline.healthy.of(&SegmentKey::all(), feature)?.rungs(what)?;
        rungs.get(&rung).map(|healthy: &Healthy| healthy.phi)
    };
    let mut changed = Vec::new();
    for (what, rung) in Varying::ALL.into_iter().flat_map(|what| Rung::ALL.map(|rung| (what, rung))) {
        let (before, after) = (phi(old, what, rung), phi(new, what, rung));
        // Where nothing was learnt, chance alone is what a window is held against.
        let (old, new) = (before.unwrap_or(1.0), after.unwrap_or(1.0));
        if old.max(new) > SAME * old.min(new) {
            let show = |phi: Option<f64>| phi.map_or_else(|| "nothing learnt".to_owned(), words::number);
            let what = if what == Varying::Bins { String::new() } else { format!("{what} ") };
            changed.push(format!("{what}{rung} {} → {}", show(before), show(after)));
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use driftd_model::{FeatureBaseline, FeatureVariation, HealthyVariation, Role, Traffic};
    use driftd_stats::{FeatureAggregate, FeatureLayout, PresenceAggregate};
    use driftd_window::{EventTime, Span};
    use insta::assert_snapshot;

    use super::*;

    fn healthy(phi: f64, windows: u32) -> Healthy {
        Healthy { phi, upper: 1.5 * phi, size: 100.0, windows }
    }

    type Learnt = (Rung, Varying, Healthy);

    /// Features of that variation, over two days of event times.
    fn baseline(features: &[(&str, &[Learnt])]) -> Baseline {
        let mut traffic = Traffic::default();
        let start: EventTime = "2013-07-01".parse().unwrap();
        traffic.add(start, 1_000);
        traffic.add(start.plus(Span::from_hours(47)), 1_000);
        let mut learnt = HealthyVariation::default();
        for (name, rungs) in features {
            let mut variation = FeatureVariation::default();
            for (rung, what, healthy) in *rungs {
                variation.insert(*rung, BTreeMap::from([(*what, *healthy)]));
            }
            learnt.insert(SegmentKey::all(), (*name).into(), variation);
        }
        let feature = |(name, _): &(&str, _)| FeatureBaseline {
            name: (*name).into(),
            role: Role::Feature,
            layout: FeatureLayout::Presence.into(),
            aggregate: FeatureAggregate::Presence(PresenceAggregate::new()),
        };
        Baseline {
            source: "t.csv".to_owned(),
            rows: 2_000,
            features: features.iter().map(feature).collect(),
            segment_by: Vec::new(),
            segments: Vec::new(),
            skipped: Vec::new(),
            traffic: Some(traffic),
            healthy: learnt,
        }
    }

    #[test]
    fn what_was_learnt_is_said_in_words() {
        use Rung::{Day, Hour, QuarterHour, SixHours};
        use Varying::{Bins, Ks, Missing, Unseen};
        let learnt = baseline(&[
            (
                "temp",
                &[
                    (Hour, Bins, healthy(3.21, 200)),
                    (SixHours, Bins, healthy(12.0, 124)),
                    (Day, Bins, healthy(40.0, 31)),
                    (Day, Ks, healthy(52.0, 31)),
                    (Day, Missing, healthy(2.5, 31)),
                ],
            ),
            ("origin", &[(Day, Bins, healthy(1.0, 31)), (Day, Unseen, healthy(1.2, 31))]),
            ("empty", &[(QuarterHour, Missing, healthy(8.0, 12)), (Day, Missing, healthy(9.0, 11))]),
            ("never", &[]),
        ]);
        assert_snapshot!(line(&learnt), @"healthy variation: learnt from 12 quarters of an hour, 200 hours, 124 windows of six hours and 31 days; too few windows of 7d (it spans 1) and 28d (it spans 1)");
        assert_snapshot!(features(&learnt), @"
        a healthy day of `temp` differs 40 times as much as chance alone (1h 3.21, 6h 12), its distribution function 52 times, its missing values 2.5 times
        a healthy day of `origin` differs no more than chance alone, its new categories 1.2 times
        in a healthy quarter of an hour the missing values of `empty` differ 8 times as much as chance alone (1d 9)
        ");
    }

    #[test]
    fn why_nothing_was_learnt_is_said() {
        let nothing = baseline(&[("x", &[])]);
        assert_snapshot!(line(&nothing), @"healthy variation: nothing learnt, because there are too few windows of 15m (with 50 rows or more), 1h (with 50 rows or more), 6h (it spans 8), 1d (it spans 2), 7d (it spans 1) and 28d (it spans 1)");
        assert_snapshot!(line(&Baseline { traffic: None, ..nothing.clone() }), @"healthy variation: nothing learnt, because the baseline has no event times");
        assert_eq!(features(&nothing), "");
    }

    #[test]
    fn what_two_versions_have_learnt_otherwise_is_said() {
        use Rung::{Day, Hour};
        use Varying::{Bins, Missing};
        let old = baseline(&[
            (
                "temp",
                &[(Hour, Bins, healthy(3.0, 200)), (Day, Bins, healthy(40.0, 31)), (Day, Missing, healthy(2.0, 31))],
            ),
            ("same", &[(Day, Bins, healthy(5.0, 31))]),
        ]);
        let new = baseline(&[
            ("temp", &[(Hour, Bins, healthy(3.1, 200)), (Day, Bins, healthy(12.0, 90))]),
            ("same", &[(Day, Bins, healthy(5.1, 40))]),
            ("other", &[(Day, Bins, healthy(5.1, 40))]),
        ]);
        assert_snapshot!(changes(&old, &new), @"healthy variation of temp: 1d 40 → 12, missing 1d 2 → nothing learnt");
        assert_eq!(changes(&old, &old), "");
    }
}
