//! Routes, and what they have to do with receivers.

use std::collections::BTreeMap;

use super::{note, positive_if_given, some_of};
use crate::problem::Problems;
use crate::raw::{RawReceiver, RawRoute};
use crate::read::{Field, Located};
use crate::route::{Condition, Matcher};
use crate::{Problem, Route};

/// Values of the labels that driftd gives itself.
const KNOWN: [(&str, &[&str]); 2] = [
    ("severity", &["warning", "critical"]),
    ("kind", &["drift", "data_quality", "no_data", "performance", "pipeline"]),
];

/// Notes every receiver that a route names and nobody defines.
pub(super) fn references(routes: &[Located<RawRoute>], receivers: &[Located<RawReceiver>], problems: &mut Problems) {
    let defined: Vec<&str> = receivers.iter().filter_map(name_of).collect();
    for named in routes.iter().filter_map(|route| route.value.receivers.0.as_ref()).flat_map(|list| &list.value) {
        if !defined.contains(&named.value.as_str()) {
            let known = if defined.is_empty() { "none".to_owned() } else { defined.join(", ") };
            named.problem(problems, format!("no receiver is named {:?}: defined are {known}", named.value.as_str()));
        }
    }
}

fn name_of(receiver: &Located<RawReceiver>) -> Option<&str> {
    receiver.value.name.0.as_ref().map(|name| name.value.as_str())
}

/// What is not wrong but likely not meant: receivers without a route, incidents without a receiver.
pub(super) fn notes(routes: &[Located<RawRoute>], receivers: &[Located<RawReceiver>]) -> Vec<Problem> {
    let mut notes = Vec::new();
    let named: Vec<&str> = routes
        .iter()
        .filter_map(|route| route.value.receivers.0.as_ref())
        .flat_map(|list| list.value.iter().map(|name| name.value.as_str()))
        .collect();
    for receiver in receivers {
        if let Some(name) = name_of(receiver)
            && !named.contains(&name)
        {
            let message = format!("receiver {name:?} hears nothing: no route names it");
            notes.push(note(&receiver.place, &receiver.path, message));
        }
    }
    let is_default = |route: &Located<RawRoute>| match &route.value.r#match {
        Field::Absent => true,
        Field::Given(labels) => labels.value.is_empty(),
        Field::Broken => false,
    };
    if let Some(last) = routes.last()
        && !routes.iter().any(is_default)
    {
        let message = "no route matches everything, so some incidents are told to nobody: add a last [[route]] \
                       without match";
        notes.push(note(&last.place, &last.path, message.to_owned()));
    }
    notes
}

/// The route; `None` when something it cannot be without is missing, which is noted.
pub(super) fn route(raw: Located<RawRoute>, problems: &mut Problems) -> Option<Route> {
    let raw = raw.value;
    let labels = raw.r#match.or(BTreeMap::new());
    let matchers = labels.into_iter().map(|(label, value)| matcher(label, value, problems)).collect();
    Some(Route {
        matchers,
        receivers: some_of(raw.receivers.0?, "receiver", problems),
        continues: raw.r#continue.or(false),
        group_interval: positive_if_given(raw.group_interval, problems),
        repeat_interval: positive_if_given(raw.repeat_interval, problems),
        mute_times: raw.mute_times.or(Vec::new()).into_iter().map(|mute| mute.value).collect(),
    })
}

fn matcher(label: String, value: Located<String>, problems: &mut Problems) -> Matcher {
    if value.value.starts_with("=~") || value.value.starts_with("!~") {
        value.problem(problems, "patterns are not supported in routes: write a value, or \"!=value\"");
    }
    let (text, condition) = match value.value.strip_prefix("!=") {
        Some(text) => (text, Condition::IsNot(text.to_owned())),
        None => (value.value.as_str(), Condition::Is(value.value.clone())),
    };
    if let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == label)
        && !known.contains(&text)
        && !text.starts_with(['~', '='])
    {
        value.problem(problems, format!("{text:?} is no {label}: write one of {}", known.join(", ")));
    }
    Matcher { label, condition }
}
