//! Texts of a batch as codes.

use std::hash::BuildHasher;

use driftd_stats::{MISSING_CODE, MISTYPED_CODE};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::cell::{Cell, Span, Texts};

/// The distinct texts of a batch in the order of their first occurrence.
#[derive(Debug)]
pub(crate) struct Dictionary {
    values: Vec<String>,
    /// Codes by the hash of their text.
    codes: HashTable<u32>,
    hasher: FixedState,
    /// Short texts that were asked for of late, each at a place it shares with others; the empty text is nowhere.
    recent: Box<[(u128, u32); RECENT]>,
}

/// A power of two: enough for the frequent values of most features.
const RECENT: usize = 64;

impl Default for Dictionary {
    fn default() -> Self {
        let (values, codes, hasher) = Default::default();
        Self { values, codes, hasher, recent: Box::new([(0, 0); RECENT]) }
    }
}

impl Dictionary {
    /// The code of `text`.
    pub(crate) fn code(&mut self, text: &str) -> u32 {
        let Self { values, codes, hasher, .. } = self;
        let of = |code: &u32| values.get(*code as usize).map_or("", String::as_str);
        let hash = hasher.hash_one(text);
        if let Some(code) = codes.find(hash, |code| of(code) == text) {
            return *code;
        }
        // A batch has far fewer rows than there are codes; should one not, its surplus texts count as mistyped.
        let code = u32::try_from(values.len()).unwrap_or(MISTYPED_CODE).min(MISTYPED_CODE);
        if code < MISTYPED_CODE {
            codes.insert_unique(hash, code, |code| hasher.hash_one(of(code)));
            values.push(text.to_owned());
        }
        code
    }

    /// The code of what stands in a cell; `shown` is room for the text of a number.
    #[inline]
    pub(crate) fn code_of(&mut self, cell: Cell, texts: Texts<'_>, shown: &mut String) -> u32 {
        match cell {
            Cell::Absent | Cell::Null => MISSING_CODE,
            Cell::Text(span) => self.code_of_plain(span, texts),
            _ => texts.shown(cell, shown).map_or(MISTYPED_CODE, |text| self.code(text)),
        }
    }

    /// The code of a text without escapes.
    #[inline]
    fn code_of_plain(&mut self, span: Span, texts: Texts<'_>) -> u32 {
        // The upper bits of a product depend on all of its factors' bits.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let text = || span.of(texts.record);
        let Some(short) = texts.short(span) else {
            return self.code(text());
        };
        let mixed = ((short as u64) ^ ((short >> 64) as u64).rotate_left(29)).wrapping_mul(SPREAD);
        let place = (mixed >> (u64::BITS - RECENT.trailing_zeros())) as usize;
        match self.recent.get(place) {
            Some((known, code)) if *known == short && short != 0 => *code,
            _ => {
                let code = self.code(text());
                if let Some(recent) = self.recent.get_mut(place) {
                    *recent = (short, code);
                }
                code
            }
        }
    }

    /// The texts; the dictionary is empty again and keeps its room.
    pub(crate) fn take(&mut self) -> Vec<String> {
        self.codes.clear();
        self.recent.fill((0, 0));
        std::mem::take(&mut self.values)
    }

    /// The text of a code.
    pub(crate) fn text(&self, code: u32) -> Option<&str> {
        self.values.get(code as usize).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_code_until_the_batch_ends() {
        let mut dictionary = Dictionary::default();
        let codes: Vec<u32> = ["a", "", "b", "a", ""].iter().map(|text| dictionary.code(text)).collect();
        assert_eq!(codes, [0, 1, 2, 0, 1]);
        assert_eq!(dictionary.text(2), Some("b"));
        assert_eq!(dictionary.take(), ["a", "", "b"]);
        assert_eq!(dictionary.code("b"), 0);
        let many: Vec<u32> = (0..1000).map(|i| dictionary.code(&format!("value {i}"))).collect();
        assert_eq!(many, (1..=1000).collect::<Vec<u32>>());
    }
}
