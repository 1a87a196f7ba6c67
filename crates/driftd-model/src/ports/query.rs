//! What is asked of lists that are long: which rows, after which one, and how many of them. Whoever reads a list page by
//! page asks for the rows after the last one that it has: what is written meanwhile moves none of those that follow.

use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, WindowName};
use serde::{Deserialize, Serialize};

use crate::{FeatureName, HistoryRow, IncidentId, IncidentRow, IncidentState, MonitorId, WindowRow};

/// Which rows of the history are wanted.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct HistoryQuery {
    /// Only this monitor.
    pub monitor: Option<MonitorId>,
    /// Only this feature.
    pub feature: Option<FeatureName>,
    /// Only this statistic.
    pub statistic: Option<DriftStatistic>,
    /// Only this segment.
    pub segment: Option<SegmentKey>,
    /// Only windows of this shape, and what was remembered over them.
    pub shape: Option<WindowName>,
    /// Only windows that end after this.
    pub from: Option<EventTime>,
    /// Only windows that end at or before this.
    pub to: Option<EventTime>,
    /// Only what comes after this row.
    pub after: Option<HistoryPosition>,
    /// At most that many.
    pub limit: Option<u32>,
}

/// Where a row of the history stands in its order. Statistics stand in that of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryPosition {
    /// End of its window.
    pub window_end: EventTime,
    /// Its segment.
    pub segment: SegmentKey,
    /// Its window.
    pub window_name: WindowName,
    /// Its feature.
    pub feature: FeatureName,
    /// Its statistic.
    pub statistic: DriftStatistic,
    /// Its monitor.
    pub monitor: MonitorId,
}

/// Which windows are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowQuery {
    /// Of this monitor.
    pub monitor: MonitorId,
    /// Only of this segment.
    pub segment: Option<SegmentKey>,
    /// Only of this shape.
    pub window_name: Option<WindowName>,
    /// Only those that end after this.
    pub from: Option<EventTime>,
    /// Only those that end at or before this.
    pub to: Option<EventTime>,
    /// Only what comes after this one.
    pub after: Option<WindowPosition>,
    /// At most that many.
    pub limit: u32,
}

/// Where a window stands among those of its monitor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowPosition {
    /// Its end.
    pub window_end: EventTime,
    /// Its segment.
    pub segment: SegmentKey,
    /// Its shape.
    pub window_name: WindowName,
}

/// Which incidents are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentQuery {
    /// Only of this monitor.
    pub monitor: Option<MonitorId>,
    /// Only in this state.
    pub state: Option<IncidentState>,
    /// Only those whose first bad window began at or after this.
    pub from: Option<EventTime>,
    /// Only those whose first bad window began before this.
    pub to: Option<EventTime>,
    /// Only what comes after this one.
    pub after: Option<IncidentPosition>,
    /// At most that many.
    pub limit: u32,
}

/// Where an incident stands in the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentPosition {
    /// Start of its first bad window.
    pub first_seen: EventTime,
    /// Its id.
    pub id: IncidentId,
}

/// An incident of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedIncident {
    /// Start of its first bad window.
    pub first_seen: EventTime,
    /// Its row.
    pub row: IncidentRow,
}

impl WindowQuery {
    /// The first `limit` windows of `monitor`.
    #[must_use]
    pub const fn of(monitor: MonitorId, limit: u32) -> Self {
        Self { monitor, segment: None, window_name: None, from: None, to: None, after: None, limit }
    }
}

impl IncidentQuery {
    /// The newest `limit` incidents.
    #[must_use]
    pub const fn newest(limit: u32) -> Self {
        Self { monitor: None, state: None, from: None, to: None, after: None, limit }
    }
}

impl From<&HistoryRow> for HistoryPosition {
    fn from(row: &HistoryRow) -> Self {
        Self {
            window_end: row.window_end,
            segment: row.segment.clone(),
            window_name: row.window_name.clone(),
            feature: row.feature.clone(),
            statistic: row.statistic,
            monitor: row.monitor.clone(),
        }
    }
}

impl From<&WindowRow> for WindowPosition {
    fn from(row: &WindowRow) -> Self {
        Self { window_end: row.window_end, segment: row.segment.clone(), window_name: row.window_name.clone() }
    }
}

impl From<&ListedIncident> for IncidentPosition {
    fn from(listed: &ListedIncident) -> Self {
        Self { first_seen: listed.first_seen, id: listed.row.incident_id.clone() }
    }
}
