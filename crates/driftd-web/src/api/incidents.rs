//! `GET /api/v1/incidents`: what opened, newest first.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{IncidentPosition, IncidentQuery, IncidentRow, IncidentState, MonitorId};

use super::answer;
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{CURSOR, FORMAT, FROM, LIMIT, MONITOR, Parameter, STATE, TIMES, TO};
use super::reading::Reading;
use super::row::RowsOf;
use crate::problem::Problem;

/// What the list takes.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&MONITOR, &STATE, &FROM, &TO, &LIMIT, &CURSOR, &FORMAT, &TIMES];
}

/// What it answers.
type Incidents = RowsOf<IncidentRow>;

/// Incidents
///
/// Rows of the view `incident_history`, newest first. An incident is in the range that its first bad window began in.
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
    operation_id = "list_incidents",
    tag = "incidents",
    params(Asked<Taken>),
    responses(
        (status = 200, description = "A page of incidents", content(
            (Incidents = "application/json"),
            (String = "text/csv")
        )),
        Problems
    )
)]
pub(super) async fn list(asked: Asked<Taken>, reading: Reading) -> Result<Response<Body>, Problem> {
    let cursor = asked.cursor::<IncidentPosition>()?;
    let range = cursor.as_ref().map_or_else(|| asked.range(reading.now), |cursor| Ok(cursor.range))?;
    let query = IncidentQuery {
        monitor: asked.parsed::<MonitorId>(&MONITOR)?,
        state: asked.get(&STATE).and_then(IncidentState::from_stored),
        from: range.from,
        to: range.to,
        after: cursor.map(|cursor| cursor.after),
        limit: asked.limit() + 1,
    };
    let (listed, next) = answer::page_of(reading.store.incident_page(&query).await?, asked.limit(), |last| {
        asked.next(range, IncidentPosition::from(last))
    });
    let rows: Vec<IncidentRow> = listed.into_iter().map(|listed| listed.row).collect();
    answer::rows(&asked, &rows, range, next)
}
