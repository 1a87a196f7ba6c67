use super::*;
use crate::fixtures::{Traffic, baseline, hours, monitor, panes, plan, segment, split, stored};
use crate::{MonitorPlan, SealedPane, StoredBaseline};

fn healthy(phi: f64, windows: u32) -> Healthy {
    Healthy { phi, upper: 1.5 * phi, size: 100.0, windows }
}

fn variation(rungs: &[(Rung, Varying, Healthy)]) -> FeatureVariation {
    let mut variation = FeatureVariation::default();
    for (rung, what, healthy) in rungs {
        variation.insert(*rung, [(*what, *healthy)].into());
    }
    variation
}

/// Days and hours of `x` in everything, days of `c` in one segment.
fn learnt() -> Baseline {
    let mut learnt = baseline();
    let x = variation(&[
        (Rung::Hour, Varying::Bins, healthy(1.5, 200)),
        (Rung::Day, Varying::Bins, healthy(40.0, 31)),
        (Rung::Day, Varying::Ks, healthy(30.0, 31)),
        (Rung::Week, Varying::Bins, healthy(90.0, 12)),
    ]);
    learnt.healthy.insert(SegmentKey::all(), "x".into(), x);
    learnt.healthy.insert(segment("x"), "c".into(), variation(&[(Rung::Day, Varying::Unseen, healthy(2.0, 31))]));
    learnt.healthy.insert(segment("y"), "c".into(), FeatureVariation::default());
    learnt
}

#[test]
fn the_rung_that_speaks_for_a_window_is_picked() {
    let baseline = learnt();
    let phi = |statistic, hours| {
        let found = baseline.healthy(&SegmentKey::all(), &"x".into(), statistic, Span::from_hours(hours));
        found.map(|(rung, healthy)| (rung.as_str(), healthy.phi))
    };
    assert_eq!(phi(DriftStatistic::Psi, 24), Some(("1d", 40.0)));
    assert_eq!(phi(DriftStatistic::Wasserstein, 24 * 28), Some(("1d", 40.0)), "thirty windows are better than twelve");
    assert_eq!(phi(DriftStatistic::ChiSquare, 6), Some(("1h", 1.5)));
    assert_eq!(phi(DriftStatistic::Ks, 1), Some(("1d", 30.0)), "the shortest there is");
    assert_eq!(phi(DriftStatistic::Missing, 24), None);
    assert_eq!(phi(DriftStatistic::OutOfRange, 24), None);
    let day = Span::from_hours(24);
    assert!(baseline.healthy(&segment("x"), &"c".into(), DriftStatistic::Unseen, day).is_some());
    assert!(baseline.healthy(&segment("x"), &"x".into(), DriftStatistic::Psi, day).is_none());
}

#[test]
fn it_is_stored_by_segment_feature_rung_and_statistic() {
    let stored = serde_json::to_value(&learnt().healthy).unwrap();
    let expected = serde_json::json!({
        "": {"x": {
            "1h": {"bins": [1.5, 2.25, 100.0, 200]},
            "1d": {"bins": [40.0, 60.0, 100.0, 31], "ks": [30.0, 45.0, 100.0, 31]},
            "7d": {"bins": [90.0, 135.0, 100.0, 12]},
        }},
        "s=x": {"c": {"1d": {"unseen": [2.0, 3.0, 100.0, 31]}}},
    });
    assert_eq!(stored, expected);
    assert_eq!(serde_json::from_value::<HealthyVariation>(stored).unwrap(), learnt().healthy);
}

#[test]
fn what_was_learnt_is_part_of_the_hash_and_nothing_learnt_is_not() {
    assert_ne!(learnt().content_hash(), baseline().content_hash());
    let text = serde_json::to_string(&baseline()).unwrap();
    assert!(!text.contains("healthy"), "{text}");
    let back: Baseline = serde_json::from_str(&serde_json::to_string(&learnt()).unwrap()).unwrap();
    assert_eq!((back.content_hash(), back.is_consistent()), (learnt().content_hash(), true));
    assert_eq!(back, learnt());
}

#[test]
fn bytes_that_cannot_be_are_found_out() {
    let with = |key: &str, numbers: serde_json::Value| {
        let mut document = serde_json::to_value(stored(learnt())).unwrap();
        let days = &mut document["baseline"]["healthy"][""];
        days[key] = serde_json::json!({"1d": {"bins": numbers}});
        serde_json::from_value::<StoredBaseline>(document)
    };
    let sound = serde_json::json!([1.0, 1.0, 50.0, 10]);
    assert!(with("x", sound.clone()).unwrap().baseline.is_consistent());
    assert!(!with("z", sound).unwrap().baseline.is_consistent(), "there is no such feature");
    assert!(!with("x", serde_json::json!([2.0, 3.0, 50.0, 9])).unwrap().baseline.is_consistent());
    for refused in ["[2.0, 3.0, 50.0]", "[2.0, 3.0, null, 10]", "[2.0, 3.0, 50.0, -1]", "[2.0, 3.0, 50.0, 10.5]"] {
        assert!(with("x", serde_json::from_str(refused).unwrap()).is_err(), "{refused}");
    }
    // A φ below 1 would make differences larger than counts do; it is read as 1, and no longer has its hash.
    let lifted = with("x", serde_json::json!([0.5, 3.0, 50.0, 10])).unwrap();
    assert_ne!(lifted.baseline.content_hash(), lifted.hash);
    let mut stranger = learnt();
    stranger.healthy.insert(segment("z"), "c".into(), variation(&[(Rung::Day, Varying::Ks, healthy(2.0, 31))]));
    assert!(!stranger.is_consistent(), "there is no such segment");
}

/// Ten days of 200 records an hour in segment `x` and, on every second day, as many in `y`; every second day `x` is moved.
fn ten_days(plan: &MonitorPlan) -> Vec<SealedPane> {
    let mut traffic = Vec::new();
    for hour in 0..240 {
        let is_odd = (hour / 24) % 2 == 1;
        traffic.extend(hours(hour..hour + 1, if is_odd { 600.0 } else { 0.0 }));
        if is_odd {
            traffic.push(Traffic { hour, segment: "y", rows: 200, shift: 0.0 });
        }
    }
    panes(plan, &traffic)
}

#[test]
fn sealed_panes_teach_in_windows_of_whole_panes() {
    let plan = plan(split(monitor(&[("day", 24, 24)])));
    let panes = ten_days(&plan);
    let learnt = learn_from_panes(&plan, &panes.iter().collect::<Vec<_>>()).unwrap();
    let windows = |key: &SegmentKey, what| {
        let rungs = learnt.of(key, &"x".into()).and_then(|variation| variation.rungs(what));
        rungs.into_iter().flatten().map(|(rung, healthy)| (rung.as_str(), healthy.windows)).collect::<Vec<_>>()
    };
    let all = [("1h", 120), ("6h", 40), ("1d", 10)];
    assert_eq!(windows(&SegmentKey::all(), Varying::Bins), all);
    assert_eq!(windows(&segment("x"), Varying::Ks), all);
    assert_eq!(windows(&segment("y"), Varying::Bins), [("1h", 120), ("6h", 20)], "five days are too few");
    assert!(windows(&SegmentKey::all(), Varying::Missing).is_empty(), "nothing is missing anywhere");
    let phi = |rung| learnt.of(&segment("x"), &"x".into()).unwrap().rungs(Varying::Ks).unwrap()[&rung].phi;
    assert!(phi(Rung::Day) > 3.0 && phi(Rung::Day) > phi(Rung::Hour), "{learnt:?}");
    // The order of panes does not matter.
    assert_eq!(learn_from_panes(&plan, &panes.iter().rev().collect::<Vec<_>>()).unwrap(), learnt);
    assert!(learn_from_panes(&plan, &[]).unwrap().is_empty());
}

#[test]
fn windows_are_taken_evenly() {
    let rows = |windows: i64| (0..windows).map(|window| (window, if window % 5 == 4 { 49 } else { 50 }));
    let taken = |windows, most| windows_to_learn_from(rows(windows), most).iter().map(|w| w.0).collect::<Vec<_>>();
    assert!(taken(11, 200).is_empty(), "nine of eleven have enough rows");
    assert_eq!(taken(13, 200), [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12]);
    assert_eq!(taken(13, 10), [0, 2, 5, 7, 10, 12]);
    assert!(taken(13, 9).is_empty(), "fewer than ten are not looked at");
    assert_eq!(taken(2_500, MOST_WINDOWS).len(), 200);
}
