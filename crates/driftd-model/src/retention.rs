//! Retention: what the store may forget, and when.

use driftd_window::{EventTime, Span, Timestamp};

/// How long the store keeps what it does not need any more.
///
/// What is not sealed, not counted, not resolved or not settled is kept whatever its age, and so is every sealed pane
/// that a window to come may reach back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    partials: Span,
    history: Option<Span>,
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
    /// Keeps the counts of sealed panes for `partials`, and for `history` what was judged and told, or for ever. Sealed
    /// panes are kept for `keep` at least, which is how far any monitor looks back.
    #[must_use]
    pub fn new(partials: Span, history: Option<Span>, keep: Span) -> Self {
        Self { partials, history: history.map(|history| history.max(keep)) }
    }

    /// Counts that landed before this moment may go once they are accounted for.
    #[must_use]
    pub fn partials_before(&self, now: Timestamp) -> Timestamp {
        now.minus(self.partials)
    }

    /// What was judged, resolved or settled before this moment may go.
    #[must_use]
    pub fn history_before(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now.minus(self.history?))
    }

    /// Sealed panes before this moment of event time may go, behind a monitor's frontier: event time has its own age,
    /// or a replay of an old year would forget what it has just sealed. The last one of them with records stays: it
    /// tells a monitor that is old from one that has just begun, and a gap from no data at all.
    #[must_use]
    pub fn panes_before(&self, frontier: EventTime) -> Option<EventTime> {
        Some(frontier.minus(self.history?))
    }
}

impl Default for Retention {
    /// Two days for counts, and for ever for what was judged and told.
    fn default() -> Self {
        Self { partials: Span::from_hours(48), history: None }
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
    use crate::fixtures::{at, clock};

    #[test]
    fn no_window_loses_its_panes() {
        let hours = Span::from_hours;
        let policy = Retention::new(hours(2), Some(hours(24)), hours(168));
        assert_eq!(policy.partials_before(clock(10)), clock(8));
        assert_eq!(policy.history_before(clock(200)), Some(clock(32)));
        assert_eq!(policy.panes_before(at(200)), Some(at(32)));
        let forever = Retention::new(hours(2), None, hours(168));
        assert_eq!((forever.history_before(clock(200)), forever.panes_before(at(200))), (None, None));
    }
}
