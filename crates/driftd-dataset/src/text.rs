//! Text columns as codes into the distinct texts of a chunk.

use std::collections::HashMap;

use driftd_stats::{MISSING_CODE, MISTYPED_CODE};
use driftd_window::Column;
use foldhash::fast::FixedState;

/// Encodes a text column: every distinct text is stored once, rows hold its number.
pub(crate) struct TextCodes {
    codes: Vec<u32>,
    known: HashMap<String, u32, FixedState>,
    /// The last row's text and code: equal neighbours are common and need no hashing.
    last: Option<u32>,
    values: Vec<String>,
}

impl TextCodes {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { codes: Vec::with_capacity(rows), known: HashMap::default(), last: None, values: Vec::new() }
    }

    /// The text of the next row.
    pub(crate) fn push(&mut self, value: Option<&str>) {
        let Some(value) = value else {
            return self.codes.push(MISSING_CODE);
        };
        let same = |code: &u32| self.values.get(*code as usize).is_some_and(|last| last == value);
        let code = match self.last.filter(same) {
            Some(code) => code,
            None => self.code_of(value),
        };
        self.last = Some(code);
        self.codes.push(code);
    }

    /// The absence code of the next row.
    pub(crate) fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    fn code_of(&mut self, value: &str) -> u32 {
        if let Some(code) = self.known.get(value) {
            return *code;
        }
        // A chunk has far fewer rows than there are codes; should one not, its surplus texts count as mistyped.
        let code = u32::try_from(self.values.len()).unwrap_or(MISTYPED_CODE).min(MISTYPED_CODE);
        if code < MISTYPED_CODE {
            self.known.insert(value.to_owned(), code);
            self.values.push(value.to_owned());
        }
        code
    }

    /// The column.
    pub(crate) fn finish(self) -> Column {
        Column::Text { codes: self.codes, values: self.values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_code() {
        let mut codes = TextCodes::with_capacity(6);
        for value in [Some("a"), Some("a"), None, Some(""), Some("b"), Some("a")] {
            codes.push(value);
        }
        codes.push_code(MISTYPED_CODE);
        let Column::Text { codes, values } = codes.finish() else { panic!("not text") };
        assert_eq!(codes, [0, 0, MISSING_CODE, 1, 2, 0, MISTYPED_CODE]);
        assert_eq!(values, ["a", "", "b"]);
    }
}
