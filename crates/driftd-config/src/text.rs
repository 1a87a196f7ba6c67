//! Types that are written as text.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Unexpected, Visitor};

/// Parses a text, and says what was expected where there is none.
#[derive(Debug)]
pub(crate) struct FromText<T> {
    pub(crate) expected: &'static str,
    /// Whether a whole number is as good as its digits.
    pub(crate) takes_numbers: bool,
    pub(crate) parsed: PhantomData<T>,
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        if self.takes_numbers {
            return self.visit_str(&number.to_string());
        }
        Err(E::invalid_type(Unexpected::Unsigned(number), &self))
    }
}

/// Reads and writes a type by [`FromStr`] and [`Display`](fmt::Display), with what is expected in words, and says what it
/// is in the JSON Schema. A date of TOML is as good as its text.
macro_rules! text_type {
    ($type:ident, $expected:literal, $schema:tt $(, $takes_numbers:literal)?) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::text::FromText {
                    expected: $expected,
                    takes_numbers: false $(|| $takes_numbers)?,
                    parsed: ::std::marker::PhantomData,
                })
            }
        }

        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!($schema)
            }
        }
    };
}

pub(crate) use text_type;

/// A text that may be empty, which says that there is none: `#[serde(with = "blank")]`.
pub(crate) mod blank {
    use std::fmt::Display;
    use std::marker::PhantomData;
    use std::str::FromStr;

    use serde::de::{Deserializer, Error};
    use serde::{Serialize, Serializer};

    use super::FromText;

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
        let expected = "text in quotes";
        let text: String = from.deserialize_str(FromText { expected, takes_numbers: false, parsed: PhantomData })?;
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
    }
}
