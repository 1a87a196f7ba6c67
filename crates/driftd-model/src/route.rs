//! Routes: who hears of an incident, how often, and when not.

use std::collections::BTreeMap;

use driftd_window::{Span, Timestamp, Zone};

use crate::{IncidentRules, Labels, Matcher, MuteTime, ReceiverName};

/// One line of the routing table.
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
    /// By which clocks that is.
    pub zone: Zone,
}

/// The routing table: lines are tried in order; the first that matches is the last, unless it continues.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Routing {
    /// The lines.
    pub routes: Vec<Route>,
    /// Where people reach the dashboard, without a slash at the end; nothing when there is no such place.
    pub external_url: Option<String>,
}

/// How the routing table matches one receiver to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteMatch {
    /// Number of the line that decided, from 0.
    pub route: usize,
    /// Shortest time between two notifications about new features.
    pub group_interval: Span,
    /// Time after which an open incident is told again.
    pub repeat_interval: Span,
    /// Whether this is a time at which it is not told.
    pub is_mute: bool,
}

impl Route {
    /// A line that matches everything and tells `receivers`.
    #[must_use]
    pub const fn to(receivers: Vec<ReceiverName>) -> Self {
        Self {
            matchers: Vec::new(),
            receivers,
            continues: false,
            group_interval: None,
            repeat_interval: None,
            mute_times: Vec::new(),
            zone: Zone::UTC,
        }
    }

    /// Whether it matches an incident with these labels.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether it matches everything.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.matchers.is_empty()
    }

    /// Whether nobody is told at `now`.
    #[must_use]
    pub fn is_mute(&self, now: Timestamp) -> bool {
        self.mute_times.iter().any(|mute| mute.contains(now, self.zone))
    }
}

impl Routing {
    /// A table of one line that tells `receivers` everything.
    #[must_use]
    pub fn to(receivers: Vec<ReceiverName>) -> Self {
        let routes = if receivers.is_empty() { Vec::new() } else { vec![Route::to(receivers)] };
        Self { routes, external_url: None }
    }

    /// Receivers of an incident with these labels at `now`. A receiver that several lines name is dealt with as the
    /// first of them says; `rules` are the monitor's, for lines without intervals of their own.
    #[must_use]
    pub fn matches(
        &self,
        labels: &Labels,
        rules: &IncidentRules,
        now: Timestamp,
    ) -> BTreeMap<ReceiverName, RouteMatch> {
        let mut matches = BTreeMap::new();
        for (number, route) in self.routes.iter().enumerate().filter(|(_, route)| route.matches(labels)) {
            let route_match = RouteMatch {
                route: number,
                group_interval: route.group_interval.unwrap_or(rules.group_interval),
                repeat_interval: route.repeat_interval.unwrap_or(rules.repeat_interval),
                is_mute: route.is_mute(now),
            };
            for receiver in &route.receivers {
                matches.entry(receiver.clone()).or_insert(route_match);
            }
            if !route.continues {
                break;
            }
        }
        matches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(matchers: &[&str], receivers: &[&str], continues: bool) -> Route {
        Route {
            matchers: matchers.iter().map(|m| m.parse().unwrap()).collect(),
            continues,
            ..Route::to(receivers.iter().map(|r| r.parse().unwrap()).collect())
        }
    }

    fn heard(routing: &Routing, pairs: &[(&str, &str)]) -> Vec<(String, usize)> {
        let labels = pairs.iter().map(|(name, value)| (name.parse().unwrap(), (*value).to_owned())).collect();
        let matches = routing.matches(&labels, &IncidentRules::default(), Timestamp::from_micros(0));
        matches.into_iter().map(|(receiver, route_match)| (receiver.to_string(), route_match.route)).collect()
    }

    #[test]
    fn the_first_line_that_matches_is_the_last_unless_it_continues() {
        let routing = Routing {
            routes: vec![
                route(&["kind=pipeline"], &["platform"], false),
                route(&["severity=critical"], &["pager", "chat"], true),
                route(&["severity=critical", "team=ml"], &["pager", "mail"], false),
                route(&[], &["chat"], false),
            ],
            external_url: None,
        };
        let at = |name: &str, route| (name.to_owned(), route);
        assert_eq!(heard(&routing, &[("kind", "pipeline"), ("severity", "critical")]), [at("platform", 0)]);
        let ml = [("severity", "critical"), ("team", "ml")];
        assert_eq!(heard(&routing, &ml), [at("chat", 1), at("mail", 2), at("pager", 1)]);
        assert_eq!(heard(&routing, &[("severity", "critical")]), [at("chat", 1), at("pager", 1)]);
        assert_eq!(heard(&routing, &[("severity", "warning")]), [at("chat", 3)]);
        assert_eq!(heard(&Routing::default(), &ml), []);
    }

    #[test]
    fn a_line_has_its_own_pace_and_quiet_hours() {
        let slow = Route {
            repeat_interval: Some(Span::from_hours(24)),
            mute_times: vec!["00:00-12:00".parse().unwrap()],
            ..route(&[], &["mail"], false)
        };
        let routing = Routing { routes: vec![slow], external_url: None };
        let rules = IncidentRules::default();
        let at =
            |now: &str| routing.matches(&Labels::default(), &rules, now.parse().unwrap()).into_values().next().unwrap();
        let morning = at("2013-07-01T11:59:00Z");
        assert_eq!((morning.repeat_interval, morning.group_interval), (Span::from_hours(24), rules.group_interval));
        assert_eq!((morning.is_mute, at("2013-07-01T12:00:00Z").is_mute), (true, false));
    }
}
