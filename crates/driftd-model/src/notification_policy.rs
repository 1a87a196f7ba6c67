//! Notification policy: one pure function that holds what an incident is against what each receiver was notified of.
//!
//! It looks at states, not at changes: whatever suppressed a notification (a silence, quiet hours, another incident, a
//! crash between two transactions), the receiver gets it once that is over and the incident is still open. What was
//! decided is written into the incident's log together with the message, so nobody is notified twice without a reason.

use std::collections::{BTreeMap, BTreeSet};

use driftd_window::Timestamp;

use crate::{
    Incident, IncidentEvent, IncidentId, IncidentKind, IncidentState, Labels, Links, MonitorPlan, NOTIFICATION_SCHEMA,
    Notification, NotificationLogEntry, NotifyReason, ReceiverName, RouteMatch, Routing, Severity, Silence, Suppressed,
    Transition,
};

/// What decides who is notified of a monitor's incidents at one moment.
#[derive(Clone, Copy, Debug)]
pub struct NotificationPolicy<'a> {
    /// The monitor and its baseline.
    pub plan: &'a MonitorPlan,
    /// Who is notified of what.
    pub routing: &'a Routing,
    /// Silences that are not over.
    pub silences: &'a [Silence],
    /// When.
    pub now: Timestamp,
}

/// What was decided for a monitor's incidents.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Notifications {
    /// Messages, by incident and reason.
    pub notifications: Vec<Notification>,
    /// What is written down about them.
    pub events: Vec<IncidentEvent>,
    /// Incidents whose log, or what suppresses them, has changed.
    pub changed: BTreeSet<IncidentId>,
}

impl NotificationPolicy<'_> {
    /// Decides for all of a monitor's incidents at once, because one may explain another: `incidents` are the
    /// unresolved ones and those whose end somebody has still to hear of.
    pub fn notify(&self, incidents: &mut [Incident]) -> Notifications {
        let explaining = incidents.iter().find(|i| explains(i)).map(|i| (i.key.kind, i.id.clone()));
        let mut decided = Notifications::default();
        for incident in incidents {
            self.decide(incident, explaining.as_ref(), &mut decided);
        }
        decided
    }

    /// The silence that mutes an incident with these labels, if one does.
    #[must_use]
    pub fn silence(&self, labels: &Labels) -> Option<&Silence> {
        self.silences.iter().find(|silence| silence.mutes(labels, self.now))
    }

    /// The incident as it is, for receivers that forget: nothing is decided by it.
    #[must_use]
    pub fn restate(&self, incident: &Incident) -> Notification {
        let reason = match incident.state {
            IncidentState::Resolved => resolved(incident),
            IncidentState::Acknowledged => acknowledged(incident),
            IncidentState::Pending | IncidentState::Open => NotifyReason::Repeated,
        };
        let receivers = incident.notification_log.receivers().cloned().collect();
        self.notification(incident, &incident.labels(self.plan.monitor()), reason, receivers)
    }

    fn decide(
        &self,
        incident: &mut Incident,
        explaining: Option<&(IncidentKind, IncidentId)>,
        decided: &mut Notifications,
    ) {
        let labels = incident.labels(self.plan.monitor());
        if incident.state == IncidentState::Resolved {
            self.notify_resolved(incident, &labels, decided);
            return;
        }
        if !incident.is_firing() {
            return;
        }
        let muted = self.muted(incident, &labels, explaining);
        let matches = self.routing.matches(&labels, &self.plan.monitor().incidents, self.now);
        let mut news: BTreeMap<NotifyReason, Vec<ReceiverName>> = BTreeMap::new();
        let mut suppressed = None;
        for (receiver, route_match) in matches {
            let Some(reason) = reason(incident, incident.notification_log.get(&receiver), &route_match, self.now)
            else {
                continue;
            };
            match muted.clone().or_else(|| route_match.is_mute.then_some(Suppressed::Muted)) {
                Some(why) => suppressed = Some(why),
                None => news.entry(reason).or_default().push(receiver),
            }
        }
        for (reason, receivers) in news {
            self.notify_receivers(incident, &labels, reason, receivers, decided);
        }
        if incident.suppressed != suppressed {
            if let Some(why) = suppressed.clone() {
                decided.events.push(self.event(incident, Transition::Suppressed { why }));
            }
            incident.suppressed = suppressed;
            decided.changed.insert(incident.id.clone());
        }
    }

    /// Everybody who was notified is notified that it is over, silences and quiet hours or not: otherwise it would stay open
    /// wherever receivers keep incidents of their own.
    fn notify_resolved(&self, incident: &mut Incident, labels: &Labels, decided: &mut Notifications) {
        let receivers: Vec<ReceiverName> = incident.notification_log.unresolved().cloned().collect();
        if !receivers.is_empty() {
            self.notify_receivers(incident, labels, resolved(incident), receivers, decided);
        }
    }

    fn muted(
        &self,
        incident: &Incident,
        labels: &Labels,
        explaining: Option<&(IncidentKind, IncidentId)>,
    ) -> Option<Suppressed> {
        if let Some(silence) = self.silence(labels) {
            return Some(Suppressed::Silenced { silence: silence.id });
        }
        let (kind, id) = explaining?;
        let inhibited = incident.key.kind == IncidentKind::Drift;
        inhibited.then(|| Suppressed::Inhibited { kind: *kind, incident: id.clone() })
    }

    fn notify_receivers(
        &self,
        incident: &mut Incident,
        labels: &Labels,
        reason: NotifyReason,
        receivers: Vec<ReceiverName>,
        decided: &mut Notifications,
    ) {
        let entry = NotificationLogEntry {
            at: self.now,
            severity: incident.severity,
            features: incident.features.keys().cloned().collect(),
            acknowledged: incident.state == IncidentState::Acknowledged,
            resolved: incident.state == IncidentState::Resolved,
        };
        for receiver in &receivers {
            incident.notification_log.record(receiver.clone(), entry.clone());
        }
        incident.notifications += 1;
        decided.notifications.push(self.notification(incident, labels, reason.clone(), receivers.clone()));
        decided.events.push(self.event(incident, Transition::Notified { why: reason, receivers }));
        decided.changed.insert(incident.id.clone());
    }

    fn notification(
        &self,
        incident: &Incident,
        labels: &Labels,
        reason: NotifyReason,
        receivers: Vec<ReceiverName>,
    ) -> Notification {
        let (monitor, baseline) = (self.plan.monitor(), self.plan.baseline());
        Notification {
            schema: NOTIFICATION_SCHEMA,
            key: Notification::key_of(incident, &reason, incident.notifications),
            incident: incident.clone(),
            reason,
            receivers,
            at: self.now,
            baseline: baseline.reference.clone(),
            baseline_hash: baseline.hash.clone(),
            labels: labels.clone(),
            links: Links::of(incident, self.routing.external_url.as_deref(), monitor.runbook.as_deref()),
        }
    }

    fn event(&self, incident: &Incident, transition: Transition) -> IncidentEvent {
        IncidentEvent { incident: incident.id.clone(), at: self.now, transition, silenced: false }
    }
}

/// Whether an incident explains the drift of its monitor: what is computed from too few records, or from those that
/// arrived while others hang, says little about the population.
fn explains(incident: &Incident) -> bool {
    matches!(incident.key.kind, IncidentKind::NoData | IncidentKind::Pipeline) && incident.is_firing()
}

/// That it is over.
fn resolved(incident: &Incident) -> NotifyReason {
    NotifyReason::Resolved { by: incident.resolved_by.clone().unwrap_or_default() }
}

/// That somebody has taken it.
fn acknowledged(incident: &Incident) -> NotifyReason {
    let by = incident.acknowledged.as_ref().map(|(_, by)| by.clone());
    NotifyReason::Acknowledged { by: by.unwrap_or_default() }
}

/// Why a receiver is to be notified of an open incident now, if it is.
fn reason(
    incident: &Incident,
    logged: Option<&NotificationLogEntry>,
    route_match: &RouteMatch,
    now: Timestamp,
) -> Option<NotifyReason> {
    let is_taken = incident.state == IncidentState::Acknowledged;
    let Some(logged) = logged else {
        if is_taken {
            // Somebody has it; who never heard of it has nothing to do.
            return None;
        }
        return Some(match &incident.suppressed {
            Some(was) => NotifyReason::Unmuted { was: was.clone() },
            None => NotifyReason::Opened { windows: incident.opened_after },
        });
    };
    if incident.severity > logged.severity {
        return Some(NotifyReason::Escalated);
    }
    if is_taken && !logged.acknowledged {
        return Some(acknowledged(incident));
    }
    let quiet_for = now.since(logged.at);
    let joined: Vec<_> = incident.features.keys().filter(|f| !logged.features.contains(*f)).cloned().collect();
    if !joined.is_empty() && quiet_for >= route_match.group_interval {
        return Some(NotifyReason::FeaturesJoined { features: joined });
    }
    let is_repeated = !is_taken && incident.severity > Severity::Info && quiet_for >= route_match.repeat_interval;
    is_repeated.then_some(NotifyReason::Repeated)
}

#[cfg(test)]
mod tests;
