//! `driftd routes`.

use std::collections::BTreeMap;

use anyhow::Context;
use driftd_config::Config;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{IncidentKind, LabelName, Labels, Monitor, MonitorId, ReceiverName, Route, RouteMatch, Routing};
use driftd_window::Timestamp;

use crate::cli::{ListFormat, RoutesCommand};
use crate::commands::Exit;
use crate::setup;
use crate::terminal::{Table, line, print};

/// What is said of healthy data where there is no budget.
pub(super) const NO_BUDGET: &str =
    "nothing is known of how often such incidents open: there is no budget of false alarms (false_alarms = \"off\")";

pub(super) fn run(command: RoutesCommand) -> anyhow::Result<Exit> {
    let RoutesCommand::Test { labels, at, config, format } = command;
    let config = setup::config(&config)?;
    let now = at.map_or_else(|| Ok(SystemClock.now()), |at| at.parse::<Timestamp>()).context("--at takes a time")?;
    let (labels, monitor) = incident(&config, &labels)?;
    let rules = monitor.map(|monitor| monitor.incidents).unwrap_or_default();
    let routing = config.routing();
    let matches = routing.matches(&labels, &rules, now);
    match format {
        ListFormat::Json => {
            let mut json = as_json(&labels, &routing, &matches);
            if let (Some(monitor), Some(object)) = (budgeted(&labels, monitor), json.as_object_mut()) {
                object.insert("false_alarms".to_owned(), monitor.false_alarms.to_string().into());
            }
            line(format_args!("{json:#}"))?;
        }
        ListFormat::Table => {
            let healthy = budgeted(&labels, monitor).map(on_healthy_data).unwrap_or_default();
            print(describe(&labels, &routing, &matches) + &healthy)?;
        }
    }
    Ok(Exit::Ok)
}

/// The monitor whose budget of false alarms such an incident falls under; nothing for other kinds and unknown monitors.
fn budgeted<'a>(labels: &Labels, monitor: Option<&'a Monitor>) -> Option<&'a Monitor> {
    let kinds = [IncidentKind::Drift, IncidentKind::DataQuality].map(IncidentKind::as_str);
    let kind = labels.get("kind");
    monitor.filter(|_| kind.is_empty() || kinds.contains(&kind))
}

/// How often such an incident is expected on healthy data.
fn on_healthy_data(monitor: &Monitor) -> String {
    match monitor.false_alarm_interval() {
        None => format!("\non healthy data {NO_BUDGET}\n"),
        Some(interval) => format!(
            "\non healthy data such an incident is expected once in {} at most (false_alarms = \"{}\")\n",
            driftd_notify::roughly(interval),
            monitor.false_alarms
        ),
    }
}

/// The labels as an incident would have them, and its monitor.
fn incident<'a>(config: &'a Config, pairs: &[String]) -> anyhow::Result<(Labels, Option<&'a Monitor>)> {
    let given = pairs.iter().map(|pair| label(pair)).collect::<anyhow::Result<Vec<_>>>()?;
    let named = given.iter().find(|(name, _)| name.as_str() == "monitor").map(|(_, value)| value);
    let id = named.map(|name| name.parse::<MonitorId>()).transpose()?;
    let monitor = id.and_then(|id| config.monitor(&id));
    let mut labels = monitor.map(|monitor| monitor.labels.clone()).unwrap_or_default();
    for (name, value) in given {
        labels.set(name, value);
    }
    Ok((labels, monitor))
}

fn label(pair: &str) -> anyhow::Result<(LabelName, String)> {
    let (name, value) = pair.split_once('=').with_context(|| format!("{pair:?} is no label: write LABEL=VALUE"))?;
    Ok((name.parse()?, value.to_owned()))
}

fn describe(labels: &Labels, routing: &Routing, matches: &BTreeMap<ReceiverName, RouteMatch>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut text = format!("an incident with {}\n\n", pairs.join(" "));
    if matches.is_empty() {
        text.push_str("is told to nobody: no route matches; add a last [[route]] without match\n");
        return text;
    }
    let header = ["receiver", "route", "because of", "new features every", "repeated every", "at that moment"];
    let mut table = Table::new(&header, &[1]);
    for (receiver, route_match) in matches {
        table.row([
            receiver.to_string(),
            (route_match.route + 1).to_string(),
            routing.routes.get(route_match.route).map(because).unwrap_or_default(),
            route_match.group_interval.to_string(),
            route_match.repeat_interval.to_string(),
            if route_match.is_mute { "mute" } else { "told" }.to_owned(),
        ]);
    }
    text.push_str(&table.text());
    text
}

fn because(route: &Route) -> String {
    if route.is_default() {
        return "matches everything".to_owned();
    }
    let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
    matchers.join(" ")
}

fn as_json(labels: &Labels, routing: &Routing, matches: &BTreeMap<ReceiverName, RouteMatch>) -> serde_json::Value {
    let matches: Vec<_> = matches
        .iter()
        .map(|(receiver, route_match)| {
            let route = routing.routes.get(route_match.route);
            let matchers: Vec<String> =
                route.map(|route| route.matchers.iter().map(ToString::to_string).collect()).unwrap_or_default();
            serde_json::json!({
                "receiver": receiver,
                "route": route_match.route + 1,
                "match": matchers,
                "group_interval": route_match.group_interval,
                "repeat_interval": route_match.repeat_interval,
                "mute": route_match.is_mute,
            })
        })
        .collect();
    serde_json::json!({ "labels": labels, "receivers": matches })
}
