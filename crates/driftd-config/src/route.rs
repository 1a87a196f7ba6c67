//! Routes: who hears what.

use std::fmt;

use driftd_model::ReceiverName;
use driftd_window::{Span, Timestamp};

use crate::MuteTime;

/// One line of the routing table. Lines are tried in order; the first that matches is the last, unless it continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What it matches; everything when empty.
    pub matchers: Vec<Matcher>,
    /// Who hears; at least one.
    pub receivers: Vec<ReceiverName>,
    /// Whether later lines are tried too.
    pub continues: bool,
    /// Shortest time between two notifications about new features, where not the monitor's.
    pub group_interval: Option<Span>,
    /// Time after which an open incident is told again, where not the monitor's.
    pub repeat_interval: Option<Span>,
    /// When nobody is told.
    pub mute_times: Vec<MuteTime>,
}

/// A condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label, such as `severity`.
    pub label: String,
    /// What its value must be.
    pub condition: Condition,
}

/// What the value of a label must be; a label that is not there has the empty value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// This value.
    Is(String),
    /// Any but this value.
    IsNot(String),
}

impl Matcher {
    /// Whether a label of this value fulfils it.
    #[must_use]
    pub fn accepts(&self, value: Option<&str>) -> bool {
        let value = value.unwrap_or_default();
        match &self.condition {
            Condition::Is(wanted) => value == wanted,
            Condition::IsNot(unwanted) => value != unwanted,
        }
    }
}

impl Route {
    /// Whether it matches an incident with these labels.
    #[must_use]
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.matchers.iter().all(|matcher| matcher.accepts(label(&matcher.label)))
    }

    /// Whether it matches everything.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.matchers.is_empty()
    }

    /// Whether nobody is told at `now`.
    #[must_use]
    pub fn is_mute(&self, now: Timestamp) -> bool {
        self.mute_times.iter().any(|mute| mute.holds(now))
    }
}

impl fmt::Display for Condition {
    /// As it is written in `match`: `critical`, or `!=critical`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => f.write_str(value),
            Self::IsNot(value) => write!(f, "!={value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_matches_when_every_label_does() {
        let matcher = |label: &str, condition| Matcher { label: label.to_owned(), condition };
        let route = Route {
            matchers: vec![
                matcher("severity", Condition::Is("critical".to_owned())),
                matcher("segment", Condition::IsNot("UA".to_owned())),
            ],
            receivers: Vec::new(),
            continues: false,
            group_interval: None,
            repeat_interval: None,
            mute_times: vec!["00:00-12:00".parse().unwrap()],
        };
        let with = |severity, segment| {
            route.matches(|label| match label {
                "severity" => severity,
                _ => segment,
            })
        };
        assert!(with(Some("critical"), None));
        assert!(with(Some("critical"), Some("DL")));
        assert!(!with(Some("critical"), Some("UA")));
        assert!(!with(Some("warning"), None));
        assert!(!route.is_default());
        assert!(route.is_mute("2013-07-01T11:59:00Z".parse().unwrap()));
        assert!(!route.is_mute("2013-07-01T12:00:00Z".parse().unwrap()));
    }
}
