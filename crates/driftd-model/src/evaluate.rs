//! One pure function from sealed panes to windows, verdicts, incident steps and notifications.

use std::collections::{BTreeMap, BTreeSet};

use driftd_window::{EventTime, PaneId, SegmentKey, Timestamp, WindowId, WindowName, WindowSpec};

use crate::calibration::calibration;
use crate::lasting::lasting_windows;
use crate::memory::remember;
use crate::observation::{observations, volume};
use crate::reference::add_references;
use crate::seal_counts::Stretch;
use crate::window_result::judge_segments;
use crate::{
    AlarmCount, FeatureMemory, Health, Incident, IncidentEvent, IncidentId, IncidentKey, IncidentKind, IncidentState,
    MonitorPlan, Notification, NotificationPolicy, Observation, Routing, SealCounts, SealStep, Silence, Step, Streak,
    WindowResult, step,
};

/// Everything a seal looks at: one snapshot.
#[derive(Clone, Debug)]
pub struct SealInput {
    /// What is sealed.
    pub step: SealStep,
    /// The windows that end here, the pane just merged included, and the windows that these are compared with.
    pub counts: SealCounts,
    /// Earliest pane that holds records and was sealed before this step.
    pub first_data: Option<PaneId>,
    /// From where on all records were counted on the plan, where that is not everything: what came before was passed over.
    pub whole_from: Option<EventTime>,
    /// What is remembered of the window shapes that end here.
    pub memories: Vec<FeatureMemory>,
    /// How often the monitor has alarmed so far.
    pub alarms: AlarmCount,
    /// Unresolved incidents of the monitor, and resolved ones whose end somebody has still to hear of.
    pub incidents: Vec<Incident>,
    /// Silences that are not over.
    pub silences: Vec<Silence>,
}

/// Everything a seal writes, besides the pane itself.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SealOutcome {
    /// Windows that end here, and what is remembered of their shapes, judged.
    pub windows: Vec<WindowResult>,
    /// What is remembered from now on of the segments in which a window was added to something.
    pub memories: Vec<FeatureMemory>,
    /// Incidents as they are now; only those that changed.
    pub incidents: Vec<Incident>,
    /// Pending incidents that went away.
    pub dropped: Vec<IncidentKey>,
    /// Their transitions.
    pub events: Vec<IncidentEvent>,
    /// What people shall hear.
    pub notifications: Vec<Notification>,
}

impl SealOutcome {
    /// Its windows, without what is remembered of their shapes.
    pub fn windows_of_records(&self) -> impl Iterator<Item = &WindowResult> {
        self.windows.iter().filter(|window| !window.window.name.is_lasting())
    }

    /// Whether nothing was decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { windows, memories, incidents, dropped, events, notifications } = self;
        windows.is_empty()
            && memories.is_empty()
            && incidents.is_empty()
            && dropped.is_empty()
            && events.is_empty()
            && notifications.is_empty()
    }
}

/// Evaluates every window that ends with this step, and decides who in `routing` hears of it.
#[must_use]
pub fn evaluate(plan: &MonitorPlan, routing: &Routing, mut input: SealInput, now: Timestamp) -> SealOutcome {
    let end = input.step.through(plan.monitor().pane);
    let (mut windows, mut memories) = (Vec::new(), Vec::new());
    let mut seen: Vec<(IncidentKey, Observation)> = Vec::new();
    if matches!(input.step, SealStep::Uncounted { .. }) {
        return decide(plan, routing, seen, input.incidents, &input.silences, now);
    }
    for spec in &plan.monitor().windows {
        let Some(window) = spec.ending_at(end) else {
            continue;
        };
        if matches!(input.step, SealStep::Gap { .. }) {
            if !begins_late(spec, window.end, input.whole_from) {
                seen.push(empty_window(plan, spec, window));
            }
            continue;
        }
        let start = spec.start_of(window.end);
        // Every window that ends with a step which is no gap is counted for it.
        let Some(Stretch { segments, is_foreign, .. }) = input.counts.stretch(start, window.end) else {
            continue;
        };
        let mut results = judge_segments(plan, &window, start, segments);
        add_references(plan, spec, window.end, segments, &input.counts, &mut results);
        let is_heard = !is_young(spec, window.end, input.first_data, &input.counts)
            && !begins_late(spec, window.end, input.whole_from);
        if is_heard {
            let known = input.memories.extract_if(.., |memory| memory.window == window.name).collect();
            let remembered = remember(plan, spec, &window, segments, known);
            results.extend(lasting_windows(plan, &window, start, segments, &remembered.taken));
            memories.extend(remembered.into_all());
        }
        for result in &results {
            // Records that were counted on another plan are no silence, even if nothing can be said about them.
            let blind = |key: &IncidentKey| *is_foreign && result.rows == 0 && key.kind == IncidentKind::NoData;
            seen.extend(observations(plan, result).into_iter().filter(|(key, _)| is_heard && !blind(key)));
        }
        windows.extend(results);
    }
    let start = plan.monitor().windows.iter().filter(|w| w.ends_at(end)).map(|w| w.start_of(end)).max();
    seen.extend(start.map(|start| calibration(plan, input.alarms, start, end)));
    SealOutcome { windows, memories, ..decide(plan, routing, seen, input.incidents, &input.silences, now) }
}

/// Steps a monitor's incidents by what was seen, and tells whoever has to hear of them.
pub(crate) fn decide(
    plan: &MonitorPlan,
    routing: &Routing,
    mut seen: Vec<(IncidentKey, Observation)>,
    known: Vec<Incident>,
    silences: &[Silence],
    now: Timestamp,
) -> SealOutcome {
    let mut outcome = SealOutcome::default();
    let policy = NotificationPolicy { plan, routing, silences, now };
    // Complaints first: whether a good window ends an incident must not depend on the order of the window shapes.
    seen.sort_by_key(|(_, observation)| !matches!(observation.health, Health::Bad(..)));
    // One that is over has nothing to be stepped by; it is here because somebody has to hear of its end.
    let (mut over, live): (Vec<Incident>, Vec<Incident>) =
        known.into_iter().partition(|incident| incident.state == IncidentState::Resolved);
    let mut live: BTreeMap<IncidentKey, Incident> =
        live.into_iter().map(|i| (i.key.clone(), without_the_silent(plan, i))).collect();
    let mut touched: BTreeSet<IncidentId> = BTreeSet::new();
    for (key, observation) in seen {
        if !has_a_say(live.get(&key), &observation) {
            continue;
        }
        let mut next = step(live.remove(&key), &key, &observation, &plan.monitor().incidents, now);
        // People are told of a window by the clocks it keeps to.
        if let Some(incident) = next.incident.as_mut().filter(|incident| incident.last_window.0 == observation.window) {
            incident.zone = plan.monitor().zone_of(&observation.window);
        }
        outcome.events.extend(life_events(&policy, &next));
        touched.extend(next.incident.as_ref().map(|incident| incident.id.clone()));
        match next.incident {
            Some(incident) if incident.state == IncidentState::Resolved => over.push(incident),
            Some(incident) => {
                live.insert(key, incident);
            }
            None => outcome.dropped.push(key),
        }
    }
    let mut all: Vec<Incident> = over.into_iter().chain(live.into_values()).collect();
    let decided = policy.notify(&mut all);
    touched.extend(decided.changed);
    outcome.events.extend(decided.events);
    outcome.notifications = decided.notifications;
    outcome.incidents = all.into_iter().filter(|incident| touched.contains(&incident.id)).collect();
    outcome
}

/// The incident without the streaks of what is not looked at any more: shapes that the monitor had once, and memories if
/// it remembers nothing now. Nothing good will ever be heard of them, so they would keep it open for ever; where they
/// were all that complained, the windows that are looked at have to be good instead.
fn without_the_silent(plan: &MonitorPlan, mut incident: Incident) -> Incident {
    if !incident.key.kind.is_of_windows() {
        return incident;
    }
    let shapes = || plan.monitor().windows.iter().map(WindowSpec::name);
    let is_heard = |name: &WindowName| {
        shapes().any(|shape| shape.as_str() == name.shape()) && (plan.remembers() || !name.is_lasting())
    };
    let before = incident.streaks.len();
    incident.streaks.retain(|name, _| is_heard(name));
    if incident.streaks.is_empty() && before > 0 {
        incident.streaks = shapes().map(|name| (name.clone(), Streak::default())).collect();
    }
    incident
}

/// Whether less than half of the window lies after the monitor's first record. Such a window is judged and stored, but
/// it opens and resolves nothing: the first hours of a week are not a week, whatever their statistics say.
fn is_young(spec: &WindowSpec, end: EventTime, first_data: Option<PaneId>, counts: &SealCounts) -> bool {
    let counted = counts.panes().map(|(first, _)| first);
    let first = first_data.into_iter().chain(counted).min();
    begins_late(spec, end, first.map(PaneId::start))
}

/// Whether less than half of the window lies after `since`.
fn begins_late(spec: &WindowSpec, end: EventTime, since: Option<EventTime>) -> bool {
    let length = end.since(spec.start_of(end)).as_micros();
    since.is_some_and(|since| end.since(since).as_micros() < length / 2)
}

/// Whether an observation can change anything at all.
fn has_a_say(current: Option<&Incident>, observation: &Observation) -> bool {
    match observation.health {
        Health::Unknown => false,
        Health::Good => current.is_some_and(|i| i.streaks.contains_key(&observation.window)),
        Health::Bad(..) => true,
    }
}

/// What is written down of a step. An incident that was dropped was never told of and leaves no trace.
fn life_events(policy: &NotificationPolicy<'_>, next: &Step) -> Vec<IncidentEvent> {
    let Some(incident) = &next.incident else {
        return Vec::new();
    };
    let silenced = policy.silence(&incident.labels(policy.plan.monitor())).is_some();
    next.events(&incident.id, silenced, policy.now)
}

/// What a window in a stretch without records says: the whole population has fallen silent.
fn empty_window(plan: &MonitorPlan, spec: &WindowSpec, window: WindowId) -> (IncidentKey, Observation) {
    let key =
        IncidentKey { monitor: plan.monitor().id.clone(), segment: SegmentKey::all(), kind: IncidentKind::NoData };
    let start = spec.start_of(window.end);
    let (health, causes) = volume(plan, start, window.end, 0);
    (key, Observation { window: window.name, start, end: window.end, health, causes })
}

#[cfg(test)]
mod tests;
