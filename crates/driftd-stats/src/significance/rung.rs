//! The lengths of window that healthy variation is learnt at.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Healthy;

/// Windows from which on a rung is preferred to a shorter one.
const GOOD_WINDOWS: u32 = 30;

/// One rung of the ladder: windows of this length, aligned to the epoch. The ladder is fixed, so that a baseline does
/// not depend on the windows of any monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rung {
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    QuarterHour,
    /// An hour.
    #[serde(rename = "1h")]
    Hour,
    /// Six hours.
    #[serde(rename = "6h")]
    SixHours,
    /// A day.
    #[serde(rename = "1d")]
    Day,
    /// A week.
    #[serde(rename = "7d")]
    Week,
    /// Four weeks.
    #[serde(rename = "28d")]
    FourWeeks,
}

impl Rung {
    /// All of them, shortest first.
    pub const ALL: [Self; 6] = [Self::QuarterHour, Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::FourWeeks];

    /// Its length.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::QuarterHour => 900,
            Self::Hour => 3_600,
            Self::SixHours => 21_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
            Self::FourWeeks => 2_419_200,
        }
    }

    /// As it is written: `6h`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QuarterHour => "15m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "1d",
            Self::Week => "7d",
            Self::FourWeeks => "28d",
        }
    }

    /// The rung whose windows speak for one of `seconds`: of those that are no longer, the longest with at least 30
    /// windows, else the one with most, the longest of these. Where all are longer the shortest; `None` where nothing
    /// was learnt.
    #[must_use]
    pub fn pick(learnt: &BTreeMap<Self, Healthy>, seconds: f64) -> Option<(Self, Healthy)> {
        let short = || learnt.iter().filter(|(rung, _)| rung.seconds() as f64 <= seconds);
        let good = short().rfind(|(_, healthy)| healthy.windows >= GOOD_WINDOWS);
        let most = || short().max_by_key(|(rung, healthy)| (healthy.windows, **rung));
        good.or_else(most).or_else(|| learnt.first_key_value()).map(|(rung, healthy)| (*rung, *healthy))
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
