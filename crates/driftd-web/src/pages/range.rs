//! The stretch of event time that a page is asked for.

use driftd_model::words;
use driftd_window::{EventTime, Timestamp};

use super::asked::Query;
use super::failure::Failure;
use crate::api::range::TimeRange;

/// Characters of a reason.
const REASON: usize = 300;

/// (`from`, `to`] by the ends of windows, and how it was written: what is relative stays relative.
#[derive(Debug, Default)]
pub(super) struct Range {
    /// Windows end after this.
    pub(super) from: Option<EventTime>,
    /// Windows end at this or before.
    pub(super) to: Option<EventTime>,
    /// As it was written, for the form.
    pub(super) from_text: String,
    /// As it was written, for the form.
    pub(super) to_text: String,
}

impl Range {
    /// Reads `from` and `to`, as the API does.
    pub(super) fn of(query: &Query, now: Timestamp) -> Result<Self, Failure> {
        let (from, to) = (query.get("from"), query.get("to"));
        let range = TimeRange::parse(from, to, Some(now));
        let range =
            range.map_err(|problem| Failure::bad("This is no range of time", words::name(problem.detail(), REASON)))?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(Self { from: range.from, to: range.to, from_text: text(from), to_text: text(to) })
    }

    /// Whether anything is asked for.
    pub(super) const fn is_asked(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}
