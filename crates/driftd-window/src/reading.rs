//! Event times and numbers out of what records hold: one rule for files and for live records.

use serde::Serialize;

use crate::{NO_EVENT_TIME, TimeFormat, WrittenTime, Zone, date_of_digits, written_time};

/// From here on not every whole number is a float of its own.
const INEXACT: f64 = 9_007_199_254_740_992.0;

/// Unit of numbers that count from 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

/// How a monitor's event times are read: what a value means, and where a time without an offset is one.
///
/// Every value decides for itself, by what it looks like, and no other value has a say in it: reading may start
/// anywhere, and one odd record must not change what the next one means. By default these are event times:
///
/// - text that means [one instant without doubt](written_time);
/// - numbers, also as text, that count from 1970-01-01T00:00:00Z, in the [unit](EpochUnit::guess) by their size, unless
///   their digits are [a date](date_of_digits).
///
/// With a [`TimeFormat`] texts and numbers are read by it alone.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct TimeReader {
    /// The spelling, where it is not one of those above.
    pub format: Option<TimeFormat>,
    /// Where times without an offset are those of the clocks.
    pub zone: Zone,
}

impl EpochUnit {
    /// The unit in which `number` lies between the years 1973 and 5138: below 1e11 seconds, below 1e14 milliseconds,
    /// below 1e17 microseconds, nanoseconds otherwise.
    #[must_use]
    pub fn guess(number: f64) -> Self {
        match number.abs() {
            n if n < 1e11 => Self::Seconds,
            n if n < 1e14 => Self::Millis,
            n if n < 1e17 => Self::Micros,
            _ => Self::Nanos,
        }
    }

    /// Microseconds since the epoch; [`NO_EVENT_TIME`] beyond what 64 bits hold.
    #[must_use]
    pub fn micros(self, number: f64) -> i64 {
        let micros = match self {
            Self::Seconds => number * 1e6,
            Self::Millis => number * 1e3,
            Self::Micros => number,
            Self::Nanos => number / 1e3,
        };
        // Strictly inside, so that the cast neither saturates nor meets the marker for "none".
        if micros.is_finite() && micros.abs() < 9.2e18 { micros.round() as i64 } else { NO_EVENT_TIME }
    }

    /// Microseconds of a whole number, exactly.
    #[must_use]
    pub fn micros_of_integer(self, number: i64) -> i64 {
        match self {
            Self::Seconds => number.checked_mul(1_000_000),
            Self::Millis => number.checked_mul(1_000),
            Self::Micros => Some(number),
            Self::Nanos => Some(number.div_euclid(1_000)),
        }
        .unwrap_or(NO_EVENT_TIME)
    }
}

impl TimeReader {
    /// Microseconds of a text, [`NO_EVENT_TIME`] where it is no event time.
    #[must_use]
    pub fn text(&self, text: &str) -> i64 {
        if let Some(format) = &self.format {
            return self.written(format.read(text));
        }
        if let Some(written) = written_time(text) {
            return written.instant(self.zone);
        }
        let text = text.trim();
        match text.parse() {
            Ok(whole) => self.integer(whole),
            Err(_) => text.parse().map_or(NO_EVENT_TIME, |number| self.number(number)),
        }
    }

    /// Microseconds of a whole number, exactly.
    #[must_use]
    pub fn integer(&self, number: i64) -> i64 {
        if let Some(format) = &self.format {
            return self.written(format.read(&number.to_string()));
        }
        match date_of_digits(number) {
            Some(local) => self.zone.instant_of(local),
            None => EpochUnit::guess(number as f64).micros_of_integer(number),
        }
    }

    /// Microseconds of a number.
    #[must_use]
    pub fn number(&self, number: f64) -> i64 {
        if !number.is_finite() {
            return NO_EVENT_TIME;
        }
        if number.fract() == 0.0 && number.abs() < INEXACT {
            return self.integer(number as i64);
        }
        match &self.format {
            Some(format) => self.written(format.read(&number.to_string())),
            None => EpochUnit::guess(number).micros(number),
        }
    }

    /// Microseconds of a local time that a file itself says is one.
    #[must_use]
    pub fn local(&self, micros: i64) -> i64 {
        if micros == NO_EVENT_TIME { micros } else { self.zone.instant_of(micros) }
    }

    /// What it reads, in words, for who wrote something else.
    #[must_use]
    pub fn expected(&self) -> String {
        match &self.format {
            Some(format) => format!("event times are written {:?} here (time_format)", format.as_str()),
            None => "event times are ISO 8601 with the year first (2024-03-04T10:15:00Z, 2024-03-04 10:15+01, \
                     20240304), or seconds, milliseconds, microseconds or nanoseconds since 1970; for any other \
                     spelling set the monitor's time_format, as in time_format = \"%d/%m/%Y %H:%M:%S\""
                .to_owned(),
        }
    }

    fn written(&self, written: Option<WrittenTime>) -> i64 {
        written.map_or(NO_EVENT_TIME, |written| written.instant(self.zone))
    }
}

/// Microseconds of a text that is an instant without doubt; a time without a zone is in UTC.
#[must_use]
pub fn instant(text: &str) -> Option<i64> {
    written_time(text).map(|written| written.instant(Zone::UTC))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 1_357_041_600;

    fn plain() -> TimeReader {
        TimeReader::default()
    }

    fn german() -> TimeReader {
        TimeReader { format: Some("%d.%m.%Y %H:%M".parse().unwrap()), zone: "Europe/Berlin".parse().unwrap() }
    }

    #[test]
    fn every_number_decides_its_unit_for_itself() {
        for scale in [1, 1_000, 1_000_000, 1_000_000_000] {
            assert_eq!(plain().number((NOON * scale) as f64), NOON * 1_000_000);
            assert_eq!(plain().integer(NOON * scale), NOON * 1_000_000);
            assert_eq!(plain().text(&(NOON * scale).to_string()), NOON * 1_000_000);
            assert_eq!(plain().integer(0), 0);
        }
    }

    #[test]
    fn digits_of_a_date_are_a_date_in_the_zone() {
        let midnight = 1_357_041_600_000_000 - 12 * 3_600_000_000;
        assert_eq!(plain().integer(20_130_101), midnight);
        assert_eq!(plain().number(20_130_101.0), midnight);
        assert_eq!(plain().text(" 20130101 "), midnight);
        assert_eq!(plain().text("20130101.0"), midnight);
        assert_eq!(plain().text("20130101120000"), NOON * 1_000_000);
        let berlin = TimeReader { format: None, ..german() };
        assert_eq!(berlin.integer(20_130_101), midnight - 3_600_000_000);
        assert_eq!(berlin.text("2013-01-01 13:00"), NOON * 1_000_000);
        assert_eq!(berlin.local(midnight), midnight - 3_600_000_000);
        assert_eq!(berlin.integer(NOON), NOON * 1_000_000, "what counts from 1970 is in UTC");
        // The month does not exist, so they count seconds.
        assert_eq!(plain().integer(20_131_301), 20_131_301_000_000);
    }

    #[test]
    fn whole_numbers_are_exact() {
        // The nearest f64 is 21 ns later, which would round up to the next microsecond.
        let nanos = 1_357_041_600_123_456_491_i64;
        assert_eq!(plain().integer(nanos), 1_357_041_600_123_456);
        assert_eq!(plain().text(&nanos.to_string()), 1_357_041_600_123_456);
        assert_eq!(plain().number(nanos as f64), 1_357_041_600_123_457);
    }

    #[test]
    fn text_is_an_instant_a_date_a_number_or_nothing() {
        assert_eq!(plain().text("2013-01-01T12:00:00Z"), 1_357_041_600_000_000);
        assert_eq!(plain().text("2013-01-01"), 1_356_998_400_000_000);
        assert_eq!(plain().text("1357041600"), 1_357_041_600_000_000);
        assert_eq!(plain().text(" 1357041600.5 "), 1_357_041_600_500_000);
        for none in ["", "soon", "nan", "inf", "1e300", "2013-13-01", "2013-02-30T00:00:00Z", "01/02/2013"] {
            assert_eq!(plain().text(none), NO_EVENT_TIME, "{none:?}");
        }
    }

    #[test]
    fn a_format_reads_everything_or_nothing() {
        assert_eq!(german().text("01.01.2013 13:00"), NOON * 1_000_000);
        assert_eq!(german().text("2013-01-01T12:00:00Z"), NO_EVENT_TIME);
        assert_eq!(german().integer(NOON), NO_EVENT_TIME);
        let hours = TimeReader { format: Some("%Y%m%d%H".parse().unwrap()), ..plain() };
        assert_eq!(hours.integer(2_013_010_112), NOON * 1_000_000);
        assert_eq!(hours.number(2_013_010_112.0), NOON * 1_000_000);
        assert_eq!(hours.text("2013010112"), NOON * 1_000_000);
        assert!(german().expected().contains("%d.%m.%Y %H:%M"));
        assert!(plain().expected().contains("time_format"));
    }

    proptest! {
        #[test]
        fn a_number_means_the_same_as_its_text(number in any::<i64>(), float in any::<f64>()) {
            prop_assert_eq!(plain().integer(number), plain().text(&number.to_string()));
            let shown = float.to_string();
            // A text of digits alone is exact where a float is not.
            if shown.parse::<i64>().is_err() {
                prop_assert_eq!(plain().number(float), plain().text(&shown));
            }
        }
    }
}
