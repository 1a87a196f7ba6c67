//! Values that a filter lets pass.

use driftd_window::number_text;

/// The values of a filter, in every spelling of them. A number passes that is the number a wanted text stands for, however
/// that is written; a text passes as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedValues {
    texts: Vec<String>,
    /// Those of them that are numbers, as numbers are known.
    numbers: Vec<String>,
}

impl WantedValues {
    /// Those that are as good as one of `texts`.
    #[must_use]
    pub fn new(texts: &[String]) -> Self {
        let as_number = |text: &String| number_text(text, &mut String::new()).map(str::to_owned);
        Self { texts: texts.to_vec(), numbers: texts.iter().filter_map(as_number).collect() }
    }

    /// Whether a value passes, which is known by the text `found`.
    #[must_use]
    pub fn holds(&self, found: &str, is_number: bool) -> bool {
        let numbers = if is_number { self.numbers.as_slice() } else { &[] };
        self.texts.iter().chain(numbers).any(|wanted| wanted == found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_pass_in_any_spelling_and_texts_as_they_are() {
        let wanted = WantedValues::new(&["3.0".to_owned(), "v4".to_owned(), "05".to_owned()]);
        for (found, is_number, passes) in [
            ("3", true, true),
            ("3", false, false),
            ("3.0", false, true),
            ("v4", false, true),
            ("5", true, false),
            ("05", false, true),
        ] {
            assert_eq!(wanted.holds(found, is_number), passes, "{found} {is_number}");
        }
    }
}
