//! Monitors.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{FeatureRules, JudgeRules, Monitor, Pointer, RecordFilter, Role, Threshold};
use driftd_stats::{Binning, DriftStatistic, Smoothing};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::Writer;
use crate::MonitorLayout;
use crate::optional::NEVER;
use crate::raw::is_taken;

/// Writes the monitor, with the layout of its baselines.
pub(super) fn show(monitor: &Monitor, layout: &MonitorLayout, out: &mut Writer) {
    out.section("[[monitor]]");
    out.key("name", &monitor.id);
    out.key("topics", &monitor.topics);
    out.key("format", &"json");
    out.key("event_time", &monitor.shape.event_time);
    out.optional("id", monitor.shape.id.as_ref());
    out.key("model", &model(monitor));
    out.key("filter", &filter(&monitor.filter));
    out.key("labels", &labels(monitor));
    out.optional("runbook", monitor.runbook.as_ref());
    out.key("baseline", &monitor.baseline);
    out.key("pane", &monitor.pane.span());
    out.key("out_of_orderness", &monitor.out_of_orderness);
    out.key("allowed_lateness", &monitor.allowed_lateness);
    out.key("idle_timeout", &monitor.idle_timeout);
    out.key("max_future_skew", &monitor.max_future_skew);
    out.key("windows", &monitor.windows);
    out.optional("segments", monitor.segments.as_ref());
    out.key("min_samples", &monitor.judge.min_samples);
    out.key("q", &monitor.judge.q);
    out.key("smoothing", &smoothing(monitor.judge.smoothing));
    out.key("statistics", &monitor.judge.judged);
    out.section("[monitor.thresholds]");
    for (statistic, threshold) in thresholds(monitor) {
        out.key(statistic.as_str(), threshold);
    }
    out.section("[monitor.incidents]");
    out.key("open_after", &monitor.incidents.open_after);
    out.key("resolve_after", &monitor.incidents.resolve_after);
    out.key("group_interval", &monitor.incidents.group_interval);
    out.key("repeat_interval", &monitor.incidents.repeat_interval);
    out.key("least_volume", &or_never(monitor.incidents.least_volume));
    out.section("[monitor.pipeline]");
    out.key("lag", &or_never(monitor.pipeline.lag));
    out.key("stall", &or_never(monitor.pipeline.stall));
    out.key("rejected", &or_never(monitor.pipeline.rejected));
    out.section("[monitor.baseline_options]");
    out.key("bins", &bins(&layout.options().binning));
    out.key("cells", &layout.options().cells);
    out.key("categories", &layout.options().categories);
    if !monitor.features.is_empty() {
        out.section("[monitor.features]");
    }
    for (name, rules) in &monitor.features {
        out.key(name.as_str(), &feature(rules, layout.own_bins().get(name)));
    }
}

fn model(monitor: &Monitor) -> BTreeMap<&str, &Pointer> {
    let shape = &monitor.shape;
    let keys = [("name", shape.model_name.as_ref()), ("version", shape.model_version.as_ref())];
    keys.into_iter().filter_map(|(key, pointer)| Some((key, pointer?))).collect()
}

fn filter(filter: &RecordFilter) -> BTreeMap<&str, &[String]> {
    let keys = [("model", filter.models.as_slice()), ("version", filter.versions.as_slice())];
    keys.into_iter().filter(|(_, values)| !values.is_empty()).collect()
}

/// Labels that stand in the configuration as such; the others follow from other keys.
fn labels(monitor: &Monitor) -> BTreeMap<&str, &str> {
    let own = monitor.labels.iter().filter(|(name, _)| !is_taken(name));
    own.map(|(name, value)| (name.as_str(), value)).collect()
}

fn or_never(limit: Option<impl Serialize>) -> Json {
    limit.map_or_else(|| json!(NEVER), |limit| json!(limit))
}

/// Thresholds of statistics that something judges. The others are defaults, and a threshold that nothing reads would
/// be refused.
fn thresholds(monitor: &Monitor) -> impl Iterator<Item = (DriftStatistic, &Threshold)> {
    let default = JudgeRules::default().thresholds;
    let of_features = monitor.features.values().filter_map(|feature| feature.judged.as_ref()).flatten();
    let read: BTreeSet<DriftStatistic> = of_features.chain(&monitor.judge.judged).copied().collect();
    let all = monitor.judge.thresholds.iter().map(|(statistic, threshold)| (*statistic, threshold));
    all.filter(move |(statistic, threshold)| read.contains(statistic) || default.get(statistic) != Some(*threshold))
}

fn feature(rules: &FeatureRules, own_bins: Option<&Binning>) -> Json {
    let mut keys = Map::new();
    let mut add = |key: &str, value: Json| keys.insert(key.to_owned(), value);
    if rules.ignore {
        add("ignore", json!(true));
    }
    if rules.role != Role::default() {
        add("role", json!(rules.role));
    }
    if let Some(path) = &rules.path {
        add("path", json!(path));
    }
    if let Some(kind) = rules.kind {
        add("kind", json!(kind));
    }
    if let Some(judged) = &rules.judged {
        add("statistics", json!(judged));
    }
    if let Some(own) = own_bins {
        add("bins", bins(own));
    }
    for (statistic, threshold) in &rules.thresholds {
        add(statistic.as_str(), json!(threshold));
    }
    Json::Object(keys)
}

fn bins(binning: &Binning) -> Json {
    match binning {
        Binning::Quantile(bins) => json!(bins),
        Binning::EqualWidth(bins) => json!({ "equal_width": bins }),
        Binning::Edges(edges) => json!({ "edges": edges }),
    }
}

fn smoothing(smoothing: Smoothing) -> Json {
    match smoothing {
        Smoothing::PseudoCount(alpha) => json!({ "pseudo_count": alpha }),
        Smoothing::Epsilon(epsilon) => json!({ "epsilon": epsilon }),
        Smoothing::None => json!("none"),
    }
}
