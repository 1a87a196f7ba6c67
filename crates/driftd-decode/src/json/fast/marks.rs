//! Where the values of a record may end: its commas and closing brackets, all found in one pass.
//!
//! Who walks from value to value knows where one begins only when the one before is read. With these places known, the
//! values of a record of a known form are read independently of each other, and the processor reads several at a time.

/// Bytes of a block.
const BLOCK: usize = 64;

/// FieldIndex that are written at once, whether there are as many or not: a loop that ends after as many as there are ends
/// elsewhere in every block, which costs more.
const AT_ONCE: usize = 8;

/// Marks of a record.
#[derive(Debug, Default)]
pub(super) struct Marks {
    places: Vec<u32>,
    len: usize,
}

impl Marks {
    /// Finds every comma and closing bracket of `bytes`, which are fewer than 2³²; gives up when there are more than
    /// `most`, which shows in their number.
    pub(super) fn find(&mut self, bytes: &[u8], most: usize) {
        self.len = 0;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut from = 0;
        for block in blocks {
            self.push(block_marks(block), from);
            if self.len > most {
                return;
            }
            from += BLOCK as u32;
        }
        let mut last = [0; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        self.push(block_marks(&last), from);
    }

    /// Their places, in order.
    pub(super) fn places(&self) -> &[u32] {
        self.places.get(..self.len).unwrap_or_default()
    }

    #[inline(always)]
    fn push(&mut self, mut marks: u64, from: u32) {
        let count = marks.count_ones() as usize;
        if self.places.len() < self.len + BLOCK {
            self.places.resize(self.len + 2 * BLOCK, 0);
        }
        let (mut free, _) = self.places.get_mut(self.len..).unwrap_or_default().as_chunks_mut::<AT_ONCE>();
        while marks != 0 {
            let Some((first, rest)) = free.split_first_mut() else { break };
            for place in first {
                // Behind the last mark there are only places that the next block overwrites.
                *place = from + marks.trailing_zeros();
                marks &= marks.wrapping_sub(1);
            }
            free = rest;
        }
        self.len += count;
    }
}

/// Whether a byte is marked.
pub(super) const fn is_mark(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']')
}

/// A bit for every byte.
#[inline(always)]
fn block_marks(block: &[u8; BLOCK]) -> u64 {
    // Bits one to seven places apart, so that a multiplication brings that of byte `i` to place 56 + i.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    // Compared in the widest registers there are, which is up to the compiler.
    let mut marked = [0_u8; BLOCK];
    for (mark, byte) in marked.iter_mut().zip(block) {
        // The two brackets differ in one bit.
        *mark = u8::from(*byte == b',') | u8::from(*byte | 0x20 == b'}');
    }
    let (eights, _) = marked.as_chunks();
    let byte = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
    eights.iter().rev().fold(0, |marks, eight| marks << 8 | byte(eight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn byte_by_byte(block: &[u8; BLOCK]) -> u64 {
        block.iter().rev().fold(0, |marks, byte| marks << 1 | u64::from(is_mark(*byte)))
    }

    #[test]
    fn every_byte_is_marked_alike() {
        for byte in 0..=u8::MAX {
            let mut block = [b' '; BLOCK];
            block[usize::from(byte) % BLOCK] = byte;
            assert_eq!(block_marks(&block), byte_by_byte(&block), "{byte}");
        }
    }

    #[test]
    fn more_than_wanted_are_not_kept() {
        let mut marks = Marks::default();
        marks.find(&vec![b','; 1 << 20], 100);
        assert!((101..=164).contains(&marks.places().len()));
        assert!(marks.places.len() < 400, "memory is that of what was wanted");
    }

    proptest! {
        #[test]
        fn places_are_those_of_a_search(text in "[,}\\] {\\[a|\u{1}é]{0,200}") {
            let mut marks = Marks::default();
            marks.find(b"{\"a\":[1,2,3]}", usize::MAX);
            marks.find(text.as_bytes(), usize::MAX);
            let found = text.bytes().enumerate().filter(|(_, byte)| is_mark(*byte));
            prop_assert_eq!(marks.places(), found.map(|(place, _)| place as u32).collect::<Vec<_>>());
        }
    }
}
