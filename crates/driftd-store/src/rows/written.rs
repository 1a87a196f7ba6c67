//! Rows as they are written: every column of either database is derived here and nowhere else.

use std::borrow::Cow;

use driftd_model::{
    DeadLetter, Incident, IncidentEvent, IncidentKey, Notification, Outcome as Judged, Reference, Score, Verdict,
    WindowResult,
};
use driftd_window::Timestamp;
use serde::Serialize;

use crate::error::Outcome;
use crate::read::{features, to_document, to_integer};

/// How a database keeps text that comes from data.
pub(crate) type Text = for<'a> fn(&'a str) -> Cow<'a, str>;

/// Text as it is, for a database that holds any.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Records rejected for one reason.
#[derive(Serialize)]
pub(crate) struct RejectedRow<'a> {
    pub(crate) reason: Cow<'a, str>,
    pub(crate) records: i64,
}

impl<'a> RejectedRow<'a> {
    pub(crate) fn of((reason, records): &'a (String, u64), text: Text) -> Self {
        Self { reason: text(reason), records: to_integer(*records) }
    }
}

/// A sampled reject.
#[derive(Serialize)]
pub(crate) struct SampleRow<'a> {
    pub(crate) at_offset: i64,
    pub(crate) reason: Cow<'a, str>,
    pub(crate) detail: Cow<'a, str>,
}

impl<'a> SampleRow<'a> {
    pub(crate) fn of(sample: &'a DeadLetter, text: Text) -> Self {
        Self { at_offset: sample.offset.0, reason: text(&sample.reason), detail: text(&sample.detail) }
    }
}

/// A judged window.
#[derive(Serialize)]
pub(crate) struct WindowRow<'a> {
    pub(crate) id: i64,
    pub(crate) segment: Cow<'a, str>,
    pub(crate) window_name: Cow<'a, str>,
    pub(crate) window_start: i64,
    pub(crate) window_end: i64,
    pub(crate) rows: i64,
    pub(crate) coverage: f64,
    pub(crate) outcome: &'static str,
}

impl<'a> WindowRow<'a> {
    /// The rows of `numbered` windows.
    pub(crate) fn all(numbered: &[(i64, &'a WindowResult)], text: Text) -> Vec<Self> {
        let row = |&(id, result): &(i64, &'a WindowResult)| Self {
            id,
            segment: text(result.segment.as_str()),
            window_name: text(result.window.name.as_str()),
            window_start: result.start.as_micros(),
            window_end: result.window.end.as_micros(),
            rows: to_integer(result.rows),
            coverage: result.coverage,
            outcome: result.outcome.as_str(),
        };
        numbered.iter().map(row).collect()
    }
}

/// A statistic of a feature of a window. What is most often unknown is left out of a document, where that means NULL.
#[derive(Serialize)]
pub(crate) struct ScoreRow<'a> {
    pub(crate) window_id: i64,
    pub(crate) feature: Cow<'a, str>,
    pub(crate) statistic: &'static str,
    pub(crate) value: Option<f64>,
    pub(crate) effect: Option<f64>,
    pub(crate) certified_error: Option<f64>,
    pub(crate) n: i64,
    pub(crate) m: i64,
    pub(crate) p_value: Option<f64>,
    pub(crate) q_value: Option<f64>,
    pub(crate) warn: Option<f64>,
    pub(crate) critical: Option<f64>,
    pub(crate) outcome: Option<&'static str>,
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) net: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phi: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) healthy_windows: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) week_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) week_p: Option<f64>,
}

impl<'a> ScoreRow<'a> {
    /// Whether it was compared with another window than the baseline.
    pub(crate) fn has_references(&self) -> bool {
        let Self { previous_value, previous_p, day_value, day_p, week_value, week_p, .. } = self;
        [previous_value, previous_p, day_value, day_p, week_value, week_p].into_iter().any(Option::is_some)
    }

    /// Every statistic of every feature of `numbered` windows.
    pub(crate) fn all(numbered: &[(i64, &'a WindowResult)], text: Text) -> Vec<Self> {
        let verdicts = numbered.iter().flat_map(|&(id, result)| result.verdicts.iter().map(move |v| (id, v)));
        verdicts
            .flat_map(|(id, verdict)| verdict.scores.iter().map(move |score| Self::of(id, verdict, score, text)))
            .collect()
    }

    fn of(window_id: i64, verdict: &'a Verdict, score: &'a Score, text: Text) -> Self {
        let (previous_value, previous_p) = score.against(Reference::Previous);
        let (day_value, day_p) = score.against(Reference::Day);
        let (week_value, week_p) = score.against(Reference::Week);
        Self {
            window_id,
            feature: text(verdict.feature.as_str()),
            statistic: score.statistic.as_str(),
            value: score.value,
            effect: score.effect(),
            certified_error: score.certified_error,
            n: to_integer(verdict.baseline.usable),
            m: to_integer(verdict.window.usable),
            p_value: score.p_value,
            q_value: score.q_value,
            warn: score.threshold.map(|threshold| threshold.warn),
            critical: score.threshold.and_then(|threshold| threshold.critical_from()),
            outcome: score.outcome.map(Judged::as_str),
            reason: score.reason.map(|reason| reason.to_string()),
            expected: score.expected,
            net: score.net,
            phi: score.phi,
            healthy_windows: score.healthy_windows.map(i64::from),
            level: score.level,
            previous_value,
            previous_p,
            day_value,
            day_p,
            week_value,
            week_p,
        }
    }
}

/// An incident: the whole of it as a document, and what queries need beside it.
#[derive(Serialize)]
pub(crate) struct IncidentRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) monitor: &'a str,
    pub(crate) segment: Cow<'a, str>,
    pub(crate) kind: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) state: &'static str,
    pub(crate) first_seen: i64,
    pub(crate) opened_at: Option<i64>,
    pub(crate) acknowledged_at: Option<i64>,
    pub(crate) resolved_at: Option<i64>,
    pub(crate) owes_end: bool,
    pub(crate) features: String,
    pub(crate) windows: i64,
    pub(crate) body: String,
}

impl<'a> IncidentRow<'a> {
    pub(crate) fn of(incident: &'a Incident, text: Text) -> Outcome<Self> {
        Ok(Self {
            id: incident.id.as_str(),
            monitor: incident.key.monitor.as_str(),
            segment: text(incident.key.segment.as_str()),
            kind: incident.key.kind.as_str(),
            severity: incident.severity.as_str(),
            state: incident.state.as_str(),
            first_seen: incident.first_seen.as_micros(),
            opened_at: incident.opened_at.map(Timestamp::as_micros),
            acknowledged_at: incident.acknowledged.as_ref().map(|(at, _)| at.as_micros()),
            resolved_at: incident.resolved_at.map(Timestamp::as_micros),
            owes_end: incident.owes_an_end(),
            features: features(incident)?,
            windows: to_integer(incident.windows),
            body: to_document(incident, format_args!("incident {}", incident.id))?,
        })
    }
}

/// An incident's identity.
#[derive(Serialize)]
pub(crate) struct KeyRow<'a> {
    pub(crate) monitor: &'a str,
    pub(crate) segment: Cow<'a, str>,
    pub(crate) kind: &'static str,
}

impl<'a> KeyRow<'a> {
    pub(crate) fn of(key: &'a IncidentKey, text: Text) -> Self {
        Self { monitor: key.monitor.as_str(), segment: text(key.segment.as_str()), kind: key.kind.as_str() }
    }
}

/// A change in an incident's life.
#[derive(Serialize)]
pub(crate) struct EventRow<'a> {
    pub(crate) incident_id: &'a str,
    pub(crate) at: i64,
    pub(crate) transition: &'static str,
    pub(crate) silenced: bool,
    pub(crate) body: String,
}

impl<'a> EventRow<'a> {
    pub(crate) fn of(event: &'a IncidentEvent) -> Outcome<Self> {
        Ok(Self {
            incident_id: event.incident.as_str(),
            at: event.at.as_micros(),
            transition: event.transition.as_str(),
            silenced: event.silenced,
            body: to_document(&event.transition, format_args!("an event of incident {}", event.incident))?,
        })
    }
}

/// A message to one receiver.
#[derive(Serialize)]
pub(crate) struct MessageRow<'a> {
    pub(crate) key: &'a str,
    pub(crate) receiver: &'a str,
    pub(crate) incident_id: &'a str,
    pub(crate) body: String,
}

impl<'a> MessageRow<'a> {
    /// Every message, once a receiver.
    pub(crate) fn all(notifications: &'a [Notification]) -> Outcome<Vec<Self>> {
        let mut messages = Vec::new();
        for notification in notifications {
            let body = to_document(notification, format_args!("notification {}", notification.key))?;
            messages.extend(notification.receivers.iter().map(|receiver| Self {
                key: notification.key.as_str(),
                receiver: receiver.as_str(),
                incident_id: notification.incident.id.as_str(),
                body: body.clone(),
            }));
        }
        Ok(messages)
    }
}
