//! Contenders that take turns, so that a machine that slows down slows all of them down.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One thing that is measured.
struct Contender<'a> {
    name: String,
    units: usize,
    run: Box<dyn FnMut() -> u64 + 'a>,
    best: Duration,
}

/// Contenders and how often each of them runs.
pub struct Race<'a> {
    rounds: usize,
    contenders: Vec<Contender<'a>>,
}

/// The best round of one contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// What was measured.
    pub name: String,
    /// Values, merges or whatever was done in one round.
    pub units: usize,
    /// Wall time of the fastest round.
    pub time: Duration,
}

impl<'a> Race<'a> {
    /// A race of that many rounds; one more, unmeasured, comes first.
    #[must_use]
    pub const fn new(rounds: usize) -> Self {
        Self { rounds, contenders: Vec::new() }
    }

    /// Enters `run`, which does `units` of work each time. What it returns must depend on all of the work, so that none
    /// of it can be optimised away.
    pub fn enter(&mut self, name: impl Into<String>, units: usize, run: impl FnMut() -> u64 + 'a) {
        self.contenders.push(Contender { name: name.into(), units, run: Box::new(run), best: Duration::MAX });
    }

    /// Runs all of them in turn; the best round of each, in the order they were entered.
    #[must_use]
    pub fn run(mut self) -> Vec<Best> {
        for round in 0..=self.rounds {
            for contender in &mut self.contenders {
                let started = Instant::now();
                black_box((contender.run)());
                if round > 0 {
                    contender.best = contender.best.min(started.elapsed());
                }
            }
        }
        self.contenders.into_iter().map(|c| Best { name: c.name, units: c.units, time: c.best }).collect()
    }
}

impl Best {
    /// Nanoseconds for one unit of work.
    #[must_use]
    pub fn nanos_per_unit(&self) -> f64 {
        self.time.as_secs_f64() * 1e9 / self.units.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn contenders_take_turns() {
        let order = RefCell::new(String::new());
        let mut race = Race::new(2);
        for name in ["a", "b"] {
            let order = &order;
            race.enter(name, 1, move || {
                order.borrow_mut().push_str(name);
                0
            });
        }
        let best = race.run();
        assert_eq!(*order.borrow(), "ababab");
        assert!(best.iter().all(|b| b.time < Duration::from_secs(1)));
    }
}
