//! Texts of a batch as codes.

use std::hash::BuildHasher;

use driftd_stats::MISTYPED_CODE;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The distinct texts of a batch in the order of their first occurrence.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    values: Vec<String>,
    /// Codes by the hash of their text.
    codes: HashTable<u32>,
    hasher: FixedState,
}

impl Dictionary {
    /// The code of `text`.
    pub(super) fn code(&mut self, text: &str) -> u32 {
        let Self { values, codes, hasher } = self;
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

    /// The texts; the dictionary is empty again and keeps its room.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.codes.clear();
        std::mem::take(&mut self.values)
    }

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<&str> {
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
