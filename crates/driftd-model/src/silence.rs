//! Silences: temporary mutes by matchers on an incident's labels.

use driftd_window::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Labels, Matcher, SilenceId};

/// A temporary mute. Its state is derived from its times and never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its id, given by the store.
    pub id: SilenceId,
    /// All of these must hold.
    pub matchers: Vec<Matcher>,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who.
    pub author: String,
    /// Why.
    pub comment: String,
}

/// What a silence is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceState {
    /// Not yet.
    Pending,
    /// Now.
    Active,
    /// No longer.
    Expired,
}

impl Silence {
    /// What it is at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> SilenceState {
        if now < self.starts_at {
            SilenceState::Pending
        } else if now < self.ends_at {
            SilenceState::Active
        } else {
            SilenceState::Expired
        }
    }

    /// Whether it mutes an incident with these labels at `now`.
    #[must_use]
    pub fn mutes(&self, labels: &Labels, now: Timestamp) -> bool {
        self.state(now) == SilenceState::Active && self.matchers.iter().all(|m| m.matches(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_silence_follows_from_its_times() {
        let at = Timestamp::from_micros;
        let silence = Silence {
            id: SilenceId(1),
            matchers: Vec::new(),
            starts_at: at(10),
            ends_at: at(20),
            author: "ana".into(),
            comment: "deploy".into(),
        };
        assert_eq!(silence.state(at(9)), SilenceState::Pending);
        assert_eq!(silence.state(at(10)), SilenceState::Active);
        assert_eq!(silence.state(at(20)), SilenceState::Expired);
    }
}
