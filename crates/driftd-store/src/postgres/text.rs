//! Text that Postgres cannot hold.
//!
//! Its text has no U+0000, and names that come from data may have one. It is written as two characters that nobody
//! uses, of which the first stands for itself when doubled; so what was written is what is read, and two names that
//! differ stay different.

use std::borrow::Cow;

/// Of the private use area.
const ESCAPE: char = '\u{f8f0}';
/// What a U+0000 becomes behind the escape.
const NUL: char = '0';

/// `text` as it is stored.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\0' => escaped.extend([ESCAPE, NUL]),
            ESCAPE => escaped.extend([ESCAPE, ESCAPE]),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// What `text` was before it was stored.
pub(super) fn original(text: String) -> String {
    if !text.contains(ESCAPE) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            ESCAPE if chars.next() == Some(NUL) => '\0',
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_text_is_stored_as_it_is() {
        assert!(matches!(stored("carrier=UA, größer"), Cow::Borrowed("carrier=UA, größer")));
        assert_eq!(stored("a\0b"), "a\u{f8f0}0b");
    }

    proptest! {
        #[test]
        fn what_is_stored_has_no_nul_and_reads_back(text in "[a0\u{0}\u{f8f0}]{0,12}") {
            let escaped = stored(&text);
            prop_assert!(!escaped.contains('\0'));
            prop_assert_eq!(original(escaped.into_owned()), text);
        }
    }
}
