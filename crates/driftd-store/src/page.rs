//! Bounds of a page as statements take them: numbers and texts that are always there, so that an index leads to where a
//! page begins, however long the list before it is.

use std::borrow::Cow;

use driftd_model::{HistoryQuery, IncidentQuery, WindowQuery};
use driftd_window::EventTime;

use crate::rows::Text;

/// Ends of the windows of a page: after `from`, and at or before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// Where a page of windows begins: after a window of this end, segment and name.
pub(crate) struct AfterWindow<'a> {
    pub(crate) end: i64,
    pub(crate) segment: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

/// The stretch of first bad windows that incidents of a page are of, and where it begins: before an incident of this
/// stretch and id.
pub(crate) struct IncidentBounds<'a> {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) first_seen: i64,
    pub(crate) id: Cow<'a, str>,
}

impl Ends {
    fn of(from: Option<EventTime>, to: Option<EventTime>, after: Option<EventTime>) -> Self {
        // What comes after a row ends when its window does or later.
        let after = after.map_or(i64::MIN, |end| end.as_micros().saturating_sub(1));
        Self {
            from: from.map_or(i64::MIN, EventTime::as_micros).max(after),
            to: to.map_or(i64::MAX, EventTime::as_micros),
        }
    }

    pub(crate) fn of_windows(query: &WindowQuery) -> Self {
        Self::of(query.from, query.to, query.after.as_ref().map(|after| after.window_end))
    }

    /// Nothing where neither a range nor a row to go on after is asked for.
    pub(crate) fn of_history(query: &HistoryQuery) -> (Option<i64>, Option<i64>) {
        let ends = Self::of(query.from, query.to, query.after.as_ref().map(|after| after.window_end));
        ((ends.from != i64::MIN).then_some(ends.from), query.to.map(|_| ends.to))
    }
}

impl<'a> AfterWindow<'a> {
    /// Before all windows where none is named.
    pub(crate) fn of(query: &'a WindowQuery, text: Text) -> Self {
        match &query.after {
            None => Self { end: i64::MIN, segment: Cow::Borrowed(""), name: Cow::Borrowed("") },
            Some(after) => Self {
                end: after.window_end.as_micros(),
                segment: text(after.segment.as_str()),
                name: text(after.window_name.as_str()),
            },
        }
    }
}

impl<'a> IncidentBounds<'a> {
    pub(crate) fn of(query: &'a IncidentQuery, text: Text) -> Self {
        let after = query.after.as_ref();
        let first_seen = after.map_or(i64::MAX, |after| after.first_seen.as_micros());
        Self {
            from: query.from.map_or(i64::MIN, EventTime::as_micros),
            to: query.to.map_or(i64::MAX, EventTime::as_micros).min(first_seen.saturating_add(1)),
            first_seen,
            id: after.map_or(Cow::Borrowed(""), |after| text(after.id.as_str())),
        }
    }
}
