use driftd_stats::SortedSample;

use super::*;

const DAY: f64 = 86_400.0;
const NOON: f64 = 1_709_553_600.0;

fn reason(name: &str, is_whole: bool, values: &[f64]) -> Option<Reason> {
    let mut census = NumberCensus::default();
    // However they are cut.
    let (head, tail) = values.split_at(values.len() / 3);
    census.absorb(head.iter().copied());
    census.absorb(tail.iter().copied());
    let finite = values.iter().copied().filter(|value| value.is_finite()).collect();
    census.reason(name, is_whole, &SortedSample::from_unsorted(finite).unwrap())
}

/// Numbers from 0 to 1 without an order.
fn scattered(count: u64) -> impl Iterator<Item = f64> {
    (0..count).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1_u64 << 53) as f64)
}

fn list(values: impl Iterator<Item = f64>) -> Vec<f64> {
    values.collect()
}

#[test]
fn points_in_time_are_found() {
    let days = list((0..240).map(|i| 20_240_301.0 + f64::from(i / 10)));
    for (what, name, values) in [
        ("dates", "x", days.clone()),
        ("one date, by name", "date", vec![20_240_304.0; 50]),
        ("dates with times", "x", list(days.iter().map(|day| day * 10_000.0 + 1_530.0))),
        (
            "a zero among many dates",
            "x",
            list((0..2_000).map(|i| if i == 7 { 0.0 } else { 20_240_301.0 + f64::from(i % 28) })),
        ),
        ("seconds in order", "x", list((0..240).map(|i| NOON + f64::from(i) * 1_200.0))),
        ("seconds in order with fractions", "x", list((0..240).map(|i| NOON + f64::from(i) * 0.25))),
        ("seconds within a year", "x", list(scattered(240).map(|x| (NOON + x * 365.0 * DAY).floor()))),
        (
            "seconds over decades, by name",
            "createdAt",
            list(scattered(240).map(|x| (NOON * 0.6 + x * 0.4 * NOON).floor())),
        ),
        ("milliseconds", "x", list(scattered(240).map(|x| ((NOON + x * 5_000.0 * DAY) * 1e3).floor()))),
        ("microseconds", "x", list(scattered(240).map(|x| ((NOON + x * 5_000.0 * DAY) * 1e6).floor()))),
        ("nanoseconds", "x", list(scattered(240).map(|x| (NOON + x * 5_000.0 * DAY) * 1e9))),
    ] {
        assert_eq!(reason(name, true, &values), Some(Reason::PointInTime), "{what}");
        assert_eq!(reason(name, false, &values), Some(Reason::PointInTime), "{what}, as floats");
    }
}

#[test]
fn running_numbers_are_found() {
    let shuffled = |count: u64| list((0..count).map(|i| (i * 7_919 % count) as f64));
    for (what, is_whole, values) in [
        ("from zero", true, list((0..240).map(f64::from))),
        ("floats", false, list((0..240).map(f64::from))),
        ("with gaps", true, list((0..240).map(|i| f64::from(1_000_000 + i * 7 + i * i % 5)))),
        ("backwards", true, list((0..240).map(|i| f64::from(-3 * i)))),
        ("in no order", true, shuffled(241)),
        ("a part of a list in no order", true, list(shuffled(2_003).into_iter().filter(|id| id % 3.0 != 0.0))),
        ("with a jump", true, list((0..240).map(|i| f64::from(i + if i > 100 { 5 } else { 0 })))),
    ] {
        assert_eq!(reason("id", is_whole, &values), Some(Reason::RunningNumber), "{what}");
    }
}

#[test]
fn measurements_stay() {
    for (what, values) in [
        ("prices", list(scattered(240).map(|x| (x * 1e5).round() / 100.0))),
        ("whole amounts, all different", list((0..240).map(|i| f64::from(i * 7_919 % 100_003)))),
        ("amounts around twenty million", list(scattered(240).map(|x| (19.5e6 + x * 1e6).round()))),
        ("amounts between one and two and a half billion", list(scattered(240).map(|x| (1e9 + x * 1.5e9).round()))),
        ("hours in order", list((0..240).map(|i| f64::from(i % 24)))),
        ("days of the month", list((0..400).map(|i| f64::from(i % 31 + 1)))),
        ("ages", list(scattered(500).map(|x| (x * 80.0).floor()))),
        ("years", list((0..240).map(|i| f64::from(1990 + i % 30)))),
        ("zeros and ones", list((0..240).map(|i| f64::from(i % 2)))),
        ("a constant", vec![20_240_304.0; 240]),
        ("floats in order", list((0..240).map(|i| f64::from(i) * 0.37))),
        ("few numbers", list((0..90).map(f64::from))),
        ("counts", list(scattered(1_000).map(|x| (1.0 / (x + 1e-3)).floor()))),
        ("what is not finite", vec![f64::NAN; 100]),
    ] {
        assert_eq!(reason("x", true, &values), None, "{what}");
        assert_eq!(reason("x", false, &values), None, "{what}, as floats");
    }
    // Floats that happen to be whole and close together may be measured.
    assert_eq!(reason("x", false, &list((0..241).map(|i| f64::from(i * 100 % 241)))), None);
}

#[test]
fn names_say_time_by_their_words() {
    for name in ["ts", "created_at", "createdAt", "event-time", "TIMESTAMP_MS", "lastSeen", "date", "Start Date"] {
        assert!(says_time(name), "{name}");
    }
    for name in ["x", "rate", "state", "amount", "category", "daytime_calls_rated", "sentiment", "", "data"] {
        assert!(!says_time(name), "{name}");
    }
}

#[test]
fn a_column_that_cannot_be_any_of_it_is_left_alone() {
    let mut census = NumberCensus::default();
    census.absorb(scattered(1_000_000));
    assert!(census.count <= LOOKED_AT as u64);
}
