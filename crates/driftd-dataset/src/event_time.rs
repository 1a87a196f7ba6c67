//! Event times out of numbers and text.

use driftd_window::{EventTime, NO_EVENT_TIME};

/// Unit of numbers that count from 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EpochUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl EpochUnit {
    /// The unit in which `number` lies between the years 1973 and 5138: below 1e11 seconds, below 1e14 milliseconds,
    /// below 1e17 microseconds, nanoseconds otherwise. One number decides for its whole column.
    pub(crate) fn guess(number: f64) -> Self {
        match number.abs() {
            n if n < 1e11 => Self::Seconds,
            n if n < 1e14 => Self::Millis,
            n if n < 1e17 => Self::Micros,
            _ => Self::Nanos,
        }
    }

    /// Microseconds since the epoch; [`NO_EVENT_TIME`] beyond what 64 bits hold.
    pub(crate) fn micros(self, number: f64) -> i64 {
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
    pub(crate) fn micros_of_integer(self, number: i64) -> i64 {
        match self {
            Self::Seconds => number.checked_mul(1_000_000),
            Self::Millis => number.checked_mul(1_000),
            Self::Micros => Some(number),
            Self::Nanos => Some(number.div_euclid(1_000)),
        }
        .unwrap_or(NO_EVENT_TIME)
    }
}

/// Microseconds of a number whose unit the first number of its column settles.
pub(crate) fn from_number(number: f64, unit: &mut Option<EpochUnit>) -> i64 {
    if !number.is_finite() {
        return NO_EVENT_TIME;
    }
    unit.get_or_insert_with(|| EpochUnit::guess(number)).micros(number)
}

/// Microseconds of a text: RFC 3339, a date, or a number as in [`from_number`].
pub(crate) fn from_text(text: &str, unit: &mut Option<EpochUnit>) -> i64 {
    if let Some(at) = instant(text) {
        return at;
    }
    text.trim().parse().map_or(NO_EVENT_TIME, |number| from_number(number, unit))
}

/// Microseconds of a text that reads as an instant or a date.
pub(crate) fn instant(text: &str) -> Option<i64> {
    // Every accepted form starts with a year, a dash and a month: most text is turned away without parsing.
    let bytes = text.trim_start().as_bytes();
    let dated = bytes.len() >= 10 && bytes.get(4) == Some(&b'-') && bytes.first().is_some_and(u8::is_ascii_digit);
    if !dated {
        return None;
    }
    text.parse::<EventTime>().ok().map(EventTime::as_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_of_a_column_settles_its_unit() {
        let noon = 1_357_041_600_i64;
        for (scale, unit) in [
            (1, EpochUnit::Seconds),
            (1_000, EpochUnit::Millis),
            (1_000_000, EpochUnit::Micros),
            (1_000_000_000, EpochUnit::Nanos),
        ] {
            let mut settled = None;
            assert_eq!(from_number((noon * scale) as f64, &mut settled), noon * 1_000_000);
            assert_eq!(settled, Some(unit));
            assert_eq!(unit.micros_of_integer(noon * scale), noon * 1_000_000);
            // A later zero is read in the same unit.
            assert_eq!(from_number(0.0, &mut settled), 0);
        }
    }

    #[test]
    fn text_is_an_instant_a_date_a_number_or_nothing() {
        let mut unit = None;
        assert_eq!(from_text("2013-01-01T12:00:00Z", &mut unit), 1_357_041_600_000_000);
        assert_eq!(from_text("2013-01-01", &mut unit), 1_356_998_400_000_000);
        assert_eq!(from_text("1357041600", &mut unit), 1_357_041_600_000_000);
        for none in ["", "soon", "nan", "inf", "1e300", "2013-13-01"] {
            assert_eq!(from_text(none, &mut unit), NO_EVENT_TIME, "{none:?}");
        }
    }
}
