//! Panes: the smallest aligned slices of event time.

use serde::{Deserialize, Serialize};

use crate::{EventTime, Span};

/// Width of every pane of a monitor; at least one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Span", into = "Span")]
pub struct PaneWidth(Span);

/// Monday, 1970-01-05: what whole weeks are counted from, in microseconds.
const MONDAY: i64 = 4 * 24 * Span::from_hours(1).as_micros();
const WEEK: i64 = 7 * 24 * Span::from_hours(1).as_micros();

/// Where slices of that length are counted from: whole weeks from a Monday on, all others from the epoch, a Thursday.
pub(crate) const fn week_shift(length: Span) -> i64 {
    if length.as_micros() % WEEK == 0 { MONDAY } else { 0 }
}

/// A pane, named by its start: an event time that is a multiple of the pane width since the epoch, or since its first
/// Monday where the width is whole weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaneId(EventTime);

/// A width that cannot slice time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pane must be at least 1s wide and no wider than 366d; {0} is not")]
pub struct BadPaneWidth(Span);

impl PaneWidth {
    /// A pane width.
    ///
    /// # Errors
    /// Below one second or above 366 days.
    pub fn new(width: Span) -> Result<Self, BadPaneWidth> {
        if width < Span::from_secs(1) || width > Span::from_hours(366 * 24) {
            return Err(BadPaneWidth(width));
        }
        Ok(Self(width))
    }

    /// The width as a span.
    #[must_use]
    pub const fn span(self) -> Span {
        self.0
    }

    /// Whether the panes are whole weeks, which begin on Mondays.
    #[must_use]
    pub const fn begins_on_monday(self) -> bool {
        week_shift(self.0) != 0
    }

    /// The pane that holds `at`: its start is at or before `at`, its end after it, unless one of them lies beyond what
    /// an [`EventTime`] can hold.
    #[must_use]
    pub const fn pane_of(self, at: EventTime) -> PaneId {
        let at = at.as_micros();
        PaneId(EventTime::from_micros(at.saturating_sub(self.past_start(at))))
    }

    /// How long after the start of its pane `at` is.
    const fn past_start(self, at: i64) -> i64 {
        let width = self.0.as_micros();
        let past = at.rem_euclid(width);
        // Few panes are that wide, and a division is what this costs.
        if width < WEEK { past } else { (past - week_shift(self.0)).rem_euclid(width) }
    }

    /// Start of the first pane that an [`EventTime`] can hold whole; anything earlier has no pane.
    #[must_use]
    pub const fn earliest(self) -> EventTime {
        let past_aligned = self.past_start(i64::MIN);
        let step = if past_aligned == 0 { 0 } else { self.0.as_micros() - past_aligned };
        EventTime::from_micros(i64::MIN + step)
    }
}

impl TryFrom<Span> for PaneWidth {
    type Error = BadPaneWidth;

    fn try_from(span: Span) -> Result<Self, BadPaneWidth> {
        Self::new(span)
    }
}

impl From<PaneWidth> for Span {
    fn from(width: PaneWidth) -> Self {
        width.0
    }
}

impl PaneId {
    /// A pane read back from storage, where it is named by its start.
    #[must_use]
    pub const fn from_stored(start: EventTime) -> Self {
        Self(start)
    }

    /// First instant of the pane.
    #[must_use]
    pub const fn start(self) -> EventTime {
        self.0
    }

    /// First instant after the pane.
    #[must_use]
    pub const fn end(self, width: PaneWidth) -> EventTime {
        self.0.plus(width.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_instant_lies_in_its_pane(
            at in -4_000_000_000_000_000i64..4_000_000_000_000_000,
            secs in 1u32..100_000,
        ) {
            let width = PaneWidth::new(Span::from_secs(secs)).unwrap();
            let at = EventTime::from_micros(at);
            let pane = width.pane_of(at);
            prop_assert!(pane.start() <= at && at < pane.end(width));
            prop_assert_eq!(width.pane_of(pane.start()), pane);
        }
    }

    #[test]
    fn the_earliest_pane_is_aligned() {
        for secs in [1, 7, 3_600, 14 * 86_400] {
            let width = PaneWidth::new(Span::from_secs(secs)).unwrap();
            let earliest = width.earliest();
            assert_eq!(width.pane_of(earliest).start(), earliest);
            assert!(earliest.as_micros() < i64::MIN + width.span().as_micros());
        }
    }

    #[test]
    fn panes_of_whole_weeks_begin_on_monday() {
        let week = PaneWidth::new(Span::from_hours(7 * 24)).unwrap();
        for (at, start) in [
            ("2024-02-05T00:00:00Z", "2024-02-05T00:00:00Z"),
            ("2024-02-04T23:59:59Z", "2024-01-29T00:00:00Z"),
            ("1969-12-31T00:00:00Z", "1969-12-29T00:00:00Z"),
        ] {
            assert_eq!(week.pane_of(at.parse().unwrap()).start().to_string(), start);
        }
    }

    #[test]
    fn a_pane_is_never_narrower_than_a_second() {
        assert!(PaneWidth::new(Span::ZERO).is_err());
        assert!(PaneWidth::new("999ms".parse().unwrap()).is_err());
        assert!(PaneWidth::new(Span::from_secs(1)).is_ok());
    }
}
