//! How often a healthy monitor may alarm.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use driftd_window::{Span, WindowSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A budget of false alarms: so many in every stretch of event time, as `1 per 90d`, or none at all, as `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^(off|[1-9][0-9]* per .+)$"))]
pub enum FalseAlarms {
    /// No budget: every window is judged at `q`, and small lasting changes are not looked for.
    Off,
    /// At most `count` false alarms in every `period`, on average.
    Budget {
        /// How many.
        count: NonZeroU32,
        /// In how much event time; longer than nothing.
        period: Span,
    },
}

/// A text that is no budget.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFalseAlarms {
    /// Not of that form.
    #[error("{0:?} is no budget of false alarms: write how many in how long, such as \"1 per 90d\", or \"off\"")]
    Form(String),
    /// So rare that no window could ever ring.
    #[error("{given:?} is too few false alarms to find anything: the least is \"1 per {}\"", Span::from_hours(24 * 3650))]
    TooFew {
        /// What was given.
        given: String,
    },
}

impl FalseAlarms {
    /// Fewest false alarms a second: one in ten years.
    const LEAST_A_SECOND: f64 = 1.0 / (3650.0 * 86_400.0);

    /// The adjusted p-value up to which a difference counts as significant, at most `cap`: the budget over every
    /// evaluation of these window shapes. It is `shared_by` two where windows are remembered, since memories are judged
    /// as often as windows, and by one where they are not.
    #[must_use]
    pub fn level(&self, windows: &[WindowSpec], shared_by: u8, cap: f64) -> f64 {
        match self {
            Self::Off => cap,
            Self::Budget { count, period } => {
                let slides = windows.iter().map(|window| window.slide().as_secs_f64());
                driftd_stats::level(f64::from(count.get()), period.as_secs_f64(), slides, f64::from(shared_by), cap)
            }
        }
    }

    /// The event time in which there may be one false alarm; nothing without a budget.
    #[must_use]
    pub fn interval(&self) -> Option<Span> {
        match self {
            Self::Off => None,
            Self::Budget { count, period } => {
                Span::from_micros(period.as_micros() / i64::from(count.get())).filter(|span| !span.is_zero())
            }
        }
    }
}

impl Default for FalseAlarms {
    /// One in ninety days.
    fn default() -> Self {
        Self::Budget { count: NonZeroU32::MIN, period: Span::from_hours(24 * 90) }
    }
}

impl fmt::Display for FalseAlarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Budget { count, period } => write!(f, "{count} per {period}"),
        }
    }
}

impl FromStr for FalseAlarms {
    type Err = BadFalseAlarms;

    fn from_str(text: &str) -> Result<Self, BadFalseAlarms> {
        let form = || BadFalseAlarms::Form(text.to_owned());
        if text.trim() == "off" {
            return Ok(Self::Off);
        }
        let (count, period) = text.split_once(" per ").ok_or_else(form)?;
        let count: NonZeroU32 = count.trim().parse().map_err(|_| form())?;
        let period: Span = period.parse().map_err(|_| form())?;
        if period.is_zero() {
            return Err(form());
        }
        if f64::from(count.get()) / period.as_secs_f64() < Self::LEAST_A_SECOND {
            return Err(BadFalseAlarms::TooFew { given: text.to_owned() });
        }
        Ok(Self::Budget { count, period })
    }
}

impl TryFrom<String> for FalseAlarms {
    type Error = BadFalseAlarms;

    fn try_from(text: String) -> Result<Self, BadFalseAlarms> {
        text.parse()
    }
}

impl From<FalseAlarms> for String {
    fn from(budget: FalseAlarms) -> Self {
        budget.to_string()
    }
}

#[cfg(test)]
mod tests {
    use driftd_window::PaneWidth;

    use super::*;

    fn window(hours: u32) -> WindowSpec {
        let pane = PaneWidth::new(Span::from_hours(1)).unwrap();
        WindowSpec::new("w", Span::from_hours(24), Span::from_hours(hours), pane).unwrap()
    }

    #[test]
    fn a_budget_reads_back() {
        for text in ["1 per 90d", "off", "12 per 1d 12h", "1 per 3650d"] {
            assert_eq!(text.parse::<FalseAlarms>().unwrap().to_string(), text);
        }
        assert_eq!("1 per 90d".parse(), Ok(FalseAlarms::default()));
    }

    #[test]
    fn what_is_no_budget_is_told_how_to_be_one() {
        let errors = ["", "never", "0 per 90d", "1 per 0s", "1 per soon", "-1 per 1d", "1 per 3651d"]
            .map(|text| text.parse::<FalseAlarms>().unwrap_err().to_string());
        insta::assert_snapshot!(errors.join("\n"), @r#"
        "" is no budget of false alarms: write how many in how long, such as "1 per 90d", or "off"
        "never" is no budget of false alarms: write how many in how long, such as "1 per 90d", or "off"
        "0 per 90d" is no budget of false alarms: write how many in how long, such as "1 per 90d", or "off"
        "1 per 0s" is no budget of false alarms: write how many in how long, such as "1 per 90d", or "off"
        "1 per soon" is no budget of false alarms: write how many in how long, such as "1 per 90d", or "off"
        "-1 per 1d" is no budget of false alarms: write how many in how long, such as "1 per 90d", or "off"
        "1 per 3651d" is too few false alarms to find anything: the least is "1 per 3650d"
        "#);
    }

    #[test]
    fn the_level_is_half_of_the_budget_over_every_evaluation() {
        let budget = FalseAlarms::default();
        let level = |hours: &[u32], cap| budget.level(&hours.iter().map(|h| window(*h)).collect::<Vec<_>>(), 2, cap);
        assert!((level(&[1], 0.01) - 1.0 / (2.0 * 90.0 * 24.0)).abs() < 1e-15);
        assert!((level(&[24, 6], 0.01) - 1.0 / (2.0 * 90.0 * 5.0)).abs() < 1e-15);
        assert_eq!(level(&[24], 0.001), 0.001, "q is the cap");
        assert_eq!(FalseAlarms::Off.level(&[window(1)], 2, 0.01), 0.01);
    }
}
