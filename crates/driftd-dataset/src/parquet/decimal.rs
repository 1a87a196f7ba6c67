//! Decimals as floats.

/// Integers up to here are floats, every one of them.
const EXACT: u128 = 1 << f64::MANTISSA_DIGITS;
/// The largest power of ten that is a float, and those before it.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The float nearest to `unscaled` / 10^`scale`, which is what the decimal's text reads as.
///
/// Dividing two floats rounds once, where both are exact; anything larger goes by way of the text, because rounding the
/// integer first and the quotient then gives a neighbour now and again.
pub(super) fn nearest(unscaled: i128, scale: usize) -> f64 {
    match POWERS.get(scale) {
        Some(power) if unscaled.unsigned_abs() <= EXACT => unscaled as f64 / power,
        // A number and an exponent always read as a float.
        _ => format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The decimal as people write it.
    fn text(unscaled: i128, scale: usize) -> String {
        let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, rest) = digits.split_at(digits.len() - scale);
        format!("{}{whole}.{rest}", if unscaled < 0 { "-" } else { "" })
    }

    #[test]
    fn prices_of_eighteen_places_are_those_of_json() {
        assert_eq!(nearest(12_340_000_000_000_000_000, 18), 12.34);
        assert_eq!(nearest(-100_000_000_000_000_000, 18), -0.1);
        assert_eq!(nearest(0, 38), 0.0);
        assert_eq!(nearest(i128::MAX, 0), i128::MAX as f64);
    }

    proptest! {
        #[test]
        fn a_decimal_is_what_its_text_reads_as(
            unscaled in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), any::<i32>().prop_map(i128::from)],
            scale in 0_usize..77,
        ) {
            let expected: f64 = text(unscaled, scale).parse().unwrap();
            prop_assert_eq!(nearest(unscaled, scale), expected + 0.0);
        }
    }
}
