//! Values read back from columns: parsed into their types, or a clear word about what is damaged.

use std::fmt::Display;
use std::str::FromStr;

use driftd_model::BaselineRef;
use driftd_window::{EventTime, Timestamp};
use serde::de::DeserializeOwned;

use super::Outcome;
use crate::error::Failure;

/// A count as SQLite keeps it. Counts beyond 2^63 do not occur; were there one, it would stay the largest.
pub(super) fn to_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count read back; a negative one is damage.
pub(super) fn count(found: i64, what: &str) -> Outcome<u64> {
    u64::try_from(found).map_err(|_| Failure::damaged(format!("{what} {found}")))
}

/// A name read back.
pub(super) fn parsed<T>(text: &str, what: &str) -> Outcome<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(|error| Failure::unreadable(format!("{what} {text:?}"), error))
}

/// One of the words of `from_stored`.
pub(super) fn word<T>(text: &str, from_stored: impl FnOnce(&str) -> Option<T>, what: &str) -> Outcome<T> {
    from_stored(text).ok_or_else(|| Failure::damaged(format!("{what} {text:?}")))
}

/// A document read back.
pub(super) fn document<T: DeserializeOwned>(text: &str, what: impl Display) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| Failure::unreadable(what.to_string(), error))
}

/// A document to be stored.
pub(super) fn to_document<T: serde::Serialize>(value: &T, what: impl Display) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| Failure::Refused(format!("{what} cannot be written as JSON: {error}")))
}

/// A baseline's version read back from its two columns.
pub(super) fn reference(name: &str, version: i64) -> Outcome<BaselineRef> {
    let version =
        u32::try_from(version).map_err(|_| Failure::damaged(format!("version {version} of baseline {name}")))?;
    Ok(BaselineRef { name: parsed(name, "baseline name")?, version })
}

/// An instant of event time, if any.
pub(super) fn event_time(micros: Option<i64>) -> Option<EventTime> {
    micros.map(EventTime::from_micros)
}

/// An instant of wall time, if any.
pub(super) fn timestamp(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}
