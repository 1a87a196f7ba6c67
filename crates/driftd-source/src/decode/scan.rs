//! Single values of JSON where the text around them is known.
//!
//! Everything here may give up (`None`) on what is valid, and the complete parser takes over; it never accepts what that
//! one refuses, and never reads another value.

use super::cell::{Cell, Span};

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
pub(super) fn single(json: &str, at: usize) -> Option<(Cell, usize)> {
    let rest = json.as_bytes().get(at..)?;
    match rest.first()? {
        b'"' => {
            let end = at + 1 + plain_text(rest.get(1..)?)?;
            Some((Cell::Text(Span::new(at + 1, end)), end + 1))
        }
        b'-' | b'0'..=b'9' => {
            let (cell, len) = number(json, at, rest)?;
            Some((cell, at + len))
        }
        b't' => rest.starts_with(b"true").then_some((Cell::Bool(true), at + 4)),
        b'f' => rest.starts_with(b"false").then_some((Cell::Bool(false), at + 5)),
        b'n' => rest.starts_with(b"null").then_some((Cell::Null, at + 4)),
        _ => None,
    }
}

/// Length of the text up to its closing quote, if it has neither escapes nor control characters.
#[inline]
fn plain_text(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    (bytes.get(end) == Some(&b'"')).then_some(end)
}

/// The number at the beginning of `rest`, and its length.
#[inline]
fn number(json: &str, at: usize, rest: &[u8]) -> Option<(Cell, usize)> {
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
    if fraction == 0 {
        let integer = mantissa as i64;
        // As an integer, minus zero would lose its sign.
        let cell = match (negative, integer) {
            (true, 0) => Cell::Float(-0.0),
            (true, _) => Cell::Integer(-integer),
            (false, _) => Cell::Integer(integer),
        };
        return Some((cell, len));
    }
    match TENS.get(fraction).filter(|_| mantissa <= EXACT) {
        Some(ten) => {
            let size = mantissa as f64 / ten;
            Some((Cell::Float(if negative { -size } else { size }), len))
        }
        None => any_float(json, at, len),
    }
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
