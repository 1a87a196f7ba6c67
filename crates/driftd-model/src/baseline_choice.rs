//! Which version of a baseline a monitor names.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BadName, BaselineName, BaselineRef};

/// The baseline of a monitor: one version of it, or whichever is the newest when a daemon begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(@v[1-9][0-9]*)?$"))]
pub enum BaselineChoice {
    /// `flight-delay@v1`.
    Version(BaselineRef),
    /// `flight-delay`.
    Newest(BaselineName),
}

impl BaselineChoice {
    /// The baseline's name.
    #[must_use]
    pub const fn name(&self) -> &BaselineName {
        match self {
            Self::Version(reference) => &reference.name,
            Self::Newest(name) => name,
        }
    }

    /// The version, where one is named.
    #[must_use]
    pub const fn version(&self) -> Option<&BaselineRef> {
        match self {
            Self::Version(reference) => Some(reference),
            Self::Newest(_) => None,
        }
    }
}

impl From<BaselineRef> for BaselineChoice {
    fn from(reference: BaselineRef) -> Self {
        Self::Version(reference)
    }
}

impl FromStr for BaselineChoice {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        if text.contains('@') { text.parse().map(Self::Version) } else { text.parse().map(Self::Newest) }
    }
}

impl TryFrom<String> for BaselineChoice {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<BaselineChoice> for String {
    fn from(choice: BaselineChoice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for BaselineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(reference) => reference.fmt(f),
            Self::Newest(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_means_the_newest() {
        for (text, newest) in [("flight-delay", true), ("flight-delay@v2", false)] {
            let choice: BaselineChoice = text.parse().unwrap();
            assert_eq!(matches!(choice, BaselineChoice::Newest(_)), newest, "{text}");
            assert_eq!((choice.name().as_str(), choice.to_string().as_str()), ("flight-delay", text));
        }
        for bad in ["", "-x", "x@v0", "x@2", "x@", "@v1", "x@v"] {
            assert!(bad.parse::<BaselineChoice>().is_err(), "{bad:?}");
        }
    }
}
