//! Who is told what, and who is not: one pure function that holds what an incident is against what each receiver has
//! heard of it.
//!
//! It looks at states, not at changes: whatever kept a receiver from hearing of something (a silence, quiet hours,
//! another incident, a crash between two transactions), it hears of it once that is over and the incident is still open.
//! What was decided is written into the incident together with the message, so nothing is told twice without a reason.

use std::collections::{BTreeMap, BTreeSet};

use driftd_window::Timestamp;

use crate::{
    Hearing, Incident, IncidentEvent, IncidentId, IncidentKind, IncidentState, Labels, Links, MonitorPlan,
    NOTIFICATION_SCHEMA, Notification, NotifyReason, ReceiverName, Routing, Silence, Told, Transition, Withheld,
};

/// What decides who hears of a monitor's incidents at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The monitor and its baseline.
    pub plan: &'a MonitorPlan,
    /// Who hears what.
    pub routing: &'a Routing,
    /// Silences that are not over.
    pub silences: &'a [Silence],
    /// When.
    pub now: Timestamp,
}

/// What was decided for a monitor's incidents.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Announcement {
    /// Messages, by incident and reason.
    pub notifications: Vec<Notification>,
    /// What is written down about them.
    pub events: Vec<IncidentEvent>,
    /// Incidents that now remember something else than before.
    pub changed: BTreeSet<IncidentId>,
}

impl Audience<'_> {
    /// Decides for all of a monitor's incidents at once, because one may explain another: `incidents` are the
    /// unresolved ones and those whose end somebody has still to hear of.
    pub fn announce(&self, incidents: &mut [Incident]) -> Announcement {
        let explaining = incidents.iter().find(|i| explains(i)).map(|i| (i.key.kind, i.id.clone()));
        let mut announcement = Announcement::default();
        for incident in incidents {
            self.decide(incident, explaining.as_ref(), &mut announcement);
        }
        announcement
    }

    /// The silence that mutes an incident with these labels, if one does.
    #[must_use]
    pub fn silence(&self, labels: &Labels) -> Option<&Silence> {
        self.silences.iter().find(|silence| silence.mutes(labels, self.now))
    }

    /// The incident as it is, for receivers that have to be told again and again: nothing is decided by it.
    #[must_use]
    pub fn restate(&self, incident: &Incident) -> Notification {
        let reason = match incident.state {
            IncidentState::Resolved => resolved(incident),
            IncidentState::Acknowledged => acknowledged(incident),
            IncidentState::Pending | IncidentState::Open => NotifyReason::Repeated,
        };
        let receivers = incident.told.keys().cloned().collect();
        self.notification(incident, &incident.labels(self.plan.monitor()), reason, receivers)
    }

    fn decide(
        &self,
        incident: &mut Incident,
        explaining: Option<&(IncidentKind, IncidentId)>,
        announcement: &mut Announcement,
    ) {
        let labels = incident.labels(self.plan.monitor());
        if incident.state == IncidentState::Resolved {
            self.tell_the_end(incident, &labels, announcement);
            return;
        }
        if !incident.is_firing() {
            return;
        }
        let muted = self.muted(incident, &labels, explaining);
        let hearers = self.routing.hearers(&labels, &self.plan.monitor().incidents, self.now);
        let mut news: BTreeMap<NotifyReason, Vec<ReceiverName>> = BTreeMap::new();
        let mut withheld = None;
        for (receiver, hearing) in hearers {
            let Some(reason) = reason(incident, incident.told.get(&receiver), &hearing, self.now) else {
                continue;
            };
            match muted.clone().or_else(|| hearing.is_mute.then_some(Withheld::MuteTime)) {
                Some(why) => withheld = Some(why),
                None => news.entry(reason).or_default().push(receiver),
            }
        }
        for (reason, receivers) in news {
            self.tell(incident, &labels, reason, receivers, announcement);
        }
        if incident.withheld != withheld {
            if let Some(why) = withheld.clone() {
                announcement.events.push(self.event(incident, Transition::Withheld { why }));
            }
            incident.withheld = withheld;
            announcement.changed.insert(incident.id.clone());
        }
    }

    /// Everybody who heard of it hears that it is over, silences and quiet hours or not: otherwise it would stay open
    /// wherever receivers keep incidents of their own.
    fn tell_the_end(&self, incident: &mut Incident, labels: &Labels, announcement: &mut Announcement) {
        let waiting = incident.told.iter().filter(|(_, told)| !told.resolved);
        let receivers: Vec<ReceiverName> = waiting.map(|(receiver, _)| receiver.clone()).collect();
        if !receivers.is_empty() {
            self.tell(incident, labels, resolved(incident), receivers, announcement);
        }
    }

    fn muted(
        &self,
        incident: &Incident,
        labels: &Labels,
        explaining: Option<&(IncidentKind, IncidentId)>,
    ) -> Option<Withheld> {
        if let Some(silence) = self.silence(labels) {
            return Some(Withheld::Silence { silence: silence.id });
        }
        let (kind, id) = explaining?;
        let inhibited = incident.key.kind == IncidentKind::Drift;
        inhibited.then(|| Withheld::Inhibited { kind: *kind, incident: id.clone() })
    }

    fn tell(
        &self,
        incident: &mut Incident,
        labels: &Labels,
        reason: NotifyReason,
        receivers: Vec<ReceiverName>,
        announcement: &mut Announcement,
    ) {
        let told = Told {
            at: self.now,
            severity: incident.severity,
            features: incident.features.keys().cloned().collect(),
            acknowledged: incident.state == IncidentState::Acknowledged,
            resolved: incident.state == IncidentState::Resolved,
        };
        for receiver in &receivers {
            incident.told.insert(receiver.clone(), told.clone());
        }
        incident.tellings += 1;
        announcement.notifications.push(self.notification(incident, labels, reason.clone(), receivers.clone()));
        announcement.events.push(self.event(incident, Transition::Told { why: reason, receivers }));
        announcement.changed.insert(incident.id.clone());
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
            key: Notification::key_of(incident, &reason, incident.tellings),
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

/// Why a receiver should hear of an open incident now, if it should.
fn reason(incident: &Incident, told: Option<&Told>, hearing: &Hearing, now: Timestamp) -> Option<NotifyReason> {
    let is_taken = incident.state == IncidentState::Acknowledged;
    let Some(told) = told else {
        if is_taken {
            // Somebody has it; who never heard of it has nothing to do.
            return None;
        }
        return Some(match &incident.withheld {
            Some(was) => NotifyReason::Unmuted { was: was.clone() },
            None => NotifyReason::Opened { windows: incident.opened_after },
        });
    };
    if incident.severity > told.severity {
        return Some(NotifyReason::Escalated);
    }
    if is_taken && !told.acknowledged {
        return Some(acknowledged(incident));
    }
    let quiet_for = now.since(told.at);
    let joined: Vec<_> = incident.features.keys().filter(|f| !told.features.contains(*f)).cloned().collect();
    if !joined.is_empty() && quiet_for >= hearing.group_interval {
        return Some(NotifyReason::FeaturesJoined { features: joined });
    }
    (!is_taken && quiet_for >= hearing.repeat_interval).then_some(NotifyReason::Repeated)
}

#[cfg(test)]
mod tests;
