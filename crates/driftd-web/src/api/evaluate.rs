//! `POST /api/v1/monitors/{monitor}/evaluate`: any past range, any statistic, any baseline.

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use driftd_model::{BaselineChoice, FeatureName};
use driftd_stats::DriftStatistic;
use driftd_window::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};

use super::asked::{Asked, Parameters, segment};
use super::body::JsonBody;
use super::document::Problems;
use super::parameter::{FORMAT, Parameter, TIMES, shortened};
use super::past::{PastForms, answered};
use super::range::{self, TimeRange};
use super::reading::{Named, Reading};
use crate::AppState;
use crate::past::{Question, Side, Turn};
use crate::problem::{ParameterError, Problem, ProblemKind};

/// Features that may be named: more are all of them.
const MOST_FEATURES: usize = 1_000;

/// What is taken besides the body.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&FORMAT, &TIMES];
}

/// A question about a past range.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Evaluation {
    /// First instant of event time: RFC 3339, a date, whole seconds since 1970, now, or now-7d.
    #[schema(schema_with = first_instant)]
    from: String,
    /// First instant after the range; now unless it is given.
    #[schema(schema_with = end)]
    #[serde(default)]
    to: Option<String>,
    /// The baseline that the range is held against, `name@vN`, or a name for its newest version; the one that the monitor
    /// was judged against at the end of the range unless it is given.
    #[schema(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(@v[1-9][0-9]*)?$")]
    #[serde(default)]
    baseline: Option<String>,
    /// The segment, as in carrier=UA; the whole population unless it is given.
    #[serde(default)]
    segment: Option<String>,
    /// Only these features; all unless some are given.
    #[schema(max_items = 1000)]
    #[serde(default)]
    features: Vec<String>,
    /// Only these statistics, which alone decide then, by the thresholds of the configuration or the usual ones; those of
    /// the configuration unless some are given.
    #[schema(schema_with = statistics_of_ranges)]
    #[serde(default)]
    statistics: Vec<String>,
}

fn first_instant() -> Object {
    let says = "First instant of event time: RFC 3339, a date, whole seconds since 1970, now, or now-7d.";
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(range::PATTERN)).description(Some(says)).build()
}

fn end() -> Object {
    let types = SchemaType::Array(vec![Type::String, Type::Null]);
    let says = "First instant after the range; now unless it is given.";
    ObjectBuilder::new().schema_type(types).pattern(Some(range::PATTERN)).description(Some(says)).build()
}

fn statistics_of_ranges() -> Schema {
    let known = DriftStatistic::ALL.into_iter().filter(|statistic| in_ranges(*statistic).is_ok());
    let one = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(known.map(DriftStatistic::as_str)));
    let says = "Only these statistics, which alone decide then, by the thresholds of the configuration or the usual ones; \
                those of the configuration unless some are given.";
    Schema::Array(ArrayBuilder::new().items(one).description(Some(says)).build())
}

/// Evaluate a past range
///
/// The counts of the range's panes as one window, held against a baseline: by the rules of the configuration, or by other
/// statistics. Nothing is stored, and no incident hears of it.
#[utoipa::path(
    post,
    path = "/api/v1/monitors/{monitor}/evaluate",
    operation_id = "evaluate_range",
    tag = "history",
    params(("monitor" = String, Path, description = "Name of the monitor"), Asked<Taken>),
    request_body = Evaluation,
    responses(
        (status = 200, description = "The range, evaluated", content(
            (PastForms = "application/json"),
            (String = "text/csv")
        )),
        Problems
    )
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    Named(monitor): Named<String>,
    State(state): State<AppState>,
    JsonBody(wanted): JsonBody<Evaluation>,
) -> Result<Response<Body>, Problem> {
    // Only now: who sends a body slowly takes nobody's place.
    let _turn = Turn::of(&state).await;
    let reading = Reading::of(&state).await?;
    let monitor = reading.rules_of(&monitor).await?;
    let features: Vec<FeatureName> = wanted.features.iter().map(|name| FeatureName::from(name.as_str())).collect();
    let question = Question {
        monitor,
        before: Side::Baseline(wanted.baseline()?),
        past: vec![wanted.range(reading.now)?],
        segment: segment(wanted.segment.as_deref().unwrap_or_default()),
        statistics: wanted.statistics()?,
    };
    if features.len() > MOST_FEATURES {
        return Err(wrong("features", format!("names more than {MOST_FEATURES}: leave it out for all of them")));
    }
    answered(&asked, &reading, question, &features).await
}

impl Evaluation {
    fn range(&self, now: Option<Timestamp>) -> Result<(driftd_window::EventTime, driftd_window::EventTime), Problem> {
        let range = TimeRange::parse(Some(&self.from), Some(self.to.as_deref().unwrap_or("now")), now)?;
        range.from.zip(range.to).ok_or_else(|| wrong("from", "is missing".to_owned()))
    }

    fn baseline(&self) -> Result<Option<BaselineChoice>, Problem> {
        let parse = |text: &String| text.parse().map_err(|error| wrong("baseline", format!("is none: {error}")));
        self.baseline.as_ref().map(parse).transpose()
    }

    fn statistics(&self) -> Result<Vec<DriftStatistic>, Problem> {
        let parse = |text: &String| {
            text.parse()
                .map_err(|error| wrong("statistics", format!("has one that is none: {error}")))
                .and_then(in_ranges)
        };
        self.statistics.iter().map(parse).collect()
    }
}

/// The statistic, unless no range has it.
pub(super) fn in_ranges(statistic: DriftStatistic) -> Result<DriftStatistic, Problem> {
    match statistic {
        DriftStatistic::Lasting => {
            let detail = "is lasting, which is remembered over many windows and which no range has";
            Err(wrong("statistic", detail.to_owned()))
        }
        statistic => Ok(statistic),
    }
}

fn wrong(parameter: &str, detail: String) -> Problem {
    let detail = shortened(&detail);
    let error = ParameterError { parameter: parameter.to_owned(), detail };
    Problem::new(ProblemKind::InvalidParameter, format!("{parameter} {}", error.detail)).with_errors(vec![error])
}
