//! Types that are written as a text, or in more shapes than one. serde's derives would say of such a value only that no
//! shape fitted.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor};

/// Reads one value: `scalar` makes it of what is no list and no table, `table` of a table's keys, which are read first. What
/// neither takes is told by what is `expected`.
pub(crate) fn shaped<'de, D: Deserializer<'de>, K: Deserialize<'de>, T>(
    deserializer: D,
    expected: &'static str,
    scalar: impl Fn(Unexpected<'_>) -> Option<Result<T, String>>,
    table: Option<impl Fn(K) -> Result<T, String>>,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Shaped { expected, scalar, table, keys: PhantomData })
}

/// Reads a text by [`FromStr`]; a whole number may be as good as its digits.
pub(crate) fn text<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
    expected: &'static str,
    takes_numbers: bool,
) -> Result<T, D::Error> {
    let parse = |text: &str| Some(text.parse().map_err(|error: T::Err| error.to_string()));
    let scalar = |value: Unexpected<'_>| match value {
        Unexpected::Str(text) => parse(text),
        Unexpected::Unsigned(number) if takes_numbers => parse(&number.to_string()),
        _ => None,
    };
    shaped(deserializer, expected, scalar, None::<fn(IgnoredAny) -> Result<T, String>>)
}

struct Shaped<F, G, K> {
    expected: &'static str,
    scalar: F,
    table: Option<G>,
    keys: PhantomData<K>,
}

impl<'de, T, K: Deserialize<'de>, F, G> Shaped<F, G, K>
where
    F: Fn(Unexpected<'_>) -> Option<Result<T, String>>,
    G: Fn(K) -> Result<T, String>,
{
    fn scalar<E: Error>(&self, value: Unexpected<'_>) -> Result<T, E> {
        match (self.scalar)(value) {
            Some(read) => read.map_err(E::custom),
            None => Err(E::invalid_type(value, self)),
        }
    }
}

impl<'de, T, K: Deserialize<'de>, F, G> Visitor<'de> for Shaped<F, G, K>
where
    F: Fn(Unexpected<'_>) -> Option<Result<T, String>>,
    G: Fn(K) -> Result<T, String>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.scalar(Unexpected::Str(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.scalar(Unexpected::Unsigned(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.scalar(Unexpected::Signed(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        self.scalar(Unexpected::Float(number))
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<T, E> {
        self.scalar(Unexpected::Bool(yes))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let Some(table) = &self.table else { return Err(A::Error::invalid_type(Unexpected::Map, &self)) };
        table(K::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
    }
}

/// The one of two keys that is there, or what is wrong.
pub(crate) fn one_of<A, B, T>(
    pair: (Option<A>, Option<B>),
    first: impl FnOnce(A) -> T,
    second: impl FnOnce(B) -> T,
    neither: &str,
) -> Result<T, String> {
    match pair {
        (Some(a), None) => Ok(first(a)),
        (None, Some(b)) => Ok(second(b)),
        _ => Err(neither.to_owned()),
    }
}

/// Reads and writes a type by [`FromStr`] and [`Display`], with what is expected in words, and says what it is in the JSON
/// Schema. A date of TOML is as good as its text.
macro_rules! text_type {
    ($type:ident, $expected:literal, $schema:tt $(, $takes_numbers:literal)?) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::shape::text(deserializer, $expected, false $(|| $takes_numbers)?)
            }
        }

        $crate::shape::has_schema!($type, |_| ::schemars::json_schema!($schema));
    };
}

/// Says what a type is in the JSON Schema, by a function of the generator.
macro_rules! has_schema {
    ($type:ident, $schema:expr) => {
        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                let schema: fn(&mut ::schemars::SchemaGenerator) -> ::schemars::Schema = $schema;
                schema(generator)
            }
        }
    };
}

pub(crate) use {has_schema, text_type};

/// A text that may be empty, which says that there is none: `#[serde(with = "blank")]`.
pub(crate) mod blank {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::{Deserializer, Error};
    use serde::{Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde fixes the signature")]
    pub(crate) fn serialize<T: Serialize, S: Serializer>(text: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        match text {
            Some(text) => text.serialize(to),
            None => to.serialize_str(""),
        }
    }

    pub(crate) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let text: String = super::text(from, "text in quotes", false)?;
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
    }
}
