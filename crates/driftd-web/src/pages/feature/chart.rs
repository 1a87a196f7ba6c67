//! The chart of a feature over its windows, and the same as a table.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{HistoryRow, Incident, words};
use driftd_stats::{DriftStatistic, Scale};
use driftd_window::EventTime;

use super::{Choice, Subject, Told};
use crate::charts::{TimePoint, timeline};
use crate::figures::Badge;
use crate::history_row::{threshold, value};
use crate::pages::address::Address;
use crate::pages::heat::is_on;
use crate::pages::newest::Newest;

/// The chart and everything that follows from it.
pub(super) struct Chart<'a> {
    pub(super) subject: &'a Subject,
    pub(super) newest: &'a Newest,
    pub(super) rows: &'a [&'a HistoryRow],
    /// Ends of the windows that say something of the feature.
    pub(super) judged: &'a BTreeSet<EventTime>,
    pub(super) drawn: DriftStatistic,
    pub(super) selected: EventTime,
    pub(super) incidents: &'a [Incident],
}

impl Chart<'_> {
    /// The statistics of the selected window, of which one is drawn.
    pub(super) fn choices(&self, rows: &[&HistoryRow]) -> Vec<Choice> {
        let choice = |row: &&HistoryRow| Choice {
            name: row.statistic.name(),
            address: self.at(self.selected, Some(row.statistic)),
            is_here: row.statistic == self.drawn,
        };
        rows.iter().map(choice).collect()
    }

    /// The page at a window, if that says something of the feature.
    fn at(&self, end: EventTime, statistic: Option<DriftStatistic>) -> Option<Address> {
        if !self.judged.contains(&end) {
            return None;
        }
        self.subject.at(&self.subject.segment, self.newest.shape.as_str(), end, statistic)
    }

    /// The rows that are drawn, by window.
    fn by_window(&self) -> BTreeMap<EventTime, &HistoryRow> {
        let drawn = self.rows.iter().filter(|row| row.statistic == self.drawn);
        drawn.map(|row| (row.window_end, *row)).collect()
    }

    fn ends(&self) -> impl DoubleEndedIterator<Item = EventTime> + '_ {
        self.newest.windows.iter().map(|window| window.row.window_end)
    }

    pub(super) fn svg(&self, feature: &str) -> String {
        let rows = self.by_window();
        let points: Vec<TimePoint> = self.ends().map(|end| self.point(end, rows.get(&end).copied())).collect();
        let selected = self.ends().position(|end| end == self.selected);
        // The newest thresholds: a change of them shows in what the marks say.
        let limits = rows.values().rev().find_map(|row| threshold(row));
        let title = format!("{} of {feature} over time", self.drawn.name());
        timeline(&title, &points, limits, selected)
    }

    fn point(&self, end: EventTime, row: Option<&HistoryRow>) -> TimePoint {
        TimePoint {
            value: row.and_then(effect),
            healthy: row.and_then(|row| row.expected),
            outcome: row.and_then(|row| row.outcome),
            incident: self.incidents.iter().any(|incident| is_on(incident, end)),
            address: self.at(end, Some(self.drawn)).map(|address| address.to_string()).unwrap_or_default(),
            at: shown(end),
            says: row.map_or_else(|| "not computed".to_owned(), says),
        }
    }

    pub(super) fn table(&self) -> Vec<Told> {
        let rows = self.by_window();
        let told = |end: EventTime| Told {
            at: shown(end),
            address: self.at(end, Some(self.drawn)),
            says: rows.get(&end).map_or_else(|| "not computed".to_owned(), |row| says(row)),
            badge: Badge::of_any(rows.get(&end).and_then(|row| row.outcome)),
        };
        self.ends().rev().map(told).collect()
    }

    /// The window beside the selected one, on that side.
    pub(super) fn neighbour(&self, is_there: impl Fn(EventTime, EventTime) -> bool) -> Option<Address> {
        let beside = self.judged.iter().copied().filter(|end| is_there(*end, self.selected));
        let nearest = beside.min_by_key(|end| end.as_micros().abs_diff(self.selected.as_micros()))?;
        self.at(nearest, Some(self.drawn))
    }
}

/// What is drawn: the effect in the unit of its thresholds.
fn effect(row: &HistoryRow) -> Option<f64> {
    match row.statistic.definition().scale {
        Scale::Number => row.value,
        // What is beyond, and what healthy windows show, is all of it.
        _ => row.net.map(|net| net + row.expected.unwrap_or(0.0)).or(row.value),
    }
}

fn says(row: &HistoryRow) -> String {
    format!("{} {}", row.statistic.name(), value(row))
}

/// The end of a window as people read it.
pub(super) fn shown(end: EventTime) -> String {
    let at = words::minutes(&end.to_string());
    at.strip_suffix(" 00:00").map_or(at.clone(), str::to_owned)
}
