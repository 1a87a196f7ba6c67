//! Healthy variation: what the windows of a table teach, whatever the table and its event times look like.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests assert by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use driftd_dataset::{BaselineOptions, EventTimes, ReadOptions, SegmentOptions, Table, build_baseline};
use driftd_model::{Baseline, FeatureKind, HealthyVariation, Pointer};
use driftd_stats::{
    Binning, Healthy, LayoutOptions, Rung, Varying, bins_difference, leave_one_out, strangers_by_window,
};
use driftd_window::{SegmentKey, TimeReader};
use proptest::prelude::*;
use serde_json::Value;
use support::Files;

/// 2013-07-01T00:00:00Z, a Monday, in seconds.
const JULY: i64 = 1_372_636_800;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// One row: when, a bin out of ten or nothing, a category, and a segment.
#[derive(Clone, Debug)]
struct Row {
    at: Option<i64>,
    x: Option<usize>,
    c: String,
    s: &'static str,
}

impl Row {
    fn new(at: i64, x: usize) -> Self {
        Self { at: Some(at), x: Some(x), c: ["a", "b", "c"][x % 3].to_owned(), s: "one" }
    }
}

fn csv(rows: &[Row]) -> String {
    let mut text = "ts,x,c,s\n".to_owned();
    for Row { at, x, c, s } in rows {
        let at = at.map_or_else(String::new, |at| at.to_string());
        let x = x.map_or_else(String::new, |x| x.to_string());
        writeln!(text, "{at},{x},{c},{s}").unwrap();
    }
    text
}

/// Every bin holds one of ten numbers.
fn options() -> BaselineOptions {
    let edges = (0..9).map(|bin| f64::from(bin) + 0.5).collect();
    BaselineOptions {
        layout: LayoutOptions { binning: Binning::Edges(edges), ..LayoutOptions::default() },
        kinds: [("x".to_owned(), FeatureKind::Numeric), ("c".to_owned(), FeatureKind::Categorical)].into(),
        exclude: ["ts".to_owned(), "s".to_owned()].into(),
        event_times: Some(EventTimes {
            column: "ts".to_owned(),
            reader: TimeReader::default(),
            oldest: "1960-01-01".parse().unwrap(),
            latest: "2200-01-01".parse().unwrap(),
        }),
        ..BaselineOptions::default()
    }
}

fn split() -> BaselineOptions {
    let by = vec![Pointer::new("/s").unwrap()];
    BaselineOptions { segments: Some(SegmentOptions { by, max: 4 }), ..options() }
}

fn built_with(files: &[PathBuf], options: &BaselineOptions) -> Baseline {
    let table = Table::open_all(files, &ReadOptions::default()).unwrap();
    let baseline = build_baseline(&table, options, &|_| ()).unwrap();
    assert!(baseline.is_consistent());
    baseline
}

fn built(rows: &[Row]) -> Baseline {
    let files = Files::new();
    built_with(&[files.write("t.csv", csv(rows))], &options())
}

fn learnt(baseline: &Baseline, segment: &SegmentKey, feature: &str, what: Varying, rung: Rung) -> Option<Healthy> {
    baseline.healthy.of(segment, &feature.into())?.rungs(what)?.get(&rung).copied()
}

fn of_whole(baseline: &Baseline, feature: &str, what: Varying, rung: Rung) -> Option<Healthy> {
    learnt(baseline, &SegmentKey::all(), feature, what, rung)
}

/// Windows that are counts of ten bins, one a day.
fn days(windows: &[Vec<u64>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (day, window) in (0..).zip(windows) {
        let bins = window.iter().enumerate().flat_map(|(bin, count)| vec![bin; *count as usize]);
        rows.extend(bins.map(|bin| Row::new(JULY + day * DAY + 12 * HOUR, bin)));
    }
    rows
}

/// `days` days of `rows` rows each that lean to one end and the other in turn.
fn swinging(count: i64, rows: usize) -> Vec<Row> {
    (0..count)
        .flat_map(|day| {
            (0..rows).map(move |row| {
                let bin = row % 10;
                let at = JULY + day * DAY + row as i64 * DAY / rows as i64;
                Row::new(at, if day % 2 == 0 { bin.saturating_sub(row % 3) } else { (bin + row % 3).min(9) })
            })
        })
        .collect()
}

/// The cases of the reference program, where it is beside the repository.
fn golden(kind: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden/alarms_cases.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no {}", path.display());
        return Vec::new();
    };
    let cases: Value = serde_json::from_str(&text).unwrap();
    let of_kind: Vec<Value> =
        cases["cases"].as_array().unwrap().iter().filter(|c| c["kind"] == kind).cloned().collect();
    assert!(!of_kind.is_empty(), "{kind}");
    of_kind
}

#[track_caller]
fn assert_learnt(found: Option<Healthy>, expected: &Value) {
    let Some(found) = found else {
        assert!(expected.is_null(), "nothing instead of {expected}");
        return;
    };
    let close = |what: &str, value: f64| {
        let expected = expected[what].as_f64().unwrap_or_else(|| panic!("{found:?} instead of {expected}"));
        assert!((value - expected).abs() <= 1e-9 * expected, "{what}: {value} instead of {expected}");
    };
    close("phi", found.phi);
    close("upper", found.upper);
    close("size", found.size);
    assert_eq!(expected["windows"], found.windows);
}

#[test]
fn bins_are_learnt_as_the_reference_program_does() {
    for case in golden("learn") {
        let windows: Vec<Vec<u64>> = serde_json::from_value(case["input"]["windows"].clone()).unwrap();
        let baseline = built(&days(&windows));
        assert_learnt(of_whole(&baseline, "x", Varying::Bins, Rung::Day), &case["value"]["healthy"]);
    }
}

#[test]
fn shares_are_learnt_as_the_reference_program_does() {
    for case in golden("learn_share") {
        let missing: Vec<usize> = serde_json::from_value(case["input"]["missing"].clone()).unwrap();
        let size = case["input"]["rows"].as_u64().unwrap() as usize;
        let rows = (0..).zip(&missing).flat_map(|(day, missing)| {
            (0..size).map(move |row| {
                let usual = Row::new(JULY + day * DAY, row % 10);
                Row { x: usual.x.filter(|_| row >= *missing), ..usual }
            })
        });
        let baseline = built(&rows.collect::<Vec<_>>());
        assert_learnt(of_whole(&baseline, "x", Varying::Missing, Rung::Day), &case["value"]["healthy"]);
    }
}

#[test]
fn new_categories_are_learnt_as_the_reference_program_does() {
    for case in golden("learn_unseen") {
        let windows: Vec<BTreeMap<String, usize>> = serde_json::from_value(case["input"]["windows"].clone()).unwrap();
        let rows = (0..).zip(&windows).flat_map(|(day, window)| {
            let values = window.iter().flat_map(|(value, count)| std::iter::repeat_n(value.clone(), *count));
            values.map(move |c| Row { c, ..Row::new(JULY + day * DAY, 3) })
        });
        let baseline = built(&rows.collect::<Vec<_>>());
        assert_learnt(of_whole(&baseline, "c", Varying::Unseen, Rung::Day), &case["value"]["healthy"]);
    }
}

#[test]
fn ten_windows_teach_and_nine_do_not() {
    let ten = built(&swinging(10, 240));
    let learnt = of_whole(&ten, "x", Varying::Bins, Rung::Day).unwrap();
    assert_eq!(learnt.windows, 10);
    assert!(learnt.phi > 3.0 && learnt.upper > learnt.phi, "{learnt:?}");
    let nine = built(&swinging(9, 240));
    assert_eq!(of_whole(&nine, "x", Varying::Bins, Rung::Day), None);
    // Six hours have sixty rows, quarters of an hour have too few.
    assert_eq!(of_whole(&nine, "x", Varying::Bins, Rung::SixHours).unwrap().windows, 36);
    assert_eq!(of_whole(&nine, "x", Varying::Bins, Rung::QuarterHour), None);
    assert_ne!(ten.content_hash(), Baseline { healthy: HealthyVariation::default(), ..ten.clone() }.content_hash());
}

#[test]
fn one_window_and_none_teach_nothing() {
    for rows in [swinging(1, 100), swinging(1, 1), Vec::new()] {
        let untimed = (0..100).map(|row| Row { at: None, ..Row::new(0, row % 10) });
        let baseline = built(&rows.into_iter().chain(untimed).collect::<Vec<_>>());
        assert!(baseline.healthy.is_empty());
    }
    let without = BaselineOptions { event_times: None, ..options() };
    let files = Files::new();
    let file = files.write("t.csv", csv(&swinging(20, 240)));
    assert!(built_with(&[file], &without).healthy.is_empty());
}

#[test]
fn windows_that_are_all_alike_differ_no_more_than_chance() {
    let baseline = built(&days(&vec![vec![20; 10]; 30]));
    for what in [Varying::Bins, Varying::Ks] {
        let learnt = of_whole(&baseline, "x", what, Rung::Day).unwrap();
        assert_eq!((learnt.phi, learnt.windows), (1.0, 30));
    }
    // None are missing anywhere: nothing can be told apart, so nothing is learnt of it.
    assert_eq!(of_whole(&baseline, "x", Varying::Missing, Rung::Day), None);
}

#[test]
fn event_times_of_one_second_are_one_window() {
    let rows: Vec<Row> = (0..5_000).map(|row| Row::new(JULY, row % 10)).collect();
    assert!(built(&rows).healthy.is_empty());
}

#[test]
fn windows_without_values_do_not_count() {
    let mut rows = swinging(24, 240);
    for row in &mut rows {
        // Nothing on odd days, and on the others hardly anything of every fourth.
        let day = (row.at.unwrap() - JULY) / DAY;
        let second = row.at.unwrap() % DAY;
        row.x = row.x.filter(|_| day % 2 == 0 && (day % 8 != 0 || second < 4 * HOUR));
    }
    let baseline = built(&rows);
    assert_eq!(of_whole(&baseline, "x", Varying::Bins, Rung::Day), None, "nine days have enough values");
    assert_eq!(of_whole(&baseline, "c", Varying::Bins, Rung::Day).unwrap().windows, 24);
    let missing = of_whole(&baseline, "x", Varying::Missing, Rung::Day).unwrap();
    assert!(missing.windows == 24 && missing.phi > 50.0, "{missing:?}");
}

#[test]
fn of_many_windows_evenly_many_are_taken() {
    // 60 rows every hour of 23 days: 552 hours, of which every third is taken.
    let rows: Vec<Row> = (0..23 * 24 * 60).map(|row| Row::new(JULY + row * 60, (row % 7) as usize)).collect();
    let baseline = built(&rows);
    let windows = |rung| of_whole(&baseline, "x", Varying::Bins, rung).map(|learnt| learnt.windows);
    let found = Rung::ALL.map(windows);
    assert_eq!(found, [None, Some(184), Some(92), Some(23), None, None]);
}

#[test]
fn segments_learn_from_their_own_windows() {
    let mut rows = swinging(40, 240);
    for (place, row) in rows.iter_mut().enumerate() {
        let day = (row.at.unwrap() - JULY) / DAY;
        // The second segment is there on the first twelve days, the third has a row a day.
        row.s = match place % 4 {
            1 if day < 12 => "two",
            2 if place % 240 == 2 => "three",
            _ => "one",
        };
    }
    let files = Files::new();
    let file = files.write("t.csv", csv(&rows));
    let (whole, by_segment) = (built_with(std::slice::from_ref(&file), &options()), built_with(&[file], &split()));
    let key = |s: &str| SegmentKey::from_labels([("s", Some(s))]);
    let windows = |s: &str| learnt(&by_segment, &key(s), "x", Varying::Bins, Rung::Day).map(|learnt| learnt.windows);
    assert_eq!((windows("one"), windows("two"), windows("three")), (Some(40), Some(12), None));
    let all = |baseline: &Baseline| serde_json::to_value(&baseline.healthy).unwrap()[""].clone();
    assert_eq!(all(&whole), all(&by_segment), "the whole learns the same, split or not");
    // A segment of which there is nothing else is the whole of its own rows.
    let only: Vec<Row> = rows.into_iter().filter(|row| row.s == "two").collect();
    let alone = built(&only);
    let of_bins = |baseline: &Baseline, segment: &SegmentKey| learnt(baseline, segment, "c", Varying::Bins, Rung::Day);
    assert_eq!(of_bins(&alone, &SegmentKey::all()), of_bins(&by_segment, &key("two")));
}

#[test]
fn absurd_event_times_cost_nothing_and_change_nothing() {
    let usual = swinging(20, 240);
    let expected = built(&usual).healthy;
    assert!(!expected.is_empty());
    let scattered = (0..2_000).map(|row| Row::new(row * 2_000_000, 3));
    // Scattered from 1970 to 2096, among so many others that they are none of the usual times.
    let many: Vec<Row> = (0..60).flat_map(|_| usual.clone()).chain(scattered).collect();
    let learnt = built(&many);
    assert_eq!(of_whole(&learnt, "x", Varying::Bins, Rung::Day).unwrap().windows, 20);
    // Nothing but scattered ones: a row every three weeks for 126 years is no window of anything.
    let only: Vec<Row> = (0..2_000).map(|row| Row::new(row * 2_000_000, (row % 7) as usize)).collect();
    assert!(built(&only).healthy.is_empty());
}

#[test]
fn fewer_windows_are_counted_where_memory_is_short() {
    let files = Files::new();
    let mut rows: Vec<Row> = (0..23 * 24 * 60).map(|row| Row::new(JULY + row * 60, (row % 7) as usize)).collect();
    rows.iter_mut().enumerate().for_each(|(place, row)| row.s = if place % 2 == 0 { "one" } else { "two" });
    let file = files.write("t.csv", csv(&rows));
    let windows = |memory: usize| {
        let baseline = built_with(std::slice::from_ref(&file), &BaselineOptions { memory, ..split() });
        let of = |segment: SegmentKey| {
            learnt(&baseline, &segment, "x", Varying::Bins, Rung::SixHours).map(|learnt| learnt.windows)
        };
        (of(SegmentKey::all()), of(SegmentKey::from_labels([("s", Some("one"))])))
    };
    assert_eq!(windows(512 << 20), (Some(92), Some(92)));
    let few: Vec<_> = [120_000, 60_000, 30_000, 1_000].map(windows).into();
    assert!(few.is_sorted_by(|a, b| a >= b), "{few:?}");
    assert!(few.iter().any(|(whole, segment)| *whole == Some(92) && segment.is_none_or(|n| n < 92)), "{few:?}");
    assert_eq!(few.last(), Some(&(None, None)));
}

/// What is learnt of days, by the plain functions on whole windows.
fn by_hand(rows: &[Row]) -> (Option<Healthy>, Option<Healthy>) {
    let mut bins: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    let mut categories: BTreeMap<i64, BTreeMap<String, u64>> = BTreeMap::new();
    for row in rows {
        let day = row.at.unwrap().div_euclid(DAY);
        bins.entry(day).or_insert_with(|| vec![0.0; 10])[row.x.unwrap()] += 1.0;
        *categories.entry(day).or_default().entry(row.c.clone()).or_default() += 1;
    }
    assert!(bins.values().all(|day| day.iter().sum::<f64>() >= 50.0));
    let bins: Vec<Vec<f64>> = bins.into_values().collect();
    let categories: Vec<Vec<(String, u64)>> = categories.into_values().map(|day| day.into_iter().collect()).collect();
    let unseen = strangers_by_window(&categories);
    (Healthy::learn(&leave_one_out(&bins, bins_difference)), Healthy::learn(&unseen))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The rows of ten to thirteen days in any order, in one file or in two.
    #[test]
    fn neither_order_nor_files_matter(
        (rows, shuffled) in (10..14_i64, 50..90_usize, prop::collection::vec((0..10_usize, 0..400_u32), 90))
            .prop_flat_map(|(days, size, noise)| {
                let rows: Vec<Row> = (0..days).flat_map(|day| {
                    let noise = noise.clone();
                    (0..size).map(move |row| {
                        let (bin, word) = noise[(row + 7 * day as usize) % noise.len()];
                        let c = if word > 300 { format!("w{}", word + day as u32) } else { format!("w{}", word % 9) };
                        Row { c, ..Row::new(JULY + day * DAY + row as i64 * 700, (bin + day as usize) % 10) }
                    })
                }).collect();
                (Just(rows.clone()), Just(rows).prop_shuffle())
            }),
        cut in 1..499_usize,
    ) {
        let files = Files::new();
        let (head, tail) = shuffled.split_at(cut);
        let several = [files.write("a.csv", csv(head)), files.write("b.csv", csv(tail))];
        let (one, two) = (built(&rows), built_with(&several, &options()));
        prop_assert_eq!(&one.healthy, &two.healthy);
        prop_assert_eq!(one.content_hash(), two.content_hash());
        let (bins, unseen) = by_hand(&rows);
        prop_assert_eq!(of_whole(&one, "x", Varying::Bins, Rung::Day), bins);
        prop_assert_eq!(of_whole(&one, "c", Varying::Unseen, Rung::Day), unseen);
    }
}
