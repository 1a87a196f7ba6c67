//! Single values: numbers, names, durations and whatever else one value spells.

use std::fmt::Display;
use std::net::SocketAddr;

use driftd_model::{BaselineRef, MonitorId, MuteTime, Pointer, ReceiverName, Topic};
use driftd_stats::DriftStatistic;
use driftd_window::Span;
use serde_json::{Value as Json, json};

use super::{Field, Read, expected};
use crate::problem::Problems;
use crate::tree::Node;

/// Implements [`Read`] for a type that is parsed from text; its error's words are the problem's.
macro_rules! text_leaf {
    ($type:ty, $expected:literal, $parse:expr, $schema:expr) => {
        impl $crate::read::Read for $type {
            const EXPECTED: &'static str = $expected;

            fn read(node: &$crate::tree::Node, path: &str, problems: &mut $crate::problem::Problems) -> Option<Self> {
                let Some(text) = node.as_text() else {
                    return $crate::read::expected(Self::EXPECTED, node, path, problems);
                };
                match $parse(text) {
                    Ok(value) => Some(value),
                    Err(error) => {
                        problems.add(&node.place, path, error);
                        None
                    }
                }
            }

            fn schema() -> serde_json::Value {
                $schema
            }
        }
    };
}

pub(crate) use text_leaf;

fn non_empty(text: &str) -> Result<&str, &'static str> {
    if text.trim().is_empty() { Err("is empty: write a text, or leave the key out") } else { Ok(text) }
}

/// A name that Kafka admits for a topic. A consumer would take one that begins with `^` for a pattern.
fn topic(text: &str) -> Result<Topic, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=249).contains(&text.len()) && text.chars().all(is_plain) && !matches!(text, "." | "..") {
        return Ok(Topic::from(text));
    }
    Err(format!("{text:?} is not a topic: use 1 to 249 letters, digits, '.', '_' or '-'"))
}

const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";

text_leaf!(String, "text in quotes", |t| non_empty(t).map(str::to_owned), json!({ "type": "string", "minLength": 1 }));
text_leaf!(
    Span,
    "a duration, such as \"15m\"",
    str::parse::<Self>,
    json!({ "type": "string", "examples": ["90s", "15m", "6h", "1d"] })
);
text_leaf!(
    MonitorId,
    "a name, such as \"flight-delay\"",
    str::parse::<Self>,
    json!({ "type": "string", "pattern": NAME })
);
text_leaf!(
    ReceiverName,
    "the name of a receiver, such as \"ml-oncall\"",
    str::parse::<Self>,
    json!({ "type": "string", "pattern": NAME })
);
text_leaf!(
    MuteTime,
    "a time of the week, such as \"sat,sun 00:00-24:00\"",
    str::parse::<Self>,
    json!({ "type": "string", "examples": ["22:00-06:00", "sat,sun 00:00-24:00"] })
);
text_leaf!(
    BaselineRef,
    "a version of a baseline, such as \"flight-delay@v1\"",
    str::parse::<Self>,
    json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}@v[1-9][0-9]*$" })
);
text_leaf!(
    Topic,
    "a topic, such as \"flight-predictions\"",
    topic,
    json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,249}$" })
);
text_leaf!(
    Pointer,
    "a JSON Pointer, such as \"/features/carrier\"",
    Self::new,
    json!({ "type": "string", "pattern": "^/." })
);
text_leaf!(
    DriftStatistic,
    "a statistic, such as \"psi\"",
    str::parse::<Self>,
    json!({ "enum": Self::ALL.map(Self::as_str) })
);
text_leaf!(
    SocketAddr,
    "an address and port, such as \"127.0.0.1:8080\"",
    |text: &str| text
        .parse::<Self>()
        .map_err(|_| format!("{text:?} is not an address and port: write digits, as in 127.0.0.1:8080 or [::1]:8080")),
    json!({ "type": "string", "examples": ["127.0.0.1:8080"] })
);

impl Read for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        node.as_bool().or_else(|| expected(Self::EXPECTED, node, path, problems))
    }

    fn schema() -> Json {
        json!({ "type": "boolean" })
    }
}

impl Read for f64 {
    const EXPECTED: &'static str = "a number, such as 0.1";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match node.as_number() {
            Some(number) if number.is_finite() => Some(number),
            Some(number) => {
                problems.add(&node.place, path, format!("{number} is not a finite number"));
                None
            }
            None => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "type": "number" })
    }
}

impl Read for u64 {
    const EXPECTED: &'static str = "a whole number, such as 20";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let Some(number) = node.as_integer() else { return expected(Self::EXPECTED, node, path, problems) };
        let fits = Self::try_from(number).ok();
        if fits.is_none() {
            let why = if number < 0 { "must not be negative" } else { "is more than any count" };
            problems.add(&node.place, path, why);
        }
        fits
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Field<u64> {
    /// The value or `default`, in a narrower type; a value outside `from..=to` is a problem.
    pub(crate) fn narrowed<T>(self, from: T, to: T, default: T, problems: &mut Problems) -> T
    where
        T: Copy + Into<u64> + TryFrom<u64>,
    {
        let wide = self.within(from.into(), to.into(), default.into(), problems);
        T::try_from(wide).unwrap_or(default)
    }
}

impl<T: Copy + PartialOrd + Display> Field<T> {
    /// The value or `default`; a value outside `from..=to` is a problem.
    pub(crate) fn within(self, from: T, to: T, default: T, problems: &mut Problems) -> T {
        if let Self::Given(given) = &self
            && !(from..=to).contains(&given.value)
        {
            given.problem(problems, format!("{} is out of range: choose {from} to {to}", given.value));
        }
        self.or(default)
    }
}
