//! A limit that may be off: how `Option` is written where there is a limit by default.
//!
//! `#[serde(with = "never")]` reads and writes `None` as `"never"`, and [`Never`] is the JSON Schema of that.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use driftd_window::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// How a limit is written that is off.
const NEVER: &str = "never";

/// A value that may be a limit.
pub trait Limit: Sized {
    /// What is expected, in words.
    const EXPECTED: &'static str;

    /// The limit that a text is; nothing where a limit is no text.
    fn from_text(text: &str) -> Option<Result<Self, String>>;

    /// The limit that a number is; nothing where a limit is no number.
    fn from_number(number: f64) -> Option<Self>;
}

impl Limit for Span {
    const EXPECTED: &'static str = "a duration such as \"90d\", or \"never\"";

    fn from_text(text: &str) -> Option<Result<Self, String>> {
        Some(text.parse().map_err(|error: driftd_window::TimeError| error.to_string()))
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }
}

impl Limit for f64 {
    const EXPECTED: &'static str = "a number such as 0.05, or \"never\"";

    fn from_text(_: &str) -> Option<Result<Self, String>> {
        None
    }

    fn from_number(number: f64) -> Option<Self> {
        Some(number)
    }
}

/// Writes a limit, or `"never"`.
///
/// # Errors
/// The serializer's.
pub fn serialize<T: Serialize, S: Serializer>(limit: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match limit {
        Some(limit) => limit.serialize(serializer),
        None => serializer.serialize_str(NEVER),
    }
}

/// Reads a limit, or `"never"`.
///
/// # Errors
/// Neither of them.
pub fn deserialize<'de, T: Limit, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    struct Limited<T>(PhantomData<T>);

    impl<T: Limit> Visitor<'_> for Limited<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
            if text.trim() == NEVER {
                return Ok(None);
            }
            match T::from_text(text) {
                Some(limit) => limit.map(Some).map_err(E::custom),
                None => Err(E::invalid_type(Unexpected::Str(text), &self)),
            }
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
            T::from_number(number).map(Some).ok_or_else(|| E::invalid_type(Unexpected::Float(number), &self))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
            T::from_number(number as f64).map(Some).ok_or_else(|| E::invalid_type(Unexpected::Signed(number), &self))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
            T::from_number(number as f64).map(Some).ok_or_else(|| E::invalid_type(Unexpected::Unsigned(number), &self))
        }
    }

    deserializer.deserialize_any(Limited(PhantomData))
}

/// The schema of a limit that may be off.
#[derive(Debug)]
pub struct Never<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Never<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Never_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "const": NEVER }] })
    }
}

/// The schema of a share: a number above 0 and at most 1.
#[derive(Debug)]
pub struct Share;

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })
    }
}
