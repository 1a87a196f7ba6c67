//! Routes, and what they have to do with receivers and labels.

use std::collections::BTreeMap;

use driftd_model::{LabelName, Labels, Matcher, Monitor, Route};

use super::{labels, positive_if_given, some_of};
use crate::Problem;
use crate::problem::Problems;
use crate::raw::{RawReceiver, RawRoute};
use crate::read::{Field, Located};
use crate::tree::Place;

/// Values of the labels that driftd gives itself.
const KNOWN: [(&str, &[&str]); 2] = [
    ("severity", &["warning", "critical"]),
    ("kind", &["drift", "data_quality", "no_data", "performance", "pipeline"]),
];

/// Notes every receiver that a route names and nobody defines, or that it names twice.
pub(super) fn references(routes: &[Located<RawRoute>], receivers: &[Located<RawReceiver>], problems: &mut Problems) {
    let defined: Vec<&str> = receivers.iter().filter_map(name_of).collect();
    for list in routes.iter().filter_map(|route| route.value.receivers.0.as_ref()) {
        let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
        for named in &list.value {
            let name = named.value.as_str();
            if let Some(place) = first.get(name) {
                named.problem(problems, format!("{name:?} is already named at {}: leave one out", place.shown()));
                continue;
            }
            first.insert(name, &named.place);
            if !defined.contains(&name) {
                let known = if defined.is_empty() { "none".to_owned() } else { defined.join(", ") };
                named.problem(problems, format!("no receiver is named {name:?}: defined are {known}"));
            }
        }
    }
}

/// Notes that there are receivers and no route that matches everything: some incidents would be told to nobody, and
/// nobody would know.
pub(super) fn default_route(
    routes: &Field<Vec<Located<RawRoute>>>,
    receivers: &[Located<RawReceiver>],
    problems: &mut Problems,
) {
    let (routes, first) = match (routes, receivers) {
        // What is wrong with the routes is already said.
        (Field::Broken, _) | (_, []) => return,
        (Field::Absent, [first, ..]) => (&[][..], first),
        (Field::Given(routes), [first, ..]) => (routes.value.as_slice(), first),
    };
    let matches_all = |route: &Located<RawRoute>| match &route.value.r#match {
        Field::Absent => true,
        Field::Given(matchers) => matchers.value.0.is_empty(),
        // It may be meant to.
        Field::Broken => true,
    };
    match routes.last() {
        _ if routes.iter().any(matches_all) => {}
        Some(last) => last.problem(
            problems,
            "no route matches everything, so some incidents would be told to nobody: add a last [[route]] without match",
        ),
        None => first.problem(
            problems,
            "there is no route, so nobody would be told anything: add a [[route]] with receivers and without match",
        ),
    }
}

fn name_of(receiver: &Located<RawReceiver>) -> Option<&str> {
    receiver.value.name.0.as_ref().map(|name| name.value.as_str())
}

/// What is not wrong but likely not meant: receivers without a route, conditions on labels that nothing has.
pub(super) fn notes(
    routes: &[Located<RawRoute>],
    receivers: &[Located<RawReceiver>],
    monitors: &[Monitor],
) -> Vec<Problem> {
    let mut notes = Problems::default();
    let named: Vec<&str> = routes
        .iter()
        .filter_map(|route| route.value.receivers.0.as_ref())
        .flat_map(|list| list.value.iter().map(|name| name.value.as_str()))
        .collect();
    for receiver in receivers {
        if let Some(name) = name_of(receiver)
            && !named.contains(&name)
        {
            receiver.problem(&mut notes, format!("receiver {name:?} hears nothing: no route names it"));
        }
    }
    let known = labels::known(monitors);
    for route in routes {
        let Field::Given(matchers) = &route.value.r#match else { continue };
        for matcher in &matchers.value.0 {
            let label = matcher.value.label().as_str();
            if !known.contains(label) {
                matcher.problem(&mut notes, format!("no incident has label {label:?}: {}", labels::remedy(label)));
            }
        }
    }
    notes.into_sorted()
}

/// The route; `None` when something it cannot be without is missing, which is noted.
pub(super) fn route(raw: Located<RawRoute>, problems: &mut Problems) -> Option<Route> {
    let raw = raw.value;
    let matchers = raw.r#match.value().unwrap_or_default().0;
    for matcher in &matchers {
        value(matcher, problems);
    }
    Some(Route {
        matchers: matchers.into_iter().map(|matcher| matcher.value).collect(),
        receivers: some_of(raw.receivers.0?, "receiver", problems),
        continues: raw.r#continue.or(false),
        group_interval: positive_if_given(raw.group_interval, problems),
        repeat_interval: positive_if_given(raw.repeat_interval, problems),
        mute_times: raw.mute_times.or(Vec::new()).into_iter().map(|mute| mute.value).collect(),
    })
}

/// Notes a condition that no value of its label meets, where all values are known.
fn value(matcher: &Located<Matcher>, problems: &mut Problems) {
    let label = matcher.value.label();
    let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == label.as_str()) else { return };
    match matcher.value.value() {
        Some(value) if !known.contains(&value) => {
            matcher.problem(problems, format!("{value:?} is no {label}: write one of {}", known.join(", ")));
        }
        None if !known.iter().any(|value| matcher.value.matches(&one(label, value))) => {
            let condition = matcher.value.condition();
            matcher.problem(problems, format!("{condition:?} fits no {label}: there are {}", known.join(", ")));
        }
        _ => {}
    }
}

fn one(label: &LabelName, value: &str) -> Labels {
    [(label.clone(), value.to_owned())].into_iter().collect()
}
