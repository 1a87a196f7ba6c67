//! A stable hash. It is stored and compared across versions and machines, so it
//! must never change: 64-bit FNV-1a (Fowler, Noll, Vo) over bytes.

use super::precision::Precision;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// 64-bit FNV-1a of `bytes`.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    extend(OFFSET, bytes)
}

/// FNV-1a of a list of floats by their bits, little-endian.
pub(crate) fn of_floats(values: &[f64]) -> u64 {
    values.iter().fold(OFFSET, |hash, v| extend(hash, &v.to_bits().to_le_bytes()))
}

/// Of the width of a baseline's floats; 0 for 64 bits, the width that layouts had before they knew it.
pub(crate) fn of_precision(precision: Precision) -> u64 {
    if precision.is_double() { 0 } else { fnv1a(&precision.bits().to_le_bytes()) }
}

/// FNV-1a of a list of hashes, little-endian.
pub(crate) fn of_hashes(values: &[u64]) -> u64 {
    values.iter().fold(OFFSET, |hash, v| extend(hash, &v.to_le_bytes()))
}

/// FNV-1a of a list of texts, each closed by 0xFF, which UTF-8 never contains.
pub(crate) fn of_texts<'a>(texts: impl Iterator<Item = &'a str>) -> u64 {
    texts.fold(OFFSET, |hash, t| extend(extend(hash, t.as_bytes()), &[0xff]))
}

fn extend(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |h, b| (h ^ u64::from(*b)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_published_test_vectors() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
