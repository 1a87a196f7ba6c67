//! Silences: temporary mutes by matchers on an incident's labels.

use std::fmt;
use std::str::FromStr;

use driftd_window::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Incident, SilenceId};

/// One condition on a label, written `label=value` or `label!=value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Matcher {
    label: String,
    equal: bool,
    value: String,
}

/// A text that is no matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a matcher: write LABEL=VALUE or LABEL!=VALUE, where LABEL is one of {labels}")]
pub struct BadMatcher {
    text: String,
    labels: String,
}

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

/// Labels that matchers and routes may name.
pub const LABELS: [&str; 4] = ["monitor", "segment", "kind", "severity"];

impl Matcher {
    /// Whether an incident meets the condition.
    #[must_use]
    pub fn matches(&self, incident: &Incident) -> bool {
        let found = match self.label.as_str() {
            "monitor" => incident.key.monitor.as_str(),
            "segment" => incident.key.segment.as_str(),
            "kind" => incident.key.kind.as_str(),
            "severity" => incident.severity.as_str(),
            // The constructor lets no other label in.
            _ => return false,
        };
        (found == self.value) == self.equal
    }
}

impl FromStr for Matcher {
    type Err = BadMatcher;

    fn from_str(text: &str) -> Result<Self, BadMatcher> {
        let bad = || BadMatcher { text: text.to_owned(), labels: LABELS.join(", ") };
        let (label, value) = text.split_once('=').ok_or_else(bad)?;
        let (label, equal) = label.strip_suffix('!').map_or((label, true), |label| (label, false));
        if !LABELS.contains(&label) {
            return Err(bad());
        }
        Ok(Self { label: label.to_owned(), equal, value: value.to_owned() })
    }
}

impl TryFrom<String> for Matcher {
    type Error = BadMatcher;

    fn try_from(text: String) -> Result<Self, BadMatcher> {
        text.parse()
    }
}

impl From<Matcher> for String {
    fn from(matcher: Matcher) -> Self {
        matcher.to_string()
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.label, if self.equal { "=" } else { "!=" }, self.value)
    }
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

    /// Whether it mutes `incident` at `now`.
    #[must_use]
    pub fn mutes(&self, incident: &Incident, now: Timestamp) -> bool {
        self.state(now) == SilenceState::Active && self.matchers.iter().all(|m| m.matches(incident))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_print_what_they_parse() {
        for text in ["monitor=flight-delay", "severity!=critical", "segment=carrier=UA"] {
            assert_eq!(text.parse::<Matcher>().unwrap().to_string(), text);
        }
        let error = "colour=red".parse::<Matcher>().unwrap_err().to_string();
        assert!(error.contains("monitor, segment, kind, severity"), "{error}");
        assert!("monitor".parse::<Matcher>().is_err());
    }

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
