//! The heat map of a monitor: features by windows, as a table of links.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use driftd_model::{FeatureName, HistoryRow, Incident, MonitorId, Outcome, words};
use driftd_window::{EventTime, SegmentKey};

use super::address::Address;
use super::newest::{Judged, Newest};
use super::verdicts::{by_weight, feature_address};
use crate::figures::Badge;
use crate::history_row::{value, weight};

/// Features that have a line.
const LINES: usize = 40;
/// Characters of a name.
const SHORT: usize = 40;
/// A stable cell is the stronger the closer its effect is to the threshold for a warning.
const STEPS: [(f64, &str); 4] = [(0.25, "s0"), (0.5, "s1"), (0.75, "s2"), (f64::INFINITY, "s3")];

/// Features by windows.
pub(super) struct Heat {
    pub(super) columns: Vec<Column>,
    pub(super) lines: Vec<Line>,
    /// What has no line, in words; empty where everything has one.
    pub(super) folded: String,
}

/// A window.
pub(super) struct Column {
    pub(super) at: String,
    pub(super) badge: Badge,
    pub(super) title: String,
    pub(super) address: Option<Address>,
    /// An incident that was on.
    pub(super) incident: Option<Mark>,
    /// Whether windows are judged against another baseline from here on.
    pub(super) turns: bool,
}

/// An incident at a window.
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) address: Address,
}

/// A feature.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) address: Option<Address>,
    pub(super) cells: Vec<Cell>,
}

/// A feature at a window.
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    /// What the numbers say, where they say something.
    pub(super) title: String,
    pub(super) address: Option<Address>,
}

/// The rows that lead, by window.
type Leads<'a> = BTreeMap<EventTime, &'a HistoryRow>;

impl Heat {
    /// The heat map of windows, the rows of the history there are of them, and incidents of the same segment.
    pub(super) fn of(
        monitor: &MonitorId,
        segment: &SegmentKey,
        newest: &Newest,
        rows: &[HistoryRow],
        incidents: &[Incident],
    ) -> Self {
        let shape = newest.shape.as_str();
        let mut features: BTreeMap<&FeatureName, Leads<'_>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.window_name.shape() == shape) {
            let leads = features.entry(&row.feature).or_default();
            let lead = leads.entry(row.window_end).or_insert(row);
            if by_weight(row, lead).is_gt() {
                *lead = row;
            }
        }
        let last = newest.windows.last().map(|window| window.row.window_end);
        let mut features: Vec<(&FeatureName, Leads<'_>)> = features.into_iter().collect();
        // Stable: what is equally bad stays in the order of names.
        features.sort_by_cached_key(|(_, leads)| Reverse(badness(leads, last)));
        let left: Vec<_> = features.split_off(features.len().min(LINES));
        let ends: Vec<EventTime> = newest.windows.iter().map(|window| window.row.window_end).collect();
        let line = |(feature, leads): &(&FeatureName, Leads<'_>)| Line {
            name: words::name(feature.as_str(), SHORT),
            // The last window that says something of it.
            address: ends
                .iter()
                .rev()
                .find(|end| leads.contains_key(end))
                .and_then(|end| feature_address(monitor, feature, segment, shape, *end)),
            cells: ends
                .iter()
                .map(|end| Cell::of(leads.get(end).copied(), feature_address(monitor, feature, segment, shape, *end)))
                .collect(),
        };
        Self {
            columns: columns(monitor, segment, &newest.windows, incidents),
            lines: features.iter().map(line).collect(),
            folded: folded(&left),
        }
    }
}

/// How bad a feature is: now, at its worst, how often, and how close to it (in thousandths of the threshold).
fn badness(leads: &Leads<'_>, last: Option<EventTime>) -> (Option<Outcome>, Option<Outcome>, usize, i64) {
    let outcome = |row: &&HistoryRow| row.outcome.filter(|outcome| outcome.is_bad());
    let now = last.and_then(|end| leads.get(&end)).and_then(outcome);
    let bad = leads.values().filter(|row| outcome(row).is_some()).count();
    let closest = leads.values().map(|row| weight(row).1).fold(f64::MIN, f64::max);
    (now, leads.values().filter_map(outcome).max(), bad, (closest * 1000.0) as i64)
}

fn columns(monitor: &MonitorId, segment: &SegmentKey, windows: &[Judged], incidents: &[Incident]) -> Vec<Column> {
    let before = std::iter::once(None).chain(windows.iter().map(Some));
    before.zip(windows).map(|(before, window)| Column::of(monitor, segment, before, window, incidents)).collect()
}

impl Column {
    fn of(
        monitor: &MonitorId,
        segment: &SegmentKey,
        before: Option<&Judged>,
        window: &Judged,
        incidents: &[Incident],
    ) -> Self {
        let (badge, row) = (Badge::of(window.outcome), &window.row);
        let turns = before.is_some_and(|before| before.row.baseline != row.baseline);
        let span = words::span(row.window_start, row.window_end);
        let mut title = format!("{span}: {}, {}", badge.word, words::counted(row.rows, "record", "records"));
        if turns {
            let _ = write!(title, ", against {} from here on", words::name(&row.baseline, SHORT));
        }
        let on = incidents.iter().filter(|incident| is_on(incident, row.window_end));
        // A day is named by its date; a window that ends within one needs the hour.
        let at = words::minutes(&row.window_end.to_string());
        Self {
            at: at.strip_suffix(" 00:00").map_or(at.clone(), str::to_owned),
            badge,
            title,
            address: Address::window(monitor, &row.window_name, row.window_end).in_segment(segment).reachable(),
            incident: on.max_by_key(|incident| incident.severity).map(Mark::of),
            turns,
        }
    }
}

/// Whether the window that ended then is one between the first and the last bad one of an incident about windows.
pub(super) fn is_on(incident: &Incident, end: EventTime) -> bool {
    incident.key.kind.is_of_windows() && incident.first_seen < end && end <= incident.last_window.2
}

impl Mark {
    fn of(incident: &Incident) -> Self {
        // What is over was as bad all the same.
        let badge = Badge::of_incident(incident.severity, driftd_model::IncidentState::Open);
        Self { class: badge.class, word: badge.word, address: Address::incident(&incident.id) }
    }
}

impl Cell {
    fn of(lead: Option<&HistoryRow>, address: Option<Address>) -> Self {
        let Some(lead) = lead else {
            return Self { class: "gap", word: "none", title: String::new(), address: None };
        };
        let badge = Badge::of_any(lead.outcome);
        let says = format!("{} {}", lead.statistic.name(), value(lead));
        let (class, title) = match lead.outcome {
            Some(Outcome::Stable) => {
                let effect = weight(lead).1;
                (STEPS.iter().find(|(limit, _)| effect < *limit).map_or("s3", |(_, step)| *step), String::new())
            }
            Some(Outcome::Warning | Outcome::Critical) => (badge.class, says),
            _ => (badge.class, String::new()),
        };
        Self { class, word: badge.word, title, address }
    }
}

fn folded(left: &[(&FeatureName, Leads<'_>)]) -> String {
    let bad = |leads: &Leads<'_>| leads.values().any(|row| row.outcome.is_some_and(Outcome::is_bad));
    let drifted = left.iter().filter(|(_, leads)| bad(leads)).count() as u64;
    match (left.len() as u64, drifted) {
        (0, _) => String::new(),
        (all, 0) => format!("{} more, all stable.", words::counted(all, "feature", "features")),
        (all, drifted) => format!(
            "{} more, of which {} drifted at least once.",
            words::counted(all, "feature", "features"),
            words::count(drifted)
        ),
    }
}

#[cfg(test)]
mod tests {
    use driftd_model::WindowRow;
    use driftd_stats::DriftStatistic;
    use driftd_window::{Timestamp, WindowName};

    use super::*;

    fn day(days: i64) -> EventTime {
        EventTime::from_micros(days * 86_400_000_000)
    }

    /// PSI of a feature in the window of that day; a warning from 0.1 on.
    fn row(feature: &str, days: i64, value: f64) -> HistoryRow {
        let outcome = if value >= 0.1 { Outcome::Warning } else { Outcome::Stable };
        HistoryRow {
            monitor: "m".parse().unwrap(),
            segment: SegmentKey::all(),
            window_name: "day".into(),
            window_start: day(days - 1),
            window_end: day(days),
            feature: feature.into(),
            statistic: DriftStatistic::Psi,
            value: Some(value),
            certified_error: None,
            n: 1_000,
            m: 1_000,
            p_value: None,
            q_value: None,
            warn: Some(0.1),
            critical: None,
            outcome: Some(outcome),
            baseline: "b@v1".to_owned(),
            sealed_at: Timestamp::from_micros(0),
            expected: None,
            net: Some(value),
            phi: None,
            healthy_windows: None,
            level: None,
            previous_value: None,
            previous_p: None,
            day_value: None,
            day_p: None,
            week_value: None,
            week_p: None,
        }
    }

    fn window(days: i64, baseline: &str) -> Judged {
        let row = WindowRow {
            monitor: "m".parse().unwrap(),
            segment: SegmentKey::all(),
            window_name: "day".into(),
            window_start: day(days - 1),
            window_end: day(days),
            rows: 1_000,
            coverage: 1.0,
            outcome: Outcome::Stable,
            baseline: baseline.to_owned(),
            sealed_at: Timestamp::from_micros(0),
        };
        Judged { row, outcome: Outcome::Stable }
    }

    fn heat(rows: &[HistoryRow]) -> Heat {
        let windows = vec![window(1, "b@v1"), window(2, "b@v1"), window(3, "b@v2")];
        let newest = Newest { shape: "day".into(), shapes: vec!["day".into()], windows, is_cut: false };
        Heat::of(&"m".parse().unwrap(), &SegmentKey::all(), &newest, rows, &[])
    }

    #[test]
    fn what_is_bad_now_comes_before_what_was() {
        let mut rows = vec![row("was", 1, 0.4), row("was", 3, 0.01), row("calm", 3, 0.001), row("now", 3, 0.12)];
        // What lasts is told at the window that it was added from.
        rows.push(HistoryRow { window_name: WindowName::from("day").lasting(), ..row("calm", 2, 0.09) });
        let heat = heat(&rows);
        let told: Vec<String> = heat
            .lines
            .iter()
            .map(|line| format!("{}: {}", line.name, line.cells.iter().map(|c| c.class).collect::<Vec<_>>().join(" ")))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        now: gap gap warning
        was: warning gap s0
        calm: gap s3 s0
        ");
        let old = self::heat(&[row("old", 2, 0.01)]);
        let address = old.lines[0].address.as_ref().unwrap().to_string();
        assert!(address.ends_with("end=1970-01-03T00:00:00Z"), "the last window with a row of it: {address}");
        assert_eq!(heat.columns.iter().map(|column| column.turns).collect::<Vec<_>>(), [false, false, true]);
        assert!(heat.columns[2].title.ends_with("against b@v2 from here on"), "{}", heat.columns[2].title);
    }

    #[test]
    fn what_has_no_line_is_counted() {
        let rows: Vec<HistoryRow> = (0..77).map(|place| row(&format!("f{place:02}"), 3, 0.01)).collect();
        let calm = heat(&rows);
        assert_eq!((calm.lines.len(), calm.folded.as_str()), (40, "37 features more, all stable."));
        let rows: Vec<HistoryRow> = (0..42).map(|place| row(&format!("f{place:02}"), 3, 0.2)).collect();
        assert_eq!(heat(&rows).folded, "2 features more, of which 2 drifted at least once.");
    }
}
