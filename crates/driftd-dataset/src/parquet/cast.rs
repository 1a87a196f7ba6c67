//! Decoded arrays as arrays of what their values are.

use polars_arrow::array::{Array, FixedSizeBinaryArray, Float16Array, PrimitiveArray, StructArray};
use polars_arrow::bitmap::Bitmap;

use super::leaf::Storage;

/// The array of the leaf within `array`, in which a value is missing where anything on the way to it is.
pub(super) fn innermost(mut array: Box<dyn Array>) -> Box<dyn Array> {
    loop {
        let Some(outer) = array.as_any().downcast_ref::<StructArray>() else { return array };
        let Some(inner) = outer.values().first().cloned() else { return array };
        array = match (outer.validity(), inner.validity()) {
            (None, _) => inner,
            (Some(outer), None) => inner.with_validity(Some(outer.clone())),
            (Some(outer), Some(own)) => {
                let both: Bitmap = outer & own;
                inner.with_validity(Some(both))
            }
        };
    }
}

/// The array as numbers, where the decoder gave bytes for them.
pub(super) fn cast(array: Box<dyn Array>, storage: Storage) -> Result<Box<dyn Array>, String> {
    let unexpected = || format!("unexpected layout of {:?}", array.dtype());
    let values: Vec<f64> = match storage {
        Storage::Half => {
            let halves = array.as_any().downcast_ref::<Float16Array>().ok_or_else(unexpected)?;
            halves.values().iter().map(|half| f64::from(half.0)).collect()
        }
        Storage::Wide { scale } => {
            let bytes = array.as_any().downcast_ref::<FixedSizeBinaryArray>().ok_or_else(unexpected)?;
            bytes.values().chunks_exact(bytes.size().max(1)).map(|value| decimal(value, scale)).collect()
        }
        Storage::Plain | Storage::Bytes | Storage::Lists => return Ok(array),
    };
    Ok(PrimitiveArray::from_vec(values).with_validity(array.validity().cloned()).boxed())
}

/// The float nearest to an integer in two's complement, highest byte first, divided by ten to the power of `scale`: by
/// way of its digits, so that it is rounded once.
fn decimal(bytes: &[u8], scale: usize) -> f64 {
    let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut magnitude: Vec<u8> = bytes.to_vec();
    if is_negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let mut digits = Vec::new();
    while magnitude.iter().any(|byte| *byte != 0) {
        let mut rest = 0_u16;
        for byte in &mut magnitude {
            let value = rest * 256 + u16::from(*byte);
            (*byte, rest) = ((value / 10) as u8, value % 10);
        }
        digits.push(b'0' + rest as u8);
    }
    digits.push(b'0');
    digits.reverse();
    let digits = String::from_utf8(digits).unwrap_or_default();
    let value = format!("{digits}e-{scale}").parse().unwrap_or(f64::NAN);
    if is_negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_decimals_are_the_nearest_floats() {
        let of = |value: i128, scale| {
            let mut bytes = vec![if value < 0 { 0xff } else { 0 }; 16];
            bytes.extend_from_slice(&value.to_be_bytes());
            decimal(&bytes, scale)
        };
        assert_eq!(of(0, 3), 0.0);
        assert_eq!(of(-1, 0), -1.0);
        assert_eq!(of(123_456, 3), 123.456);
        assert_eq!(of(-35, 1), -3.5);
        assert_eq!(of(i128::MAX, 18), 170_141_183_460_469_231_731.687_303_715_884_105_727);
        assert_eq!(of(i128::MIN, 38), -1.701_411_834_604_692_3);
        let mut largest = vec![0xff; 32];
        largest[0] = 0x7f;
        assert_eq!(decimal(&largest, 76), 5.789_604_461_865_809);
    }
}
