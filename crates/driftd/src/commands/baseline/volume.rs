//! The usual traffic of a baseline in words.

use std::fmt::Write;

use driftd_model::{Baseline, Traffic, words};
use driftd_window::{EventTime, Span};

/// 1970-01-05, a Monday.
const MONDAY: EventTime = EventTime::from_micros(4 * 24 * Span::from_hours(1).as_micros());
const WEEK: u32 = 7 * 24;
/// Days of the week from that of the epoch on.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// One line about how much there usually is; nothing where no event times are known.
pub(super) fn line(baseline: &Baseline) -> Option<String> {
    let traffic = baseline.traffic.as_ref()?;
    let (first, last, by_hour) = counts(traffic)?;
    let rows = by_hour.iter().sum();
    let mut text = format!("traffic: {} rows from {} to {} (UTC)", words::count(rows), day(first), day(last));
    match (a_day(traffic), busiest(traffic, &by_hour)) {
        (Some(a_day), Some((hour, most))) => {
            let _ = write!(text, ", about {} a day, busiest hour {hour} with about {}", about(a_day), about(most));
        }
        _ => text.push_str(", less than a day, which says nothing about other hours"),
    }
    if rows < baseline.rows {
        let _ = write!(text, "; {} more without a usable event time", words::count(baseline.rows - rows));
    }
    Some(text)
}

/// How many a day there were before and after, where both are known and differ by more than what hours that are only
/// partly covered do to an average.
pub(super) fn change(old: &Baseline, new: &Baseline) -> Option<String> {
    let [old, new] = [old, new].map(|baseline| baseline.traffic.as_ref().and_then(a_day));
    let (old, new) = (old?, new?);
    let differ = (old - new).abs() > 0.01 * old.max(new);
    differ.then(|| format!("rows a day {} → {}", about(old), about(new)))
}

/// Rows of an average day.
fn a_day(traffic: &Traffic) -> Option<f64> {
    Some(traffic.expected(MONDAY, MONDAY.plus(Span::from_hours(WEEK)))? / 7.0)
}

/// The hour of the week that had most, such as `Mon 13:00`, and how many it had. Hours without any row are never it,
/// so that a reference of two days names no hour of a third.
fn busiest(traffic: &Traffic, by_hour: &[u64]) -> Option<(String, f64)> {
    let mut busiest = None;
    for (hour, _) in (0_u32..).zip(by_hour).filter(|(_, rows)| **rows > 0) {
        let start = EventTime::from_micros(0).plus(Span::from_hours(hour));
        let rows = traffic.expected(start, start.plus(Span::from_hours(1)))?;
        if busiest.is_none_or(|(_, most)| rows > most) {
            busiest = Some((hour, rows));
        }
    }
    let (hour, rows) = busiest?;
    let day = DAYS.get(hour as usize / 24)?;
    Some((format!("{day} {:02}:00", hour % 24), rows))
}

/// First and last event time, and the rows of every hour of the week from that of the epoch on: what is stored.
fn counts(traffic: &Traffic) -> Option<(EventTime, EventTime, Vec<u64>)> {
    let mut stored = serde_json::to_value(traffic).ok()?;
    let mut take = |key: &str| stored.get_mut(key).map(serde_json::Value::take);
    let (first, last) = serde_json::from_value(take("range")?).ok()?;
    Some((first, last, serde_json::from_value(take("rows")?).ok()?))
}

fn day(at: EventTime) -> String {
    at.to_string().chars().take("2013-07-01".len()).collect()
}

fn about(rows: f64) -> String {
    // Three digits are enough for few, and many have their thousands apart.
    if rows < 100.0 { words::number(rows) } else { words::count(rows.round() as u64) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests assert by panicking")]
mod tests {
    use driftd_model::HealthyVariation;
    use insta::assert_snapshot;

    use super::*;

    /// `rows` rows an hour from 2013-07-01, a Monday, on, and ten times as many in the eleventh hour of every day.
    fn baseline(hours: u32, rows: u64) -> Baseline {
        let mut traffic = Traffic::default();
        let start: EventTime = "2013-07-01".parse().unwrap();
        let mut counted = 0;
        for hour in 0..hours {
            let rows = if hour % 24 == 10 { 10 * rows } else { rows };
            counted += rows;
            traffic.add(start.plus(Span::from_hours(hour)), rows);
        }
        Baseline {
            source: "t.csv".to_owned(),
            rows: counted,
            features: Vec::new(),
            segment_by: Vec::new(),
            segments: Vec::new(),
            skipped: Vec::new(),
            traffic: Some(traffic),
            healthy: HealthyVariation::default(),
        }
    }

    #[test]
    fn traffic_is_one_line() {
        assert_snapshot!(line(&baseline(24 * 14 + 1, 100)).unwrap(), @"traffic: 46,300 rows from 2013-07-01 to 2013-07-15 (UTC), about 3,307 a day, busiest hour Thu 10:00 with about 1,000");
        assert_snapshot!(line(&baseline(24 * 2 + 1, 1)).unwrap(), @"traffic: 67 rows from 2013-07-01 to 2013-07-03 (UTC), about 33.4 a day, busiest hour Mon 10:00 with about 10");
        assert_snapshot!(line(&baseline(20, 3)).unwrap(), @"traffic: 87 rows from 2013-07-01 to 2013-07-01 (UTC), less than a day, which says nothing about other hours");
        let bad = baseline(24 * 14 + 1, 100);
        assert_snapshot!(line(&Baseline { rows: bad.rows + 1_234, ..bad }).unwrap(), @"traffic: 46,300 rows from 2013-07-01 to 2013-07-15 (UTC), about 3,307 a day, busiest hour Thu 10:00 with about 1,000; 1,234 more without a usable event time");
        assert_eq!(line(&Baseline { traffic: None, ..baseline(1, 1) }), None);
        assert_eq!(line(&Baseline { traffic: Some(Traffic::default()), ..baseline(1, 1) }), None);
    }

    #[test]
    fn a_change_is_said_where_both_are_known() {
        let (few, many) = (baseline(24 * 7 + 1, 100), baseline(24 * 7 + 1, 200));
        assert_snapshot!(change(&few, &many).unwrap(), @"rows a day 3,314 → 6,629");
        assert_eq!(change(&few, &few), None);
        assert_eq!(change(&few, &baseline(20, 100)), None);
        assert_eq!(change(&Baseline { traffic: None, ..baseline(1, 1) }, &many), None);
    }
}
