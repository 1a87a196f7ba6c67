//! The segments of one window, worst first.

use driftd_model::{MonitorId, ReadStore, StoreError, WindowQuery, WindowRow, words};
use driftd_window::{EventTime, SegmentKey, WindowName};

use super::address::Address;
use super::newest::before;
use crate::figures::Badge;

/// Segments that are listed.
const LISTED: usize = 200;
/// Characters of a name.
const SHORT: usize = 80;

/// The segments that a window was judged in; none where it was judged in that of the page only.
#[derive(Default)]
pub(super) struct SegmentList {
    pub(super) lines: Vec<Line>,
    /// What is not listed, in words; empty where everything is.
    pub(super) left_out: &'static str,
}

/// A segment.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) address: Option<Address>,
    pub(super) badge: Badge,
    pub(super) rows: String,
    /// Whether the page is of it.
    pub(super) is_here: bool,
}

/// The windows of a shape that ended then: in one segment, or in the first `limit` by name.
pub(super) async fn windows_at(
    store: &dyn ReadStore,
    monitor: &MonitorId,
    (name, end): (&WindowName, EventTime),
    segment: Option<&SegmentKey>,
    limit: u32,
) -> Result<Vec<WindowRow>, StoreError> {
    let query = WindowQuery {
        window_name: Some(name.clone()),
        segment: segment.cloned(),
        from: Some(before(end)),
        to: Some(end),
        ..WindowQuery::of(monitor.clone(), limit)
    };
    store.windows(&query).await
}

impl SegmentList {
    /// Those of the window of a shape that ended then, for the page of `here`; each leads to `address`.
    pub(super) async fn of(
        store: &dyn ReadStore,
        monitor: &MonitorId,
        window: (&WindowName, EventTime),
        here: &SegmentKey,
        address: impl Fn(&WindowRow) -> Address,
    ) -> Result<Self, StoreError> {
        // One more shows whether there are more.
        let mut rows = windows_at(store, monitor, window, None, LISTED as u32 + 1).await?;
        let left_out = if rows.len() > LISTED { "These are the first 200 by name; there are more." } else { "" };
        rows.truncate(LISTED);
        if rows.iter().all(|row| row.segment == *here) {
            return Ok(Self::default());
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.outcome, row.rows)));
        let line = |row: &WindowRow| Line {
            name: words::name(&row.segment.to_string(), SHORT),
            address: address(row).in_segment(&row.segment).reachable(),
            badge: Badge::of(row.outcome),
            rows: words::count(row.rows),
            is_here: row.segment == *here,
        };
        Ok(Self { lines: rows.iter().map(line).collect(), left_out })
    }
}
