//! A data frame in one JSON object, written anew as one object a row.
//!
//! Data frames are written column by column by default, so the first row is known when the last column was read. The
//! text is held in memory for that, up to a limit; the rows go to a temporary file.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::Path;

use serde::de::IgnoredAny;

use super::items::Scan;
use super::lines::Lines;
use crate::DatasetError;
use crate::blob::Blob;
use crate::limits::{MAX_FRAME_BYTES, MAX_FRAME_ROWS, MAX_FRAME_VALUES};

/// A member of an object or an element of an array, as it is written.
type Text<'a> = &'a [u8];

/// How a data frame lies in its object. Names are texts in quotes, as they are written.
enum Frame<'a> {
    /// By column, then by row: `{"x": {"0": 1, "1": 2}}` or `{"x": [1, 2]}`.
    Columns(Vec<(Text<'a>, Vec<Text<'a>>)>),
    /// By row: `{"0": {"x": 1}, "1": {"x": 2}}`, or the member `data` of a table with a schema.
    Rows(Vec<Text<'a>>),
    /// Names and rows apart: `{"columns": ["x"], "data": [[1], [2]]}`.
    Split(Vec<Text<'a>>, Vec<Vec<Text<'a>>>),
}

impl Frame<'_> {
    /// Bytes that its rows have when they are written, at most; it has `bytes` itself.
    fn written(&self, bytes: usize) -> u64 {
        let (rows, names): (usize, usize) = match self {
            Self::Columns(columns) => {
                let names = columns.iter().map(|(name, _)| name.len()).sum();
                (columns.first().map_or(0, |(_, values)| values.len()), names)
            }
            Self::Rows(rows) => (rows.len(), 0),
            Self::Split(names, rows) => (rows.len(), names.iter().map(|name| name.len()).sum()),
        };
        // Between them stand a few bytes a value.
        (names as u64).saturating_mul(rows as u64).saturating_add(4 * bytes as u64)
    }
}

/// The rows of `blob` as lines, if it holds one object and that is a data frame; nothing if it holds records.
pub(super) fn unfold(blob: &Blob) -> Result<Option<File>, DatasetError> {
    // What is no object is not read any further: a line may be as long as the file.
    let head = blob.head()?.0;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    if !text.trim_ascii_start().starts_with(b"{") {
        return Ok(None);
    }
    let mut lines = Lines::open(blob)?;
    let more = |lines: &mut Lines| match lines.advance(MAX_FRAME_BYTES) {
        // The reader of records says it better.
        Err(DatasetError::BadJson { .. }) => Ok(false),
        read => read,
    };
    if !more(&mut lines)? {
        return Ok(None);
    }
    let large = || DatasetError::LargeFrame { path: blob.path().to_owned() };
    if lines.text().len() as u64 > MAX_FRAME_BYTES {
        return Err(large());
    }
    let object = lines.take_text();
    if more(&mut lines)? || serde_json::from_slice::<IgnoredAny>(&object).is_err() {
        return Ok(None);
    }
    // What is held of a value is larger than the shortest of them, and a list or an object takes as much as several.
    let weigh = |byte: &u8| match byte {
        b',' | b':' => 1,
        b'[' | b'{' => 6,
        _ => 0,
    };
    if object.iter().map(weigh).sum::<usize>() > 2 * MAX_FRAME_VALUES {
        return Err(large());
    }
    match frame(&object) {
        // Names stand in every row: a long one above many rows would fill the disk.
        Some(frame) if frame.written(object.len()) > MAX_FRAME_ROWS => Err(large()),
        Some(frame) => write(blob.path(), &frame).map(Some),
        None => Ok(None),
    }
}

fn frame(object: &[u8]) -> Option<Frame<'_>> {
    let members = members(object)?;
    let of = |name: &[u8]| members.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    if let Some(rows) = of(b"\"data\"").and_then(elements) {
        if let Some(names) = of(b"\"columns\"").and_then(elements) {
            let rows: Vec<Vec<Text<'_>>> = rows.into_iter().map(elements).collect::<Option<_>>()?;
            let fits =
                rows.iter().all(|row| row.len() == names.len()) && names.iter().all(|name| name.starts_with(b"\""));
            return fits.then_some(Frame::Split(names, rows));
        }
        if of(b"\"schema\"").is_some() && rows.iter().all(|row| row.starts_with(b"{")) {
            return Some(Frame::Rows(rows));
        }
    }
    let columns: Option<Vec<_>> = members.iter().map(|(name, value)| Some((*name, elements(value)?))).collect();
    if let Some(columns) = columns {
        let rows = columns.first()?.1.len();
        let alike = columns.iter().all(|(_, values)| values.len() == rows);
        return (alike && rows > 1).then_some(Frame::Columns(columns));
    }
    let inner: Vec<Vec<(Text<'_>, Text<'_>)>> =
        members.iter().map(|(_, value)| self::members(value)).collect::<Option<_>>()?;
    let first = inner.first()?;
    let alike = inner.iter().all(|object| object.iter().map(|(key, _)| key).eq(first.iter().map(|(key, _)| key)));
    let numbered = |keys: &mut dyn Iterator<Item = Text<'_>>| {
        keys.zip(0_usize..).all(|(key, number)| key == format!("\"{number}\"").as_bytes())
    };
    let by_column = numbered(&mut first.iter().map(|(key, _)| *key));
    let by_row = numbered(&mut members.iter().map(|(key, _)| *key));
    if !by_column && by_row {
        return Some(Frame::Rows(members.into_iter().map(|(_, row)| row).collect()));
    }
    // One object within one object is a record with a group of members; rows with names of their own need two columns.
    if alike && !first.is_empty() && (by_column || members.len() > 1 && first.len() > 1) {
        let values = |object: Vec<(_, _)>| object.into_iter().map(|(_, value)| value).collect();
        let columns = members.into_iter().zip(inner).map(|((name, _), object)| (name, values(object)));
        return Some(Frame::Columns(columns.collect()));
    }
    None
}

fn write(path: &Path, frame: &Frame<'_>) -> Result<File, DatasetError> {
    let mut out = BufWriter::with_capacity(256 << 10, tempfile::tempfile().map_err(DatasetError::spill)?);
    let written = match frame {
        Frame::Rows(rows) => rows.iter().try_for_each(|row| line(&mut out, row)),
        Frame::Split(names, rows) => {
            rows.iter().try_for_each(|row| object(&mut out, names.iter().copied().zip(row.iter().copied())))
        }
        Frame::Columns(columns) => {
            let rows = columns.first().map_or(0, |(_, values)| values.len());
            (0..rows).try_for_each(|row| {
                object(&mut out, columns.iter().filter_map(|(name, values)| Some((*name, *values.get(row)?))))
            })
        }
    };
    let file = written.and_then(|()| out.into_inner().map_err(std::io::IntoInnerError::into_error));
    let mut file = file.map_err(DatasetError::spill)?;
    file.rewind().map_err(|error| DatasetError::io(path, error))?;
    Ok(file)
}

fn object<'a>(out: &mut impl Write, members: impl Iterator<Item = (Text<'a>, Text<'a>)>) -> std::io::Result<()> {
    let mut text = vec![b'{'];
    for (name, value) in members {
        if text.len() > 1 {
            text.push(b',');
        }
        text.extend_from_slice(name);
        text.push(b':');
        text.extend_from_slice(value);
    }
    text.push(b'}');
    line(out, &text)
}

/// Line ends within a value are between its tokens: in texts they are escaped.
fn line(out: &mut impl Write, text: &[u8]) -> std::io::Result<()> {
    let flat: Vec<u8> = text.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
    out.write_all(&flat)?;
    out.write_all(b"\n")
}

/// The elements of a valid array; nothing for anything else.
fn elements(text: &[u8]) -> Option<Vec<Text<'_>>> {
    let inner = text.trim_ascii().strip_prefix(b"[")?.strip_suffix(b"]")?;
    Some(split(inner, b',').into_iter().map(<[u8]>::trim_ascii).filter(|element| !element.is_empty()).collect())
}

/// The members of a valid object; nothing for anything else.
fn members(text: &[u8]) -> Option<Vec<(Text<'_>, Text<'_>)>> {
    let inner = text.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    if inner.trim_ascii().is_empty() {
        return Some(Vec::new());
    }
    let member = |member| match split(member, b':').as_slice() {
        [name, _, ..] => {
            let value = <[u8]>::get(member, name.len() + 1..)?;
            Some((name.trim_ascii(), value.trim_ascii()))
        }
        _ => None,
    };
    split(inner, b',').into_iter().map(member).collect()
}

/// The parts of a text between those bytes that stand outside of everything.
fn split(text: &[u8], at: u8) -> Vec<Text<'_>> {
    let mut scan = Scan::default();
    let outside = |byte: &u8| {
        scan.step(*byte);
        *byte == at && scan.depth == 0 && !scan.quoted
    };
    text.split(outside).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn rows(text: &str) -> Option<String> {
        let frame = frame(text.as_bytes())?;
        let mut rows = String::new();
        write(Path::new("x"), &frame).unwrap().read_to_string(&mut rows).unwrap();
        Some(rows)
    }

    #[test]
    fn every_orientation_of_a_frame_gives_the_same_rows() {
        let expected = "{\"x\":1,\"k\":\"a,\\\"}\"}\n{\"x\":2.5,\"k\":null}\n";
        for text in [
            r#"{"x":{"0":1,"1":2.5},"k":{"0":"a,\"}","1":null}}"#,
            r#"{"x":{"a":1,"b":2.5},"k":{"a":"a,\"}","b":null}}"#,
            "{\n \"x\" : [1 ,\n 2.5], \"k\": [ \"a,\\\"}\", null ]}",
            r#"{"columns":["x","k"],"index":[0,1],"data":[[1,"a,\"}"],[2.5,null]]}"#,
            r#"{"0":{"x":1,"k":"a,\"}"},"1":{"x":2.5,"k":null}}"#,
            r#"{"schema":{"fields":[]},"data":[{"x":1,"k":"a,\"}"},{"x":2.5,"k":null}]}"#,
        ] {
            assert_eq!(rows(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_record_is_no_frame() {
        for text in [
            "{}",
            r#"{"x":1,"k":"a"}"#,
            r#"{"features":{"x":1,"k":2}}"#,
            r#"{"id":"7","features":{"x":1,"k":2}}"#,
            r#"{"x":[1],"k":["a"]}"#,
            r#"{"x":[1,2],"k":["a"]}"#,
        ] {
            assert_eq!(rows(text), None, "{text}");
        }
    }
}
