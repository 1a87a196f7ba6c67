//! Routes, and what they have to do with receivers and labels.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use driftd_model::{LabelName, Labels, Matcher, Monitor, MuteTime, ReceiverName, Route};
use driftd_window::{Span, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::label;
use crate::place::Place;
use crate::problem::Problems;
use crate::shape::text_type;
use crate::tree::At;

/// Values of the labels that driftd gives itself.
const KNOWN: [(&str, &[&str]); 2] = [
    ("severity", &["info", "warning", "critical"]),
    ("kind", &["drift", "data_quality", "no_data", "performance", "pipeline", "calibration"]),
];

/// Routes are tried in order; the first that matches is the last, unless it continues. There is none by default; where
/// there are receivers there must be one without match, so that every incident is told to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteConfig {
    /// Labels of the incident and the values they must have: severity ("info", "warning", "critical"), kind ("drift",
    /// "data_quality", "no_data", "performance", "pipeline", "calibration"), monitor, segment, environment, model, model_version and the
    /// monitor's own. A value is "value", or "!=value" for any other, or "=~pattern" or "!~pattern" for regular
    /// expressions that fit, or do not fit, the whole value. A label that an incident has not got is empty. Without any
    /// it matches everything.
    #[serde(default, rename = "match")]
    matchers: BTreeMap<LabelName, Condition>,
    /// Who hears.
    #[schemars(length(min = 1), example = ["log"])]
    receivers: Vec<ReceiverName>,
    /// Whether later routes are tried too.
    #[serde(default, rename = "continue")]
    continues: bool,
    /// Shortest time between two notifications about new features, where not the monitor's.
    #[schemars(example = &"10m", extend("x-longer-than" = "0s"))]
    group_interval: Option<Span>,
    /// Time after which an open incident is told again, where not the monitor's.
    #[schemars(example = &"1d", extend("x-longer-than" = "0s"))]
    repeat_interval: Option<Span>,
    /// Times at which nobody is told: "22:00-06:00" every day, or with days before it, as in "sat,sun 00:00-24:00".
    #[serde(default)]
    mute_times: Vec<MuteTime>,
    /// Time zone of these times, of the IANA database and with its summer time.
    #[serde(default)]
    #[schemars(example = &"Europe/Berlin")]
    timezone: Zone,
}

/// What the value of a label must be, as it is written; it may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition(String);

impl FromStr for Condition {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_type!(Condition, "text in quotes", { "type": "string" });

impl RouteConfig {
    /// The route that this is.
    pub(crate) fn route(&self, at: &At<'_>, problems: &mut Problems) -> Route {
        let mut matchers = Vec::new();
        for (name, condition) in &self.matchers {
            let at = at.key("match").key(name.as_str());
            match Matcher::on(name.clone(), &condition.0) {
                Ok(matcher) => {
                    check_known(&matcher, &at, problems);
                    matchers.push(matcher);
                }
                Err(error) => at.problem(problems, error),
            }
        }
        Route {
            matchers,
            receivers: self.receivers.clone(),
            continues: self.continues,
            group_interval: self.group_interval,
            repeat_interval: self.repeat_interval,
            mute_times: self.mute_times.clone(),
            zone: self.timezone,
        }
    }
}

/// Notes a condition that no value of its label meets, where all values are known.
fn check_known(matcher: &Matcher, at: &At<'_>, problems: &mut Problems) {
    let label = matcher.label();
    let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == label.as_str()) else { return };
    let one = |value: &str| -> Labels { [(label.clone(), value.to_owned())].into_iter().collect() };
    match matcher.value() {
        Some(value) if !known.contains(&value) => {
            at.problem(problems, format!("{value:?} is no {label}: write one of {}", known.join(", ")));
        }
        None if !known.iter().any(|value| matcher.matches(&one(value))) => {
            at.problem(problems, format!("{:?} fits no {label}: there are {}", matcher.condition(), known.join(", ")));
        }
        _ => {}
    }
}

/// Notes every receiver that a route names and nobody defines, or that it names twice.
pub(crate) fn check_receivers(routes: &At<'_>, receivers: &At<'_>, problems: &mut Problems) {
    let defined: Vec<&str> = receivers.items().filter_map(|receiver| receiver.key("name").text()).collect();
    for route in routes.items() {
        let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
        for named in route.key("receivers").items() {
            let Some(name) = named.text() else { continue };
            if let Some(place) = first.insert(name, named.place()) {
                named.problem(problems, format!("{name:?} is already named at {}: leave one out", place.shown()));
            } else if !defined.contains(&name) {
                let known = if defined.is_empty() { "none".to_owned() } else { defined.join(", ") };
                named.problem(problems, format!("no receiver is named {name:?}: defined are {known}"));
            }
        }
    }
}

/// Notes that there are receivers and no route that matches everything: some incidents would be told to nobody, and
/// nobody would know.
pub(crate) fn check_default(parsed: &[RouteConfig], routes: &At<'_>, receivers: &At<'_>, problems: &mut Problems) {
    let Some(receiver) = receivers.items().next() else { return };
    // What is wrong with the routes is already said, and the one that is may be meant to match everything.
    if !routes.is_sound(problems) || parsed.iter().any(|route| route.matchers.is_empty()) {
        return;
    }
    match routes.items().last() {
        Some(last) => last.problem(
            problems,
            "no route matches everything, so some incidents would be told to nobody: add a last [[route]] without match",
        ),
        None => receiver.problem(
            problems,
            "there is no route, so nobody would be told anything: add a [[route]] with receivers and without match",
        ),
    }
}

/// What is not wrong but likely not meant: receivers without a route, conditions on labels that nothing has.
pub(crate) fn note(
    parsed: &[RouteConfig],
    routes: &At<'_>,
    receivers: &At<'_>,
    monitors: &[Monitor],
    notes: &mut Problems,
) {
    let named: BTreeSet<&str> = parsed.iter().flat_map(|route| &route.receivers).map(ReceiverName::as_str).collect();
    for receiver in receivers.items() {
        if let Some(name) = receiver.key("name").text().filter(|name| !named.contains(name)) {
            receiver.problem(notes, format!("receiver {name:?} hears nothing: no route names it"));
        }
    }
    let known = label::known(monitors);
    for (route, at) in parsed.iter().zip(routes.items()) {
        for name in route.matchers.keys().map(LabelName::as_str).filter(|name| !known.contains(name)) {
            let message = format!("no incident has label {name:?}: {}", label::remedy(name));
            at.key("match").key(name).problem(notes, message);
        }
    }
}
