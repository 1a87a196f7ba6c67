//! Times of the week in which a route is mute.

use std::fmt;
use std::str::FromStr;

use driftd_window::{Timestamp, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60_000_000;
const DAY: u16 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A recurring time on the clocks of some zone: `22:00-06:00` every day, or `sat,sun 00:00-24:00`.
///
/// The days are those on which it begins; one that ends before it begins lasts into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct MuteTime {
    /// Whether it begins on a day, from Monday.
    days: [bool; 7],
    /// Minute of the day it begins with.
    from: u16,
    /// Minute of the day it ends before.
    to: u16,
}

/// A text that is no mute time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a mute time: write HH:MM-HH:MM, with days before it if not every day, as in \"sat,sun 00:00-24:00\""
)]
pub struct BadMuteTime(String);

impl MuteTime {
    /// Whether `now` lies in it, by the clocks of `zone`: what they show twice is in it both times.
    #[must_use]
    pub fn contains(&self, now: Timestamp, zone: Zone) -> bool {
        let minutes = zone.local_at(now.as_micros()).div_euclid(MINUTE);
        let minute = u16::try_from(minutes.rem_euclid(i64::from(DAY))).unwrap_or(0);
        // Day 0 of the epoch was a Thursday, the fourth day of the week.
        let today = usize::try_from((minutes.div_euclid(i64::from(DAY)) + 3).rem_euclid(7)).unwrap_or(0);
        let begins = |day: usize| self.days.get(day % 7).copied().unwrap_or(false);
        if self.from < self.to {
            return begins(today) && (self.from..self.to).contains(&minute);
        }
        (begins(today) && minute >= self.from) || (begins(today + 6) && minute < self.to)
    }
}

impl FromStr for MuteTime {
    type Err = BadMuteTime;

    fn from_str(text: &str) -> Result<Self, BadMuteTime> {
        parse(text).ok_or_else(|| BadMuteTime(text.to_owned()))
    }
}

impl TryFrom<String> for MuteTime {
    type Error = BadMuteTime;

    fn try_from(text: String) -> Result<Self, BadMuteTime> {
        text.parse()
    }
}

impl From<MuteTime> for String {
    fn from(time: MuteTime) -> Self {
        time.to_string()
    }
}

fn parse(text: &str) -> Option<MuteTime> {
    let lower = text.trim().to_ascii_lowercase();
    let (days, range) = match lower.rsplit_once(' ') {
        Some((days, range)) => (parse_days(days)?, range),
        None => ([true; 7], lower.as_str()),
    };
    let (from, to) = range.split_once('-')?;
    let (from, to) = (parse_minute(from)?, parse_minute(to)?);
    (from != to && from < DAY).then_some(MuteTime { days, from, to })
}

fn parse_days(text: &str) -> Option<[bool; 7]> {
    let mut days = [false; 7];
    for day in text.split(',') {
        let at = DAYS.iter().position(|name| *name == day.trim())?;
        *days.get_mut(at)? = true;
    }
    Some(days)
}

fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY).then_some(total)
}

impl fmt::Display for MuteTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != [true; 7] {
            let days: Vec<&str> = DAYS.iter().zip(self.days).filter(|(_, on)| *on).map(|(name, _)| *name).collect();
            write!(f, "{} ", days.join(","))?;
        }
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(mute: &str, now: &str) -> bool {
        mute.parse::<MuteTime>().unwrap().contains(now.parse().unwrap(), Zone::UTC)
    }

    #[test]
    fn a_night_is_that_of_the_clocks() {
        let night: MuteTime = "22:00-06:00".parse().unwrap();
        let berlin = "Europe/Berlin".parse().unwrap();
        for (now, expected) in [
            ("2024-01-15T20:59:59Z", false),
            ("2024-01-15T21:00:00Z", true),
            ("2024-01-15T05:00:00Z", false),
            ("2024-07-15T19:59:59Z", false),
            ("2024-07-15T20:00:00Z", true),
            ("2024-07-15T04:00:00Z", false),
            // The night in which clocks go from two to three, and the one in which they go back.
            ("2024-03-31T03:59:59Z", true),
            ("2024-03-31T04:00:00Z", false),
            ("2024-10-27T04:59:59Z", true),
            ("2024-10-27T05:00:00Z", false),
        ] {
            assert_eq!(night.contains(now.parse().unwrap(), berlin), expected, "{now}");
        }
        let sunday: MuteTime = "sun 00:00-24:00".parse().unwrap();
        assert!(sunday.contains("2024-07-13T22:00:00Z".parse().unwrap(), berlin));
        assert!(!sunday.contains("2024-07-14T22:00:00Z".parse().unwrap(), berlin));
    }

    #[test]
    fn a_night_lasts_into_the_next_day() {
        // 2013-07-05 was a Friday.
        for (mute, now, expected) in [
            ("22:00-06:00", "2013-07-05T21:59:59Z", false),
            ("22:00-06:00", "2013-07-05T22:00:00Z", true),
            ("22:00-06:00", "2013-07-05T05:59:59Z", true),
            ("22:00-06:00", "2013-07-05T06:00:00Z", false),
            ("fri 22:00-06:00", "2013-07-06T01:00:00Z", true),
            ("fri 22:00-06:00", "2013-07-05T01:00:00Z", false),
            ("sat,sun 00:00-24:00", "2013-07-07T23:59:00Z", true),
            ("sat,sun 00:00-24:00", "2013-07-08T00:00:00Z", false),
            ("thu 00:00-24:00", "1969-12-25T12:00:00Z", true),
        ] {
            assert_eq!(contains(mute, now), expected, "{mute} at {now}");
        }
    }

    #[test]
    fn mute_times_print_what_they_parse() {
        for text in ["22:00-06:00", "sat,sun 00:00-24:00", "mon 08:15-09:00"] {
            assert_eq!(text.parse::<MuteTime>().unwrap().to_string(), text);
        }
        for bad in ["", "22-06", "25:00-26:00", "06:00-06:00", "someday 01:00-02:00", "10:60-11:00", "24:00-01:00"] {
            assert!(bad.parse::<MuteTime>().is_err(), "{bad:?}");
        }
    }
}
