//! JSON values one after the other: one a line, or wherever they end.

use std::io::{self, BufRead, BufReader, Read};

use crate::blob::Stream;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the values of a file follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line, which is read without looking into it.
    Lines,
    /// The elements of one array.
    Array,
    /// Each over as many lines as it takes.
    Spread,
}

/// The values of a file as texts, without a look at what they are.
#[derive(Debug)]
pub(super) struct Items {
    reader: BufReader<Stream>,
    layout: Layout,
    bytes: Vec<u8>,
    /// Line in which the value begins that was read last, from 1.
    line: u64,
    /// Line ends read so far.
    ends: u64,
    /// The opening bracket of an array was read, or its closing one.
    opened: bool,
    closed: bool,
}

/// Why there is no next value.
#[derive(Debug)]
pub(super) enum ItemError {
    /// The bytes cannot be read.
    Io(io::Error),
    /// There is something else in this line, from 1.
    Shape { line: u64, what: &'static str },
}

impl Layout {
    /// By the beginning of a file.
    pub(super) fn of_head(head: &[u8]) -> Self {
        let text = text_of(head, true).trim_ascii_start();
        match text.first() {
            Some(b'[') => Self::Array,
            Some(b'{') => {
                let first = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
                // A line that goes on where it ends is one of several.
                let goes_on = first.len() < text.len() && depth(first) > 0;
                if goes_on { Self::Spread } else { Self::Lines }
            }
            _ => Self::Lines,
        }
    }
}

/// Objects and arrays that are still open at the end of a text.
fn depth(text: &[u8]) -> i64 {
    let mut scan = Scan::default();
    for byte in text {
        scan.step(*byte);
    }
    scan.depth
}

/// Where in a JSON text a byte stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    pub(super) depth: i64,
    pub(super) quoted: bool,
    escaped: bool,
}

impl Scan {
    pub(super) fn step(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
    }
}

impl Items {
    pub(super) fn new(stream: Stream, layout: Layout) -> Self {
        let reader = BufReader::with_capacity(256 << 10, stream);
        Self { reader, layout, bytes: Vec::new(), line: 0, ends: 0, opened: false, closed: false }
    }

    /// Line of the value that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Lines that were read, in part or whole.
    pub(super) fn lines(&self) -> u64 {
        self.ends
    }

    /// The value that was read last.
    pub(super) fn text(&self) -> &[u8] {
        text_of(&self.bytes, self.line == 1)
    }

    /// The same, to keep.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        let mark = self.bytes.len() - self.text().len();
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.drain(..mark);
        bytes
    }

    /// Reads the next value; false at the end. Blank lines are passed over. Of one longer than `most`, enough is kept to
    /// find it too long.
    pub(super) fn advance(&mut self, most: u64) -> Result<bool, ItemError> {
        loop {
            self.bytes.clear();
            let more = match self.layout {
                Layout::Lines => {
                    let read = read_line(&mut self.reader, &mut self.bytes, most).map_err(ItemError::Io)?;
                    self.ends += u64::from(read);
                    self.line = self.ends;
                    read
                }
                Layout::Spread => self.next_value(most)?,
                Layout::Array => self.next_element(most)?,
            };
            if !more {
                return Ok(false);
            }
            if !self.text().trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn next_element(&mut self, most: u64) -> Result<bool, ItemError> {
        let shape = |this: &Self, what| ItemError::Shape { line: this.ends + 1, what };
        if !self.opened {
            self.opened = true;
            if self.peek()? != Some(b'[') {
                return Err(shape(self, "an array begins with ["));
            }
            self.reader.consume(1);
            if self.peek()? == Some(b']') {
                self.reader.consume(1);
                self.closed = true;
            }
        } else if !self.closed {
            let found = self.peek()?;
            self.reader.consume(usize::from(found.is_some()));
            match found {
                Some(b',') => {}
                Some(b']') => self.closed = true,
                Some(_) => return Err(shape(self, "expected , or ] after an element of the array")),
                None => return Err(shape(self, "the array is not closed; the file was cut short")),
            }
        }
        if self.closed {
            return match self.peek()? {
                None => Ok(false),
                Some(_) => Err(shape(self, "something follows the array")),
            };
        }
        self.next_value(most)
    }

    /// The next byte that is no space; nothing at the end.
    fn peek(&mut self) -> Result<Option<u8>, ItemError> {
        loop {
            let ahead = self.reader.fill_buf().map_err(ItemError::Io)?;
            if ahead.is_empty() {
                return Ok(None);
            }
            let marks = if self.ends == 0 && ahead.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
            let rest = ahead.get(marks..).unwrap_or_default();
            let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.ends += rest.iter().take(spaces).filter(|byte| **byte == b'\n').count() as u64;
            let found = rest.get(spaces).copied();
            self.reader.consume(marks + spaces);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Reads one value: an object or array to its end, anything else to the comma, bracket or space behind it.
    fn next_value(&mut self, most: u64) -> Result<bool, ItemError> {
        let Some(first) = self.peek()? else { return Ok(false) };
        self.line = self.ends + 1;
        let nested = matches!(first, b'{' | b'[');
        let mut scan = Scan::default();
        loop {
            let ahead = self.reader.fill_buf().map_err(ItemError::Io)?;
            if ahead.is_empty() {
                // What was cut short is left to the parser, which says so.
                return Ok(true);
            }
            let (mut taken, mut done) = (0, false);
            for byte in ahead {
                let ends_before = !nested
                    && scan.depth == 0
                    && !scan.quoted
                    && (matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace());
                if ends_before {
                    done = true;
                    break;
                }
                scan.step(*byte);
                self.ends += u64::from(*byte == b'\n');
                taken += 1;
                if nested && scan.depth <= 0 {
                    done = true;
                    break;
                }
            }
            if self.bytes.len() as u64 <= most {
                self.bytes.extend_from_slice(ahead.get(..taken).unwrap_or_default());
            }
            // A byte that begins no value is one by itself, or nothing would ever be read.
            let stuck = done && taken == 0 && self.bytes.is_empty();
            if stuck {
                self.bytes.push(first);
            }
            self.reader.consume(taken + usize::from(stuck));
            if done {
                return Ok(true);
            }
        }
    }
}

/// A line without the byte order mark that may stand before the first one.
fn text_of(line: &[u8], is_first: bool) -> &[u8] {
    if is_first { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line }
}

/// Appends the next line to `line`; of one longer than `most`, enough for a decoder to find it too long. False at the
/// end of the file.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, most: u64) -> io::Result<bool> {
    let most = most.saturating_add(1);
    if reader.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.ends_with(b"\n") || (line.len() as u64) < most {
        return Ok(true);
    }
    // The rest of the line, without keeping it.
    loop {
        let ahead = reader.fill_buf()?;
        let end = memchr::memchr(b'\n', ahead);
        let (passed, done) = end.map_or((ahead.len(), ahead.is_empty()), |end| (end + 1, true));
        reader.consume(passed);
        if done {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let layout = Layout::of_head(text.as_bytes());
        let stream = Stream::Layered(Box::new(io::Cursor::new(text.to_owned().into_bytes())));
        let mut items = Items::new(stream, layout);
        let mut found = Vec::new();
        loop {
            match items.advance(1 << 20) {
                Ok(true) => found.push(format!("{}: {}", items.line(), String::from_utf8_lossy(items.text()).trim())),
                Ok(false) => return found,
                Err(ItemError::Shape { line, what }) => {
                    found.push(format!("{line}: {what}"));
                    return found;
                }
                Err(ItemError::Io(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn values_are_found_however_they_follow_one_another() {
        let objects = ["1: {\"a\":1}", "2: {\"a\":2}"];
        assert_eq!(of("{\"a\":1}\n{\"a\":2}\n"), objects);
        assert_eq!(of("\u{feff}{\"a\":1}\n\n{\"a\":2}"), ["1: {\"a\":1}", "3: {\"a\":2}"]);
        assert_eq!(of("[{\"a\":1},\n{\"a\":2}]\n"), objects);
        assert_eq!(of(" \u{20}[ ]"), [""; 0]);
        assert_eq!(of("{\n\"a\": \"}\\\"\"\n}\n{\n}\n"), ["1: {\n\"a\": \"}\\\"\"\n}", "4: {\n}"]);
        assert_eq!(of("[1, [2, 3], \"x,]\", null]"), ["1: 1", "1: [2, 3]", "1: \"x,]\"", "1: null"]);
        assert_eq!(of("\u{feff}[\n{}]"), ["2: {}"]);
    }

    #[test]
    fn what_is_no_array_is_said() {
        assert_eq!(of("[{}\n{}]"), ["1: {}", "2: expected , or ] after an element of the array"]);
        assert_eq!(of("[{},\n"), ["1: {}"]);
        assert_eq!(of("[{}"), ["1: {}", "1: the array is not closed; the file was cut short"]);
        assert_eq!(of("[{}]\n{}"), ["1: {}", "2: something follows the array"]);
        assert_eq!(of("[,{}]"), ["1: ,", "1: expected , or ] after an element of the array"]);
        assert_eq!(of("{\n\"a\": 1"), ["1: {\n\"a\": 1"]);
    }
}
