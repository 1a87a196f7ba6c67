//! Event time, wall time and spans: three types that never mix by accident.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

/// Says that a type is a text in the JSON Schema, of whatever kind `$schema` has it.
macro_rules! text_schema {
    ($type:ident, $schema:tt) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

mod calendar;
mod cursor;
mod digits;
mod format;
mod spelling;
mod zone;

pub use digits::date_of_digits;
pub use format::{BadTimeFormat, TimeFormat};
pub use spelling::{WrittenTime, written_time};
pub use zone::{BadZone, Zone};

/// Microseconds in a second, the unit everything here is kept in.
const MICROS: i64 = 1_000_000;

/// When a record *happened*: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventTime(i64);

/// When we *looked*: microseconds since 1970-01-01T00:00:00Z on the wall clock.
///
/// Deliberately not comparable with [`EventTime`]; the two places where one becomes the other
/// ([`Timestamp::as_event_time`]) say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// A length of time in microseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

/// A text that is not the time or the span it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an instant.
    #[error("{0:?} is not a time: write RFC 3339 (2013-07-01T00:00:00Z) or a date (2013-07-01, taken as UTC midnight)")]
    Instant(String),
    /// Not a span.
    #[error("{0:?} is not a duration: write a number and a unit, such as 15m, 6h or 1d")]
    Span(String),
}

macro_rules! instant {
    ($name:ident) => {
        impl $name {
            /// The instant `micros` microseconds after (or, negative, before) the epoch.
            #[must_use]
            pub const fn from_micros(micros: i64) -> Self {
                Self(micros)
            }

            /// Microseconds since the epoch.
            #[must_use]
            pub const fn as_micros(self) -> i64 {
                self.0
            }

            /// This instant moved forward, stopping at the largest representable one.
            #[must_use]
            pub const fn plus(self, span: Span) -> Self {
                Self(self.0.saturating_add(span.0))
            }

            /// This instant moved back, stopping at the smallest representable one.
            #[must_use]
            pub const fn minus(self, span: Span) -> Self {
                Self(self.0.saturating_sub(span.0))
            }

            /// Time from `earlier` to `self`; zero when `earlier` is later.
            #[must_use]
            pub fn since(self, earlier: Self) -> Span {
                Span(self.0.saturating_sub(earlier.0).max(0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match DateTime::from_timestamp_micros(self.0) {
                    Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
                    // Outside the calendar's years there is no date to print, but the number still says where it is.
                    None => write!(f, "{} µs", self.0),
                }
            }
        }

        impl FromStr for $name {
            type Err = TimeError;

            fn from_str(text: &str) -> Result<Self, TimeError> {
                parse_micros(text).map(Self).ok_or_else(|| TimeError::Instant(text.to_owned()))
            }
        }
    };
}

instant!(EventTime);
instant!(Timestamp);

impl Timestamp {
    /// The wall clock read as event time: for bounds on the future and for a source that is idle everywhere,
    /// where only the clock can say that time went on.
    #[must_use]
    pub const fn as_event_time(self) -> EventTime {
        EventTime(self.0)
    }
}

/// A point in time in any spelling that is read, in microseconds; one without a zone is in UTC, and so is one of digits
/// alone, which must be those of a date.
fn parse_micros(text: &str) -> Option<i64> {
    match written_time(text) {
        Some(written) => Some(written.instant(Zone::UTC)),
        None => date_of_digits(text.trim().parse().ok()?),
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `micros` microseconds; `None` when negative.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros < 0 { None } else { Some(Self(micros)) }
    }

    /// A span of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs as i64 * MICROS)
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Self {
        Self(minutes as i64 * 60 * MICROS)
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn from_hours(hours: u32) -> Self {
        Self(hours as i64 * 3_600 * MICROS)
    }

    /// Both together, stopping at the longest representable one.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Its length in microseconds.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// As the standard library measures time.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_micros(self.0.unsigned_abs())
    }

    /// Its length in seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / MICROS as f64
    }

    /// Whether it has no length.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is a whole number of `unit`s.
    #[must_use]
    pub const fn is_multiple_of(self, unit: Self) -> bool {
        unit.0 > 0 && self.0 % unit.0 == 0
    }
}

impl FromStr for Span {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        humantime::parse_duration(text.trim())
            .ok()
            .and_then(|d| i64::try_from(d.as_micros()).ok())
            .map(Self)
            .ok_or_else(|| TimeError::Span(text.to_owned()))
    }
}

impl fmt::Display for Span {
    /// The shortest exact form, `1d 6h` or `15m`; it parses back to the same span.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, i64); 6] = [
            ("d", 86_400 * MICROS),
            ("h", 3_600 * MICROS),
            ("m", 60 * MICROS),
            ("s", MICROS),
            ("ms", 1_000),
            ("us", 1),
        ];
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        let mut separator = "";
        for (unit, micros) in UNITS {
            let count = rest / micros;
            if count > 0 {
                write!(f, "{separator}{count}{unit}")?;
                separator = " ";
                rest %= micros;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl serde::de::Visitor<'_> for Text {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration, such as \"15m\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

text_schema!(Span, { "type": "string", "format": "duration" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_what_they_parse() {
        for text in ["15m", "6h", "1d", "1d 6h", "90s", "250ms", "0s"] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span, "{text}");
        }
        assert_eq!("90s".parse::<Span>().unwrap().to_string(), "1m 30s");
        assert!("fast".parse::<Span>().is_err());
        assert!("-5m".parse::<Span>().is_err());
    }

    #[test]
    fn instants_read_rfc_3339_dates_and_naive_utc() {
        let midnight: EventTime = "2013-07-01T00:00:00Z".parse().unwrap();
        assert_eq!("2013-07-01".parse::<EventTime>().unwrap(), midnight);
        assert_eq!("2013-07-01 00:00:00".parse::<EventTime>().unwrap(), midnight);
        assert_eq!("2013-07-01T02:00:00+02:00".parse::<EventTime>().unwrap(), midnight);
        assert_eq!(midnight.to_string(), "2013-07-01T00:00:00Z");
        let error = "yesterday".parse::<EventTime>().unwrap_err().to_string();
        assert!(error.contains("RFC 3339"), "{error}");
    }

    #[test]
    fn arithmetic_saturates_at_the_ends_of_time() {
        let last = EventTime::from_micros(i64::MAX);
        assert_eq!(last.plus(Span::from_hours(1)), last);
        assert_eq!(EventTime::from_micros(0).since(last), Span::ZERO);
        assert!(last.to_string().ends_with("µs"));
    }
}
