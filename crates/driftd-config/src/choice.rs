//! Values of which there are few, and values of more than one shape.

use driftd_model::{FeatureKind, Role};
use driftd_stats::{Binning, MAX_BINS, Smoothing};
use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::read::{Field, Located, Read, expected, record, text_leaf};
use crate::receiver::SmtpTls;
use crate::tree::{Node, Value};

/// Format of records; one for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
}

fn choose<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
    found.ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
        format!("{text:?} is not a choice: write {}", names.join(" or "))
    })
}

text_leaf!(
    Format,
    "a format: \"json\"",
    |text| match text {
        "json" => Ok(Self::Json),
        other => Err(format!("format {other:?} is not supported: write \"json\", the only one for now")),
    },
    json!({ "enum": ["json"] })
);
text_leaf!(
    Role,
    "a role: \"feature\", \"prediction\" or \"label\"",
    |text| choose(text, &[("feature", Self::Feature), ("prediction", Self::Prediction), ("label", Self::Label)]),
    json!({ "enum": ["feature", "prediction", "label"] })
);
text_leaf!(
    FeatureKind,
    "a kind: \"numeric\" or \"categorical\"",
    |text| choose(text, &[("numeric", Self::Numeric), ("categorical", Self::Categorical)]),
    json!({ "enum": ["numeric", "categorical"] })
);
text_leaf!(
    SmtpTls,
    "\"starttls\", \"tls\" or \"none\"",
    |text| choose(text, &[("starttls", Self::Starttls), ("tls", Self::Tls), ("none", Self::None)]),
    json!({ "enum": ["starttls", "tls", "none"] })
);

/// One text, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMore(pub(crate) Vec<String>);

impl Read for OneOrMore {
    const EXPECTED: &'static str = "text in quotes, or a list of such texts";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(_) => String::read(node, path, problems).map(|text| Self(vec![text])),
            Value::List(items) if items.is_empty() => {
                problems.add(&node.place, path, "is empty: name at least one, or leave the key out");
                None
            }
            Value::List(_) => {
                let texts = Vec::<Located<String>>::read(node, path, problems)?;
                Some(Self(texts.into_iter().map(|text| text.value).collect()))
            }
            _ => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [String::schema(), { "type": "array", "items": String::schema(), "minItems": 1 }] })
    }
}

/// A number of bins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BinCount(u16);

impl Read for BinCount {
    const EXPECTED: &'static str = "a number of bins, such as 20";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let Some(number) = node.as_integer() else { return expected(Self::EXPECTED, node, path, problems) };
        let bins = u16::try_from(number).ok().filter(|bins| (2..=MAX_BINS).contains(bins));
        if bins.is_none() {
            problems.add(&node.place, path, format!("{number} bins are out of range: choose 2 to {MAX_BINS}"));
        }
        bins.map(Self)
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": 2, "maximum": MAX_BINS })
    }
}

record! {
    /// Bins other than quantile bins.
    RawBinning, "a table" {
        /// Number of bins of equal width.
        equal_width: Field<BinCount>,
        /// Inner edges, ascending.
        edges: Field<Vec<Located<f64>>>,
    }
}

impl Read for Binning {
    const EXPECTED: &'static str = "bins: a number such as 20, { equal_width = 30 } or { edges = [0, 1, 2] }";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let binning = match &node.value {
            Value::Integer(_) | Value::Loose(_) => Self::Quantile(BinCount::read(node, path, problems)?.0),
            Value::Table(_) => {
                let raw = RawBinning::read(node, path, problems)?;
                match (raw.equal_width, raw.edges) {
                    (Field::Given(bins), Field::Absent) => Self::EqualWidth(bins.value.0),
                    (Field::Absent, Field::Given(edges)) => {
                        Self::Edges(edges.value.into_iter().map(|edge| edge.value).collect())
                    }
                    (Field::Broken, _) | (_, Field::Broken) => return None,
                    _ => {
                        problems.add(&node.place, path, "names no single binning: write either equal_width or edges");
                        return None;
                    }
                }
            }
            _ => return expected(Self::EXPECTED, node, path, problems),
        };
        match binning.check() {
            Ok(()) => Some(binning),
            Err(error) => {
                problems.add(&node.place, path, error);
                None
            }
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [BinCount::schema(), RawBinning::schema()] })
    }
}

record! {
    /// Smoothing other than none.
    RawSmoothing, "a table" {
        /// Added to every count; above 0, at most 1.
        pseudo_count: Field<f64>,
        /// Taken for every share of zero; above 0, at most 1.
        epsilon: Field<f64>,
    }
}

impl Read for Smoothing {
    const EXPECTED: &'static str = "smoothing: { pseudo_count = 0.5 }, { epsilon = 1e-4 } or \"none\"";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let smoothing = match &node.value {
            Value::Text(text) | Value::Loose(text) if text == "none" => Self::None,
            Value::Table(_) => {
                let raw = RawSmoothing::read(node, path, problems)?;
                match (raw.pseudo_count, raw.epsilon) {
                    (Field::Given(alpha), Field::Absent) => Self::PseudoCount(alpha.value),
                    (Field::Absent, Field::Given(epsilon)) => Self::Epsilon(epsilon.value),
                    (Field::Broken, _) | (_, Field::Broken) => return None,
                    _ => {
                        let message = "names no single smoothing: write either pseudo_count or epsilon";
                        problems.add(&node.place, path, message);
                        return None;
                    }
                }
            }
            _ => return expected(Self::EXPECTED, node, path, problems),
        };
        match smoothing.checked() {
            Ok(smoothing) => Some(smoothing),
            Err(error) => {
                problems.add(&node.place, path, error);
                None
            }
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "none" }, RawSmoothing::schema()] })
    }
}
