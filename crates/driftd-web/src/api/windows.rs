//! `GET /api/v1/monitors/{monitor}/windows`: what was judged, window by window.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{WindowPosition, WindowQuery, WindowRow};
use driftd_window::WindowName;

use super::answer;
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{CURSOR, FORMAT, FROM, LIMIT, Parameter, SEGMENT, TIMES, TO, WINDOW};
use super::reading::{Named, Reading};
use super::row::RowsOf;
use crate::problem::Problem;

/// What the list takes.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&SEGMENT, &WINDOW, &FROM, &TO, &LIMIT, &CURSOR, &FORMAT, &TIMES];
}

/// What it answers.
type Windows = RowsOf<WindowRow>;

/// Judged windows of a monitor
///
/// One row a window and segment, by end, segment and name. A window is in the range that its last instant is in. Those
/// whose name ends in ` (lasting)` are what was remembered over the windows before.
#[utoipa::path(
    get,
    path = "/api/v1/monitors/{monitor}/windows",
    operation_id = "list_windows",
    tag = "history",
    params(("monitor" = String, Path, description = "Name of the monitor"), Asked<Taken>),
    responses(
        (status = 200, description = "A page of windows", content(
            (Windows = "application/json"),
            (String = "text/csv")
        )),
        Problems
    )
)]
pub(super) async fn list(
    asked: Asked<Taken>,
    Named(monitor): Named<String>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let cursor = asked.cursor::<WindowPosition>()?;
    let range = cursor.as_ref().map_or_else(|| asked.range(reading.now), |cursor| Ok(cursor.range))?;
    let query = WindowQuery {
        monitor: reading.monitor(&monitor).await?,
        segment: asked.segment(),
        window_name: asked.get(&WINDOW).map(WindowName::from),
        from: range.from,
        to: range.to,
        after: cursor.map(|cursor| cursor.after),
        limit: asked.limit() + 1,
    };
    let (rows, next) = answer::page_of(reading.store.windows(&query).await?, asked.limit(), |last| {
        asked.next(range, WindowPosition::from(last))
    });
    answer::rows(&asked, &rows, range, next)
}
