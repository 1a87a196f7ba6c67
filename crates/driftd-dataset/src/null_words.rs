//! Words that stand in a column of a text file where there is no value.

/// Words for "no value". They are missing values in a column whose other values are numbers, booleans or points in time;
/// a column of text keeps them as what they may well be there, a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NullWords {
    words: Vec<String>,
    /// Which lengths and which first bytes a word has: nearly every text is turned away by these.
    lengths: u64,
    firsts: [bool; 256],
}

/// What programs and people write. `NaN` is a number, and an empty field is no value without any word.
const USUAL: &[&str] = &[
    "NA",
    "N/A",
    "n.a.",
    "#N/A",
    "#NA",
    "<NA>",
    "#N/A N/A",
    "NaT",
    "NULL",
    "(null)",
    "<null>",
    "[null]",
    "\\N",
    "None",
    "nil",
    "undefined",
    "missing",
    "(missing)",
    "<missing>",
    "(blank)",
    "blank",
    "(empty)",
    "-",
    "--",
    "---",
    "–",
    "—",
    "?",
    ".",
    "..",
    "...",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "#NUM!",
    "#NAME?",
    "#NULL!",
];

impl Default for NullWords {
    fn default() -> Self {
        Self::new(USUAL.iter().map(|word| (*word).to_owned()))
    }
}

impl NullWords {
    /// These words and no others. Case does not matter, nor do spaces around a word; an empty word is left out, as an
    /// empty field has no value anyway.
    #[must_use]
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut this = Self { words: Vec::new(), lengths: 0, firsts: [false; 256] };
        for word in words {
            let word = word.trim();
            let Some(first) = word.bytes().next() else { continue };
            this.lengths |= length_bit(word.len());
            for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
                this.firsts.get_mut(usize::from(first)).into_iter().for_each(|known| *known = true);
            }
            this.words.push(word.to_owned());
        }
        this
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether `text` is one of them.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let text = text.trim();
        let Some(first) = text.bytes().next() else { return false };
        self.firsts.get(usize::from(first)) == Some(&true)
            && self.lengths & length_bit(text.len()) != 0
            && self.words.iter().any(|word| word.eq_ignore_ascii_case(text))
    }
}

/// Long texts share a bit.
const fn length_bit(len: usize) -> u64 {
    1 << if len < 63 { len } else { 63 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_spaces() {
        let usual = NullWords::default();
        for word in
            ["NA", "na", "N/A", "n/a", "#N/A", "null", "NULL", "None", "nil", "-", "--", "?", ".", "\\N", "<NA>"]
        {
            assert!(usual.contains(word), "{word:?}");
        }
        assert!(usual.contains(" NA ") && usual.contains("(blank)") && usual.contains("–"));
        for word in ["", " ", "NaN", "nan", "0", "no", "N", "unknown", "NAN", "n a", "-1", "\u{00e9}"] {
            assert!(!usual.contains(word), "{word:?}");
        }
    }

    #[test]
    fn the_list_can_be_another_one() {
        let own = NullWords::new(["unknown".to_owned(), String::new(), " 99 ".to_owned()]);
        assert_eq!(own.words(), ["unknown", "99"]);
        assert!(own.contains("Unknown") && own.contains("99") && !own.contains("NA") && !own.contains(""));
        assert!(!NullWords::new([]).contains("NA"));
        let long = "x".repeat(80);
        assert!(NullWords::new([long.clone()]).contains(&long));
    }
}
