//! What is no JSON, and is written all the same.
//!
//! Python writes a float that is none as the bare word `NaN`, `Infinity` or `-Infinity`, and JavaScript cuts a text in
//! the middle of a surrogate pair. A record with such a value is not worth losing: the words are put in quotes, in which
//! they are numbers for everybody who wants numbers, and half a pair becomes U+FFFD, as most readers have it.

use std::ops::Range;

/// Numbers that JSON does not have.
pub(super) const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
/// U+FFFD as an escape.
const REPLACEMENT: &str = "\\ufffd";
/// Bytes of the escape of a UTF-16 unit: `\ud800`.
const ESCAPE: usize = 6;

/// The text with bare words quoted and half surrogate pairs replaced; nothing when there are none. The result is JSON
/// when nothing else is wrong with it.
pub(crate) fn repair(json: &str) -> Option<String> {
    let mut repaired = String::new();
    let mut copied = 0;
    let mut change = |at: Range<usize>, parts: [&str; 3]| {
        repaired.push_str(json.get(copied..at.start).unwrap_or_default());
        for part in parts {
            repaired.push_str(part);
        }
        copied = at.end;
    };
    let bytes = json.as_bytes();
    let (mut at, mut in_text) = (0, false);
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => {
                in_text = !in_text;
                1
            }
            b'\\' if in_text => match surrogates(json, at) {
                Surrogates::None => 2,
                Surrogates::Pair => 2 * ESCAPE,
                Surrogates::Half => {
                    change(at..at + ESCAPE, [REPLACEMENT, "", ""]);
                    ESCAPE
                }
            },
            b'N' | b'I' | b'-' if !in_text => match bare_word(json, at) {
                Some(word) => {
                    change(at..at + word.len(), ["\"", word, "\""]);
                    word.len()
                }
                None => 1,
            },
            _ => 1,
        };
    }
    (copied > 0).then(|| repaired + json.get(copied..).unwrap_or_default())
}

/// The word at `at`, if it stands where a value does and nothing else follows before that one ends.
pub(super) fn bare_word(json: &str, at: usize) -> Option<&'static str> {
    let rest = json.get(at..)?;
    let word = WORDS.into_iter().find(|word| rest.starts_with(word))?;
    let before = json.get(..at)?.trim_ascii_end().as_bytes().last();
    let after = rest.get(word.len()..)?.trim_ascii_start().as_bytes().first();
    let stands_free = matches!(before, Some(b':' | b',' | b'[')) && matches!(after, Some(b',' | b'}' | b']'));
    stands_free.then_some(word)
}

/// What an escape at a place is.
enum Surrogates {
    /// No UTF-16 surrogate.
    None,
    /// A pair of escapes that are one character.
    Pair,
    /// A surrogate without its other half.
    Half,
}

fn surrogates(json: &str, at: usize) -> Surrogates {
    match unit(json, at) {
        Some(0xd800..0xdc00) if matches!(unit(json, at + ESCAPE), Some(0xdc00..0xe000)) => Surrogates::Pair,
        Some(0xd800..0xe000) => Surrogates::Half,
        _ => Surrogates::None,
    }
}

/// The UTF-16 unit whose escape stands at `at`.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    // A sign would be taken for a part of the number.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn words_are_quoted_where_a_value_stands() {
        let repaired = |json: &str| repair(json).unwrap_or_else(|| "as it is".to_owned());
        assert_eq!(repaired(r#"{"a":NaN,"b": -Infinity }"#), r#"{"a":"NaN","b": "-Infinity" }"#);
        assert_eq!(repaired("[Infinity,1,NaN]"), r#"["Infinity",1,"NaN"]"#);
        for other in [
            r#"{"a":"NaN","b":"x\",NaN,"}"#,
            "{NaN:1}",
            r#"{"a":1,NaN:2}"#,
            r#"{"a":NaNs}"#,
            r#"{"a":-NaN}"#,
            r#"{"a":nan,"b":-1}"#,
            "NaN",
            "",
        ] {
            assert_eq!(repaired(other), "as it is", "{other}");
        }
    }

    #[test]
    fn half_a_pair_is_replaced() {
        let text = |json: &str| {
            let repaired = repair(json).unwrap_or_else(|| json.to_owned());
            serde_json::from_str::<String>(&repaired).unwrap()
        };
        assert_eq!(text(r#""\ud83d\ude00""#), "😀");
        assert_eq!(text(r#""a\ud83db""#), "a\u{fffd}b");
        assert_eq!(text(r#""\ude00\ud83d""#), "\u{fffd}\u{fffd}");
        assert_eq!(text(r#""\uD83D\uD83D\uDE00""#), "\u{fffd}😀");
        assert_eq!(text(r#""\\ud83d\u00e9""#), "\\ud83dé");
    }

    proptest! {
        #[test]
        fn json_is_left_as_it_is(value in "[ -~é]{0,12}", number in any::<f64>()) {
            let json = serde_json::json!({ "NaN": value, "b": [value, number, null], "-Infinity": { "x": number } });
            let repaired = repair(&json.to_string());
            prop_assert_eq!(repaired, None);
        }

        #[test]
        fn a_repaired_text_is_read_as_the_parts_are(texts in prop::collection::vec("(NaN|[a-c]|\\\\ud8[0-9a-f]{2}|\\\\udc[0-9a-f]{2}|\\\\n|\\\\\\\\|\\\\\"){0,6}", 1..5)) {
            let members: Vec<String> = texts.iter().map(|text| format!("\"{text}\",NaN")).collect();
            let json = format!("[{}]", members.join(","));
            let value: Value = serde_json::from_str(&repair(&json).unwrap()).unwrap();
            let list = value.as_array().unwrap();
            prop_assert_eq!(list.len(), 2 * texts.len());
            for (pair, text) in list.chunks(2).zip(&texts) {
                prop_assert_eq!(pair[1].as_str(), Some("NaN"));
                let chars = pair[0].as_str().unwrap().chars().count();
                prop_assert!(chars <= text.chars().count());
            }
        }
    }
}
