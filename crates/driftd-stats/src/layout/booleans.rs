//! Booleans as categories, however they are spelt.

/// Which category of a dictionary is true and which is false, when it has no others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BooleanPlaces {
    of_false: Option<u32>,
    of_true: Option<u32>,
}

impl BooleanPlaces {
    /// The places of booleans among `categories`; nothing when there is another category, or two spellings of one.
    pub(super) fn of<'a>(categories: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut places = Self::default();
        for (category, place) in categories.into_iter().zip(0..) {
            let side = if boolean(category)? { &mut places.of_true } else { &mut places.of_false };
            if side.replace(place).is_some() {
                return None;
            }
        }
        (places != Self::default()).then_some(places)
    }

    /// The place of the category that means the same as `value`.
    pub(super) fn place(&self, value: &str) -> Option<u32> {
        if boolean(value)? { self.of_true } else { self.of_false }
    }
}

/// The boolean a text stands for: `true` or `false`, in any case.
#[must_use]
pub fn boolean_word(text: &str) -> Option<bool> {
    match text.len() {
        4 if text.eq_ignore_ascii_case("true") => Some(true),
        5 if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// What a text is as a boolean: a word in any case, or the number 0 or 1.
fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    boolean_word(text).or_else(|| match text.parse::<f64>() {
        Ok(0.0) => Some(false),
        Ok(1.0) => Some(true),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::layout::{CategoryCounts, Dictionary, Place};

    fn dictionary(categories: &[&str]) -> Dictionary {
        let mut counts = CategoryCounts::new();
        (1..).zip(categories.iter().rev()).for_each(|(count, category)| counts.add(category, count));
        counts.into_dictionary(50).0
    }

    /// Never seen; booleans have no other slots.
    const NEW: Place = Place { slot: None, is_new: true };

    fn named(slot: usize) -> Place {
        Place { slot: Some(slot), is_new: false }
    }

    #[test]
    fn spellings_of_a_boolean_are_one_category() {
        for categories in [["true", "false"], ["True", "False"], ["1", "0"], ["1.0", "0.0"], ["TRUE", "0"]] {
            let dictionary = dictionary(&categories);
            assert!(dictionary.is_boolean(), "{categories:?}");
            for (spellings, place) in
                [(["true", "True", "TRUE", "1", "1.0"], 0), (["false", "False", "0", "0.0", "-0"], 1)]
            {
                for spelling in spellings {
                    assert_eq!(dictionary.locate(spelling), named(place), "{spelling} in {categories:?}");
                }
            }
            for third in ["2", "yes", "", "NaN", "unknown", "10"] {
                assert_eq!(dictionary.locate(third), NEW, "{third:?}");
            }
        }
    }

    #[test]
    fn one_side_alone_is_boolean_and_a_third_category_ends_it() {
        let only = dictionary(&["false"]);
        assert_eq!((only.locate("0"), only.locate("1")), (named(0), NEW));
        for categories in [&["true", "false", "unknown"][..], &["0", "1", "2"], &["true", "True"], &["yes", "no"], &[]]
        {
            let dictionary = dictionary(categories);
            assert!(!dictionary.is_boolean(), "{categories:?}");
            assert!(dictionary.locate("FALSE").is_new);
        }
    }
}
