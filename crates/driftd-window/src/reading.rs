//! Event times and numbers out of what records hold: one rule for files and for live records.

use crate::{EventTime, NO_EVENT_TIME};

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

impl EpochUnit {
    /// The unit in which `number` lies between the years 1973 and 5138: below 1e11 seconds, below 1e14 milliseconds,
    /// below 1e17 microseconds, nanoseconds otherwise.
    ///
    /// In a file one number decides for its whole column. A live record decides for itself, because a partition task may
    /// start to read anywhere.
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

/// Microseconds of a number whose unit the first number of its column settles.
#[must_use]
pub fn time_of_number(number: f64, unit: &mut Option<EpochUnit>) -> i64 {
    if !number.is_finite() {
        return NO_EVENT_TIME;
    }
    unit.get_or_insert_with(|| EpochUnit::guess(number)).micros(number)
}

/// Microseconds of a whole number, exactly, whose unit the first number of its column settles.
#[must_use]
pub fn time_of_integer(number: i64, unit: &mut Option<EpochUnit>) -> i64 {
    unit.get_or_insert_with(|| EpochUnit::guess(number as f64)).micros_of_integer(number)
}

/// Microseconds of a text: RFC 3339, a date, or a number as in [`time_of_integer`] and [`time_of_number`].
#[must_use]
pub fn time_of_text(text: &str, unit: &mut Option<EpochUnit>) -> i64 {
    if let Some(at) = instant(text) {
        return at;
    }
    let text = text.trim();
    match text.parse() {
        Ok(whole) => time_of_integer(whole, unit),
        Err(_) => text.parse().map_or(NO_EVENT_TIME, |number| time_of_number(number, unit)),
    }
}

/// Microseconds of a text that reads as an instant or a date.
#[must_use]
pub fn instant(text: &str) -> Option<i64> {
    if let Some(at) = plain_instant(text.as_bytes()) {
        return Some(at);
    }
    // Every accepted form starts with a year, a dash and a month: most text is turned away without parsing.
    let bytes = text.trim_start().as_bytes();
    let dated = bytes.len() >= 10 && bytes.get(4) == Some(&b'-') && bytes.first().is_some_and(u8::is_ascii_digit);
    if !dated {
        return None;
    }
    text.parse::<EventTime>().ok().map(EventTime::as_micros)
}

/// The number a word stands for that JSON writers use where JSON has no number.
#[must_use]
pub fn number_word(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "Infinity" | "inf" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The boolean a text stands for: `true` or `false`, in any case.
#[must_use]
pub fn boolean_word(text: &str) -> Option<bool> {
    match text.len() {
        4 if text.eq_ignore_ascii_case("true") => Some(true),
        5 if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DDThh:mm:ss[.f…]Z` of the years 1 to 9999: what nearly every live record says, ten times as fast as the
/// parser for every spelling, which gets whatever looks different.
fn plain_instant(text: &[u8]) -> Option<i64> {
    let (head, rest) = text.split_at_checked(19)?;
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T', h0, h1, b':', mi0, mi1, b':', s0, s1] = head else {
        return None;
    };
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let two = |tens, ones| Some(digit(tens)? * 10 + digit(ones)?);
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(mo0, mo1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(mi0, mi1)?, two(s0, s1)?);
    // The 29th to 31st exist in some months only, a leap second in some minutes: the calendar knows.
    if year == 0 || !(1..=12).contains(&month) || !(1..=28).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = match rest {
        b"Z" => 0,
        [b'.', fraction @ .., b'Z'] if (1..=6).contains(&fraction.len()) => {
            let digits = fraction.iter().try_fold(0, |sum, byte| Some(sum * 10 + digit(byte)?))?;
            digits * 10_i64.pow(6 - fraction.len() as u32)
        }
        _ => return None,
    };
    let seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1_000_000 + micros)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March so that the leap day
/// is the last of its year.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // Five months from March on, and again from August on, have 153 days.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            assert_eq!(time_of_number((noon * scale) as f64, &mut settled), noon * 1_000_000);
            assert_eq!(settled, Some(unit));
            assert_eq!(unit.micros_of_integer(noon * scale), noon * 1_000_000);
            assert_eq!(time_of_integer(noon * scale, &mut None), noon * 1_000_000);
            // A later zero is read in the same unit.
            assert_eq!(time_of_number(0.0, &mut settled), 0);
        }
    }

    #[test]
    fn whole_numbers_are_exact() {
        // The nearest f64 is 21 ns later, which would round up to the next microsecond.
        let nanos = 1_357_041_600_123_456_491_i64;
        assert_eq!(time_of_integer(nanos, &mut None), 1_357_041_600_123_456);
        assert_eq!(time_of_text(&nanos.to_string(), &mut None), 1_357_041_600_123_456);
        assert_eq!(time_of_number(nanos as f64, &mut None), 1_357_041_600_123_457);
    }

    #[test]
    fn text_is_an_instant_a_date_a_number_or_nothing() {
        let mut unit = None;
        assert_eq!(time_of_text("2013-01-01T12:00:00Z", &mut unit), 1_357_041_600_000_000);
        assert_eq!(time_of_text("2013-01-01", &mut unit), 1_356_998_400_000_000);
        assert_eq!(time_of_text("1357041600", &mut unit), 1_357_041_600_000_000);
        assert_eq!(time_of_text(" 1357041600.5 ", &mut unit), 1_357_041_600_500_000);
        for none in ["", "soon", "nan", "inf", "1e300", "2013-13-01", "2013-02-30T00:00:00Z"] {
            assert_eq!(time_of_text(none, &mut unit), NO_EVENT_TIME, "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn plain_instants_are_what_the_calendar_says(
            seconds in -62_135_596_800_i64..253_402_300_800,
            fraction in prop::option::of("[0-9]{1,9}"),
            end in prop::sample::select(vec!["Z", "+00:00", "+02:00", "z", ""]),
        ) {
            let whole = EventTime::from_micros(seconds * 1_000_000).to_string();
            let fraction = fraction.map(|digits| format!(".{digits}")).unwrap_or_default();
            let text = whole.replace('Z', &format!("{fraction}{end}"));
            let calendar = text.parse::<EventTime>().ok().map(EventTime::as_micros);
            prop_assert_eq!(instant(&text), calendar, "{}", text);
        }

        #[test]
        fn what_looks_like_an_instant_is_one_for_both(text in "(19|20|00)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]{0,8})?[Zz]?") {
            let calendar = text.parse::<EventTime>().ok().map(EventTime::as_micros);
            prop_assert_eq!(instant(&text), calendar, "{}", text);
        }
    }
}
