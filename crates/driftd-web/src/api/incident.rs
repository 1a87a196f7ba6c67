//! `GET /api/v1/incidents/{incident}`: one incident, what it rests on, and what became of it.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{Evidence, Incident, IncidentEvent, IncidentId, IncidentRow};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer;
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::Parameter;
use super::reading::{Named, Reading, no_such, shortened};
use crate::problem::Problem;
use crate::rows::{Times, object};

/// Nothing is taken.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[];
}

/// An incident.
#[derive(Serialize, ToSchema)]
pub(super) struct IncidentDetail {
    /// Its row of the list.
    #[serde(flatten)]
    #[schema(inline)]
    row: IncidentColumns,
    /// Start of its first bad window.
    first_seen: String,
    /// Shape of the last window that said anything about it.
    window_name: String,
    /// First instant of that window.
    window_start: String,
    /// First instant after it.
    window_end: String,
    /// Who acknowledged it.
    acknowledged_by: Option<String>,
    /// Who resolved it, or after how many good windows it was over.
    resolved_by: Option<String>,
    /// Its features, worst first.
    evidence: Vec<FeatureEvidence>,
    /// What is wrong besides features, as the last bad window said: the cause by name, and its numbers.
    causes: Vec<Value>,
    /// What happened to it, oldest first: when, the transition by name, whether people were kept from hearing of it by a
    /// silence, and what else belongs to the transition.
    events: Vec<Value>,
}

/// The columns of a row of the list.
#[derive(Serialize)]
struct IncidentColumns(Map<String, Value>);

impl utoipa::PartialSchema for IncidentColumns {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::RefOr::T(super::row::object::<IncidentRow>().into())
    }
}

impl ToSchema for IncidentColumns {}

/// One feature's part in an incident: the numbers of its worst window.
#[derive(Serialize, ToSchema)]
struct FeatureEvidence {
    /// The feature.
    feature: String,
    /// Its outcome.
    outcome: &'static str,
    /// The statistic that decided.
    statistic: &'static str,
    /// Its value.
    value: f64,
    /// What a healthy window of this size shows on average.
    expected: Option<f64>,
    /// The effect beyond that, which is held against the thresholds.
    net: Option<f64>,
    /// Effect from which it warns.
    warn: Option<f64>,
    /// Effect from which it is critical.
    critical: Option<f64>,
    /// Usable values of the baseline.
    n: u64,
    /// Usable values of the window.
    m: u64,
    /// p-value after Benjamini-Hochberg.
    q_value: Option<f64>,
    /// What moved most.
    moved: Vec<MovedBin>,
}

/// A bin or category that moved.
#[derive(Serialize, ToSchema)]
struct MovedBin {
    /// The bin or category.
    bin: String,
    /// Its share in the baseline.
    before: f64,
    /// Its share in the window.
    after: f64,
}

/// One incident
///
/// Its row of the view `incident_history`, what it rests on, and what became of it. The first digits of an id are enough
/// where they are of one incident alone.
#[utoipa::path(
    get,
    path = "/api/v1/incidents/{incident}",
    operation_id = "get_incident",
    tag = "incidents",
    params(("incident" = String, Path, description = "Id of the incident"), Asked<Taken>),
    responses((status = 200, description = "The incident", body = IncidentDetail), Problems)
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    Named(id): Named<String>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let found = reading.store.incident(&IncidentId::from_stored(id.clone())).await?;
    let none = || no_such(format!("there is no incident {:?}: /api/v1/incidents lists them", shortened(&id)));
    let (incident, events) = found.ok_or_else(none)?;
    answer::json(&asked, &IncidentDetail::of(&incident, &events))
}

impl IncidentDetail {
    fn of(incident: &Incident, events: &[IncidentEvent]) -> Self {
        let (window_name, start, end) = &incident.last_window;
        Self {
            row: IncidentColumns(object(&IncidentRow::from(incident), Times::Rfc3339)),
            first_seen: incident.first_seen.to_string(),
            window_name: window_name.to_string(),
            window_start: start.to_string(),
            window_end: end.to_string(),
            acknowledged_by: incident.acknowledged.as_ref().map(|(_, by)| by.clone()),
            resolved_by: incident.resolved_by.clone(),
            evidence: incident.worst_features().into_iter().map(FeatureEvidence::of).collect(),
            causes: incident.causes.iter().filter_map(|cause| serde_json::to_value(cause).ok()).collect(),
            events: events.iter().filter_map(event).collect(),
        }
    }
}

impl FeatureEvidence {
    fn of(evidence: &Evidence) -> Self {
        Self {
            feature: evidence.feature.to_string(),
            outcome: evidence.outcome.as_str(),
            statistic: evidence.statistic.as_str(),
            value: evidence.value,
            expected: evidence.expected,
            net: evidence.net,
            warn: evidence.threshold.map(|threshold| threshold.warn),
            critical: evidence.threshold.and_then(|threshold| threshold.critical_from()),
            n: evidence.n,
            m: evidence.m,
            q_value: evidence.q_value,
            moved: evidence
                .moved
                .iter()
                .map(|moved| MovedBin { bin: moved.label.clone(), before: moved.before, after: moved.after })
                .collect(),
        }
    }
}

/// What happened, with its moment. A transition is an object whose tag is its name.
fn event(event: &IncidentEvent) -> Option<Value> {
    let Ok(Value::Object(mut object)) = serde_json::to_value(&event.transition) else { return None };
    object.insert("at".to_owned(), event.at.to_string().into());
    object.insert("silenced".to_owned(), event.silenced.into());
    Some(Value::Object(object))
}
