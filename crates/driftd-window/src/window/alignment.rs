//! Where the ends of a window's shape lie: on the clocks of a zone, and always between two panes.

use serde::Serialize;

use super::BadWindow;
use crate::pane::week_shift;
use crate::{EventTime, PaneWidth, Span, Zone};

const DAY: i64 = 86_400_000_000;
/// Offsets of a zone are looked at once a week, which no summer time is shorter than: from 2020 on, so that what a zone did
/// long ago asks for no smaller panes today, and for thirty years, after which rules repeat.
const OFFSETS_FROM: i64 = 1_577_836_800_000_000;
const OFFSETS_UNTIL: i64 = OFFSETS_FROM + 30 * 365 * DAY;
/// The clocks of a zone are never set by more than a day and a few hours at once.
const LARGEST_CHANGE: i128 = 30 * DAY as i128 / 24;

/// Ends at every `slide` of local time, `origin` after midnight of 1970-01-01 there.
///
/// A local time that is skipped ends its window where the gap ends, and one that is shown twice does so the first time:
/// so later ends of local time are never earlier instants, and every instant lies between two ends. What a zone did before
/// 2020 may end a window in the middle of a pane; it then ends where that pane begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Alignment {
    zone: Zone,
    origin: Span,
    slide: Span,
    pane: PaneWidth,
}

impl Alignment {
    /// Ends `offset` later than at midnight, or for slides of whole weeks than at midnight before Monday.
    pub(super) fn new(name: &str, slide: Span, offset: Span, zone: Zone, pane: PaneWidth) -> Result<Self, BadWindow> {
        let length = slide.as_micros();
        let origin = (week_shift(slide) + offset.as_micros().rem_euclid(length)).rem_euclid(length);
        let pane_shift = week_shift(pane.span());
        let width = pane.span().as_micros();
        let between_panes = |offset: i64| (origin - offset - pane_shift).rem_euclid(width);
        let offsets = (OFFSETS_FROM..OFFSETS_UNTIL).step_by(7 * DAY as usize).map(|at| zone.offset_at(at));
        let offsets: Box<dyn Iterator<Item = i64>> =
            if zone.is_utc() { Box::new(std::iter::once(0)) } else { Box::new(offsets) };
        let (mut fitting, mut remainder) = (width, 0);
        for rest in offsets.map(between_panes) {
            fitting = greatest_common_divisor(fitting, rest);
            remainder = if remainder == 0 { rest } else { remainder };
        }
        if remainder != 0 {
            let (name, pane) = (name.to_owned(), pane.span());
            let fitting = Span::from_micros(fitting).unwrap_or_default();
            return Err(BadWindow::BetweenPanes { name, zone, pane, fitting });
        }
        let origin = Span::from_micros(origin).unwrap_or_default();
        Ok(Self { zone, origin, slide, pane })
    }

    pub(super) const fn zone(&self) -> Zone {
        self.zone
    }

    /// The first end after `at`, stopping at the largest representable time.
    pub(super) fn next(&self, at: EventTime) -> EventTime {
        self.end(self.number_after(at.as_micros().into()))
    }

    /// The last end at or before `at`, stopping at the smallest representable time.
    pub(super) fn last(&self, at: EventTime) -> EventTime {
        self.end(self.number_after(at.as_micros().into()) - 1)
    }

    /// What is `size` before `end` on the zone's clocks.
    pub(super) fn before(&self, end: EventTime, size: Span) -> EventTime {
        if self.zone.is_utc() {
            return end.minus(size);
        }
        let number = self.number_after(i128::from(end.as_micros()) - 1);
        // Of several local times that are one instant, because clocks skipped the time between them, the first counts.
        let local = if self.end(number) == end { self.local(number) } else { self.zone.local_at(end.as_micros()) };
        self.instant(local.saturating_sub(size.as_micros()))
    }

    /// The number of the first end after `at`.
    fn number_after(&self, at: i128) -> i128 {
        let (slide, origin) = (i128::from(self.slide.as_micros()), i128::from(self.origin.as_micros()));
        if self.zone.is_utc() {
            return (at - origin).div_euclid(slide) + 1;
        }
        let local = i128::from(self.zone.local_at(clamped(at)));
        let (near, reach) = ((local - origin).div_euclid(slide), LARGEST_CHANGE / slide + 2);
        let (mut before, mut after) = (near - reach, near + reach);
        while after - before > 1 {
            let middle = before.midpoint(after);
            if i128::from(self.end(middle).as_micros()) > at { after = middle } else { before = middle }
        }
        after
    }

    fn end(&self, number: i128) -> EventTime {
        self.instant(self.local(number))
    }

    fn local(&self, number: i128) -> i64 {
        clamped(number * i128::from(self.slide.as_micros()) + i128::from(self.origin.as_micros()))
    }

    fn instant(&self, local: i64) -> EventTime {
        let at = EventTime::from_micros(self.zone.first_instant_of(local));
        if self.zone.is_utc() { at } else { self.pane.pane_of(at).start() }
    }
}

fn clamped(micros: i128) -> i64 {
    micros.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

const fn greatest_common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
