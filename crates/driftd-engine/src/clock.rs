//! The one place that asks the wall clock.

use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::Instant;

use driftd_window::{Span, Timestamp};

/// Tells what time it is.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// How much time has passed since some moment, whatever the clock was set to meanwhile.
    fn passed(&self) -> Span;
}

/// A moment, by whatever tells the time: a machine's clock may be wrong, and how much time has passed it cannot get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What the clock shows.
    pub now: Timestamp,
    /// The earliest that it may be, by this clock and by those that it is held against.
    pub earliest: Timestamp,
    /// The latest that it may be.
    pub latest: Timestamp,
    /// How much time has passed since some moment.
    pub passed: Span,
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<Reading>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    shows: Timestamp,
    passed: Span,
}

/// By a clock that nothing contradicts.
impl From<Timestamp> for Moment {
    fn from(now: Timestamp) -> Self {
        Self { now, earliest: now, latest: now, passed: Span::from_micros(now.as_micros()).unwrap_or(Span::ZERO) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    fn passed(&self) -> Span {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        i64::try_from(BEGAN.elapsed().as_micros()).ok().and_then(Span::from_micros).unwrap_or(Span::ZERO)
    }
}

impl FixedClock {
    /// A clock that shows `at`.
    #[must_use]
    pub const fn at(at: Timestamp) -> Self {
        Self(Mutex::new(Reading { shows: at, passed: Span::ZERO }))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Span) {
        let mut reading = self.read();
        *reading = Reading { shows: reading.shows.plus(by), passed: reading.passed.plus(by) };
    }

    /// Sets the clock forward while no time passes.
    pub fn set_forward(&self, by: Span) {
        let mut reading = self.read();
        reading.shows = reading.shows.plus(by);
    }

    fn read(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.read().shows
    }

    fn passed(&self) -> Span {
        self.read().passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = FixedClock::at(Timestamp::from_micros(5));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Span::from_secs(1));
        assert_eq!(clock.now().as_micros(), 1_000_005);
        clock.set_forward(Span::from_secs(1));
        assert_eq!((clock.now().as_micros(), clock.passed()), (2_000_005, Span::from_secs(1)));
    }

    #[test]
    fn the_system_clock_is_past_the_year_2020() {
        assert!(SystemClock.now() > "2020-01-01".parse().unwrap());
    }
}
