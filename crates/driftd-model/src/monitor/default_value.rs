//! What stands for a value that a record leaves out.

use std::fmt;

use driftd_stats::FeatureLayout;
use driftd_window::NumberText;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The value of a feature in records that do not have it: the JSON form of Protocol Buffers leaves members out that are
/// zero, false or empty.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DefaultValue {
    /// A number.
    Number(f64),
    /// A boolean; as a number, 0 or 1.
    Bool(bool),
    /// A text, for a feature that is compared by its categories.
    Text(String),
}

impl DefaultValue {
    /// The value as a number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bool(yes) => Some(f64::from(u8::from(*yes))),
            // From an environment variable every value comes as text.
            Self::Text(text) => driftd_window::quoted_number(text),
        }
    }

    /// The text the value is known by as a category.
    #[must_use]
    pub fn text(&self) -> String {
        self.to_string()
    }

    /// Whether a feature of that layout may have it.
    #[must_use]
    pub fn fits(&self, layout: &FeatureLayout) -> bool {
        match layout {
            FeatureLayout::Numeric(_) => self.number().is_some_and(f64::is_finite),
            FeatureLayout::Categorical(_) => true,
            FeatureLayout::Presence => false,
        }
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => NumberText(*number).fmt(f),
            Self::Bool(yes) => yes.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for DefaultValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;

        impl Visitor<'_> for Shapes {
            type Value = DefaultValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value: a number, true, false or text in quotes")
            }

            fn visit_bool<E: Error>(self, yes: bool) -> Result<DefaultValue, E> {
                Ok(DefaultValue::Bool(yes))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<DefaultValue, E> {
                Ok(DefaultValue::Number(number as f64))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<DefaultValue, E> {
                Ok(DefaultValue::Number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<DefaultValue, E> {
                Ok(DefaultValue::Number(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<DefaultValue, E> {
                Ok(DefaultValue::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Shapes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{categorical, presence, uniform};

    #[test]
    fn a_value_fits_features_of_its_kind() {
        let (number, category, nothing) = (uniform("x"), categorical("c"), presence("p"));
        let of = |json: &str| serde_json::from_str::<DefaultValue>(json).unwrap();
        for (value, as_number, as_text) in [
            ("0", Some(0.0), "0"),
            ("-1.5", Some(-1.5), "-1.5"),
            ("1.0", Some(1.0), "1"),
            ("false", Some(0.0), "false"),
            ("true", Some(1.0), "true"),
            (r#""none""#, None, "none"),
            (r#""""#, None, ""),
            (r#""12""#, Some(12.0), "12"),
        ] {
            let value = of(value);
            assert_eq!((value.number(), value.text()), (as_number, as_text.to_owned()));
            assert_eq!(value.fits(&number.layout), as_number.is_some(), "{value}");
            assert!(value.fits(&category.layout) && !value.fits(&nothing.layout), "{value}");
            assert_eq!(serde_json::from_str::<DefaultValue>(&serde_json::to_string(&value).unwrap()).unwrap(), value);
        }
    }
}
