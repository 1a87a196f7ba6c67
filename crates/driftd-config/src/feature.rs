//! What single features have of their own, and thresholds by statistic.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{DefaultValue, FeatureKind, FeatureRules, JudgeRules, Pointer, Role, Threshold};
use driftd_stats::DriftStatistic;
use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::choice::Bins;
use crate::problem::Problems;
use crate::shape::has_schema;
use crate::tree::At;

/// Thresholds by statistic.
pub(crate) type Thresholds = BTreeMap<DriftStatistic, Threshold>;

/// What a feature has of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureConfig {
    /// JSON Pointer to the value; in flat files the column of its last token. /features/NAME when it is left out. On arrays
    /// and texts * is every element, each a row, [name=x] the element of that name and [csv] the lines of a text, as in
    /// /inputs/[name=x]/data/* (docs/envelopes.md).
    #[schemars(example = &"/features/dep_delay")]
    path: Option<Pointer>,
    /// What the column is to the model.
    #[serde(default)]
    #[schemars(example = &"prediction")]
    role: Role,
    /// How it is compared, when not as inferred when the baseline was built.
    #[schemars(example = &"categorical")]
    kind: Option<Kind>,
    /// What stands for the value in records that leave it out, as the JSON form of Protocol Buffers does with what is zero,
    /// false or empty: a number, true, false or text. A null stays missing.
    #[schemars(example = 0)]
    default: Option<DefaultValue>,
    /// Not watched at all.
    #[serde(default)]
    #[schemars(example = true)]
    ignore: bool,
    /// Statistics that decide, instead of the monitor's.
    #[schemars(with = "Option<Vec<StatisticName>>", length(min = 1), example = ["psi", "ks"])]
    pub(crate) statistics: Option<BTreeSet<DriftStatistic>>,
    /// Coarse bins when a baseline is built, instead of the monitor's.
    #[schemars(example = 20)]
    pub(crate) bins: Option<Bins>,
    /// Thresholds that differ from the monitor's, each under its statistic's name.
    #[serde(rename = "*")]
    #[schemars(with = "ThresholdKeys")]
    thresholds: Thresholds,
}

/// How a feature is compared, where that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// By its distribution over the frozen grid.
    Numeric,
    /// By its categories.
    Categorical,
}

/// The schema of a statistic's name.
pub(crate) struct StatisticName;

has_schema!(StatisticName, |_| {
    json_schema!({ "type": "string", "enum": DriftStatistic::ALL.map(DriftStatistic::as_str) })
});

/// The schema of thresholds by statistic.
pub(crate) struct ThresholdKeys;

has_schema!(ThresholdKeys, |generator| {
    let defaults = JudgeRules::default();
    let of = |statistic: DriftStatistic| {
        let mut schema = Threshold::json_schema(generator);
        let threshold = defaults.thresholds.get(&statistic);
        let once = if defaults.judged.contains(&statistic) { "default" } else { "x-default-once-judged" };
        schema.insert("description".to_owned(), statistic.definition().title.into());
        schema.insert("x-statistic".to_owned(), true.into());
        if let Some(threshold) = threshold {
            schema.insert(once.to_owned(), json!(threshold));
        }
        // Which of the two there must be is a matter of the statistic.
        if statistic.definition().is_never_critical() {
            if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
                properties.remove("critical");
            }
        } else {
            schema.insert("required".to_owned(), json!(["warn", "critical"]));
        }
        (statistic.as_str().to_owned(), schema.to_value())
    };
    let properties: Map<String, serde_json::Value> = DriftStatistic::ALL.into_iter().map(of).collect();
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
});

impl FeatureConfig {
    /// The rules that this is.
    pub(crate) fn rules(&self, monitor: &JudgeRules, at: &At<'_>, problems: &mut Problems) -> FeatureRules {
        check_thresholds(&self.thresholds, at, problems);
        let mut all = monitor.thresholds.clone();
        all.extend(self.thresholds.iter().map(|(statistic, threshold)| (*statistic, *threshold)));
        if let Some(judged) = &self.statistics {
            check_judged(judged, &all, "", at, problems);
        }
        check_unused(&self.thresholds, self.statistics.as_ref().unwrap_or(&monitor.judged), at, problems);
        FeatureRules {
            ignore: self.ignore,
            role: self.role,
            path: self.path.clone(),
            kind: self.kind.map(|kind| match kind {
                Kind::Numeric => FeatureKind::Numeric,
                Kind::Categorical => FeatureKind::Categorical,
            }),
            default: self.default.clone(),
            judged: self.statistics.clone(),
            thresholds: self.thresholds.clone(),
        }
    }
}

/// Notes statistics without thresholds; `prefix` leads from the list to where those stand.
pub(crate) fn check_judged(
    judged: &BTreeSet<DriftStatistic>,
    thresholds: &Thresholds,
    prefix: &str,
    at: &At<'_>,
    problems: &mut Problems,
) {
    for statistic in judged.iter().filter(|statistic| !thresholds.contains_key(statistic)) {
        let list = at.key("statistics");
        let item = list.items().find(|item| item.text() == Some(statistic.as_str())).unwrap_or(list);
        let message =
            format!("{statistic} has no default thresholds: add {prefix}{statistic} = {{ warn = …, critical = … }}");
        item.problem(problems, message);
    }
}

/// Notes thresholds of statistics that do not decide.
pub(crate) fn check_unused(own: &Thresholds, judged: &BTreeSet<DriftStatistic>, at: &At<'_>, problems: &mut Problems) {
    for statistic in own.keys().filter(|statistic| !judged.contains(statistic)) {
        let message = format!("{statistic} is not judged here: add \"{statistic}\" to statistics");
        at.key(statistic.as_str()).problem(problems, message);
    }
}

/// Notes thresholds that are the wrong way round, that are missing, or that there can be none of.
pub(crate) fn check_thresholds(own: &Thresholds, at: &At<'_>, problems: &mut Problems) {
    for (statistic, Threshold { warn, critical }) in own {
        let at = at.key(statistic.as_str());
        match (statistic.definition().is_never_critical(), critical.is_finite()) {
            (true, true) => {
                at.key("critical").problem(problems, format!("{statistic} is never critical: leave it out"));
            }
            (false, false) => {
                at.problem(problems, format!("critical is missing: write {{ warn = {warn}, critical = … }}"));
            }
            (false, true) if critical < warn => {
                let message = format!("{critical} is below warn = {warn}: a critical effect is no smaller");
                at.key("critical").problem(problems, message);
            }
            _ => {}
        }
    }
}
