//! Points in time as people and programs write them, in whatever order of day and month.
//!
//! This is only about what a column *is*: a column of points in time is no feature, because it only ever grows. Whether
//! `04/03/2024` is in March or in April does not matter for that, and nothing here is used as an event time.

use driftd_window::{date_of_digits, instant};

/// Years that dates of rows lie in.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether `text` is a date, with or without a time of day.
pub(crate) fn is_point_in_time(text: &str) -> bool {
    let text = text.trim();
    let could_be = text.len() >= 6 && text.len() <= 64 && text.bytes().any(|byte| byte.is_ascii_digit());
    could_be && (instant(text).is_some() || as_written(&mut Rest(text)).is_some())
}

/// Whether the digits of a whole number read as a date; see [`date_of_digits`].
pub(crate) fn is_date_number(number: i64) -> bool {
    date_of_digits(number).is_some()
}

/// What is left of a text.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let end = self.0.find(|c| !wanted(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// A number of so many digits.
    fn number(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let taken = self.take(|c| c.is_ascii_digit());
        if digits.contains(&taken.len()) { taken.parse().ok() } else { None }
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.0.strip_prefix(sign);
        self.0 = found.unwrap_or(self.0);
        found.is_some()
    }

    /// One of `names`, spelt out or cut short after three letters or more; its place in the list, from 1.
    fn name(&mut self, names: &[&str]) -> Option<u32> {
        let before = self.0;
        let word = self.take(|c| c.is_ascii_alphabetic());
        let is_name = |name: &&str| name.get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let place = names.iter().position(is_name).filter(|_| word.len() >= 3);
        if place.is_none() {
            self.0 = before;
        }
        place.map(|place| place as u32 + 1)
    }

    fn spaces(&mut self) {
        self.take(|c| matches!(c, ' ' | ',' | '\u{a0}' | '\u{202f}'));
    }
}

fn as_written(rest: &mut Rest<'_>) -> Option<()> {
    if rest.name(&DAYS).is_some() {
        rest.eat('.');
        rest.spaces();
    }
    let dated = if rest.0.starts_with(|c: char| c.is_ascii_digit()) { numeric(rest)? } else { named(rest)? };
    rest.eat('T');
    rest.spaces();
    if rest.0.starts_with(|c: char| c.is_ascii_digit()) {
        time_of_day(rest)?;
        rest.spaces();
    }
    // As `date` prints it: the year comes last, perhaps after the zone.
    if !dated {
        rest.take(char::is_alphabetic);
        rest.spaces();
        rest.number(4..=4).filter(|year| YEARS.contains(year))?;
        rest.spaces();
    }
    let is_zone =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | ':' | '/' | '_' | '[' | ']' | '(' | ')' | ' ');
    let zone = rest.take(is_zone);
    let begins = zone.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '+' | '-' | '[' | '('));
    (rest.0.is_empty() && (zone.is_empty() || begins) && zone.len() <= 40).then_some(())
}

/// A date that begins with a number; true, because it has its year.
fn numeric(rest: &mut Rest<'_>) -> Option<bool> {
    let digits = rest.0.len() - rest.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let first = rest.number(1..=4)?;
    let sign = rest.0.chars().next()?;
    let is_separated = matches!(sign, '/' | '-' | '.' | ' ') && rest.eat(sign);
    if !is_separated && !sign.is_ascii_alphabetic() {
        return None;
    }
    if sign != '/' {
        rest.spaces();
    }
    if let Some(month) = rest.name(&MONTHS) {
        rest.eat('.');
        rest.take(|c| matches!(c, ' ' | '-' | ',' | '/'));
        let year = year(rest, true)?;
        return is_day(year, month, first).then_some(true);
    }
    let second = rest.number(1..=2)?;
    if digits == 4 && sign == '-' && rest.0.is_empty() {
        // A month.
        return is_day(first, second, 1).then_some(true);
    }
    if sign == ' ' || !rest.eat(sign) {
        return None;
    }
    let is_date = if digits == 4 {
        is_day(first, second, rest.number(1..=2)?)
    } else {
        rest.spaces();
        let year = year(rest, sign == '/')?;
        is_day(year, second, first) || is_day(year, first, second)
    };
    is_date.then_some(true)
}

/// A date that begins with the name of its month; whether it has its year.
fn named(rest: &mut Rest<'_>) -> Option<bool> {
    let month = rest.name(&MONTHS)?;
    rest.eat('.');
    rest.take(|c| matches!(c, ' ' | '-'));
    let day = rest.number(1..=2)?;
    if matches!(rest.0.get(..2), Some("st" | "nd" | "rd" | "th")) {
        rest.take(char::is_alphabetic);
    }
    rest.take(|c| matches!(c, ' ' | ',' | '-'));
    let ahead = rest.0.len() - rest.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if ahead == 4 {
        return is_day(year(rest, false)?, month, day).then_some(true);
    }
    is_day(2000, month, day).then_some(false)
}

fn year(rest: &mut Rest<'_>, or_two_digits: bool) -> Option<u32> {
    let digits = rest.0.len() - rest.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match digits {
        4 => rest.number(4..=4),
        2 if or_two_digits => rest.number(2..=2).map(|year| 2000 + year),
        _ => None,
    }
}

/// `h:mm`, with seconds, a fraction and am or pm where they are there.
fn time_of_day(rest: &mut Rest<'_>) -> Option<()> {
    rest.number(1..=2).filter(|hour| *hour < 25)?;
    if !rest.eat(':') {
        return None;
    }
    rest.number(2..=2).filter(|minute| *minute < 60)?;
    if rest.eat(':') {
        rest.number(2..=2).filter(|second| *second < 61)?;
        if rest.eat('.')
            || rest.0.starts_with(',') && rest.0.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
        {
            rest.eat(',');
            rest.number(1..=9)?;
        }
    }
    Some(())
}

/// Whether there is such a day, leap years apart.
fn is_day(year: u32, month: u32, day: u32) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    YEARS.contains(&year) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_every_spelling_are_points_in_time() {
        for text in [
            "2024-03-04",
            "2024-03-04T10:00:00Z",
            "2024-03-04 10:00:00",
            "2024-03-04 10:00:00 UTC",
            "2024-03-04 10:00:00+01",
            "2024-03-04 10:00",
            "2024-03-04T10:00:00,123+0100",
            "2024/03/04",
            "2024/3/4 9:05",
            "2024.03.04",
            "2024-03",
            "04/03/2024 00:00:00",
            "13/04/2024",
            "4/13/2024 1:05 PM",
            "4/13/24",
            "04.03.2024",
            "4. 3. 2024",
            "04.03.2024 10:15",
            "04-03-2024",
            "04-Mar-2024",
            "4-Mar-24",
            "04MAR2024",
            "4 March 2024",
            "4 Mar 2024 10:00",
            "March 4, 2024",
            "Mar 4th, 2024 10:00:00.5 am",
            "Mon, 04 Mar 2024 10:00:00 GMT",
            "Mon, 04 Mar 2024 10:00:00 +0100",
            "Mon Mar  4 10:00:00 2024",
            "Mon Mar  4 10:00:00 CET 2024",
            "2024-03-04T10:00:00[Europe/Berlin]",
            "2024-03-04 10:00:00 Europe/Berlin",
        ] {
            assert!(is_point_in_time(text), "{text:?}");
        }
    }

    #[test]
    fn what_only_has_digits_is_not() {
        for text in [
            "",
            "12",
            "1.2.3",
            "10.0.0.1",
            "2024",
            "12:30",
            "12:30:15",
            "2024-13-01",
            "32/01/2024",
            "13/13/2024",
            "1/2/3",
            "04.03.24",
            "12-34",
            "12-34-5678",
            "5 apples",
            "mar",
            "May",
            "march 4",
            "monday",
            "march hare 2024",
            "A-12-2024",
            "Marble 12 2024",
            "2024-03-04 x1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3",
            "3 of 4",
            "150/2024",
            "555-1234",
            "1 234 567",
            "01 02 2024",
        ] {
            assert!(!is_point_in_time(text), "{text:?}");
        }
    }

    #[test]
    fn numbers_are_dates_by_the_calendar() {
        for number in [20_240_304, 19_900_101, 21_001_231, 202_403_041_530, 20_240_304_153_059, 20_240_229] {
            assert!(is_date_number(number), "{number}");
        }
        for number in [
            0,
            20_240_004,
            20_241_301,
            20_240_432,
            20_000_000,
            19_891_231,
            21_010_101,
            202_403_042_430,
            20_240_304_156_059,
            2_024_030,
            20_240_231,
            -20_240_304,
            i64::MIN,
            i64::MAX,
        ] {
            assert!(!is_date_number(number), "{number}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "([0-9]{1,4}|[A-Za-zäé]{1,4}|[-/., :T+]){0,10}", number in any::<i64>()) {
            let _ = is_point_in_time(&text);
            let _ = is_date_number(number);
        }
    }
}
