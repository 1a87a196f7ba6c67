//! `GET /api/v1/monitors/{monitor}/compare`: two ranges of a monitor against each other.

use axum::body::Body;
use axum::http::Response;
use driftd_model::FeatureName;
use driftd_stats::DriftStatistic;
use driftd_window::SegmentKey;

use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::evaluate::in_ranges;
use super::parameter::{BEFORE, DECIDING, FORMAT, ONE_FEATURE, PAST, Parameter, SEGMENT, TIMES};
use super::past::{PastForms, answered};
use super::reading::{Named, Reading};
use crate::past::{Question, Side, Turn, ranges};
use crate::problem::Problem;

/// What is taken.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&BEFORE, &PAST, &SEGMENT, &ONE_FEATURE, &DECIDING, &FORMAT, &TIMES];
}

/// Compare two ranges
///
/// The counts of two ranges against each other, or of one against a baseline: in the bins that the monitor had at the end of
/// the later one, by the rules of the configuration. Nothing is stored, and no incident hears of it.
#[utoipa::path(
    get,
    path = "/api/v1/monitors/{monitor}/compare",
    operation_id = "compare_ranges",
    tag = "history",
    params(("monitor" = String, Path, description = "Name of the monitor"), Asked<Taken>),
    responses(
        (status = 200, description = "The ranges, compared", content(
            (PastForms = "application/json"),
            (String = "text/csv")
        )),
        Problems
    )
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    Named(monitor): Named<String>,
    _turn: Turn,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let monitor = reading.rules_of(&monitor).await?;
    let text = |parameter| asked.get(parameter).unwrap_or_default();
    let statistic = asked.parsed::<DriftStatistic>(&DECIDING)?.map(in_ranges).transpose()?;
    let features: Vec<FeatureName> = asked.get(&ONE_FEATURE).map(FeatureName::from).into_iter().collect();
    let question = Question {
        monitor,
        before: Side::parse(BEFORE.name, text(&BEFORE), reading.now)?,
        past: ranges(PAST.name, text(&PAST), reading.now)?,
        segment: asked.segment().unwrap_or_else(SegmentKey::all),
        statistics: statistic.into_iter().collect(),
    };
    answered(&asked, &reading, question, &features).await
}
