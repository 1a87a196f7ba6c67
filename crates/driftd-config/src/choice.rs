//! Values of more than one shape: bins, smoothing, one text or several.

use std::collections::BTreeSet;
use std::fmt;

use driftd_stats::{Binning, MAX_BINS, Smoothing};
use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};
use serde::{Serialize, Serializer};

use crate::shape::{has_schema, one_of, shaped};

/// One text, or a list of them; their order means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub(crate) struct OneOrMore(#[schemars(with = "OneOrMoreTexts")] BTreeSet<String>);

/// The schema of one text or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only a schema")]
enum OneOrMoreTexts {
    One(String),
    More(#[schemars(length(min = 1))] Vec<String>),
}

impl OneOrMore {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts.
    pub(crate) fn to_vec(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text in quotes, or a list of such texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore, E> {
                if text.trim().is_empty() {
                    return Err(E::custom("is empty: write a text, or leave the key out"));
                }
                Ok(OneOrMore(BTreeSet::from([text.to_owned()])))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMore, A::Error> {
                BTreeSet::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMore)
            }
        }

        deserializer.deserialize_any(Texts)
    }
}

/// Coarse bins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins(pub(crate) Binning);

/// Bins other than quantile bins, as they are written.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BinKeys {
    /// Number of bins of equal width.
    #[schemars(range(min = 2, max = MAX_BINS))]
    equal_width: Option<u16>,
    /// Inner edges, ascending.
    edges: Option<Vec<f64>>,
}

/// The schema of bins.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only a schema")]
enum BinShapes {
    Quantile(#[schemars(range(min = 2, max = MAX_BINS))] u16),
    Other(BinKeys),
}

impl<'de> Deserialize<'de> for Bins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "bins: a number such as 20, { equal_width = 30 } or { edges = [0, 1, 2] }";
        let quantile = |value: Unexpected<'_>| match value {
            // What is no such number is out of the range of bins as well.
            Unexpected::Unsigned(bins) => Some(Ok(Binning::Quantile(u16::try_from(bins).unwrap_or(u16::MAX)))),
            _ => None,
        };
        let other = |keys: BinKeys| {
            let neither = "names no single binning: write either equal_width or edges";
            one_of((keys.equal_width, keys.edges), Binning::EqualWidth, Binning::Edges, neither)
        };
        let bins = shaped(deserializer, expected, quantile, Some(other))?;
        bins.check().map_err(D::Error::custom)?;
        Ok(Self(bins))
    }
}

impl Serialize for Bins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Binning::Quantile(bins) => bins.serialize(serializer),
            other => other.serialize(serializer),
        }
    }
}

has_schema!(Bins, BinShapes::json_schema);

/// Smoothing other than none, as it is written.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmoothingTable {
    /// Added to every count; above 0, at most 1.
    pseudo_count: Option<f64>,
    /// Taken for every share of zero; above 0, at most 1.
    epsilon: Option<f64>,
}

/// The schema of smoothing.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only a schema")]
pub(crate) enum SmoothingKeys {
    Table(SmoothingTable),
    Word(NoSmoothing),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only a schema")]
pub(crate) enum NoSmoothing {
    None,
}

/// Reads smoothing.
pub(crate) fn smoothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Smoothing, D::Error> {
    let expected = "smoothing: { pseudo_count = 0.5 }, { epsilon = 1e-4 } or \"none\"";
    let none = |value: Unexpected<'_>| matches!(value, Unexpected::Str("none")).then_some(Ok(Smoothing::None));
    let other = |keys: SmoothingTable| {
        let neither = "names no single smoothing: write either pseudo_count or epsilon";
        one_of((keys.pseudo_count, keys.epsilon), Smoothing::PseudoCount, Smoothing::Epsilon, neither)
    };
    shaped(deserializer, expected, none, Some(other))?.checked().map_err(D::Error::custom)
}
