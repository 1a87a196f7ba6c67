//! What a column of text could hold, narrowed down value by value.

use std::str::from_utf8;

use driftd_window::{instant, number_word};

use crate::ColumnKind;

/// What is still possible after the values seen so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    any: bool,
    number: bool,
    /// A number was seen that is no word such as NaN: in JSON only that makes a column numeric.
    plain_number: bool,
    boolean: bool,
    time: bool,
    list: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self { any: false, number: true, plain_number: false, boolean: true, time: true, list: false }
    }
}

impl Guess {
    /// Narrows down by a CSV field; an empty one says nothing.
    pub(crate) fn see_field(&mut self, field: &[u8]) {
        if field.is_empty() {
            return;
        }
        self.any = true;
        let settled = !(self.number || self.boolean || self.time);
        if settled {
            return;
        }
        self.number = self.number && is_number(field);
        self.plain_number |= self.number;
        self.boolean = self.boolean && parse_bool(field).is_some();
        self.time = self.time && from_utf8(field).is_ok_and(|text| instant(text).is_some());
    }

    /// Narrows down by a JSON string.
    pub(crate) fn see_string(&mut self, text: &str) {
        self.any = true;
        self.number = self.number && number_word(text).is_some();
        self.boolean = false;
        self.time = self.time && instant(text).is_some();
    }

    /// Narrows down by a JSON number.
    pub(crate) fn see_number(&mut self) {
        (self.any, self.plain_number, self.boolean, self.time) = (true, true, false, false);
    }

    /// Narrows down by a JSON boolean.
    pub(crate) fn see_bool(&mut self) {
        (self.any, self.number, self.time) = (true, false, false);
    }

    /// Narrows down by a JSON array.
    pub(crate) fn see_list(&mut self) {
        (self.any, self.list) = (true, true);
    }

    /// The kind of the column, once every value was seen.
    pub(crate) fn kind(self) -> ColumnKind {
        match self {
            Self { list: true, .. } => ColumnKind::Unsupported("lists".to_owned()),
            Self { any: false, .. } => ColumnKind::Empty,
            Self { number: true, plain_number: true, .. } => ColumnKind::Number,
            Self { boolean: true, .. } => ColumnKind::Bool,
            Self { time: true, .. } => ColumnKind::Time,
            _ => ColumnKind::Text,
        }
    }
}

/// Whether [`parse_number`] would find a number; decided by the shape alone for what most numbers look like.
fn is_number(field: &[u8]) -> bool {
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    let (mut digit, mut dots) = (false, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' => digit = true,
            b'.' => dots += 1,
            // Signs, exponents, words, spaces: rare enough for the real thing.
            _ => return from_utf8(field).is_ok_and(|text| parse_number(text).is_some()),
        }
    }
    digit && dots <= 1
}

/// The number a text stands for: decimal or scientific, `NaN`, `inf` or `infinity` in any case, spaces around it.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// The boolean a text stands for: `true` or `false`, capitalised or not.
pub(crate) fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind_of(fields: &[&str]) -> ColumnKind {
        let mut guess = Guess::default();
        for field in fields {
            guess.see_field(field.as_bytes());
        }
        guess.kind()
    }

    #[test]
    fn one_value_of_another_kind_makes_text() {
        assert_eq!(kind_of(&["1", "", "-2.5", "1e3", "NaN", "-inf", " 7 "]), ColumnKind::Number);
        assert_eq!(kind_of(&["1", "2", "x"]), ColumnKind::Text);
        assert_eq!(kind_of(&["true", "False", ""]), ColumnKind::Bool);
        assert_eq!(kind_of(&["true", "1"]), ColumnKind::Text);
        assert_eq!(kind_of(&["2013-01-01", "2013-01-01T05:00:00Z"]), ColumnKind::Time);
        assert_eq!(kind_of(&["2013-01-01", "later"]), ColumnKind::Text);
        assert_eq!(kind_of(&["", ""]), ColumnKind::Empty);
        assert_eq!(kind_of(&["NaN"]), ColumnKind::Number);
    }

    #[test]
    fn json_words_are_numbers_only_beside_numbers() {
        let mut words = Guess::default();
        words.see_string("NaN");
        assert_eq!(words.kind(), ColumnKind::Text);
        words.see_number();
        assert_eq!(words.kind(), ColumnKind::Number);
        words.see_string("5");
        assert_eq!(words.kind(), ColumnKind::Text);
        words.see_list();
        assert_eq!(words.kind(), ColumnKind::Unsupported("lists".to_owned()));
    }

    proptest! {
        #[test]
        fn the_shape_of_a_number_agrees_with_parsing_it(text in "[-+0-9.eEinfa ]{0,8}") {
            prop_assert_eq!(is_number(text.as_bytes()), parse_number(&text).is_some(), "{:?}", text);
        }
    }
}
