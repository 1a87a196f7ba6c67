//! The decimal that a narrow float was written down from.

use driftd_stats::Precision;

/// Powers of ten for as many places behind the point as a 32-bit float may need.
const POWERS: [f64; 9] = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// The 64-bit float nearest to the decimal of fewest places behind the point, nine at most, whose nearest float of that
/// width is `x`; `x` itself where there is none.
///
/// A narrow float that is widened lies beside the decimal it stands for: 0.1 in 32 bits is 0.10000000149011612. A
/// baseline of 64-bit floats has a cell for 0.1.
pub(crate) fn shortest(x: f64, precision: Precision) -> f64 {
    if x == x.trunc() || !x.is_finite() {
        return x;
    }
    // A whole number below 2^53 divided by a power of ten is rounded once: the quotient is what parsing would give.
    let decimal = |power: &f64| (x * power).round_ties_even() / power;
    POWERS.iter().map(decimal).find(|decimal| precision.round(*decimal) == x).unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_narrow_float_is_the_decimal_it_stands_for() {
        for (precision, decimal) in [
            (Precision::Single, 0.1),
            (Precision::Single, -123.45),
            (Precision::Single, 0.3),
            (Precision::Single, 16_777_216.0),
            (Precision::Single, 1e-7),
            (Precision::Half, 0.1),
            (Precision::Half, 2.35),
            (Precision::Double, 0.1),
        ] {
            assert_eq!(shortest(precision.round(decimal), precision), decimal, "{precision:?} {decimal}");
        }
        assert!(shortest(f64::NAN, Precision::Single).is_nan());
        assert_eq!(shortest(f64::INFINITY, Precision::Single), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn it_is_the_number_that_the_shortest_text_says(thousandths in -9_999_999..9_999_999_i32) {
            let x = (f64::from(thousandths) / 1e3) as f32;
            prop_assert_eq!(shortest(f64::from(x), Precision::Single), x.to_string().parse::<f64>().unwrap());
        }

        #[test]
        fn it_rounds_to_the_float_it_came_from(x in any::<f32>().prop_filter("finite", |x| x.is_finite())) {
            let x = f64::from(x);
            prop_assert_eq!(Precision::Single.round(shortest(x, Precision::Single)), x);
        }
    }
}
