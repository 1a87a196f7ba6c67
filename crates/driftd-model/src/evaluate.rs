//! One pure function from sealed panes to windows, verdicts, incident steps and notifications.

mod window;

use std::collections::BTreeMap;

use driftd_window::{EventTime, PaneId, SegmentKey, Timestamp, WindowId, WindowSpec};

use crate::observe::{no_data_health, observations};
use crate::{
    Health, Incident, IncidentEvent, IncidentKey, IncidentKind, IncidentState, MonitorPlan, Notification, Observation,
    SealStep, SealedPane, Silence, Step, step,
};

pub use window::{WindowResult, evaluate_range};

/// Everything a seal looks at: one snapshot.
#[derive(Clone, Debug)]
pub struct SealInput {
    /// What is sealed.
    pub step: SealStep,
    /// The panes of the longest window that ends here, the one just merged included.
    pub panes: Vec<SealedPane>,
    /// Earliest pane that holds records and was sealed before this step.
    pub first_data: Option<PaneId>,
    /// Unresolved incidents of the monitor.
    pub incidents: Vec<Incident>,
    /// Silences that are not over.
    pub silences: Vec<Silence>,
}

/// Everything a seal writes, besides the pane itself.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SealOutcome {
    /// Windows that end here.
    pub windows: Vec<WindowResult>,
    /// Incidents as they are now; only those that changed.
    pub incidents: Vec<Incident>,
    /// Pending incidents that went away.
    pub dropped: Vec<IncidentKey>,
    /// Their transitions.
    pub events: Vec<IncidentEvent>,
    /// What people shall hear.
    pub notifications: Vec<Notification>,
}

/// Evaluates every window that ends with this step.
#[must_use]
pub fn evaluate(plan: &MonitorPlan, input: SealInput, now: Timestamp) -> SealOutcome {
    let mut outcome = SealOutcome::default();
    let Some(end) = input.step.through(plan.monitor().pane) else {
        return outcome;
    };
    let mut seen: Vec<(IncidentKey, Observation)> = Vec::new();
    for spec in &plan.monitor().windows {
        let Some(window) = spec.ending_at(end) else {
            continue;
        };
        if matches!(input.step, SealStep::Gap { .. }) {
            seen.push(empty_window(plan, spec, window));
            continue;
        }
        let results = window::judge_window(plan, spec, &window, &input.panes);
        let unreadable = window::holds_foreign(plan, spec, &window, &input.panes);
        for result in &results {
            // Records that were counted on another plan are no silence, even if nothing can be said about them.
            let blind = |key: &IncidentKey| unreadable && result.rows == 0 && key.kind == IncidentKind::NoData;
            let heard = !is_young(spec, window.end, input.first_data, &input.panes);
            seen.extend(observations(plan, result).into_iter().filter(|(key, _)| heard && !blind(key)));
        }
        outcome.windows.extend(results);
    }
    // Complaints first: whether a good window ends an incident must not depend on the order of the window shapes.
    seen.sort_by_key(|(_, observation)| !matches!(observation.health, Health::Bad(..)));
    let mut incidents: BTreeMap<IncidentKey, Incident> =
        input.incidents.into_iter().map(|i| (i.key.clone(), i)).collect();
    let mut changed: BTreeMap<IncidentKey, Incident> = BTreeMap::new();
    for (key, observation) in seen {
        if !has_a_say(changed.get(&key).or_else(|| incidents.get(&key)), &observation) {
            continue;
        }
        let current = changed.remove(&key).or_else(|| incidents.remove(&key));
        let next = step(current, &key, &observation, &plan.monitor().incidents, now);
        record(plan, &mut outcome, &input.silences, &next, now);
        match next.incident {
            Some(incident) if incident.state == IncidentState::Resolved => outcome.incidents.push(incident),
            Some(incident) => {
                changed.insert(key, incident);
            }
            None => outcome.dropped.push(key),
        }
    }
    outcome.incidents.extend(changed.into_values());
    outcome
}

/// Whether less than half of the window lies after the monitor's first record. Such a window is judged and stored, but
/// it opens and resolves nothing: the first hours of a week are not a week, whatever their statistics say.
fn is_young(spec: &WindowSpec, end: EventTime, first_data: Option<PaneId>, panes: &[SealedPane]) -> bool {
    let in_window = panes.iter().filter(|p| p.rows > 0).map(|p| p.pane);
    let first = first_data.into_iter().chain(in_window).min();
    first.is_some_and(|first| end.since(first.start()).as_micros() < spec.size().as_micros() / 2)
}

/// Whether an observation can change anything at all.
fn has_a_say(current: Option<&Incident>, observation: &Observation) -> bool {
    match observation.health {
        Health::Unknown => false,
        Health::Good => current.is_some_and(|i| i.streaks.contains_key(&observation.window)),
        Health::Bad(..) => true,
    }
}

/// Writes down what a step did and whom it is told.
fn record(plan: &MonitorPlan, outcome: &mut SealOutcome, silences: &[Silence], next: &Step, now: Timestamp) {
    // One that was dropped was never told of and leaves no trace.
    let Some(incident) = &next.incident else {
        return;
    };
    if next.transitions.is_empty() {
        return;
    }
    let silenced = silences.iter().any(|s| s.mutes(incident, now));
    for transition in &next.transitions {
        outcome.events.push(IncidentEvent {
            incident: incident.id.clone(),
            at: now,
            transition: transition.clone(),
            silenced: silenced && transition.is_told(),
        });
        if transition.is_told() && !silenced {
            let baseline = plan.baseline();
            outcome.notifications.push(Notification::new(
                incident.clone(),
                transition.clone(),
                now,
                baseline.reference.clone(),
                baseline.hash.clone(),
            ));
        }
    }
}

/// What a window in a stretch without records says: the whole population has fallen silent.
fn empty_window(plan: &MonitorPlan, spec: &WindowSpec, window: WindowId) -> (IncidentKey, Observation) {
    let key =
        IncidentKey { monitor: plan.monitor().id.clone(), segment: SegmentKey::all(), kind: IncidentKind::NoData };
    let start = spec.start_of(window.end);
    (key, Observation { window: window.name, start, end: window.end, health: no_data_health(0) })
}

#[cfg(test)]
mod tests;
