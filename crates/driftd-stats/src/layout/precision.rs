//! How exactly the baseline's values are written.

use serde::{Deserialize, Serialize};

/// Width of the floats that a baseline's numbers were stored in.
///
/// A column of 32-bit floats holds the float nearest to 0.1, which as a 64-bit float is 0.10000000149011612. Records
/// that carry the same number as text say 0.1, another 64-bit float, which falls beside the value's own cell. So values
/// are rounded to the width of the baseline before they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 16-bit floats.
    Half,
    /// 32-bit floats.
    Single,
    /// 64-bit floats, integers and decimals: nothing is rounded.
    #[default]
    Double,
}

impl Precision {
    /// Whether it is [`Precision::Double`], at which nothing needs to be done.
    #[must_use]
    pub const fn is_double(&self) -> bool {
        matches!(self, Self::Double)
    }

    /// Bits of a float of this width.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Half => 16,
            Self::Single => 32,
            Self::Double => 64,
        }
    }

    /// The nearest float of this width, ties to even. Finite values beyond its range stay what they are: they are far
    /// out, not infinite.
    #[inline(always)]
    #[must_use]
    pub fn round(self, x: f64) -> f64 {
        let rounded = match self {
            Self::Half => half(x),
            Self::Single => f64::from(x as f32),
            Self::Double => x,
        };
        if rounded.is_infinite() { x } else { rounded }
    }
}

/// The nearest multiple of the last place of a 16-bit float, which has eleven digits and none below 2⁻²⁴. Adding a
/// number whose own last place that is, and taking it away again, rounds to it as every addition does.
#[inline(always)]
fn half(x: f64) -> f64 {
    /// Digits that a 64-bit float has more.
    const MORE: u64 = 52 - 10;
    const SIGN_AND_EXPONENT: u64 = 0xfff << 52;
    const LEAST_NORMAL: f64 = 1.0 / 16_384.0;
    const LARGEST: f64 = 65_504.0;
    // The power of two at or below |x|, or below the normal floats the least of theirs.
    let power = f64::from_bits(x.to_bits() & SIGN_AND_EXPONENT).abs().max(LEAST_NORMAL);
    // 1.5 times, so that the sum stays between the same powers of two whatever the sign of x.
    let shifter = power * ((1_u64 << MORE) as f64 * 1.5);
    let rounded = (x + shifter) - shifter;
    if rounded.abs() <= LARGEST { rounded } else { x }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The 16-bit float of these bits.
    fn of_bits(bits: u16) -> f64 {
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
        let size =
            if exponent == 0 { fraction * 2_f64.powi(-24) } else { (1024.0 + fraction) * 2_f64.powi(exponent - 25) };
        if bits >> 15 == 1 { -size } else { size }
    }

    #[test]
    fn sixteen_bits_round_as_the_list_of_all_of_them_says() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (of_bits(bits), of_bits(bits + 1));
            let middle = f64::midpoint(low, high);
            let even = if bits % 2 == 0 { low } else { high };
            for (x, want) in [(low, low), (middle.next_down(), low), (middle, even), (middle.next_up(), high)] {
                assert_eq!(Precision::Half.round(x), want, "{x:e}");
                assert_eq!(Precision::Half.round(-x), -want, "-{x:e}");
            }
        }
        assert_eq!(Precision::Half.round(0.1), 0.099_975_585_937_5);
    }

    #[test]
    fn what_is_beyond_the_range_stays_finite() {
        for (precision, x) in [(Precision::Half, 1e6), (Precision::Half, 1e300), (Precision::Single, -1e300)] {
            assert_eq!(precision.round(x), x);
        }
        for precision in [Precision::Half, Precision::Single, Precision::Double] {
            assert_eq!(precision.round(f64::INFINITY), f64::INFINITY);
            assert_eq!(precision.round(f64::NEG_INFINITY), f64::NEG_INFINITY);
            assert!(precision.round(f64::NAN).is_nan());
            assert_eq!(precision.round(-0.0), 0.0);
        }
    }

    proptest! {
        #[test]
        fn rounding_twice_is_rounding_once(x in any::<f64>()) {
            for precision in [Precision::Half, Precision::Single] {
                let once = precision.round(x);
                prop_assert_eq!(precision.round(once).to_bits(), once.to_bits());
            }
        }
    }
}
