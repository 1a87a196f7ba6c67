//! The small sections.

use std::fmt::Display;
use std::num::NonZeroU16;

use driftd_model::Monitor;
use driftd_window::Span;

use super::positive;
use crate::problem::Problems;
use crate::raw::{BAD_VALUE, RawEngine, RawHttp, RawNotify, RawRetention, RawStore, is_label_value};
use crate::read::{Field, Located};
use crate::section::ByteSize;
use crate::{EngineConfig, HttpConfig, NotifyConfig, RetentionConfig, StoreConfig};

/// Least memory worth a checkpoint.
const LEAST_CHECKPOINT: ByteSize = ByteSize::from_mebibytes(1);
/// A connection for checkpoints and one for everything else.
const FEWEST_CONNECTIONS: u16 = 2;
/// As many as a Postgres admits in all unless it was told otherwise.
const MOST_CONNECTIONS: u16 = 100;
/// More threads than any machine that one process should have for itself.
const MOST_THREADS: u16 = 256;
/// Least time in which a late record can be told from a counted one.
const LEAST_PARTIALS: Span = Span::from_hours(1);
/// Least history that is worth a name.
const LEAST_HISTORY: Span = Span::from_hours(24);

pub(super) fn store(raw: Field<RawStore>, problems: &mut Problems) -> StoreConfig {
    let raw = raw.or(RawStore::default());
    let default = StoreConfig::default();
    let max_connections =
        raw.max_connections.narrowed(FEWEST_CONNECTIONS, MOST_CONNECTIONS, default.max_connections, problems);
    StoreConfig { url: raw.url.or(default.url), max_connections }
}

pub(super) fn retention(raw: Field<RawRetention>, monitors: &[Monitor], problems: &mut Problems) -> RetentionConfig {
    let raw = raw.or(RawRetention::default());
    let default = RetentionConfig::default();
    let history = raw.history.given().and_then(|given| {
        let kept = given.value.0?;
        history(&Located { value: kept, place: given.place, path: given.path }, monitors, problems);
        Some(kept)
    });
    RetentionConfig { partials: at_least(raw.partials, LEAST_PARTIALS, default.partials, problems), history }
}

/// A window is made of panes that are still there.
fn history(kept: &Located<Span>, monitors: &[Monitor], problems: &mut Problems) {
    let longest = monitors.iter().max_by_key(|monitor| monitor.longest_window());
    match longest {
        _ if kept.value < LEAST_HISTORY => {
            kept.problem(problems, format!("{} is too little: give at least {LEAST_HISTORY}", kept.value));
        }
        Some(monitor) if kept.value < monitor.longest_window() => {
            let (name, window) = (monitor.id.as_str(), monitor.longest_window());
            let message =
                format!("{} is shorter than a window of monitor {name:?}: give at least {window}", kept.value);
            kept.problem(problems, message);
        }
        _ => {}
    }
}

pub(super) fn http(raw: Field<RawHttp>, problems: &mut Problems) -> HttpConfig {
    let raw = raw.or(RawHttp::default());
    let default = HttpConfig::default();
    if let Field::Given(given) = &raw.listen
        && !given.value.ip().is_loopback()
    {
        let message = format!(
            "{} would let the network in without authentication: listen on 127.0.0.1 or [::1], behind a proxy that \
             authenticates",
            given.value
        );
        given.problem(problems, message);
    }
    HttpConfig { enabled: raw.enabled.or(default.enabled), listen: raw.listen.or(default.listen) }
}

pub(super) fn engine(raw: Field<RawEngine>, problems: &mut Problems) -> EngineConfig {
    let raw = raw.or(RawEngine::default());
    let default = EngineConfig::default();
    let threads = raw.threads.narrowed(0, MOST_THREADS, 0, problems);
    EngineConfig {
        threads: NonZeroU16::new(threads),
        checkpoint_bytes: at_least(raw.checkpoint_bytes, LEAST_CHECKPOINT, default.checkpoint_bytes, problems),
        checkpoint_interval: positive(raw.checkpoint_interval, default.checkpoint_interval, problems),
        shutdown_timeout: positive(raw.shutdown_timeout, default.shutdown_timeout, problems),
    }
}

/// A value that must not be less than `least`.
pub(super) fn at_least<T: Copy + PartialOrd + Display>(
    field: Field<T>,
    least: T,
    default: T,
    problems: &mut Problems,
) -> T {
    if let Field::Given(given) = &field
        && given.value < least
    {
        given.problem(problems, format!("{} is too little: give at least {least}", given.value));
    }
    field.or(default)
}

pub(super) fn notify(raw: Field<RawNotify>, problems: &mut Problems) -> NotifyConfig {
    let raw = raw.or(RawNotify::default());
    if let Field::Given(given) = &raw.environment
        && given.value.0.as_deref().is_some_and(|text| !is_label_value(text))
    {
        given.problem(problems, BAD_VALUE);
    }
    let external_url = raw.external_url.given().and_then(|given| {
        let Located { value, place, path } = given;
        value.0?.into_base().map_err(|error| problems.add(&place, &path, error)).ok()
    });
    NotifyConfig {
        allow_commands: raw.allow_commands.or(false),
        allow_link_local: raw.allow_link_local.or(false),
        environment: raw.environment.value().and_then(|environment| environment.0),
        external_url,
    }
}
