//! A stable hash. It is stored and compared across versions and machines, so it
//! must never change: 64-bit FNV-1a (Fowler, Noll, Vo) over bytes.

use siphasher::sip::SipHasher24;

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

/// Hashes the categories of one dictionary that have no name: SipHash-2-4 (Aumasson & Bernstein 2012) under a key that
/// follows from what the baseline counted. Who does not know that cannot make up a value that passes for one of them, which
/// is easy without a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed(SipHasher24);

impl Keyed {
    /// The hash of a dictionary with these names, and so many values and categories that occur once.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>, values: u64, once: u64) -> Self {
        Self(SipHasher24::new_with_keys(of_texts(names), of_hashes(&[values, once])))
    }

    pub(super) fn hash(&self, category: &str) -> u64 {
        self.0.hash(category.as_bytes())
    }
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
        // The paper's own test: fifteen bytes under a key of sixteen, 0 to 14 and 0 to 15.
        let key = SipHasher24::new_with_keys(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let bytes: Vec<u8> = (0..15).collect();
        assert_eq!(key.hash(&bytes), 0xa129_ca61_49be_45e5);
        // Stored dictionaries hang on this one.
        assert_eq!(Keyed::of(["a", "b"].into_iter(), 8, 1).hash("c"), 5_040_837_763_723_010_081);
    }
}
