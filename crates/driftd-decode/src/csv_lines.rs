//! A text of comma-separated values as an array of its lines, each an array of its fields, in JSON.
//!
//! So what is read of it is read as everything else is: lines as rows, fields by index, values by type.

use std::io::Write as _;

use csv_core::{ReadRecordResult, Reader};
use driftd_window::is_code;

use crate::json::single;

/// Reads texts one after the other; what splits them is made once and kept.
#[derive(Debug)]
pub(crate) struct CsvLines {
    reader: Reader,
    /// The fields of a line one behind the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    json: Vec<u8>,
}

/// More lines than are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Default for CsvLines {
    fn default() -> Self {
        // The default reader is one that knows no delimiter.
        Self { reader: Reader::new(), fields: Vec::new(), ends: Vec::new(), json: Vec::new() }
    }
}

impl CsvLines {
    /// The lines of `text` as JSON without the outer brackets, and how many there are. Blank lines are none.
    ///
    /// A field is a number where it is written as one, and missing where it is empty; digits with leading zeros are a code
    /// and stay a text. Spaces around fields do not count. There is no line of names.
    ///
    /// # Errors
    /// There are more than `most` lines.
    pub(crate) fn read(&mut self, text: &str, most: usize) -> Result<(&str, usize), TooMany> {
        self.reader.reset();
        self.json.clear();
        let (mut rest, mut lines) = (text.as_bytes(), 0);
        while let Some(fields) = self.next(&mut rest) {
            if lines == most {
                return Err(TooMany);
            }
            self.json.extend_from_slice(if lines == 0 { b"[" } else { b",[" });
            let mut start = 0;
            for at in 0..fields {
                if at > 0 {
                    self.json.push(b',');
                }
                let end = self.ends.get(at).copied().unwrap_or(start);
                // What is cut out of a text at commas is text.
                let field = self.fields.get(start..end).and_then(|field| std::str::from_utf8(field).ok());
                append_field(field.unwrap_or_default().trim(), &mut self.json);
                start = end;
            }
            self.json.push(b']');
            lines += 1;
        }
        Ok((std::str::from_utf8(&self.json).unwrap_or_default(), lines))
    }

    /// Takes the next line off `rest`; how many fields it has, nothing at the end.
    fn next(&mut self, rest: &mut &[u8]) -> Option<usize> {
        let Self { reader, fields, ends, .. } = self;
        let (mut written, mut ended) = (0, 0);
        loop {
            let (room, room_for_ends) = (fields.get_mut(written..)?, ends.get_mut(ended..)?);
            let (result, read, wrote, ends_wrote) = reader.read_record(rest, room, room_for_ends);
            *rest = rest.get(read..).unwrap_or_default();
            written += wrote;
            ended += ends_wrote;
            match result {
                // Asked again without any input, it knows that there is no more.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => fields.resize((2 * fields.len()).max(1 << 10), 0),
                ReadRecordResult::OutputEndsFull => ends.resize((2 * ends.len()).max(1 << 5), 0),
                ReadRecordResult::Record => return Some(ended),
                ReadRecordResult::End => return None,
            }
        }
    }
}

/// Writing to memory cannot fail.
fn append_field(field: &str, json: &mut Vec<u8>) {
    let is_json = || single(field, 0).is_some_and(|(cell, end)| end == field.len() && cell.is_number());
    let _ = if field.is_empty() {
        json.write_all(b"null")
    } else if is_json() || is_integer(field) {
        json.write_all(field.as_bytes())
    } else if let Some(number) = other_number(field) {
        write!(json, "{number:?}")
    } else {
        serde_json::to_writer(json, field).map_err(Into::into)
    };
}

/// Whether it is an integer of more digits than are read at once; of fewer than a 64-bit float has.
fn is_integer(field: &str) -> bool {
    let digits = field.strip_prefix('-').unwrap_or(field);
    (1..300).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number that JSON writes otherwise: `+1`, `.5` or `5.`.
fn other_number(field: &str) -> Option<f64> {
    let size = field.strip_prefix(['+', '-']).unwrap_or(field);
    let begins = size.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (begins && !is_code(size)).then(|| field.parse().ok())?.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(csv: &mut CsvLines, text: &str) -> String {
        let (json, count) = csv.read(text, 100).unwrap();
        let value: serde_json::Value = serde_json::from_str(&format!("[{json}]")).unwrap();
        assert_eq!(value.as_array().unwrap().len(), count);
        json.to_owned()
    }

    fn lines(text: &str) -> String {
        lines_of(&mut CsvLines::default(), text)
    }

    #[test]
    fn fields_are_typed_as_they_are_written() {
        assert_eq!(lines("132,25,0.04\n"), "[132,25,0.04]");
        assert_eq!(lines("1, -2.5 ,1e3\r\n\r\n+1,.5,5.\n"), "[1,-2.5,1e3],[1.0,0.5,5.0]");
        assert_eq!(lines("\"a, \"\"b\"\"\n\\\",é,,\""), r#"["a, \"b\"\n\\","é",null,null]"#);
        assert_eq!(
            lines("007,-01,0,0.5,00.5,NaN,1.2.3,0x1,1_000,."),
            r#"["007","-01",0,0.5,0.5,"NaN","1.2.3","0x1","1_000","."]"#
        );
        assert_eq!(lines("1,2\n3"), "[1,2],[3]");
        assert_eq!(lines("12345678901234567890,1e999"), "[12345678901234567890,\"1e999\"]");
        assert_eq!((lines(""), lines("\n"), lines("\"")), (String::new(), String::new(), "[null]".to_owned()));
        let long = "é".repeat(5_000);
        assert_eq!(lines(&format!("{}{long}", "1,".repeat(500))), format!("[{}\"{long}\"]", "1,".repeat(500)));
    }

    #[test]
    fn what_was_read_before_leaves_nothing_behind() {
        let mut csv = CsvLines::default();
        for text in ["\"open,\n1", "1,2,3\n4", "a", "", "\"", "5,6"] {
            assert_eq!(lines_of(&mut csv, text), lines(text), "{text:?}");
        }
        assert_eq!(csv.read("1\n2\n3", 2), Err(TooMany));
        assert_eq!(lines_of(&mut csv, "7,8"), "[7,8]");
    }

    #[test]
    fn no_more_lines_are_read_than_are_wanted() {
        let mut csv = CsvLines::default();
        assert_eq!(csv.read(&"1,2\n".repeat(1_000_000), 5), Err(TooMany));
        assert!(csv.json.len() < 100, "{:?}", csv.json.len());
    }
}
