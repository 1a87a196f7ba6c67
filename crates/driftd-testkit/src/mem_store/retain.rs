//! Forgetting what is old.

use driftd_model::{Incident, IncidentState, MonitorId, Retained, Retention};
use driftd_window::{EventTime, PaneId, Timestamp};

use super::state::{MonitorState, OutboxRow, OutboxState, State};

impl State {
    pub(super) fn retain(&mut self, policy: &Retention, now: Timestamp) -> Retained {
        let mut gone = Retained::default();
        for (id, monitor) in &mut self.monitors {
            gone.partials += monitor.drop_partials(policy.partials_before(now));
            let before = monitor.sealed_through.and_then(|at| policy.panes_before(id, at, monitor.reach));
            gone.panes += before.map_or(0, |before| monitor.drop_panes(before));
        }
        let Some(before) = policy.history_before(now) else {
            return gone;
        };
        let is_ours = |monitor: &MonitorId| policy.monitors().any(|ours| ours == monitor);
        for (_, monitor) in self.monitors.iter_mut().filter(|(id, _)| is_ours(id)) {
            let windows = monitor.windows.len();
            monitor.windows.retain(|row| row.sealed_at >= before);
            gone.windows += (windows - monitor.windows.len()) as u64;
            monitor.history.retain(|row| row.sealed_at >= before);
            monitor.budgets.retain(|_, (_, judged_at)| *judged_at >= before);
        }
        let waiting = |i: &Incident| {
            let of = |row: &OutboxRow| row.state == OutboxState::Waiting && row.entry.notification.incident.id == i.id;
            i.owes_an_end() || self.outbox.iter().any(of)
        };
        let old = |i: &Incident| {
            let is_over = i.state == IncidentState::Resolved && i.resolved_at.is_some_and(|at| at < before);
            is_over && is_ours(&i.key.monitor) && !waiting(i)
        };
        let ids: Vec<_> = self.incidents.iter().filter(|i| old(i)).map(|i| i.id.clone()).collect();
        gone.incidents += ids.len() as u64;
        self.incidents.retain(|i| !ids.contains(&i.id));
        self.events.retain(|event| !ids.contains(&event.incident));
        let messages = self.outbox.len();
        let ours = |row: &OutboxRow| is_ours(&row.entry.notification.incident.key.monitor);
        self.outbox
            .retain(|row| row.state == OutboxState::Waiting || row.entry.notification.at >= before || !ours(row));
        gone.notifications += (messages - self.outbox.len()) as u64;
        for topic in policy.topics() {
            let Some(letters) = self.dead_letters.get_mut(topic) else { continue };
            let all = letters.len();
            letters.retain(|(at, _)| *at >= before);
            gone.dead_letters += (all - letters.len()) as u64;
        }
        gone
    }
}

impl MonitorState {
    /// Partials of a pane and segment whose records are all accounted for, as sealed or as late; how many of them were
    /// dropped is remembered, so that the account still adds up.
    fn drop_partials(&mut self, before: Timestamp) -> u64 {
        let Some(through) = self.sealed_through else {
            return 0;
        };
        let mut gone = 0;
        for (pane, partials) in self.partials.iter_mut().take_while(|(pane, _)| pane.start() < through) {
            let segments: Vec<_> = partials.iter().map(|p| p.planned.delta.segment.clone()).collect();
            for segment in segments {
                let key = (*pane, segment);
                let of = |p: &super::state::Partial| p.planned.delta.segment == key.1;
                let here: u64 = partials.iter().filter(|p| of(p)).map(|p| p.planned.delta.rows).sum();
                let dropped = self.dropped.get(&key).copied().unwrap_or(0);
                let accounted = self.sealed.get(&key).map_or(0, |sealed| sealed.rows + sealed.late_rows);
                if here + dropped != accounted {
                    continue;
                }
                let old = |p: &super::state::Partial| of(p) && p.landed < before;
                let (count, rows) = partials
                    .iter()
                    .filter(|p| old(p))
                    .fold((0, 0), |(count, rows), p| (count + 1, rows + p.planned.delta.rows));
                partials.retain(|p| !old(p));
                gone += count;
                *self.dropped.entry(key).or_default() += rows;
            }
        }
        self.partials.retain(|_, partials| !partials.is_empty());
        gone
    }

    /// Sealed panes whose counts are all gone, less the last one with records before that moment.
    fn drop_panes(&mut self, before: EventTime) -> u64 {
        let old = |pane: &PaneId| pane.start() < before;
        let with_records = self.sealed.iter().filter(|((pane, _), sealed)| old(pane) && sealed.rows > 0);
        let Some(kept_from) = with_records.map(|((pane, _), _)| *pane).max() else {
            return 0;
        };
        let all = self.sealed.len();
        let dropped = &self.dropped;
        self.sealed.retain(|key, sealed| {
            key.0 >= kept_from || dropped.get(key).copied().unwrap_or(0) != sealed.rows + sealed.late_rows
        });
        let sealed = &self.sealed;
        self.dropped.retain(|key, _| sealed.contains_key(key));
        (all - self.sealed.len()) as u64
    }
}
