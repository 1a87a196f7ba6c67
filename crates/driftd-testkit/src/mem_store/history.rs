//! What was judged, row by row and window by window.

use driftd_model::{
    FeatureName, HistoryPosition, HistoryQuery, HistoryRow, MonitorId, WindowPosition, WindowQuery, WindowRow,
};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, WindowName};

use super::state::State;

/// What the history is sorted by: names as text, as a database does it.
type Order<'a> = (EventTime, &'a SegmentKey, &'a WindowName, &'a FeatureName, &'static str, &'a MonitorId);

fn order(row: &HistoryRow) -> Order<'_> {
    (row.window_end, &row.segment, &row.window_name, &row.feature, DriftStatistic::as_str(row.statistic), &row.monitor)
}

fn place(at: &HistoryPosition) -> Order<'_> {
    (at.window_end, &at.segment, &at.window_name, &at.feature, DriftStatistic::as_str(at.statistic), &at.monitor)
}

impl State {
    pub(super) fn history(&self, query: &HistoryQuery) -> Vec<HistoryRow> {
        let wanted = |row: &&HistoryRow| {
            query.monitor.as_ref().is_none_or(|m| row.monitor == *m)
                && query.feature.as_ref().is_none_or(|f| row.feature == *f)
                && query.statistic.is_none_or(|s| row.statistic == s)
                && query.segment.as_ref().is_none_or(|s| row.segment == *s)
                && query.shape.as_ref().is_none_or(|shape| row.window_name.shape() == shape.shape())
                && query.from.is_none_or(|from| row.window_end > from)
                && query.to.is_none_or(|to| row.window_end <= to)
                && query.after.as_ref().is_none_or(|after| order(row) > place(after))
        };
        let mut rows: Vec<&HistoryRow> = self.monitors.values().flat_map(|m| m.history.iter()).filter(wanted).collect();
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows.into_iter().take(query.limit.map_or(usize::MAX, |limit| limit as usize)).cloned().collect()
    }

    pub(super) fn windows(&self, query: &WindowQuery) -> Vec<WindowRow> {
        self.wanted(query).take(query.limit as usize).cloned().collect()
    }

    pub(super) fn newest_windows(&self, query: &WindowQuery) -> Vec<WindowRow> {
        self.wanted(query).rev().take(query.limit as usize).cloned().collect()
    }

    fn wanted(&self, query: &WindowQuery) -> impl DoubleEndedIterator<Item = &WindowRow> {
        let wanted = |row: &&WindowRow| {
            query.segment.as_ref().is_none_or(|segment| row.segment == *segment)
                && query.window_name.as_ref().is_none_or(|name| row.window_name == *name)
                && query.from.is_none_or(|from| row.window_end > from)
                && query.to.is_none_or(|to| row.window_end <= to)
                && query.after.as_ref().is_none_or(|after| WindowPosition::from(*row) > *after)
        };
        let windows = self.monitors.get(&query.monitor).into_iter().flat_map(|m| m.windows.iter());
        let mut rows: Vec<&WindowRow> = windows.filter(wanted).collect();
        rows.sort_by_key(|row| WindowPosition::from(*row));
        rows.into_iter()
    }
}
