//! `GET /api/v1/monitors/{monitor}/features/{feature}/drift`: statistics of a feature over time.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{FeatureName, HistoryPosition, HistoryQuery, HistoryRow};

use super::answer;
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{CURSOR, FORMAT, FROM, LIMIT, Parameter, SEGMENT, STATISTIC, TIMES, TO};
use super::reading::{Named, Reading};
use super::row::RowsOf;
use crate::problem::Problem;

/// What the list takes.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&STATISTIC, &SEGMENT, &FROM, &TO, &LIMIT, &CURSOR, &FORMAT, &TIMES];
}

/// What it answers.
type Drift = RowsOf<HistoryRow>;

/// Drift of a feature over time
///
/// Rows of the view `drift_history`, by end of their window, segment, window and statistic. A window is in the range that
/// its last instant is in. A feature that nobody watches has no rows.
#[utoipa::path(
    get,
    path = "/api/v1/monitors/{monitor}/features/{feature}/drift",
    operation_id = "list_drift",
    tag = "history",
    params(
        ("monitor" = String, Path, description = "Name of the monitor"),
        ("feature" = String, Path, description = "Name of the feature"),
        Asked<Taken>
    ),
    responses(
        (status = 200, description = "A page of statistics", content(
            (Drift = "application/json"),
            (String = "text/csv")
        )),
        Problems
    )
)]
pub(super) async fn list(
    asked: Asked<Taken>,
    Named((monitor, feature)): Named<(String, String)>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let cursor = asked.cursor::<HistoryPosition>()?;
    let range = cursor.as_ref().map_or_else(|| asked.range(reading.now), |cursor| Ok(cursor.range))?;
    let query = HistoryQuery {
        monitor: Some(reading.monitor(&monitor).await?),
        feature: Some(FeatureName::from(feature.as_str())),
        statistic: asked.parsed(&STATISTIC)?,
        segment: asked.segment(),
        from: range.from,
        to: range.to,
        after: cursor.map(|cursor| cursor.after),
        limit: Some(asked.limit() + 1),
        ..HistoryQuery::default()
    };
    let (rows, next) = answer::page_of(reading.store.history(&query).await?, asked.limit(), |last| {
        asked.next(range, HistoryPosition::from(last))
    });
    answer::rows(&asked, &rows, range, next)
}
