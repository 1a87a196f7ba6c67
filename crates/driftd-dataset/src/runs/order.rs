//! Floats as integers of the same order.

const SIGN: u64 = 1 << 63;
/// Bits a pass of the radix sort looks at.
const DIGIT: u32 = 11;
const BUCKETS: usize = 1 << DIGIT;
/// Passes that cover 64 bits.
const PASSES: usize = 6;
/// Below this many keys the library's sort is faster.
const SMALL: usize = 1 << 12;

/// The key of a finite number: keys have the order of the numbers, and -0.0 has the key of 0.0.
#[inline]
pub(super) fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    // All ones for a negative number, the sign bit alone otherwise.
    bits ^ (((bits as i64) >> 63) as u64 | SIGN)
}

/// The number of a key.
#[inline]
pub(super) fn value(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

/// The largest key of a number `<= x`; nothing below every number.
pub(super) fn last_key_at_most(x: f64) -> Option<u64> {
    if x.is_nan() || x == f64::NEG_INFINITY { None } else { Some(key(x)) }
}

/// Sorts keys: least significant digit first, passes in which all keys agree left out. `scratch` is memory to reuse.
#[allow(clippy::indexing_slicing, reason = "digits are below BUCKETS; a bucket's place is below the number of keys")]
pub(super) fn sort(keys: &mut Vec<u64>, scratch: &mut Vec<u64>) {
    if keys.len() < SMALL || u32::try_from(keys.len()).is_err() {
        return keys.sort_unstable();
    }
    let mut counts = vec![[0_u32; BUCKETS]; PASSES];
    for key in keys.iter() {
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[digit(*key, pass)] += 1;
        }
    }
    scratch.clear();
    scratch.resize(keys.len(), 0);
    for (pass, counts) in counts.iter_mut().enumerate() {
        let first = keys.first().map_or(0, |key| digit(*key, pass));
        if counts[first] as usize == keys.len() {
            continue;
        }
        let mut place = 0;
        for count in counts.iter_mut() {
            (*count, place) = (place, place + *count);
        }
        for key in keys.iter() {
            let place = &mut counts[digit(*key, pass)];
            scratch[*place as usize] = *key;
            *place += 1;
        }
        std::mem::swap(keys, scratch);
    }
}

fn digit(key: u64, pass: usize) -> usize {
    (key >> (pass as u32 * DIGIT)) as usize & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_have_the_order_of_their_numbers(a: f64, b: f64) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(key(a).cmp(&key(b)), a.partial_cmp(&b).unwrap());
            prop_assert_eq!(value(key(a)), a);
        }

        #[test]
        fn sorting_agrees_with_the_library(seed: u64, bits in 1_u32..64, len in SMALL..SMALL + 3000) {
            let mut state = seed | 1;
            let mut keys: Vec<u64> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    state >> bits
                })
                .collect();
            let mut expected = keys.clone();
            expected.sort_unstable();
            sort(&mut keys, &mut Vec::new());
            prop_assert_eq!(keys, expected);
        }
    }

    #[test]
    fn both_zeros_are_one_number() {
        assert_eq!(key(-0.0), key(0.0));
        assert!(key(-5e-324) < key(0.0) && key(0.0) < key(5e-324));
    }
}
