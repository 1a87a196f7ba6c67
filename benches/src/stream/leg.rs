//! What one contender took for one topic.

use super::meter::Spent;

/// One contender reading one topic from end to end.
#[derive(Clone, Debug)]
pub struct Leg {
    /// Events read.
    pub events: u64,
    /// From the first of them to when all of them were dealt with.
    pub seconds: f64,
    /// Processor time of the contender, start included.
    pub cpu: Option<f64>,
    /// Peak resident memory of the contender.
    pub peak_mib: Option<f64>,
    /// What it cost everybody else.
    pub spent: Spent,
}

impl Leg {
    /// Events in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.seconds
    }

    /// A figure of the leg for a million events.
    #[must_use]
    pub fn per_million(&self, figure: f64) -> f64 {
        figure / (self.events as f64 / 1e6)
    }
}

/// The faster of two legs, if there are two.
#[must_use]
pub fn faster(best: Option<Leg>, leg: Leg) -> Leg {
    match best {
        Some(best) if best.seconds <= leg.seconds => best,
        _ => leg,
    }
}
