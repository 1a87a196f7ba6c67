//! Stretches of event time that are counted together.

use driftd_window::{EventTime, PaneWidth, Span};

/// Stretches at most: four weekdays before, and room for more.
const MOST: usize = 16;

/// Stretches of event time in order and apart, of whole panes: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretches {
    first: (EventTime, EventTime),
    others: Vec<(EventTime, EventTime)>,
}

/// Why some stretches cannot be counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StretchesError {
    /// There is none.
    #[error("there is no stretch of time")]
    None,
    /// There are too many.
    #[error("these are more than {MOST} stretches of time")]
    TooMany,
    /// One has no beginning before its end.
    #[error("{from} is not before {to}")]
    Reversed {
        /// Its beginning.
        from: EventTime,
        /// Its end.
        to: EventTime,
    },
    /// Two of them share a pane, which would be counted twice.
    #[error("two of the stretches share the panes from {from} to {to}, which would be counted twice")]
    Overlap {
        /// The first pane that both have.
        from: EventTime,
        /// The end of the last one.
        to: EventTime,
    },
}

impl Stretches {
    /// The panes of `width` that lie in [`from`, `to`) of each range, or in a part of it: what counts are kept of.
    ///
    /// # Errors
    /// See [`StretchesError`].
    pub fn of(
        width: PaneWidth,
        ranges: impl IntoIterator<Item = (EventTime, EventTime)>,
    ) -> Result<Self, StretchesError> {
        let mut stretches = Vec::new();
        for (from, to) in ranges {
            if from >= to {
                return Err(StretchesError::Reversed { from, to });
            }
            if stretches.len() == MOST {
                return Err(StretchesError::TooMany);
            }
            stretches.push((width.pane_of(from).start(), pane_end(width, to)));
        }
        stretches.sort_unstable();
        let pairs = stretches.iter().zip(stretches.iter().skip(1));
        if let Some(((_, end), (from, to))) = pairs.into_iter().find(|((_, end), (from, _))| end > from) {
            return Err(StretchesError::Overlap { from: *from, to: *end.min(to) });
        }
        let mut stretches = stretches.into_iter();
        let first = stretches.next().ok_or(StretchesError::None)?;
        Ok(Self { first, others: stretches.collect() })
    }

    /// Each, in order of time.
    pub fn iter(&self) -> impl Iterator<Item = (EventTime, EventTime)> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// The beginning of the first and the end of the last.
    #[must_use]
    pub fn ends(&self) -> (EventTime, EventTime) {
        (self.first.0, self.others.last().map_or(self.first.1, |(_, end)| *end))
    }

    /// How long they are together.
    #[must_use]
    pub fn length(&self) -> Span {
        self.iter().fold(Span::ZERO, |length, (from, to)| length.plus(to.since(from)))
    }

    /// The same so much earlier.
    #[must_use]
    pub fn earlier(&self, by: Span) -> Self {
        let before = |(from, to): (EventTime, EventTime)| (from.minus(by), to.minus(by));
        Self { first: before(self.first), others: self.others.iter().copied().map(before).collect() }
    }
}

/// The end of the pane that ends at `to`, or that `to` is in.
fn pane_end(width: PaneWidth, to: EventTime) -> EventTime {
    let pane = width.pane_of(to);
    if pane.start() == to { to } else { pane.end(width) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(ranges: &[(i64, i64)]) -> Result<Vec<(i64, i64)>, StretchesError> {
        let at = |minutes: i64| EventTime::from_micros(minutes * 60_000_000);
        let width = PaneWidth::new(Span::from_hours(1)).unwrap();
        let found = Stretches::of(width, ranges.iter().map(|(from, to)| (at(*from), at(*to))))?;
        let minutes = |at: EventTime| at.as_micros() / 60_000_000;
        Ok(found.iter().map(|(from, to)| (minutes(from), minutes(to))).collect())
    }

    #[test]
    fn they_are_whole_panes_in_order_and_apart() {
        assert_eq!(stretches(&[(60, 120)]), Ok(vec![(60, 120)]));
        assert_eq!(stretches(&[(61, 119)]), Ok(vec![(60, 120)]), "a part of a pane is all of it");
        assert_eq!(stretches(&[(-1, 1)]), Ok(vec![(-60, 60)]));
        assert_eq!(stretches(&[(120, 180), (0, 60), (60, 120)]), Ok(vec![(0, 60), (60, 120), (120, 180)]));
    }

    #[test]
    fn what_cannot_be_counted_together_is_refused() {
        assert_eq!(stretches(&[]), Err(StretchesError::None));
        assert!(matches!(stretches(&[(60, 60)]), Err(StretchesError::Reversed { .. })));
        let many: Vec<(i64, i64)> = (0..17).map(|hour| (hour * 60, hour * 60 + 60)).collect();
        assert_eq!(stretches(&many), Err(StretchesError::TooMany));
        let shared = stretches(&[(0, 90), (100, 200)]).unwrap_err();
        insta::assert_snapshot!(shared, @"two of the stretches share the panes from 1970-01-01T01:00:00Z to 1970-01-01T02:00:00Z, which would be counted twice");
    }
}
