//! Dates of the Gregorian calendar as days since 1970-01-01.

/// Seconds of a day without a change of clocks.
pub(crate) const DAY_SECONDS: i64 = 86_400;
/// Microseconds of such a day.
pub(crate) const DAY_MICROS: i64 = DAY_SECONDS * 1_000_000;

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March so that the leap day
/// is the last of its year.
pub(crate) const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // Five months from March on, and again from August on, have 153 days.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Days from 1970-01-01 to a date of the years 1 to 9999, if there is such a date.
pub(crate) const fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists = 1 <= year && year <= 9999 && 1 <= month && month <= 12 && 1 <= day && day <= days_of(year, month);
    if exists { Some(days_since_1970(year, month, day)) } else { None }
}

/// Days from 1970-01-01 to a day of a year, counted from 1.
pub(crate) const fn ordinal_date(year: i64, day: i64) -> Option<i64> {
    let exists = 1 <= year && year <= 9999 && 1 <= day && day <= 365 + is_leap(year) as i64;
    if exists { Some(days_since_1970(year, 1, 1) + day - 1) } else { None }
}

/// Days from 1970-01-01 to a day of a week of ISO 8601, both counted from 1, Monday first.
pub(crate) const fn week_date(year: i64, week: i64, day: i64) -> Option<i64> {
    if !(1 <= year && year <= 9999 && 1 <= week && week <= 53 && 1 <= day && day <= 7) {
        return None;
    }
    // The fourth of January lies in the first week; 1970-01-01 was a Thursday.
    let first = monday_of_week_one(year);
    let at = first + (week - 1) * 7 + day - 1;
    if week == 53 && first + 52 * 7 == monday_of_week_one(year + 1) { None } else { Some(at) }
}

const fn monday_of_week_one(year: i64) -> i64 {
    let fourth = days_since_1970(year, 1, 4);
    fourth - (fourth + 3).rem_euclid(7)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + is_leap(year) as i64,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    fn days(date: NaiveDate) -> i64 {
        i64::from(date.num_days_from_ce()) - 719_163
    }

    proptest! {
        #[test]
        fn dates_are_those_of_the_calendar(year in -1_i64..10_001, month in 0_i64..14, day in 0_i64..33) {
            let year_of_chrono = i32::try_from(year).unwrap();
            let expected = NaiveDate::from_ymd_opt(year_of_chrono, month as u32, day as u32);
            let expected = expected.filter(|_| (1..=9999).contains(&year)).map(days);
            prop_assert_eq!(date(year, month, day), expected);
        }

        #[test]
        fn days_of_years_and_weeks_are_those_of_the_calendar(year in 1_i64..9_999, day in 0_i64..368, week in 0_i64..55, of_week in 1_i64..8) {
            let year_of_chrono = i32::try_from(year).unwrap();
            let ordinal = NaiveDate::from_yo_opt(year_of_chrono, day as u32).map(days);
            prop_assert_eq!(ordinal_date(year, day), ordinal);
            let weekday = chrono::Weekday::try_from((of_week - 1) as u8).unwrap();
            let of_a_week = NaiveDate::from_isoywd_opt(year_of_chrono, week as u32, weekday).map(days);
            prop_assert_eq!(week_date(year, week, of_week), of_a_week);
        }
    }
}
