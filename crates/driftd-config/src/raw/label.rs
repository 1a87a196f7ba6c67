//! Tables by label: what a monitor puts on its incidents, and what a route asks of them.

use driftd_model::{LabelName, Labels, Matcher};
use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::read::{Located, Read, expected};
use crate::tree::{Entry, Node, join};

/// Labels that driftd sets itself, and what each says.
const TAKEN: [(&str, &str); 8] = [
    ("alertname", "what Alertmanager knows the incident by"),
    ("monitor", "the monitor's name"),
    ("segment", "the segment an incident is of"),
    ("kind", "the kind of an incident"),
    ("severity", "the severity of an incident"),
    ("environment", "what notify.environment says"),
    ("model", "the one model that the monitor's filter names"),
    ("model_version", "the one model version that the monitor's filter names"),
];
/// What the name of a label looks like.
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_]{0,63}$";

/// Labels of a monitor's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawLabels(pub(crate) Labels);

/// Conditions on labels, each where it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawMatchers(pub(crate) Vec<Located<Matcher>>);

/// Whether driftd sets the label itself, so that no monitor has it of its own.
pub(crate) fn is_taken(label: &LabelName) -> bool {
    TAKEN.iter().any(|(name, _)| *name == label.as_str())
}

/// A value of a label that comes from a person.
pub(crate) fn is_label_value(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// What is wrong with one that is none.
pub(crate) const BAD_VALUE: &str = "has a line break or another control character in it: leave that out";

/// The label's name; a bad one is noted where it stands.
fn name(key: &str, entry: &Entry, path: &str, problems: &mut Problems) -> Option<LabelName> {
    key.parse().map_err(|error| problems.add(&entry.key_place, &join(path, key), error)).ok()
}

impl Read for RawLabels {
    const EXPECTED: &'static str = "a table of labels, such as { team = \"ml\" }";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let Some(table) = node.as_table() else { return expected(Self::EXPECTED, node, path, problems) };
        let mut labels = Labels::default();
        for (key, entry) in table {
            let at = join(path, key);
            if let Some((_, what)) = TAKEN.iter().find(|(name, _)| name == key) {
                problems.add(&entry.key_place, &at, format!("is set by driftd, to {what}: choose another name"));
            }
            let name = name(key, entry, path, problems);
            let value = String::read(&entry.node, &at, problems);
            if value.as_deref().is_some_and(|text| !is_label_value(text)) {
                problems.add(&entry.node.place, &at, BAD_VALUE);
            }
            if let (Some(name), Some(value)) = (name, value) {
                labels.set(name, value);
            }
        }
        Some(Self(labels))
    }

    fn schema() -> Json {
        json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": String::schema() })
    }
}

impl Read for RawMatchers {
    const EXPECTED: &'static str = "a table of labels, such as { severity = \"critical\" }";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let Some(table) = node.as_table() else { return expected(Self::EXPECTED, node, path, problems) };
        let mut matchers = Vec::new();
        for (key, entry) in table {
            let name = name(key, entry, path, problems);
            let (place, path) = (&entry.node.place, join(path, key));
            let Some(text) = entry.node.as_text() else {
                expected::<()>(String::EXPECTED, &entry.node, &path, problems);
                continue;
            };
            let Some(name) = name else { continue };
            match Matcher::on(name, text) {
                Ok(value) => matchers.push(Located { value, place: place.clone(), path }),
                Err(error) => problems.add(place, &path, error),
            }
        }
        Some(Self(matchers))
    }

    fn schema() -> Json {
        let value = json!({ "type": "string", "examples": ["critical", "!=critical", "=~ml|data", "!~test-.*"] });
        json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": value })
    }
}
