//! Single values of JSON where the text around them is known.
//!
//! Everything here may give up (`None`) on what is valid, and the complete parser takes over; it never accepts what that
//! one refuses, once repaired, and never reads another value.

use crate::cell::{Cell, Span};
use crate::json::repair::WORDS;
use crate::word::{number_at_end, short_number, text_end, word};

/// Digits of a number that are collected without a thought of overflow.
const DIGITS: usize = 18;
/// Largest integer below which all are floats too.
const EXACT: u64 = 1 << 53;
/// The powers of ten that are floats: an exact integer divided by one of them is rounded once, which is correctly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The value that begins at `at`, unless it is a list or an object, and where it ends.
#[inline]
pub(crate) fn single(json: &str, at: usize) -> Option<(Cell, usize)> {
    let rest = json.as_bytes().get(at..)?;
    match rest.first()? {
        b'"' => {
            let end = at + 1 + plain_text(rest.get(1..)?)?;
            Some((Cell::Text(Span::new(at + 1, end)), end + 1))
        }
        b'-' | b'0'..=b'9' => match number(json, at, rest) {
            Some((cell, len)) => Some((cell, at + len)),
            None => bare_word(at, rest),
        },
        b't' => rest.starts_with(b"true").then_some((Cell::Bool(true), at + 4)),
        b'f' => rest.starts_with(b"false").then_some((Cell::Bool(false), at + 5)),
        b'n' => rest.starts_with(b"null").then_some((Cell::Null, at + 4)),
        b'N' | b'I' => bare_word(at, rest),
        _ => None,
    }
}

/// A number that JSON does not have: the text it would be in quotes.
#[cold]
fn bare_word(at: usize, rest: &[u8]) -> Option<(Cell, usize)> {
    let word = WORDS.into_iter().find(|word| rest.starts_with(word.as_bytes()))?;
    Some((Cell::Text(Span::new(at, at + word.len())), at + word.len()))
}

/// The value that takes up all of `from..to`, unless it is a list or an object; a comma or a bracket follows it.
#[inline]
pub(super) fn filling(json: &str, from: usize, to: usize) -> Option<Cell> {
    let bytes = json.as_bytes().get(..to)?;
    let first = *bytes.get(from)?;
    if first == b'"' {
        let inner = to.checked_sub(from + 2)?;
        // Up to the quote at the end, as far as it is in sight.
        let seen = json.as_bytes().get(from + 1..).and_then(word).and_then(text_end);
        let is_text = seen == Some(inner) && bytes.last() == Some(&b'"');
        if is_text {
            return Some(Cell::Text(Span::new(from + 1, to - 1)));
        }
    }
    let negative = first == b'-';
    let short = bytes.last_chunk().zip(to.checked_sub(from + usize::from(negative)));
    if let Some((mantissa, fraction)) = short.and_then(|(last, len)| number_at_end(*last, len)) {
        return exact(negative, mantissa, fraction);
    }
    single(json, from).filter(|(_, end)| *end == to).map(|(cell, _)| cell)
}

/// Length of the text up to its closing quote, if it has neither escapes nor control characters.
#[inline]
fn plain_text(bytes: &[u8]) -> Option<usize> {
    let mut passed = 0;
    let end = loop {
        let rest = bytes.get(passed..)?;
        let Some(word) = word(rest) else {
            break passed + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
        };
        match text_end(word) {
            Some(end) => break passed + end,
            None => passed += size_of_val(&word),
        }
    };
    (bytes.get(end) == Some(&b'"')).then_some(end)
}

/// The number at the beginning of `rest`, and its length.
#[inline]
fn number(json: &str, at: usize, rest: &[u8]) -> Option<(Cell, usize)> {
    let negative = rest.first() == Some(&b'-');
    let sign = usize::from(negative);
    match rest.get(sign..).and_then(word).and_then(short_number) {
        Some(short) => Some((exact(negative, short.mantissa, short.fraction)?, sign + short.len)),
        None => any_number(json, at, rest),
    }
}

/// A number of any length, a digit at a time; also says what is none.
fn any_number(json: &str, at: usize, rest: &[u8]) -> Option<(Cell, usize)> {
    let negative = rest.first() == Some(&b'-');
    let whole_from = usize::from(negative);
    let (mut mantissa, whole_to) = digits(rest, whole_from, 0);
    let whole = whole_to - whole_from;
    // No digit at all, or a leading zero before others.
    if whole == 0 || (whole > 1 && rest.get(whole_from) == Some(&b'0')) {
        return None;
    }
    let mut len = whole_to;
    let mut fraction = 0;
    if rest.get(len) == Some(&b'.') {
        let (longer, to) = digits(rest, len + 1, mantissa);
        fraction = to - len - 1;
        (mantissa, len) = (longer, to);
        if fraction == 0 {
            return None;
        }
    }
    if matches!(rest.get(len), Some(b'e' | b'E')) {
        let signed = matches!(rest.get(len + 1), Some(b'+' | b'-'));
        let from = len + 1 + usize::from(signed);
        let (_, to) = digits(rest, from, 0);
        return (to > from).then(|| any_float(json, at, to))?;
    }
    if whole + fraction > DIGITS {
        // Integers near the limits of 64 bits are left to the complete parser.
        return if fraction > 0 { any_float(json, at, len) } else { None };
    }
    match exact(negative, mantissa, fraction) {
        Some(cell) => Some((cell, len)),
        None => any_float(json, at, len),
    }
}

/// `mantissa / 10^fraction`, for at most [`DIGITS`] digits and where it takes no more than one rounding.
#[inline]
fn exact(negative: bool, mantissa: u64, fraction: usize) -> Option<Cell> {
    if fraction == 0 {
        let integer = mantissa as i64;
        // As an integer, minus zero would lose its sign.
        return Some(match (negative, integer) {
            (true, 0) => Cell::Float(-0.0),
            (true, _) => Cell::Integer(-integer),
            (false, _) => Cell::Integer(integer),
        });
    }
    let ten = TENS.get(fraction).filter(|_| mantissa <= EXACT)?;
    let size = mantissa as f64 / ten;
    Some(Cell::Float(if negative { -size } else { size }))
}

/// Appends the digits from `from` on to `sum`; where they end. The sum is of no use beyond 19 digits.
#[inline]
fn digits(bytes: &[u8], from: usize, mut sum: u64) -> (u64, usize) {
    let mut at = from;
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9) {
        sum = sum.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (sum, at)
}

/// A number of any length; nothing for one beyond the range of floats, which the complete parser refuses.
#[cold]
fn any_float(json: &str, at: usize, len: usize) -> Option<(Cell, usize)> {
    let number: f64 = json.get(at..at + len)?.parse().ok()?;
    number.is_finite().then_some((Cell::Float(number), len))
}

#[cfg(test)]
mod tests;
