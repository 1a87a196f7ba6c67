//! Points in time as people and programs write them.
//!
//! Read as event times are texts that mean one instant without doubt: ISO 8601 with the year first, in its forms with
//! and without separators, by month and day, week and day or day of the year, and texts with the month's English name.
//! `04/03/2024` is the fourth of March to some and the third of April to others, so it is none.

use super::calendar::{self, DAY_MICROS, DAY_SECONDS};
use super::cursor::{Cursor, number};
use super::zone::Zone;

const SECOND: i64 = 1_000_000;

/// A point in time as it was written, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenTime {
    /// With an offset or a zone: an instant.
    Instant(i64),
    /// Without: a time on the clocks of wherever it was written.
    Local(i64),
}

impl WrittenTime {
    /// The instant, where local times are those of `zone`.
    #[must_use]
    pub fn instant(self, zone: Zone) -> i64 {
        match self {
            Self::Instant(at) => at,
            Self::Local(local) => zone.instant_of(local),
        }
    }
}

/// The point in time that `text` means without doubt, if it does. Spaces around it are passed over; digits alone are a
/// number, not a text.
#[must_use]
pub fn written_time(text: &str) -> Option<WrittenTime> {
    if let Some(at) = plain_instant(text.as_bytes()) {
        return Some(WrittenTime::Instant(at));
    }
    let mut cursor = Cursor::new(text);
    match cursor.peek()? {
        b'0'..=b'9' => {
            let start = cursor;
            let (count, value) = cursor.digits()?;
            if count <= 2 { month_by_name(start) } else { year_first(count, value, cursor) }
        }
        b'A'..=b'Z' | b'a'..=b'z' => month_by_name(cursor),
        _ => None,
    }
}

/// `YYYY-MM-DDThh:mm:ss[.f…]Z` of the years 1 to 9999: what nearly every live record says, ten times as fast as the
/// way for every spelling, which gets whatever looks different.
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
    let seconds = ((calendar::days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * SECOND + micros)
}

/// What begins with the digits of a year, and perhaps of more; `cursor` stands behind them.
fn year_first(count: usize, value: i64, mut cursor: Cursor<'_>) -> Option<WrittenTime> {
    let days = match count {
        4 => day_of_year(value, &mut cursor)?,
        // Basic forms: with nothing behind them they are numbers.
        _ if cursor.is_done() => return None,
        7 => calendar::ordinal_date(value / 1_000, value % 1_000)?,
        8 => basic_date(value)?,
        12 => return zone_of(basic_time(value / 10_000, value % 10_000 * 100)?, cursor),
        14 => {
            let local = basic_time(value / 1_000_000, value % 1_000_000)?;
            let part = fraction(&mut cursor)?;
            // Without a zone it is a number with a fraction.
            return if cursor.is_done() { None } else { zone_of(local + part, cursor) };
        }
        _ => return None,
    };
    time_of_day(days, cursor)
}

/// The day that `yyyymmdd` is.
pub(crate) const fn basic_date(digits: i64) -> Option<i64> {
    calendar::date(digits / 10_000, digits / 100 % 100, digits % 100)
}

/// The local time that `yyyymmdd` and `hhmmss` are, in microseconds.
pub(crate) fn basic_time(date: i64, time: i64) -> Option<i64> {
    let seconds = seconds_of(time / 10_000, time / 100 % 100, time % 100)?;
    Some(basic_date(date)? * DAY_MICROS + seconds * SECOND)
}

/// The day after a year of four digits: `-03-04`, `/3/4`, `-Mar-04`, `-064`, `-W10-1`, `W101`.
fn day_of_year(year: i64, cursor: &mut Cursor<'_>) -> Option<i64> {
    if matches!(cursor.peek(), Some(b'W' | b'w')) {
        return week(year, cursor);
    }
    let separator = cursor.eat_one(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let month = match cursor.peek()? {
        b'W' | b'w' => return week(year, cursor),
        b'0'..=b'9' => match cursor.digits()? {
            (3, day) if separator == b'-' => return calendar::ordinal_date(year, day),
            (1 | 2, month) => month,
            _ => return None,
        },
        _ => month_of(cursor.word())?,
    };
    cursor.eat(separator).then_some(())?;
    calendar::date(year, month, cursor.one_or_two()?)
}

/// `W10-1` or `W101`.
fn week(year: i64, cursor: &mut Cursor<'_>) -> Option<i64> {
    cursor.eat_one(|byte| byte.eq_ignore_ascii_case(&b'W'))?;
    match cursor.digits()? {
        (2, week) => {
            cursor.eat(b'-').then_some(())?;
            let (count, day) = cursor.digits()?;
            (count == 1).then(|| calendar::week_date(year, week, day))?
        }
        (3, both) => calendar::week_date(year, both / 10, both % 10),
        _ => None,
    }
}

/// What has the English name of its month, with or without the day of the week before it: `4 Mar 2024 10:15`,
/// `Mon, 04 Mar 2024 10:15:00 GMT`, `March 4, 2024`, `Mon Mar  4 10:15:00 2024`, `04/Mar/2024:10:15:00 +0000`.
fn month_by_name(mut cursor: Cursor<'_>) -> Option<WrittenTime> {
    if is_weekday(cursor.word_ahead()) {
        cursor.word();
        cursor.run(|byte| matches!(byte, b',' | b'.' | b' '));
    }
    let between = |byte: u8| matches!(byte, b' ' | b'-' | b'/' | b'.' | b',');
    let (month, day) = if cursor.peek()?.is_ascii_digit() {
        let day = cursor.one_or_two()?;
        cursor.run(between);
        (month_of(cursor.word())?, day)
    } else {
        let month = month_of(cursor.word())?;
        cursor.run(between);
        (month, cursor.one_or_two()?)
    };
    cursor.run(between);
    let after_day = cursor;
    if let (4, year) = cursor.digits()? {
        return time_of_day(calendar::date(year, month, day)?, cursor);
    }
    // The year comes last, behind the time of the day, as the C library writes it.
    cursor = after_day;
    let time = clock(&mut cursor, false)?;
    cursor.spaces();
    let is_utc = utc_word(&mut cursor);
    cursor.spaces();
    let (4, year) = cursor.digits()? else { return None };
    let local = calendar::date(year, month, day)? * DAY_MICROS + time;
    cursor.is_done().then_some(if is_utc { WrittenTime::Instant(local) } else { WrittenTime::Local(local) })
}

/// The time of the day and the zone behind a date, each of which may be left out.
fn time_of_day(days: i64, mut cursor: Cursor<'_>) -> Option<WrittenTime> {
    let midnight = days * DAY_MICROS;
    if cursor.is_done() {
        return Some(WrittenTime::Local(midnight));
    }
    let mark = cursor.eat_one(|byte| matches!(byte, b'T' | b't' | b' ' | b',' | b'_' | b':'));
    cursor.spaces();
    let is_iso = matches!(mark, Some(b'T' | b't'));
    match mark {
        // A date may have a zone; with an hour behind a second dash it looks the same, but for the colon.
        None if cursor.peek() == Some(b'-') && !cursor.rest().contains(&b':') => return None,
        None => return zone_of(midnight, cursor),
        Some(_) if !is_iso && !cursor.peek()?.is_ascii_digit() => return zone_of(midnight, cursor),
        Some(_) => {}
    }
    let time = clock(&mut cursor, is_iso)?;
    let time = half_day(time, &mut cursor)?;
    zone_of(midnight + time, cursor)
}

/// Hours, and perhaps minutes, seconds and a fraction, as microseconds: `10`, `10:15`, `10:15:00.5`, `1015`, `101500`. Only
/// in ISO 8601 may an offset west of Greenwich follow an hour alone.
fn clock(cursor: &mut Cursor<'_>, is_iso: bool) -> Option<i64> {
    let (seconds, is_whole) = match cursor.digits()? {
        (1 | 2, hour) if cursor.eat(b':') => {
            let minute = two(cursor)?;
            let second = if cursor.eat(b':') { Some(two(cursor)?) } else { None };
            (seconds_of(hour, minute, second.unwrap_or(0))?, second.is_none())
        }
        (1 | 2, _) if cursor.peek() == Some(b'-') && !is_iso => return None,
        (1 | 2, hour) => (seconds_of(hour, 0, 0)?, true),
        (4, both) => (seconds_of(both / 100, both % 100, 0)?, true),
        (6, all) => (seconds_of(all / 10_000, all / 100 % 100, all % 100)?, false),
        _ => return None,
    };
    // A fraction of an hour or a minute is rare, and what looks like one is most often something else.
    let part = if is_whole { 0 } else { fraction(cursor)? };
    (seconds < DAY_SECONDS || part == 0).then_some(seconds * SECOND + part)
}

fn two(cursor: &mut Cursor<'_>) -> Option<i64> {
    let (count, value) = cursor.digits()?;
    (count == 2).then_some(value)
}

/// Seconds since midnight. A leap second is the first of the next minute, and `24:00` is the end of the day.
fn seconds_of(hour: i64, minute: i64, second: i64) -> Option<i64> {
    let is_time = hour <= 23 && minute <= 59 && second <= 60;
    (is_time || (hour, minute, second) == (24, 0, 0)).then_some((hour * 60 + minute) * 60 + second)
}

/// The fraction of a second, if there is one, in microseconds; what is finer is cut off.
fn fraction(cursor: &mut Cursor<'_>) -> Option<i64> {
    let mut ahead = *cursor;
    if ahead.eat_one(|byte| matches!(byte, b'.' | b',')).is_none() {
        return Some(0);
    }
    let digits = ahead.run(|byte| byte.is_ascii_digit());
    if digits.is_empty() {
        return None;
    }
    *cursor = ahead;
    let micros = digits.get(..6).unwrap_or(digits);
    Some(number(micros)? * 10_i64.pow(6 - micros.len() as u32))
}

/// The time of a day that may be told in two halves: `10:15 PM`.
fn half_day(time: i64, cursor: &mut Cursor<'_>) -> Option<i64> {
    const HOUR: i64 = 3_600 * SECOND;
    let mut ahead = *cursor;
    ahead.spaces();
    let word = ahead.word();
    let is_pm = word.eq_ignore_ascii_case(b"PM");
    if !is_pm && !word.eq_ignore_ascii_case(b"AM") {
        return Some(time);
    }
    *cursor = ahead;
    // Clocks with two halves have no thirteenth hour and begin with the twelfth.
    let is_shown = (HOUR..13 * HOUR).contains(&time);
    is_shown.then(|| time % (12 * HOUR) + if is_pm { 12 * HOUR } else { 0 })
}

/// What is behind a local time: nothing, an offset, a zone.
fn zone_of(local: i64, mut cursor: Cursor<'_>) -> Option<WrittenTime> {
    cursor.spaces();
    let mut found = None;
    if utc_word(&mut cursor) {
        found = Some(0);
        // `GMT+0100` is what browsers write.
        if let Some(offset) = offset(&mut cursor, true) {
            found = Some(offset);
        }
    } else if let Some(offset) = offset(&mut cursor, false) {
        found = Some(offset);
    }
    let named = if found.is_none() { zone_name(&mut cursor) } else { None };
    let bracketed = brackets(&mut cursor).ok()?;
    comment(&mut cursor);
    if !cursor.is_done() {
        return None;
    }
    Some(match (found, named.or(bracketed)) {
        (Some(seconds), _) => WrittenTime::Instant(local - seconds * SECOND),
        (None, Some(zone)) => WrittenTime::Instant(zone.instant_of(local)),
        (None, None) => WrittenTime::Local(local),
    })
}

/// Passes `Z`, `UTC` or `GMT`.
fn utc_word(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let word = ahead.word();
    let is_utc = [b"Z".as_slice(), b"UTC", b"GMT"].into_iter().any(|utc| word.eq_ignore_ascii_case(utc));
    if is_utc {
        *cursor = ahead;
    }
    is_utc
}

/// Passes an offset, in seconds: `+01`, `+0100`, `+01:00`, and behind the word for UTC also `+1`. The minus may be the
/// typographic one.
fn offset(cursor: &mut Cursor<'_>, is_after_word: bool) -> Option<i64> {
    let mut ahead = *cursor;
    let sign = match ahead.eat_one(|byte| matches!(byte, b'+' | b'-')) {
        Some(b'+') => 1,
        Some(_) => -1,
        None if ahead.rest().starts_with("\u{2212}".as_bytes()) => {
            ahead.run(|byte| !byte.is_ascii());
            -1
        }
        None => return None,
    };
    let (hours, minutes, seconds) = match ahead.digits()? {
        (1, hours) if is_after_word => (hours, if ahead.eat(b':') { two(&mut ahead)? } else { 0 }, 0),
        (2, hours) if ahead.eat(b':') => (hours, two(&mut ahead)?, if ahead.eat(b':') { two(&mut ahead)? } else { 0 }),
        (2, hours) => (hours, 0, 0),
        (4, both) => (both / 100, both % 100, 0),
        (6, all) => (all / 10_000, all / 100 % 100, all % 100),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59 && seconds <= 59).then(|| {
        *cursor = ahead;
        sign * ((hours * 60 + minutes) * 60 + seconds)
    })
}

/// Passes the name of a zone as the IANA database has it. Abbreviations such as `CST` are the zones of several countries.
fn zone_name(cursor: &mut Cursor<'_>) -> Option<Zone> {
    let mut ahead = *cursor;
    let name = ahead.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+'));
    let zone = name.contains(&b'/').then(|| std::str::from_utf8(name).ok()?.parse().ok())??;
    *cursor = ahead;
    Some(zone)
}

/// Passes what RFC 9557 puts in brackets: a zone, and things that do not matter here. An error where it is malformed or the
/// zone is unknown.
fn brackets(cursor: &mut Cursor<'_>) -> Result<Option<Zone>, ()> {
    let mut zone = None;
    while cursor.eat(b'[') {
        let tag = cursor.run(|byte| byte != b']');
        let is_closed = cursor.eat(b']');
        let tag = std::str::from_utf8(tag).map_err(drop)?.trim_start_matches('!');
        if tag.is_empty() || !is_closed {
            return Err(());
        }
        if !tag.contains('=') {
            // An offset in brackets only repeats the one before it.
            let is_offset = tag.starts_with(['+', '-']);
            zone = if is_offset { zone } else { Some(tag.parse().map_err(drop)?) };
        }
    }
    Ok(zone)
}

/// Passes a remark in parentheses, such as the zone's name in the reader's language.
fn comment(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    ahead.spaces();
    if ahead.eat(b'(') {
        ahead.run(|byte| byte != b')');
        if ahead.eat(b')') {
            *cursor = ahead;
        }
    }
}

/// The month that an English name or its first three letters stand for.
fn month_of(word: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8]; 12] = [
        b"january",
        b"february",
        b"march",
        b"april",
        b"may",
        b"june",
        b"july",
        b"august",
        b"september",
        b"october",
        b"november",
        b"december",
    ];
    let is =
        |name: &&[u8]| is_short_for(word, name) || (word.eq_ignore_ascii_case(b"sept") && name.starts_with(b"sep"));
    MONTHS.iter().position(is).map(|index| index as i64 + 1)
}

fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];
    DAYS.iter().any(|name| is_short_for(word, name))
}

/// Whether a word is a name, or its first three letters.
fn is_short_for(word: &[u8], name: &[u8]) -> bool {
    word.eq_ignore_ascii_case(name) || name.get(..3).is_some_and(|short| word.eq_ignore_ascii_case(short))
}

#[cfg(test)]
mod tests;
