//! Numbers out of texts: one rule for files and for live records.

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

/// The number a text is in full, as JSON writes numbers: the JSON form of Protocol Buffers has 64-bit integers in
/// quotes, and many writers decimals. Nothing for a code with leading zeros, for spaces and signs around it, and for
/// what is beyond the range of 64-bit floats.
#[must_use]
pub fn quoted_number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, mut rest) = digits(unsigned);
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (fraction, after) = digits(after);
        if fraction.is_empty() {
            return None;
        }
        rest = after;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let (places, after) = digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
        if places.is_empty() {
            return None;
        }
        rest = after;
    }
    let number: f64 = rest.is_empty().then(|| text.parse().ok())??;
    number.is_finite().then_some(number)
}

/// The digits a text begins with, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_a_number_only_in_full() {
        for (text, number) in [("12", 12.0), ("-0.5", -0.5), ("9007199254740993", 9007199254740992.0), ("1e3", 1000.0)]
        {
            assert_eq!(quoted_number(text), Some(number), "{text:?}");
        }
        for text in [
            "", "-", "01", "-01", "00", "+1", ".5", "1.", "1e", "1e+", "1,5", " 1", "1 ", "0x1", "1_000", "1e999",
            "NaN", "inf", "12 km", "١",
        ] {
            assert_eq!(quoted_number(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_a_number_here_is_one_for_the_parser_of_json(text in "[-+]?[0-9]{0,3}[.]?[0-9]{0,3}([eE][-+]?[0-9]{0,3})?[ x]?") {
            let json = serde_json::from_str::<f64>(&text).ok().filter(|_| text.trim() == text);
            prop_assert_eq!(quoted_number(&text), json, "{:?}", text);
        }

        #[test]
        fn every_float_is_read_back(number in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            prop_assert_eq!(quoted_number(&number.to_string()), Some(number));
        }
    }
}
