//! Retention: what the store may forget, and when.

use std::collections::{BTreeMap, BTreeSet};

use driftd_window::{EventTime, Span, Timestamp};

use crate::{Monitor, MonitorId, Topic};

/// How long the store keeps what it does not need any more.
///
/// What is not sealed, not counted, not resolved or not settled is kept whatever its age, and so is every sealed pane
/// that a window to come may reach back to. A store may serve several deployments: of what was judged and told, only
/// that of the configured monitors is forgotten, and a pane that some deployment has looked back to stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    partials: Span,
    history: Option<Span>,
    /// How far back each configured monitor may look.
    monitors: BTreeMap<MonitorId, Span>,
    topics: BTreeSet<Topic>,
}

/// What was forgotten, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Counts of sealed panes, as they came in.
    pub partials: u64,
    /// Sealed panes.
    pub panes: u64,
    /// Judged windows, with their statistics.
    pub windows: u64,
    /// Resolved incidents, with their events.
    pub incidents: u64,
    /// Delivered and dead notifications, with the tries to deliver them.
    pub notifications: u64,
    /// Sampled rejects.
    pub dead_letters: u64,
}

impl Retention {
    /// Keeps the counts of sealed panes for `partials`, and for `history`, or for ever, what was judged and told of
    /// `monitors`; no monitor's panes for less than it looks back.
    #[must_use]
    pub fn new<'a>(partials: Span, history: Option<Span>, monitors: impl IntoIterator<Item = &'a Monitor>) -> Self {
        let (mut known, mut topics) = (BTreeMap::new(), BTreeSet::new());
        for monitor in monitors {
            known.insert(monitor.id.clone(), monitor.reach());
            topics.extend(monitor.topics.iter().cloned());
        }
        Self { partials, history, monitors: known, topics }
    }

    /// The monitors whose past may be forgotten.
    pub fn monitors(&self) -> impl Iterator<Item = &MonitorId> {
        self.monitors.keys()
    }

    /// The topics whose sampled rejects may be forgotten.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter()
    }

    /// Counts that landed before this moment may go once they are accounted for.
    #[must_use]
    pub fn partials_before(&self, now: Timestamp) -> Timestamp {
        now.minus(self.partials)
    }

    /// What was judged, resolved or settled before this moment may go.
    #[must_use]
    pub fn history_before(&self, now: Timestamp) -> Option<Timestamp> {
        let longest = self.monitors.values().max().copied().unwrap_or(Span::ZERO);
        Some(now.minus(self.history?.max(longest)))
    }

    /// Sealed panes of `monitor` before this moment of event time may go, behind its frontier: event time has its own
    /// age, or a replay of an old year would forget what it has just sealed. The last one of them with records stays: it
    /// tells a monitor that is old from one that has just begun, and a gap from no data at all.
    ///
    /// `reach` is how far anybody has looked back who sealed it: another deployment may have longer windows.
    #[must_use]
    pub fn panes_before(&self, monitor: &MonitorId, frontier: EventTime, reach: Span) -> Option<EventTime> {
        let own = *self.monitors.get(monitor)?;
        Some(frontier.minus(self.history?.max(own).max(reach)))
    }
}

impl Default for Retention {
    /// Two days for counts, and for ever for what was judged and told.
    fn default() -> Self {
        Self::new(Span::from_hours(48), None, [])
    }
}

impl Retained {
    /// Whether nothing was forgotten.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, clock, monitor};

    #[test]
    fn no_window_loses_its_panes() {
        let hours = Span::from_hours;
        let weekly = monitor(&[("week", 168, 24)]);
        let policy = Retention::new(hours(2), Some(hours(24)), [&weekly]);
        let before = |reach| policy.panes_before(&weekly.id, at(400), reach);
        assert_eq!(policy.partials_before(clock(10)), clock(8));
        assert_eq!(policy.history_before(clock(400)), Some(clock(64)));
        assert_eq!(before(Span::ZERO), Some(at(64)), "the week, and the one that it is compared with");
        assert_eq!(before(hours(390)), Some(at(10)), "somebody else looks back further");
        assert_eq!(policy.panes_before(&"another".parse().unwrap(), at(400), Span::ZERO), None, "it is not ours");
        let forever = Retention::new(hours(2), None, [&weekly]);
        assert_eq!(forever.history_before(clock(200)), None);
        assert_eq!(forever.panes_before(&weekly.id, at(200), Span::ZERO), None);
    }
}
