//! Whether a text, or a number, is a point in time at all, whoever would read it.

use super::calendar;
use super::cursor::Cursor;
use super::spelling::{basic_date, basic_time, day_of_year, month_of, written_time};

/// Characters that a time of the day and its zone may have behind a date.
const LONGEST_REST: usize = 48;

/// Whether `text` names a point in time in some spelling: one that is [read as an event time](written_time), or one
/// that only its writer can tell, such as `04/03/2024`, `4.3.2024 10:15`, `04-MAR-24`, `2024-03` or a time in a zone
/// whose abbreviation several countries use. Digits alone are a number.
///
/// A column of such texts is no feature: tomorrow's values are all new.
#[must_use]
pub fn is_point_in_time(text: &str) -> bool {
    if written_time(text).is_some() {
        return true;
    }
    let mut cursor = Cursor::new(text);
    if !cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let Some(is_whole) = date_ahead(&mut cursor) else { return false };
    if cursor.is_done() { is_whole } else { is_time_of_day(cursor) }
}

/// The instant, as a local time in microseconds, that a number stands for whose digits are a date: `20240304`,
/// `202403041015`, `20240304101500` or `20240304101500123`, from 1990 to 2100. Counted since 1970 in any unit such numbers
/// would lie in the 1970s or behind the year 2600, so they can hardly mean anything else.
#[must_use]
pub fn date_of_digits(number: i64) -> Option<i64> {
    match number {
        19_900_101..=21_001_231 => basic_date(number).map(|days| days * calendar::DAY_MICROS),
        199_001_010_000..=210_012_312_359 => basic_time(number / 10_000, number % 10_000 * 100),
        19_900_101_000_000..=21_001_231_235_959 => basic_time(number / 1_000_000, number % 1_000_000),
        19_900_101_000_000_000..=21_001_231_235_959_999 => {
            let seconds = number / 1_000;
            Some(basic_time(seconds / 1_000_000, seconds % 1_000_000)? + number % 1_000 * 1_000)
        }
        _ => None,
    }
}

/// Passes a date; whether it says the day without a time behind it. Nothing where there is no date.
fn date_ahead(cursor: &mut Cursor<'_>) -> Option<bool> {
    let mut ahead = *cursor;
    let (count, first) = ahead.digits()?;
    if count == 4 {
        let mut month = ahead;
        if day_of_year(first, &mut ahead).is_some() {
            *cursor = ahead;
            return Some(true);
        }
        // A month: nobody writes a range of numbers with these years.
        month.eat_one(|byte| matches!(byte, b'-' | b'/'))?;
        let (digits, number) = month.digits()?;
        let is_month = (1900..=2100).contains(&first) && digits == 2 && (1..=12).contains(&number) && month.is_done();
        *cursor = month;
        return is_month.then_some(true);
    }
    let separator = ahead.eat_one(|byte| matches!(byte, b'/' | b'.' | b'-' | b' '))?;
    let (second, is_named, is_padded) = match ahead.peek()? {
        byte if byte.is_ascii_digit() && separator != b' ' => {
            let (digits, second) = ahead.digits()?;
            (second, false, count == 2 && digits == 2)
        }
        _ => (month_of(ahead.word())?, true, true),
    };
    ahead.eat(separator).then_some(())?;
    let (digits, year) = ahead.digits()?;
    let year = match digits {
        4 => year,
        2 => 2_000 + year,
        _ => return None,
    };
    let is_date =
        calendar::date(year, second, first).is_some() || !is_named && calendar::date(year, first, second).is_some();
    *cursor = ahead;
    // `1.12.24` may be a version; `01/12/24` is none.
    is_date.then_some(digits == 4 || is_named || separator == b'/' && is_padded)
}

/// Whether the rest could be a time of the day, in whatever spelling.
fn is_time_of_day(mut cursor: Cursor<'_>) -> bool {
    let mark = cursor.eat_one(|byte| matches!(byte, b'T' | b't' | b' ' | b',' | b'_' | b':' | b'-'));
    cursor.spaces();
    let rest = cursor.rest();
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b":.,+-/_ []()".contains(byte);
    mark.is_some()
        && rest.len() <= LONGEST_REST
        && rest.first().is_some_and(u8::is_ascii_digit)
        && rest.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_in_time_are_known_in_every_spelling() {
        for text in [
            "2024-03-04T10:15:00Z",
            "2024-03-04 00:00:00 UTC",
            "04/03/2024 00:20:00",
            "04/03/2024",
            "3/14/2024 1:05 PM",
            "04.03.2024 00:00:00",
            "4.3.2024, 10:15",
            "04-03-2024",
            "04/03/24",
            "04.03.24 10:15",
            "04-MAR-24",
            "04-MAR-24 10.15.00.000000 AM",
            "4 Mar 2024 10:15",
            "Mar 04 2024",
            "Mon, 04 Mar 2024 10:15:00 +0000",
            "2024-03-04 10:15:00 CET",
            "2024-03-04-10.15.00.123456",
            "2024-03",
            " 2024/03/04 ",
        ] {
            assert!(is_point_in_time(text), "{text:?}");
        }
        for text in [
            "",
            "x",
            "12",
            "20240304",
            "1709510400",
            "2024",
            "1.12.24",
            "31/31/2024",
            "10.0.0.1",
            "5/6",
            "5/6/7",
            "May",
            "Sun",
            "Mar 4",
            "10:15:00",
            "2024-13",
            "9999-12",
            "2024-03-04x",
            "2024-03-04 later",
            "04/03/2024/1",
            "A-1",
            "1-2-3-4",
            "00/00/2024",
        ] {
            assert!(!is_point_in_time(text), "{text:?}");
        }
    }

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

    proptest! {
        #[test]
        fn whatever_is_read_is_a_point_in_time(text in "[0-9TZ:.,+ /-]{0,30}") {
            prop_assert!(written_time(&text).is_none() || is_point_in_time(&text));
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = is_point_in_time(&text);
        }
    }
}
