//! The scanner agrees with `serde_json` wherever it does not give up.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What the scanner reads from `text`, which must be all of it, and what `serde_json` does.
fn both(text: &str) -> (Option<Value>, Option<Value>) {
    let scanned = single(text, 0).filter(|(_, end)| *end == text.len()).map(|(cell, _)| match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => value.into(),
        Cell::Integer(value) => value.into(),
        Cell::Float(value) => value.into(),
        Cell::Text(span) => span.of(text).into(),
        cell => panic!("{cell:?} cannot be scanned"),
    });
    let parsed = if WORDS.contains(&text) { Some(text.into()) } else { serde_json::from_str(text).ok() };
    (scanned, parsed)
}

fn same(a: &Value, b: &Value) -> bool {
    // Equality of floats would take -0.0 for 0.0.
    let (left, right) = (a.to_string(), b.to_string());
    a == b && left == right
}

#[test]
fn ordinary_values_are_scanned() {
    let texts = [
        "0",
        "-0",
        "7",
        "-12",
        "999999999999999999",
        "0.5",
        "-0.0",
        "12.25",
        "0.1",
        "0.30000000000000004",
        "1e3",
        "-2.5E-7",
        "123456789.123456789",
        "9007199254740993.0",
        "12345678901234567890.5",
        "\"\"",
        "\"ab c\"",
        "\"é\"",
        "true",
        "false",
        "null",
        "NaN",
        "Infinity",
        "-Infinity",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
    ];
    for text in texts {
        let (scanned, parsed) = both(text);
        assert!(same(&scanned.unwrap(), &parsed.unwrap()), "{text}");
    }
}

#[test]
fn what_is_not_json_is_left_alone() {
    let texts = [
        "",
        "-",
        "01",
        "-01",
        "00",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "+1",
        "0x10",
        "--1",
        "\"",
        "\"a",
        "\"a\u{1}\"",
        "tru",
        "nul",
        "nan",
        "Inf",
        "-NaN",
        "1e999",
        "-1e999",
        "\"\t\"",
    ];
    for text in texts {
        let (scanned, parsed) = both(text);
        assert_eq!((scanned, parsed), (None, None), "{text}");
    }
}

#[test]
fn what_is_rare_is_left_to_the_complete_parser() {
    for text in ["\"a\\n\"", "12345678901234567890", "-9223372036854775808", "[1]", "{}"] {
        let (scanned, parsed) = both(text);
        assert!(scanned.is_none() && parsed.is_some(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn numbers_are_read_alike(text in "-?[0-9]{1,20}(\\.[0-9]{0,20})?([eE][-+]?[0-9]{1,3})?") {
        let (scanned, parsed) = both(&text);
        if let Some(scanned) = scanned {
            prop_assert!(same(&scanned, &parsed.unwrap()), "{}", text);
        }
    }

    /// With something behind them, as in a record: sixteen bytes at a time, and a digit at a time.
    #[test]
    fn numbers_within_records_are_read_alike(text in "-?[0-9]{1,9}(\\.[0-9]{0,9})?([eE][-+]?[0-9])?", rest in "[,}\\] ].{0,20}") {
        let json = format!("{text}{rest}");
        let by_digit = any_number(&json, 0, json.as_bytes());
        prop_assert_eq!(single(&json, 0), by_digit);
        let before = format!("\"name\":{text}");
        let by_range = filling(&before, 7, before.len());
        prop_assert_eq!(by_range, by_digit.filter(|(_, end)| *end == text.len()).map(|(cell, _)| cell));
        prop_assert_eq!(by_digit.is_some(), serde_json::from_str::<Value>(&text).is_ok());
    }

    #[test]
    fn texts_of_any_length_end_at_their_quote(text in "[a-zé ]{0,50}", rest in "[,}\"].{0,40}") {
        let json = format!("\"{text}\"{rest}");
        let (cell, end) = single(&json, 0).unwrap();
        prop_assert_eq!((cell, end), (Cell::Text(Span::new(1, text.len() + 1)), text.len() + 2));
    }

    #[test]
    fn what_fills_a_range_is_what_is_read_of_it_alone(json in "[-.0-9eE\"a,\\\\n]{0,24}", from in 0..24_usize, len in 0..24_usize) {
        let (from, to) = (from.min(json.len()), (from + len).min(json.len()));
        let alone = single(&json[from..to], 0).filter(|(_, end)| *end == to - from).map(|(cell, _)| match cell {
            Cell::Text(span) => Cell::Text(Span::new(from + span.start as usize, from + span.end as usize)),
            cell => cell,
        });
        // Before anything but a comma or a bracket it may give up.
        if let Some(cell) = filling(&json, from, to) {
            prop_assert_eq!(Some(cell), alone);
        }
    }

    #[test]
    fn floats_are_read_alike(number in any::<f64>().prop_filter("JSON has no others", |x| x.is_finite())) {
        let text = serde_json::to_string(&number).unwrap();
        let (scanned, parsed) = both(&text);
        prop_assert!(same(&scanned.unwrap(), &parsed.unwrap()), "{}", text);
    }

    #[test]
    fn anything_is_read_alike(text in "([-+0-9.eEtrufalsn\"\\\\ \u{1}é]{0,8}|-?(NaN|Infinity)[-, 0a]?)") {
        let (scanned, parsed) = both(&text);
        if let Some(scanned) = scanned {
            prop_assert!(same(&scanned, &parsed.unwrap()), "{}", text);
        }
    }
}
