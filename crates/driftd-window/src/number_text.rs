//! The one text that a number is known by, as a category, a segment or in a filter.

use std::fmt;

/// A number in its shortest text: `1` and not `1.0`, `100` and not `1e2`, `0` and not `-0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberText(pub f64);

impl fmt::Display for NumberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero turns the negative one into the positive one and nothing else.
        fmt::Display::fmt(&(self.0 + 0.0), f)
    }
}

/// The shortest text of the number that `text` is, written to `room` where it is not `text` itself; nothing for what is no
/// number. Whole numbers keep all their digits within 64 bits, where a float would not.
///
/// Digits with leading zeros are a code, such as a postal code, and no number.
#[must_use]
pub fn number_text<'t>(text: &'t str, room: &'t mut String) -> Option<&'t str> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_code(digits) {
        return None;
    }
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if digits == "0" {
            return Some(digits);
        }
        if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
            return Some(text.strip_prefix('+').unwrap_or(text));
        }
    }
    let number: f64 = text.parse().ok()?;
    room.clear();
    // Writing to a text cannot fail.
    let _ = fmt::Write::write_fmt(room, format_args!("{}", NumberText(number)));
    Some(room)
}

/// Whether `text` is digits that begin with a zero they do not need: `01`, `00501`.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known_by(text: &str) -> Option<String> {
        number_text(text, &mut String::new()).map(str::to_owned)
    }

    #[test]
    fn a_number_has_one_text_whatever_its_spelling() {
        for (text, known) in [
            ("1", "1"),
            ("1.0", "1"),
            (" 1. ", "1"),
            ("+1", "1"),
            ("1e2", "100"),
            ("1E2", "100"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0", "0"),
            ("0.50", "0.5"),
            (".5", "0.5"),
            ("-2.50", "-2.5"),
            ("9007199254740993", "9007199254740993"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("nan", "NaN"),
            ("Infinity", "inf"),
        ] {
            assert_eq!(known_by(text).as_deref(), Some(known), "{text:?}");
        }
        for text in ["", " ", "x", "1,5", "01", "-01", "00501", "1 2", "+-1"] {
            assert_eq!(known_by(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_text_of_a_number_reads_back_as_it_and_is_its_own(number in any::<f64>()) {
            let text = NumberText(number).to_string();
            prop_assert_eq!(known_by(&format!("{number:e}")), Some(text.clone()));
            if number.is_finite() && (number.fract() != 0.0 || number.abs() < 9e15) {
                prop_assert_eq!(known_by(&text), Some(text.clone()));
                prop_assert_eq!(text.parse::<f64>().unwrap(), number + 0.0);
            }
        }

        #[test]
        fn whole_numbers_keep_every_digit(number in any::<i64>(), large in any::<u64>()) {
            prop_assert_eq!(known_by(&number.to_string()), Some(number.to_string()));
            prop_assert_eq!(known_by(&large.to_string()), Some(large.to_string()));
        }
    }
}
