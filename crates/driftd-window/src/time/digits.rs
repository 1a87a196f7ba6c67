//! Dates whose digits are one number.

use super::calendar::DAY_MICROS;
use super::spelling::{basic_date, basic_time};

/// The instant, as a local time in microseconds, that a number stands for whose digits are a date: `20240304`,
/// `202403041015`, `20240304101500` or `20240304101500123`, from 1990 to 2100. Counted since 1970 in any unit such numbers
/// would lie in the 1970s or behind the year 2600, so they can hardly mean anything else.
#[must_use]
pub fn date_of_digits(number: i64) -> Option<i64> {
    match number {
        19_900_101..=21_001_231 => basic_date(number).map(|days| days * DAY_MICROS),
        199_001_010_000..=210_012_312_359 => basic_time(number / 10_000, number % 10_000 * 100),
        19_900_101_000_000..=21_001_231_235_959 => basic_time(number / 1_000_000, number % 1_000_000),
        19_900_101_000_000_000..=21_001_231_235_959_999 => {
            let seconds = number / 1_000;
            Some(basic_time(seconds / 1_000_000, seconds % 1_000_000)? + number % 1_000 * 1_000)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_a_date_are_one() {
        let midnight = 1_709_510_400_000_000;
        assert_eq!(date_of_digits(20_240_304), Some(midnight));
        assert_eq!(date_of_digits(202_403_040_015), Some(midnight + 900_000_000));
        assert_eq!(date_of_digits(20_240_304_000_001), Some(midnight + 1_000_000));
        assert_eq!(date_of_digits(20_240_304_000_000_001), Some(midnight + 1_000));
        for none in [0, -20_240_304, 20_240_230, 20_241_301, 19_891_231, 1_709_510_400, 1_709_510_400_000, i64::MAX] {
            assert_eq!(date_of_digits(none), None, "{none}");
        }
    }
}
