//! The `driftd` object: everything a message carries, for programs.

use driftd_model::{Cause, Evidence, Labels, Severity};
use driftd_stats::{DriftStatistic, Movement};
use driftd_window::Span;
use serde::Serialize;

use crate::view::IncidentView;

/// Version of the shape of an [`IncidentData`].
const SCHEMA: &str = "driftd.notification/1";
/// Features in a message; there is a count of all of them.
const FEATURES: usize = 200;

/// A notification as other programs read it. Names are as they are in the data; keys are only ever added.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentData<'a> {
    schema: &'static str,
    key: &'a str,
    dedup_key: &'a str,
    at: String,
    reason: &'static str,
    why: &'a str,
    status: &'static str,
    state: &'static str,
    incident: &'a str,
    kind: &'static str,
    severity: Severity,
    monitor: &'a str,
    segment: Option<&'a str>,
    environment: Option<&'a str>,
    model: Option<&'a str>,
    model_version: Option<&'a str>,
    labels: &'a Labels,
    first_seen: String,
    opened_at: Option<String>,
    acknowledged: Option<Acknowledged<'a>>,
    resolved_at: Option<String>,
    resolved_by: Option<&'a str>,
    windows: u64,
    window: Window<'a>,
    feature_count: usize,
    features: Vec<Feature<'a>>,
    causes: &'a [Cause],
    baseline: Baseline<'a>,
    links: Links<'a>,
    subject: &'a str,
    sentence: &'a str,
    basis: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Acknowledged<'a> {
    at: String,
    by: &'a str,
}

#[derive(Debug, Serialize)]
struct Window<'a> {
    name: &'a str,
    start: String,
    end: String,
}

#[derive(Debug, Serialize)]
struct Feature<'a> {
    feature: &'a str,
    outcome: &'static str,
    statistic: DriftStatistic,
    value: Option<f64>,
    threshold: Option<Thresholds>,
    effect: Option<f64>,
    n: u64,
    m: u64,
    q_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    once_in: Option<Span>,
    moved: Vec<Moved<'a>>,
}

#[derive(Debug, Serialize)]
struct Thresholds {
    warn: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    critical: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Moved<'a> {
    bin: &'a str,
    before: Option<f64>,
    after: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Baseline<'a> {
    name: String,
    hash: &'a str,
}

#[derive(Debug, Serialize)]
struct Links<'a> {
    incident: Option<&'a str>,
    silence: Option<&'a str>,
    runbook: Option<&'a str>,
}

impl<'a> IncidentData<'a> {
    /// The data of a view.
    pub(crate) fn of(view: &'a IncidentView<'_>) -> Self {
        let notification = view.notification;
        let incident = &notification.incident;
        let (window, start, end) = &incident.last_window;
        let features = incident.worst_features();
        Self {
            schema: SCHEMA,
            key: notification.key.as_str(),
            dedup_key: incident.id.as_str(),
            at: notification.at.to_string(),
            reason: notification.reason.as_str(),
            why: &view.why,
            status: view.status(),
            state: incident.state.as_str(),
            incident: incident.id.as_str(),
            kind: incident.key.kind.as_str(),
            severity: incident.severity,
            monitor: incident.key.monitor.as_str(),
            segment: (!incident.key.segment.is_all()).then_some(incident.key.segment.as_str()),
            environment: view.label("environment"),
            model: view.label("model"),
            model_version: view.label("model_version"),
            labels: &notification.labels,
            first_seen: incident.first_seen.to_string(),
            opened_at: incident.opened_at.map(|at| at.to_string()),
            acknowledged: incident.acknowledged.as_ref().map(|(at, by)| Acknowledged { at: at.to_string(), by }),
            resolved_at: incident.resolved_at.map(|at| at.to_string()),
            resolved_by: incident.resolved_by.as_deref(),
            windows: incident.windows,
            window: Window { name: window.as_str(), start: start.to_string(), end: end.to_string() },
            feature_count: features.len(),
            features: features.into_iter().take(FEATURES).map(Feature::of).collect(),
            causes: &incident.causes,
            baseline: Baseline { name: notification.baseline.to_string(), hash: notification.baseline_hash.as_str() },
            links: Links {
                incident: notification.links.incident.as_deref(),
                silence: notification.links.silence.as_deref(),
                runbook: notification.links.runbook.as_deref(),
            },
            subject: &view.subject,
            sentence: &view.sentence,
            basis: view.basis.as_deref(),
        }
    }

    /// Leaves out the second half of the features, which are the lesser ones; `false` when there is none left.
    pub(crate) fn shorten(&mut self) -> bool {
        self.features.truncate(self.features.len() / 2);
        !self.features.is_empty()
    }
}

impl<'a> Feature<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        Self {
            feature: evidence.feature.as_str(),
            outcome: evidence.outcome.as_str(),
            statistic: evidence.statistic,
            value: finite(evidence.value),
            threshold: evidence.threshold.map(|t| Thresholds { warn: t.warn, critical: t.critical_from() }),
            effect: finite(evidence.effect),
            n: evidence.n,
            m: evidence.m,
            q_value: evidence.q_value.and_then(finite),
            expected: evidence.expected.and_then(finite),
            net: evidence.net.and_then(finite),
            once_in: evidence.rarity.map(|rarity| rarity.once_in),
            moved: evidence.moved.iter().map(Moved::of).collect(),
        }
    }
}

impl<'a> Moved<'a> {
    fn of(movement: &'a Movement) -> Self {
        Self { bin: &movement.label, before: finite(movement.before), after: finite(movement.after) }
    }
}

/// The number; nothing where it is infinite, for which JSON has no word and the largest float stands in.
fn finite(x: f64) -> Option<f64> {
    (x.is_finite() && x.abs() < f64::MAX).then_some(x)
}
