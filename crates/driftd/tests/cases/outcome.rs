//! What may be asked of a command that has ended.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

/// How a command ended.
pub(crate) struct Ended {
    /// Exit code.
    pub(crate) exit: i32,
    /// Standard output and standard error, in lower case.
    pub(crate) said: String,
    /// Standard output, where it is JSON.
    pub(crate) json: Option<Value>,
}

/// One outcome that would be right. Everything it names must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    /// Exit codes, one of which it is.
    exit: Option<Vec<i32>>,
    /// Texts that are said on standard output or standard error, in any case.
    #[serde(default)]
    says: Vec<String>,
    /// Texts that are not.
    #[serde(default)]
    says_not: Vec<String>,
    /// The outcome of `check --format json`.
    outcome: Option<OneOf>,
    /// Features of it, by name, each with members of its object or of its `rows`; null for one that must not be judged bad.
    #[serde(default)]
    features: BTreeMap<String, Option<BTreeMap<String, OneOf>>>,
    /// How many incidents `incidents list --format json` lists.
    incidents: Option<usize>,
    /// Their kinds.
    kinds: Option<Vec<String>>,
    /// How many windows `history --format json` has.
    judged: Option<usize>,
    /// Outcomes that may occur in it.
    worst: Option<BTreeSet<String>>,
    /// Rows of it, by the start of the window and the feature.
    #[serde(default)]
    windows: BTreeMap<String, BTreeMap<String, Row>>,
}

/// A value, or several of which any is right.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOf {
    Several(Vec<Value>),
    Only(Value),
}

/// A row of the history.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    segment: String,
    #[serde(default = "Row::psi")]
    statistic: String,
    m: Option<OneOf>,
    outcome: Option<OneOf>,
}

impl Row {
    fn psi() -> String {
        "psi".to_owned()
    }
}

impl OneOf {
    fn holds(&self, got: &Value) -> bool {
        match self {
            Self::Several(any) => any.iter().any(|wanted| is_same(wanted, got)),
            Self::Only(wanted) => is_same(wanted, got),
        }
    }
}

/// Numbers are the same however they are written.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

impl Outcome {
    /// The first thing that does not hold.
    pub(crate) fn fault(&self, ended: &Ended) -> Option<String> {
        let exit = self.exit.as_ref().filter(|codes| !codes.contains(&ended.exit));
        exit.map(|codes| format!("exit {}, not {codes:?}", ended.exit))
            .or_else(|| self.said(ended))
            .or_else(|| self.checked(ended.json.as_ref().unwrap_or(&Value::Null)))
            .or_else(|| self.listed(ended.json.as_ref()))
            .or_else(|| self.history(&rows(ended.json.as_ref())))
    }

    fn said(&self, ended: &Ended) -> Option<String> {
        let says = |text: &&String| ended.said.contains(&text.to_lowercase());
        let lacking = self.says.iter().find(|text| !says(text)).map(|text| format!("does not say {text:?}"));
        lacking.or_else(|| self.says_not.iter().find(says).map(|text| format!("says {text:?}")))
    }

    fn checked(&self, report: &Value) -> Option<String> {
        let outcome = &report["outcome"];
        if self.outcome.as_ref().is_some_and(|wanted| !wanted.holds(outcome)) {
            return Some(format!("outcome is {outcome}"));
        }
        self.features.iter().find_map(|(name, wanted)| {
            let features = report["features"].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = features.iter().find(|feature| feature["feature"] == **name);
            match (wanted, found) {
                (None, Some(found)) if found["outcome"] == "warning" || found["outcome"] == "critical" => {
                    Some(format!("{name} is {}", found["outcome"]))
                }
                (None, _) => None,
                (Some(_), None) => Some(format!("no feature {name}")),
                (Some(wanted), Some(found)) => wanted.iter().find_map(|(key, wanted)| {
                    let got = found["rows"].get(key).unwrap_or(&found[key]);
                    (!wanted.holds(got)).then(|| format!("{name}: {key} is {got}, not {wanted:?}"))
                }),
            }
        })
    }

    fn listed(&self, json: Option<&Value>) -> Option<String> {
        let incidents = rows(json);
        let is_list = json.is_some_and(Value::is_array);
        if let Some(wanted) = self.incidents.filter(|wanted| !is_list || incidents.len() != *wanted) {
            return Some(format!("{} incidents, not {wanted}", incidents.len()));
        }
        let mut wanted = self.kinds.clone()?;
        let mut kinds: Vec<String> =
            incidents.iter().filter_map(|incident| incident["kind"].as_str().map(str::to_owned)).collect();
        wanted.sort();
        kinds.sort();
        (wanted != kinds).then(|| format!("incidents of kinds {kinds:?}, not {wanted:?}"))
    }

    fn history(&self, rows: &[Value]) -> Option<String> {
        let judged: BTreeSet<&str> = rows.iter().filter_map(|row| row["window_start"].as_str()).collect();
        if let Some(wanted) = self.judged.filter(|wanted| judged.len() != *wanted) {
            return Some(format!("{} windows judged, not {wanted}", judged.len()));
        }
        if let Some(worst) = &self.worst {
            let outcomes = rows.iter().filter_map(|row| row["outcome"].as_str());
            let bad: BTreeSet<&str> = outcomes.filter(|outcome| !worst.contains(*outcome)).collect();
            if !bad.is_empty() {
                return Some(format!("the history has {bad:?}"));
            }
        }
        let wanted =
            self.windows.iter().flat_map(|(start, of)| of.iter().map(move |(feature, row)| (start, feature, row)));
        wanted.into_iter().find_map(|(start, feature, wanted)| {
            let is_it = |row: &&Value| {
                row["window_start"] == **start
                    && row["feature"] == **feature
                    && row["segment"] == *wanted.segment
                    && row["statistic"] == *wanted.statistic
            };
            let Some(row) = rows.iter().find(is_it) else {
                return Some(format!("no window {start} of {feature}"));
            };
            let members = [("m", &wanted.m), ("outcome", &wanted.outcome)];
            members.into_iter().find_map(|(key, wanted)| {
                let wanted = wanted.as_ref().filter(|wanted| !wanted.holds(&row[key]))?;
                Some(format!("{start} {feature}: {key} is {}, not {wanted:?}", row[key]))
            })
        })
    }
}

/// The items of a list; none of anything else.
fn rows(json: Option<&Value>) -> Vec<Value> {
    json.and_then(Value::as_array).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether an outcome holds of what a command gave.
    fn fault(wanted: Value, exit: i32, out: Value) -> Option<String> {
        let said = out.to_string().to_lowercase();
        let wanted: Outcome = serde_json::from_value(wanted).unwrap();
        wanted.fault(&Ended { exit, said, json: Some(out) })
    }

    #[test]
    fn everything_that_is_asked_for_can_fail() {
        let report = json!({"outcome": "critical", "features": [
            {"feature": "x", "outcome": "critical", "kind": "numeric", "reason": null, "rows": {"missing_current": 7}}]});
        let row = json!({"window_start": "a", "feature": "x", "segment": "", "statistic": "psi", "m": 72, "outcome": "stable"});
        let (history, incidents) = (json!([row]), json!([{"incident_id": "1", "kind": "drift"}]));
        for (wanted, out, holds) in [
            (json!({"exit": [0, 1]}), json!({}), true),
            (json!({"exit": [0]}), json!({}), false),
            (json!({"says": ["CRITICAL"]}), report.clone(), true),
            (json!({"says": ["fine"]}), report.clone(), false),
            (json!({"says_not": ["Critical"]}), report.clone(), false),
            (json!({"outcome": ["warning", "critical"]}), report.clone(), true),
            (json!({"outcome": "stable"}), report.clone(), false),
            (
                json!({"features": {"x": {"missing_current": 7, "kind": ["numeric"], "reason": null}}}),
                report.clone(),
                true,
            ),
            (json!({"features": {"x": {"missing_current": 8}}}), report.clone(), false),
            (json!({"features": {"y": {"kind": "numeric"}}}), report.clone(), false),
            (json!({"features": {"x": null}}), report.clone(), false),
            (json!({"features": {"y": null}}), report, true),
            (json!({"incidents": 1, "kinds": ["drift"]}), incidents.clone(), true),
            (json!({"incidents": 0}), incidents.clone(), false),
            (json!({"incidents": 0}), json!({}), false),
            (json!({"kinds": ["data_quality"]}), incidents, false),
            (json!({"judged": 1, "worst": ["stable"]}), history.clone(), true),
            (json!({"judged": 2}), history.clone(), false),
            (json!({"worst": ["critical"]}), history.clone(), false),
            (json!({"windows": {"a": {"x": {"m": 72.0, "outcome": "stable"}}}}), history.clone(), true),
            (json!({"windows": {"a": {"x": {"m": 71}}}}), history.clone(), false),
            (json!({"windows": {"b": {"x": {}}}}), history.clone(), false),
            (json!({"windows": {"a": {"x": {"statistic": "ks"}}}}), history, false),
        ] {
            assert_eq!(fault(wanted.clone(), 1, out).is_none(), holds, "{wanted}");
        }
        assert!(
            serde_json::from_value::<Outcome>(json!({"exits": [0]})).is_err(),
            "a misspelt expectation is no expectation"
        );
    }
}
