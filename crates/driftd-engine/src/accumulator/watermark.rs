//! How far event time has come on a partition that several monitors share.

use driftd_model::{Monitor, Pointer};
use driftd_window::{EventTime, Span, TimeReader, Timestamp};

/// The newest event time that holds for every monitor of a partition task.
///
/// Monitors that read event time at the same place of a record, and in the same way, share a clock, and a record counts for that clock
/// whichever of them lets it through its filter. A clock read elsewhere may be behind: how far is remembered from the
/// last records that had it, so that chunks without any do not run ahead of it, and one that is never seen again holds
/// nothing up.
#[derive(Debug)]
pub(super) struct WatermarkGenerator {
    clocks: Vec<Clock>,
    /// Number of the clock of every monitor.
    of_monitor: Vec<usize>,
    newest: Option<EventTime>,
    /// Whether all that will ever come is there, so that the clock says nothing of what is still to come.
    is_complete: bool,
}

#[derive(Debug)]
struct Clock {
    place: Pointer,
    reader: TimeReader,
    /// Behind the newest of all clocks; nothing before it was seen.
    behind: Option<Span>,
}

impl WatermarkGenerator {
    pub(super) fn new<'a>(monitors: impl Iterator<Item = &'a Monitor>) -> Self {
        let mut generator = Self { clocks: Vec::new(), of_monitor: Vec::new(), newest: None, is_complete: false };
        for monitor in monitors {
            let (place, reader) = (&monitor.shape.event_time, &monitor.shape.times);
            let is_same = |clock: &Clock| clock.place == *place && clock.reader == *reader;
            let known = generator.clocks.iter().position(is_same);
            generator.of_monitor.push(known.unwrap_or(generator.clocks.len()));
            if known.is_none() {
                generator.clocks.push(Clock { place: place.clone(), reader: reader.clone(), behind: None });
            }
        }
        generator
    }

    /// For records of a file, whose times may all be ahead of the clock.
    pub(super) const fn complete(mut self) -> Self {
        self.is_complete = true;
        self
    }

    /// Records were counted at `now`, the newest of each monitor being these; what they say of the partition, if anything.
    ///
    /// Live, that is never later than `now`: a record whose own clock is ahead is counted where it says, but promises nothing
    /// of others, whose times are still to come.
    pub(super) fn advance(
        &mut self,
        newest: impl Iterator<Item = Option<EventTime>>,
        now: Timestamp,
    ) -> Option<EventTime> {
        let limit = if self.is_complete { EventTime::from_micros(i64::MAX) } else { now.as_event_time() };
        let mut seen: Vec<Option<EventTime>> = vec![None; self.clocks.len()];
        for (clock, newest) in self.of_monitor.iter().zip(newest) {
            if let Some(seen) = seen.get_mut(*clock) {
                *seen = newest.map(|newest| newest.min(limit)).max(*seen);
            }
        }
        self.newest =
            seen.iter().copied().flatten().max()?.max(self.newest.unwrap_or(EventTime::from_micros(i64::MIN))).into();
        let generator = self.newest?;
        for (clock, seen) in self.clocks.iter_mut().zip(seen) {
            clock.behind = seen.map(|seen| generator.since(seen)).or(clock.behind);
        }
        let slowest = self.clocks.iter().filter_map(|clock| clock.behind).max()?;
        Some(generator.minus(slowest))
    }
}

#[cfg(test)]
mod tests;
