//! A text of comma-separated values as an array of its lines, each an array of its fields, in JSON.
//!
//! So what is read of it is read as everything else is: lines as rows, fields by index, values by type.

use std::fmt::Write as _;

use crate::json::single;

/// Appends the lines of `text` to `json`, without the outer brackets; how many there are. Blank lines are none.
///
/// A field is a number where it is written as one, and missing where it is empty; digits with leading zeros are a code
/// and stay a text. Spaces around fields do not count. There is no line of names.
///
/// # Errors
/// There are more than `most` lines; some are written then.
pub(crate) fn append(text: &str, most: usize, json: &mut String) -> Result<usize, TooMany> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .buffer_capacity(text.len().clamp(16, 1 << 13))
        .from_reader(text.as_bytes());
    let mut fields = csv::StringRecord::new();
    let mut lines = 0;
    // Reading from memory cannot fail, and what is cut out of a text at commas is text.
    while reader.read_record(&mut fields).unwrap_or(false) {
        if lines == most {
            return Err(TooMany);
        }
        json.push_str(if lines == 0 { "[" } else { ",[" });
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            append_field(field, json);
        }
        json.push(']');
        lines += 1;
    }
    Ok(lines)
}

/// More lines than are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

fn append_field(field: &str, json: &mut String) {
    let is_json = || single(field, 0).is_some_and(|(cell, end)| end == field.len() && cell.is_number());
    if field.is_empty() {
        json.push_str("null");
    } else if is_json() || is_integer(field) {
        json.push_str(field);
    } else if let Some(number) = other_number(field) {
        // Writing to a text cannot fail.
        let _ = write!(json, "{number:?}");
    } else {
        append_text(field, json);
    }
}

fn append_text(text: &str, json: &mut String) {
    json.push('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(char));
            }
            _ => json.push(char),
        }
    }
    json.push('"');
}

/// Whether it is an integer of more digits than are read at once; of fewer than a 64-bit float has.
fn is_integer(field: &str) -> bool {
    let digits = field.strip_prefix('-').unwrap_or(field);
    (1..300).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number that JSON writes otherwise: `+1`, `.5` or `5.`.
fn other_number(field: &str) -> Option<f64> {
    let size = field.strip_prefix(['+', '-']).unwrap_or(field);
    let is_code = size.starts_with('0') && size.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let begins = size.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (begins && !is_code).then(|| field.parse().ok())?.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> String {
        let mut json = String::new();
        let count = append(text, 100, &mut json).unwrap();
        let value: serde_json::Value = serde_json::from_str(&format!("[{json}]")).unwrap();
        assert_eq!(value.as_array().unwrap().len(), count);
        json
    }

    #[test]
    fn fields_are_typed_as_they_are_written() {
        assert_eq!(lines("132,25,0.04\n"), "[132,25,0.04]");
        assert_eq!(lines("1, -2.5 ,1e3\r\n\r\n+1,.5,5.\n"), "[1,-2.5,1e3],[1.0,0.5,5.0]");
        assert_eq!(lines("\"a, \"\"b\"\"\n\\\",é,,\"\""), r#"["a, \"b\"\u000a\\","é",null,null]"#);
        assert_eq!(
            lines("007,-01,0,0.5,NaN,1.2.3,0x1,1_000,."),
            r#"["007","-01",0,0.5,"NaN","1.2.3","0x1","1_000","."]"#
        );
        assert_eq!(lines("1,2\n3"), "[1,2],[3]");
        assert_eq!(lines("12345678901234567890,1e999"), "[12345678901234567890,\"1e999\"]");
        assert_eq!((lines(""), lines("\n"), lines("\"")), (String::new(), String::new(), "[null]".to_owned()));
    }

    #[test]
    fn no_more_lines_are_read_than_are_wanted() {
        let mut json = String::new();
        assert_eq!(append(&"1,2\n".repeat(1_000_000), 5, &mut json), Err(TooMany));
        assert!(json.len() < 100, "{json}");
    }
}
