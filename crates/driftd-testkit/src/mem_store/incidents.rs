//! Incidents and silences.

use driftd_model::{
    Incident, IncidentEvent, IncidentId, IncidentQuery, IncidentRow, IncidentState, ListedIncident, MonitorId, Silence,
    SilenceId, Step, needs_reconciling,
};
use driftd_window::Timestamp;

use super::state::State;

impl State {
    /// What a sealer and a reconciler are shown.
    pub(super) fn wanting(&self, monitor: &MonitorId) -> Vec<Incident> {
        let wanted = |i: &&Incident| i.key.monitor == *monitor && needs_reconciling(i);
        self.incidents.iter().filter(wanted).cloned().collect()
    }

    /// Open ones, taken or not, and those that were resolved after that moment.
    pub(super) fn notified(&self, resolved_after: Timestamp) -> Vec<Incident> {
        let wanted = |i: &&Incident| i.is_firing() || i.resolved_at.is_some_and(|at| at > resolved_after);
        let mut found: Vec<Incident> = self.incidents.iter().filter(wanted).cloned().collect();
        found.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
        found
    }

    pub(super) fn incident_rows(&self, monitor: Option<&MonitorId>) -> Vec<IncidentRow> {
        let wanted = |i: &&Incident| monitor.is_none_or(|m| i.key.monitor == *m);
        let mut found: Vec<&Incident> = self.incidents.iter().filter(wanted).collect();
        found.sort_by_key(|i| (i.first_seen, &i.id));
        found.into_iter().map(IncidentRow::from).collect()
    }

    pub(super) fn incident_page(&self, query: &IncidentQuery) -> Vec<ListedIncident> {
        let wanted = |i: &&Incident| {
            query.monitor.as_ref().is_none_or(|monitor| i.key.monitor == *monitor)
                && query.state.is_none_or(|state| i.state == state)
                && query.from.is_none_or(|from| i.first_seen >= from)
                && query.to.is_none_or(|to| i.first_seen < to)
                && query.after.as_ref().is_none_or(|after| (i.first_seen, &i.id) < (after.first_seen, &after.id))
        };
        let mut found: Vec<&Incident> = self.incidents.iter().filter(wanted).collect();
        found.sort_by_key(|i| std::cmp::Reverse((i.first_seen, &i.id)));
        let listed = |i: &Incident| ListedIncident { first_seen: i.first_seen, row: i.into() };
        found.into_iter().take(query.limit as usize).map(listed).collect()
    }

    /// The incident whose id starts with `id`, if there is exactly one.
    pub(super) fn incident(&self, id: &IncidentId) -> Option<(Incident, Vec<IncidentEvent>)> {
        let mut matching = self.incidents.iter().filter(|i| i.id.as_str().starts_with(id.as_str()));
        let incident = match self.incidents.iter().find(|i| i.id == *id) {
            Some(exact) => exact,
            None => matching.next().filter(|_| !id.as_str().is_empty() && matching.next().is_none())?,
        };
        let events = self.events.iter().filter(|e| e.incident == incident.id).cloned().collect();
        Some((incident.clone(), events))
    }

    /// A person changes the state; what seals found out meanwhile stays, and what people were told.
    pub(super) fn amend(&mut self, expected: IncidentState, step: &Step, silenced: bool, now: Timestamp) -> bool {
        let Some(amended) = &step.incident else {
            return false;
        };
        let Some(known) = self.incidents.iter_mut().find(|i| i.id == amended.id && i.state == expected) else {
            return false;
        };
        known.amend(amended);
        self.events.extend(step.events(&amended.id, silenced, now));
        true
    }

    pub(super) fn add_silence(&mut self, silence: &Silence) -> SilenceId {
        let id = SilenceId(self.silences.len() as i64 + 1);
        self.silences.insert(id, Silence { id, ..silence.clone() });
        id
    }

    pub(super) fn silences(&self, ending_after: Option<Timestamp>) -> Vec<Silence> {
        let wanted = |s: &&Silence| ending_after.is_none_or(|now| s.ends_at > now);
        self.silences.values().filter(wanted).cloned().collect()
    }

    pub(super) fn expire_silence(&mut self, id: SilenceId, now: Timestamp) -> bool {
        match self.silences.get_mut(&id) {
            Some(silence) if silence.ends_at > now => {
                silence.ends_at = now;
                // One that had not begun never will.
                silence.starts_at = silence.starts_at.min(now);
                true
            }
            _ => false,
        }
    }
}
