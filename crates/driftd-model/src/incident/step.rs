//! The incident machine: one observation in, the next incident and its transitions out.

use std::collections::BTreeMap;

use driftd_window::{Timestamp, Zone};

use super::{
    Evidence, Health, Incident, IncidentKey, IncidentState, NotificationLog, Observation, Severity, Streak, Transition,
};
use crate::{IncidentEvent, IncidentId, IncidentRules};

/// What an observation led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The incident now; nothing when there is none, or it was dropped.
    pub incident: Option<Incident>,
    /// What happened, in order.
    pub transitions: Vec<Transition>,
}

impl Step {
    /// What is written down of it, as having happened to `incident` at one moment.
    #[must_use]
    pub fn events(&self, incident: &IncidentId, silenced: bool, at: Timestamp) -> Vec<IncidentEvent> {
        let event = |transition: &Transition| IncidentEvent {
            incident: incident.clone(),
            at,
            transition: transition.clone(),
            silenced: silenced && transition.is_news(),
        };
        self.transitions.iter().map(event).collect()
    }
}

/// Steps one identity by one window.
///
/// `current` is its unresolved incident, if any; a resolved one stays as it is, and the next bad window is the first of
/// a new one. Bad windows count towards `open_after` only when their data is
/// disjoint from the last counted one, so one bad hour inside a sliding day is one bad window; a critical one opens at
/// once, and so does what a memory finds, because it has lasted already. Windows without enough data change nothing. `now` is the one moment the whole step happens at.
#[must_use]
pub fn step(
    current: Option<Incident>,
    key: &IncidentKey,
    observation: &Observation,
    rules: &IncidentRules,
    now: Timestamp,
) -> Step {
    let is_over = current.as_ref().is_some_and(|i| i.state == IncidentState::Resolved);
    match &observation.health {
        Health::Good if is_over => Step { incident: current, transitions: Vec::new() },
        Health::Bad(severity, evidence) if is_over => bad(None, key, observation, (*severity, evidence), rules, now),
        Health::Unknown => Step { incident: current, transitions: Vec::new() },
        Health::Good => good(current, observation, rules, now),
        Health::Bad(severity, evidence) => bad(current, key, observation, (*severity, evidence), rules, now),
    }
}

fn good(current: Option<Incident>, observation: &Observation, rules: &IncidentRules, now: Timestamp) -> Step {
    let Some(mut incident) = current else {
        return Step { incident: None, transitions: Vec::new() };
    };
    let Some(streak) = incident.streaks.get_mut(&observation.window) else {
        // A window shape that never complained has no say in the end of the incident.
        return Step { incident: Some(incident), transitions: Vec::new() };
    };
    streak.bad = 0;
    streak.counted_through = None;
    streak.good = streak.good.saturating_add(1);
    let quiet = incident.streaks.values().all(|s| s.bad == 0);
    if incident.state == IncidentState::Pending {
        let transitions = if quiet { vec![Transition::Dropped] } else { Vec::new() };
        return Step { incident: (!quiet).then_some(incident), transitions };
    }
    let over = incident.streaks.values().all(|s| s.good >= rules.resolve_after);
    let mut transitions = Vec::new();
    if over {
        incident.state = IncidentState::Resolved;
        let by = format!("{} good windows", rules.resolve_after);
        incident.resolved_at = Some(now);
        incident.resolved_by = Some(by.clone());
        transitions.push(Transition::Resolved { by });
    }
    Step { incident: Some(incident), transitions }
}

fn bad(
    current: Option<Incident>,
    key: &IncidentKey,
    observation: &Observation,
    (severity, evidence): (Severity, &[Evidence]),
    rules: &IncidentRules,
    now: Timestamp,
) -> Step {
    let mut transitions = Vec::new();
    let mut incident = current.unwrap_or_else(|| {
        transitions.push(Transition::Pended);
        first_seen(key, observation, severity)
    });
    let worse = severity > incident.severity;
    incident.severity = incident.severity.max(severity);
    incident.windows += 1;
    incident.last_window = (observation.window.clone(), observation.start, observation.end);
    incident.causes.clone_from(&observation.causes);
    let known = incident.features.len();
    let joined: Vec<_> =
        evidence.iter().map(|e| &e.feature).filter(|f| !incident.features.contains_key(*f)).cloned().collect();
    for found in evidence {
        let kept = incident.features.entry(found.feature.clone()).or_insert_with(|| found.clone());
        if (found.outcome, found.weight()) > (kept.outcome, kept.weight()) {
            *kept = found.clone();
        }
    }
    let streak = incident.streaks.entry(observation.window.clone()).or_default();
    streak.good = 0;
    if streak.counted_through.is_none_or(|through| observation.start >= through) {
        streak.bad = streak.bad.saturating_add(1);
        streak.counted_through = Some(observation.end);
    }
    let windows = streak.bad;
    match incident.state {
        IncidentState::Pending => {
            if severity == Severity::Critical || observation.window.is_lasting() || windows >= rules.open_after {
                incident.state = IncidentState::Open;
                incident.opened_at = Some(now);
                incident.opened_after = windows;
                transitions.push(Transition::Opened { windows, severity: incident.severity });
            }
        }
        IncidentState::Open | IncidentState::Acknowledged => {
            if !joined.is_empty() && known > 0 {
                transitions.push(Transition::FeaturesJoined { features: joined });
            }
            if worse {
                transitions.push(Transition::Escalated);
            }
        }
        IncidentState::Resolved => {}
    }
    Step { incident: Some(incident), transitions }
}

fn first_seen(key: &IncidentKey, observation: &Observation, severity: Severity) -> Incident {
    Incident {
        id: key.incident_id(&observation.window, observation.end),
        key: key.clone(),
        state: IncidentState::Pending,
        severity,
        first_seen: observation.start,
        last_window: (observation.window.clone(), observation.start, observation.end),
        zone: Zone::UTC,
        opened_at: None,
        acknowledged: None,
        resolved_at: None,
        features: BTreeMap::new(),
        causes: Vec::new(),
        windows: 0,
        opened_after: 0,
        resolved_by: None,
        streaks: BTreeMap::from([(observation.window.clone(), Streak::default())]),
        notification_log: NotificationLog::default(),
        notifications: 0,
        suppressed: None,
    }
}

/// Somebody takes an open incident: repeats stop, escalation does not. Anything else stays as it is.
#[must_use]
pub fn acknowledge(mut incident: Incident, by: &str, now: Timestamp) -> Step {
    if incident.state != IncidentState::Open {
        return Step { incident: Some(incident), transitions: Vec::new() };
    }
    incident.state = IncidentState::Acknowledged;
    incident.acknowledged = Some((now, by.to_owned()));
    Step { incident: Some(incident), transitions: vec![Transition::Acknowledged { by: by.to_owned() }] }
}

/// Somebody ends an open or acknowledged incident.
#[must_use]
pub fn resolve_by_hand(mut incident: Incident, by: &str, now: Timestamp) -> Step {
    if !matches!(incident.state, IncidentState::Open | IncidentState::Acknowledged) {
        return Step { incident: Some(incident), transitions: Vec::new() };
    }
    incident.state = IncidentState::Resolved;
    incident.resolved_at = Some(now);
    incident.resolved_by = Some(by.to_owned());
    Step { incident: Some(incident), transitions: vec![Transition::Resolved { by: by.to_owned() }] }
}

#[cfg(test)]
mod tests;
