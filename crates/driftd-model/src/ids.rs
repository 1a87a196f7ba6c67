//! Names, numbers and hashes that identify things; each its own type.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A text that does not name what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Not usable as a name.
    #[error(
        "{text:?} is not a {what} name: use 1 to 128 letters, digits, '-', '_' or '.', starting with a letter or digit"
    )]
    Name {
        /// What was to be named.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// Not a baseline reference.
    #[error("{0:?} is not a baseline version: write NAME@vN, such as flight-delay@v1")]
    BaselineRef(String),
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    text.len() <= 128
        && chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"))]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                if is_name(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadName::Name { what: $what, text: text.to_owned() })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A monitor: one model's traffic watched against one baseline.
    MonitorId, "monitor"
);
name!(
    /// A baseline, without its version.
    BaselineName, "baseline"
);
name!(
    /// A place notifications go to.
    ReceiverName, "receiver"
);

/// Name of a monitored column; any non-empty text, because columns are named by others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FeatureName(Arc<str>);

impl FeatureName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for FeatureName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where records come from: a Kafka topic, or the name under which files are replayed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("pattern" = "^[A-Za-z0-9._-]{1,249}$"))]
pub struct Topic(String);

impl Topic {
    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Topic {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $type:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $type(pub $inner);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A partition of a topic.
    Partition(i32)
);
number!(
    /// Offset of a record; as a bound it is the offset of the *next* record.
    Offset(i64)
);
number!(
    /// Fencing number of a partition's ownership; each claim is one larger than the last.
    Epoch(i64)
);
number!(
    /// A silence.
    SilenceId(i64)
);

/// SHA-256 of a canonical form, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(Arc<str>);

impl ContentHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().map_or('0', char::from);
        let text: String = Sha256::digest(bytes).iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect();
        Self(text.into())
    }

    /// A hash read back from storage.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An incident: twelve hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(String);

impl IncidentId {
    /// An id read back from storage, or typed by somebody.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One version of a baseline, written `name@v3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}@v[1-9][0-9]*$"))]
pub struct BaselineRef {
    /// The baseline's name.
    pub name: BaselineName,
    /// Its version, from 1.
    pub version: u32,
}

impl FromStr for BaselineRef {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let bad = || BadName::BaselineRef(text.to_owned());
        let (name, version) = text.rsplit_once("@v").ok_or_else(bad)?;
        let version = version.parse().ok().filter(|v| *v > 0).ok_or_else(bad)?;
        Ok(Self { name: name.parse()?, version })
    }
}

impl TryFrom<String> for BaselineRef {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<BaselineRef> for String {
    fn from(reference: BaselineRef) -> Self {
        reference.to_string()
    }
}

impl fmt::Display for BaselineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@v{}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_baseline_versions_are_explicit() {
        assert!("flight-delay".parse::<MonitorId>().is_ok());
        for bad in ["", "-x", "a b", "a/b", &"x".repeat(129)] {
            assert!(bad.parse::<MonitorId>().is_err(), "{bad:?}");
        }
        let reference: BaselineRef = "flight-delay@v2".parse().unwrap();
        assert_eq!((reference.name.as_str(), reference.version), ("flight-delay", 2));
        assert_eq!(reference.to_string(), "flight-delay@v2");
        for bad in ["flight-delay", "x@v0", "x@2", "@v1", "x@v"] {
            assert!(bad.parse::<BaselineRef>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn content_hashes_are_sha_256() {
        let empty = ContentHash::of(b"");
        assert_eq!(empty.short(), "e3b0c44298fc");
        assert_eq!(empty.as_str().len(), 64);
    }
}
