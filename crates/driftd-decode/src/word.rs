//! Sixteen bytes at a time, as one integer whose lowest byte is the first.
//!
//! Values of a record are short, and how long each is cannot be foretold: a loop over their bytes leaves by another door
//! every time, and a processor that guessed wrong waits longer than all of this takes. So nothing here branches on a
//! length. Everything may say nothing (`None`) about what the loops of the fast path then decide.

/// The highest bit of every byte.
const HIGHEST: u128 = each(0x80);

/// The first sixteen bytes, if there are that many.
#[inline(always)]
pub(crate) fn word(bytes: &[u8]) -> Option<u128> {
    bytes.first_chunk().map(|bytes| u128::from_le_bytes(*bytes))
}

/// A mask of the first `len` bytes.
pub(crate) const fn first(len: usize) -> u128 {
    if len < 16 { 1_u128.wrapping_shl(8 * len as u32).wrapping_sub(1) } else { u128::MAX }
}

/// A number without an exponent, of at most fifteen bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    /// Its digits, below 10¹⁵.
    pub(crate) mantissa: u64,
    /// How many of them are behind the point.
    pub(crate) fraction: usize,
    /// Its bytes.
    pub(crate) len: usize,
}

/// The number without a sign at the beginning of `word`.
#[inline(always)]
pub(crate) fn short_number(word: u128) -> Option<Short> {
    let digits = word ^ each(b'0');
    // Bytes above nine, marked in their highest bit.
    let others = ((digits & each(0x7f)).wrapping_add(each(0x76)) | digits) & HIGHEST;
    let whole = place(others)?;
    let is_point = at(word, whole) == b'.';
    // With a point, up to the next byte that is no digit; the point is taken out from between the digits.
    let (end, joined) = if is_point {
        let below = first(whole);
        (place(others & others.wrapping_sub(1))?, (digits & below) | ((digits >> 8) & !below))
    } else {
        (whole, digits)
    };
    let count = end.wrapping_sub(usize::from(is_point));
    let fraction = count.wrapping_sub(whole);
    let is_sound = whole > 0 && (whole == 1 || at(word, 0) != b'0') && is_point == (fraction > 0);
    if !is_sound || matches!(at(word, end), b'e' | b'E') {
        return None;
    }
    // The last digit to the last byte, with zeros before the first; there is at least one and at most fifteen.
    let aligned = joined.wrapping_shl(8 * 16_usize.wrapping_sub(count) as u32);
    let upper = eight_digits(aligned as u64).wrapping_mul(100_000_000);
    let mantissa = upper.wrapping_add(eight_digits((aligned >> 64) as u64));
    Some(Short { mantissa, fraction, len: end })
}

/// The number without a sign that takes up the last `len` bytes of eight, with a `fraction` of that many digits.
#[inline(always)]
pub(crate) const fn number_at_end(bytes: [u8; 8], len: usize) -> Option<(u64, usize)> {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const POINTS: u64 = u64::from_le_bytes([b'0' ^ b'.'; 8]);
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const NINES: u64 = u64::from_le_bytes([0x76; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    if len == 0 || len > 8 {
        return None;
    }
    // What stands before the number becomes zeros.
    let before = 8 * 8_usize.wrapping_sub(len) as u32;
    let digits = (u64::from_le_bytes(bytes) ^ ZEROS).wrapping_shr(before).wrapping_shl(before);
    let point = digits ^ POINTS;
    let points = point.wrapping_sub(ONES) & !point & HIGHEST;
    let (joined, fraction, whole) = if points == 0 {
        (digits, 0, len)
    } else {
        // The digits before the point move up to those behind it.
        let place = points.trailing_zeros() / 8;
        let below = 1_u64.wrapping_shl(8 * place).wrapping_sub(1);
        let fraction = 7_usize.wrapping_sub(place as usize);
        let joined = (digits & below) << 8 | (digits & (!below << 8));
        (joined, fraction, len.wrapping_sub(fraction).wrapping_sub(1))
    };
    let is_number = (joined.wrapping_add(NINES) | joined) & HIGHEST == 0;
    let is_point_sound = points == 0 || fraction > 0;
    let begins_with_zero = digits.wrapping_shr(before) as u8 == 0;
    if !is_number || !is_point_sound || whole == 0 || (whole > 1 && begins_with_zero) {
        return None;
    }
    Some((eight_digits(joined), fraction))
}

/// Where a text ends: the first quote, escape or control character.
#[inline(always)]
pub(crate) fn text_end(word: u128) -> Option<usize> {
    let controls = word.wrapping_sub(each(0x20)) & !word;
    // A borrow goes from a byte that is marked to bytes behind it, which nobody looks at.
    place((zeros(word ^ each(b'"')) | zeros(word ^ each(b'\\')) | controls) & HIGHEST)
}

/// The byte at `place`, which is below sixteen.
#[inline(always)]
const fn at(word: u128, place: usize) -> u8 {
    word.wrapping_shr(8 * place as u32) as u8
}

/// The first byte that is marked.
#[inline(always)]
const fn place(marks: u128) -> Option<usize> {
    if marks == 0 { None } else { Some(marks.trailing_zeros() as usize / 8) }
}

/// Marks the bytes that are zero up to the first of them.
#[inline(always)]
const fn zeros(word: u128) -> u128 {
    word.wrapping_sub(each(0x01)) & !word
}

const fn each(byte: u8) -> u128 {
    u128::from_le_bytes([byte; 16])
}

/// Eight digits as a number: neighbours are joined to pairs, the pairs to fours and those to the whole.
#[inline(always)]
const fn eight_digits(digits: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let outer = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let inner = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    outer.wrapping_add(inner) >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn padded(text: &str) -> u128 {
        let mut bytes = [b' '; 16];
        let len = text.len().min(16);
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        u128::from_le_bytes(bytes)
    }

    #[test]
    fn numbers_of_fifteen_bytes_and_what_follows() {
        let number = |mantissa, fraction, len| Some(Short { mantissa, fraction, len });
        assert_eq!(short_number(padded("0}")), number(0, 0, 1));
        assert_eq!(short_number(padded("7,\"b\":1.5")), number(7, 0, 1));
        assert_eq!(short_number(padded("1735689600000,\"m")), number(1_735_689_600_000, 0, 13));
        assert_eq!(short_number(padded("123456789012345,")), number(123_456_789_012_345, 0, 15));
        assert_eq!(short_number(padded("12345678.901234]")), number(12_345_678_901_234, 6, 15));
        assert_eq!(short_number(padded("0.0000000000001.")), number(1, 13, 15));
        for text in ["1234567890123456", "1.23456789012345", "", ".5", "01", "00.5", "1.", "1.e5", "1e5", "1.5E3", "-1"]
        {
            assert_eq!(short_number(padded(text)), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_eight_bytes_at_the_end() {
        let at_end = |text: &str, len| number_at_end(text.as_bytes().try_into().unwrap(), len);
        assert_eq!(at_end("12345678", 8), Some((12_345_678, 0)));
        assert_eq!(at_end("1234567.", 7), None);
        assert_eq!(at_end("\":-12.50", 5), Some((1250, 2)));
        assert_eq!(at_end("\"a\":0.25", 4), Some((25, 2)));
        assert_eq!(at_end("\"abcd\":0", 1), Some((0, 0)));
        for (text, len) in
            [("\":00.125", 6), ("\"abc\":.5", 2), ("1.23.456", 8), ("\"ab\":1e5", 3), ("12345678", 0), ("12345678", 9)]
        {
            assert_eq!(at_end(text, len), None, "{text}");
        }
    }

    #[test]
    fn masks_cover_as_many_bytes() {
        assert_eq!((first(0), first(1), first(16), first(40)), (0, 0xff, u128::MAX, u128::MAX));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn the_end_of_a_text_is_where_a_loop_finds_it(bytes: [u8; 16], places in prop::collection::vec((0..16_usize, "[\"\\\\\u{1}\u{1f} !#é]"), 0..3)) {
            let mut bytes = bytes;
            for (place, text) in places {
                bytes[place] = text.as_bytes()[0];
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(text_end(u128::from_le_bytes(bytes)), end);
        }
    }
}
