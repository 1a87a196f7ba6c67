//! Values read back from columns: parsed into their types, or a clear word about what is damaged.

use std::fmt::Display;
use std::str::FromStr;

use driftd_model::{Activation, Baseline, BaselineName, BaselineRef, FeatureName, Incident, Settlement};
use driftd_window::{EventTime, PaneId, Timestamp};
use serde::de::DeserializeOwned;

use crate::error::{Failure, Outcome};

/// A count as databases keep it. Counts beyond 2^63 do not occur; were there one, it would stay the largest.
pub(crate) fn to_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count read back; a negative one is damage.
pub(crate) fn count(found: i64, what: &str) -> Outcome<u64> {
    u64::try_from(found).map_err(|_| Failure::damaged(format!("{what} {found}")))
}

/// A name read back.
pub(crate) fn parsed<T>(text: &str, what: &str) -> Outcome<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(|error| Failure::unreadable(format!("{what} {text:?}"), error))
}

/// One of the words of `from_stored`.
pub(crate) fn word<T>(text: &str, from_stored: impl FnOnce(&str) -> Option<T>, what: &str) -> Outcome<T> {
    from_stored(text).ok_or_else(|| Failure::damaged(format!("{what} {text:?}")))
}

/// A document read back.
pub(crate) fn document<T: DeserializeOwned>(text: &str, what: impl Display) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| Failure::unreadable(what.to_string(), error))
}

/// A document to be stored.
pub(crate) fn to_document<T: serde::Serialize>(value: &T, what: impl Display) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| Failure::Refused(format!("{what} cannot be written as JSON: {error}")))
}

/// A baseline's version read back from its two columns.
pub(crate) fn reference(name: &str, version: i64) -> Outcome<BaselineRef> {
    let version =
        u32::try_from(version).map_err(|_| Failure::damaged(format!("version {version} of baseline {name}")))?;
    Ok(BaselineRef { name: parsed(name, "baseline name")?, version })
}

/// An activation read back from its three columns.
pub(crate) fn activation(since: i64, name: &str, version: i64) -> Outcome<Activation> {
    Ok(Activation { since: EventTime::from_micros(since), reference: reference(name, version)? })
}

/// An activation that need not be there.
pub(crate) fn activation_of(
    since: Option<i64>,
    name: Option<&str>,
    version: Option<i64>,
) -> Outcome<Option<Activation>> {
    let columns = since.zip(name).zip(version);
    columns.map(|((since, name), version)| activation(since, name, version)).transpose()
}

/// A baseline as it is stored, if it is one.
pub(crate) fn profile(name: &BaselineName, baseline: &Baseline) -> Outcome<String> {
    if !baseline.is_consistent() {
        return Err(Failure::Refused(format!(
            "baseline {name} is not stored: its counts do not have the shape of its bins; build it again"
        )));
    }
    to_document(baseline, format_args!("baseline {name}"))
}

/// The refusal of a version that was never stored.
pub(crate) fn no_such_baseline(wanted: &BaselineRef) -> Failure {
    Failure::Refused(format!("there is no baseline {wanted} in the store: `driftd baseline list` shows what there is"))
}

/// An instant of event time, if any.
pub(crate) fn event_time(micros: Option<i64>) -> Option<EventTime> {
    micros.map(EventTime::from_micros)
}

/// An instant of wall time, if any.
pub(crate) fn timestamp(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

/// The pane that starts at `micros`.
pub(crate) fn pane_id(micros: i64) -> PaneId {
    PaneId::from_stored(EventTime::from_micros(micros))
}

/// What a settlement leaves in the outbox and in its log of tries.
pub(crate) struct Settled<'a> {
    pub(crate) state: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) retry_at: Option<i64>,
    pub(crate) error: Option<&'a str>,
}

impl<'a> Settled<'a> {
    pub(crate) fn of(settlement: &'a Settlement) -> Self {
        let (state, outcome, retry_at, error) = match settlement {
            Settlement::Delivered => ("delivered", "delivered", None, None),
            Settlement::RetryAt { at, error } => ("pending", "retry", Some(at.as_micros()), Some(error.as_str())),
            Settlement::Dead { error } => ("dead", "dead", None, Some(error.as_str())),
        };
        Self { state, outcome, retry_at, error }
    }
}

/// The stored incident `body` with what a person made of it.
pub(crate) fn amended(body: &str, wanted: &Incident) -> Outcome<Incident> {
    let mut incident: Incident = document(body, format_args!("incident {}", wanted.id))?;
    incident.amend(wanted);
    Ok(incident)
}

/// Names of an incident's features as a document, worst first.
pub(crate) fn features(incident: &Incident) -> Outcome<String> {
    let worst = incident.worst_features();
    let names: Vec<&FeatureName> = worst.iter().map(|evidence| &evidence.feature).collect();
    to_document(&names, "features of an incident")
}
