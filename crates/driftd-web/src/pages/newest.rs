//! The newest windows of a monitor: what a page has for columns.
//!
//! A page is about windows of one shape. What is remembered from window to window is judged as a shape of its own,
//! `day (lasting)`, at the same ends; it is told with the windows that it was added from.

use std::collections::BTreeMap;

use driftd_model::{MonitorId, Outcome, ReadStore, StoreError, WindowQuery, WindowRow};
use driftd_window::{EventTime, SegmentKey, WindowName};

use super::asked::Asked;
use super::range::Range;

/// Windows that are looked at for shapes that are not configured.
const LOOKED_AT: u32 = 100;

/// Windows of one shape in one segment, oldest first.
#[derive(Debug)]
pub(super) struct Newest {
    /// Their shape.
    pub(super) shape: WindowName,
    /// Every shape that is configured, was found among the newest windows or is asked for; this one included.
    pub(super) shapes: Vec<WindowName>,
    pub(super) windows: Vec<Judged>,
    /// Whether there are older ones in the range.
    pub(super) is_cut: bool,
}

/// A window, and what lasts at its end.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) row: WindowRow,
    /// The worst outcome of its features, of those that last included.
    pub(super) outcome: Outcome,
}

impl Newest {
    /// The newest `most` windows within `range` of the shape that is asked for. Otherwise of the first one that has any:
    /// in the order of the configuration where that is known, or that of the newest window. Nothing where no shape is
    /// known at all.
    pub(super) async fn of(
        asked: &Asked,
        monitor: &MonitorId,
        segment: &SegmentKey,
        range: &Range,
        most: u32,
    ) -> Result<Option<Self>, StoreError> {
        let store = &*asked.store;
        let wanted = asked.query.shape().map(WindowName::from);
        let configured = asked.configured(monitor).into_iter().flat_map(|monitor| &monitor.windows);
        let mut shapes: Vec<WindowName> = configured.map(|window| window.name().clone()).collect();
        let any = query(monitor, segment, range, LOOKED_AT);
        for shape in found(&store.newest_windows(&any).await?).into_iter().chain(wanted.clone()) {
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
        let of_shape =
            |name: WindowName, limit| WindowQuery { window_name: Some(name), ..query(monitor, segment, range, limit) };
        let limit = most.saturating_add(1);
        let (mut shape, mut rows) = (wanted.clone().or_else(|| shapes.first().cloned()), Vec::new());
        for tried in wanted.map_or_else(|| shapes.clone(), |wanted| vec![wanted]) {
            rows = store.newest_windows(&of_shape(tried.clone(), limit)).await?;
            if !rows.is_empty() {
                shape = Some(tried);
                break;
            }
        }
        let Some(shape) = shape else { return Ok(None) };
        let lasting = store.newest_windows(&of_shape(shape.lasting(), limit)).await?;
        let is_cut = rows.len() > most as usize;
        let mut windows = together(rows.into_iter().take(most as usize), lasting);
        windows.reverse();
        Ok(Some(Self { shape, shapes, windows, is_cut }))
    }

    /// The newest `most` windows of the shape of the newest one, in one look: fewer where there are several shapes.
    pub(super) async fn at_a_glance(
        store: &dyn ReadStore,
        monitor: &MonitorId,
        most: u32,
    ) -> Result<Vec<Judged>, StoreError> {
        let range = Range::default();
        let rows = store.newest_windows(&query(monitor, &SegmentKey::all(), &range, most.saturating_mul(4))).await?;
        let Some(shape) = found(&rows).first().cloned() else { return Ok(Vec::new()) };
        let (lasting, own): (Vec<_>, Vec<_>) =
            rows.into_iter().filter(|row| row.window_name.shape() == shape.as_str()).partition(is_lasting);
        let mut windows = together(own.into_iter().take(most as usize), lasting);
        windows.reverse();
        Ok(windows)
    }

    /// The stretch of the history that its windows are in: after its oldest end but one, and through its newest end.
    pub(super) fn ends(&self) -> Option<(EventTime, EventTime)> {
        let (first, last) = (self.windows.first()?, self.windows.last()?);
        Some((before(first.row.window_end), last.row.window_end))
    }
}

/// The instant before `end`: what ends after it ends at `end` or later.
pub(super) fn before(end: EventTime) -> EventTime {
    EventTime::from_micros(end.as_micros().saturating_sub(1))
}

fn query(monitor: &MonitorId, segment: &SegmentKey, range: &Range, limit: u32) -> WindowQuery {
    WindowQuery {
        segment: Some(segment.clone()),
        from: range.from,
        to: range.to,
        ..WindowQuery::of(monitor.clone(), limit)
    }
}

fn is_lasting(row: &WindowRow) -> bool {
    row.window_name.is_lasting()
}

/// The shapes of windows, that of the newest first.
fn found(newest_first: &[WindowRow]) -> Vec<WindowName> {
    let mut shapes: Vec<WindowName> = Vec::new();
    for row in newest_first.iter().filter(|row| !is_lasting(row)) {
        if !shapes.contains(&row.window_name) {
            shapes.push(row.window_name.clone());
        }
    }
    shapes
}

/// Windows with what lasts at their ends.
fn together(rows: impl Iterator<Item = WindowRow>, lasting: Vec<WindowRow>) -> Vec<Judged> {
    let lasting: BTreeMap<EventTime, Outcome> = lasting.into_iter().map(|row| (row.window_end, row.outcome)).collect();
    let judged = |row: WindowRow| {
        let lasts = lasting.get(&row.window_end).copied();
        Judged { outcome: row.outcome.max(lasts.unwrap_or(row.outcome)), row }
    };
    rows.map(judged).collect()
}
