//! What some CSV files need done to their bytes before they are parsed.

use std::io::{self, BufRead, BufReader, Read};

use crate::blob::Stream;

/// Passes over the first `lines` lines of `stream`.
pub(super) fn without_first(stream: Stream, lines: usize) -> io::Result<Stream> {
    if lines == 0 {
        return Ok(stream);
    }
    let mut reader = BufReader::with_capacity(64 << 10, stream);
    let (mut left, mut returned) = (lines, false);
    while left > 0 {
        let ahead = reader.fill_buf()?;
        if ahead.is_empty() {
            break;
        }
        let mut passed = 0;
        for byte in ahead {
            let second_half = returned && *byte == b'\n';
            returned = *byte == b'\r';
            passed += 1;
            if matches!(byte, b'\n' | b'\r') && !second_half {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        reader.consume(passed);
    }
    if returned && reader.fill_buf()?.first() == Some(&b'\n') {
        reader.consume(1);
    }
    Ok(Stream::Layered(Box::new(reader)))
}

/// Leaves out the spaces before fields, so that a quote behind them opens the field.
pub(super) fn without_spaces(stream: Stream, delimiter: u8) -> Stream {
    let (mut quoted, mut begins) = (false, true);
    let step = move |byte: u8, out: &mut Vec<u8>| {
        if begins && byte == b' ' && !quoted {
            return;
        }
        quoted ^= byte == b'"';
        begins = !quoted && (byte == delimiter || matches!(byte, b'\n' | b'\r'));
        out.push(byte);
    };
    Stream::Layered(Box::new(Mapped::new(stream, step)))
}

/// Writes quotes into the blank lines below the first line, so that they are rows of one field without a value.
pub(super) fn with_blank_rows(stream: Stream) -> Stream {
    // What stands in the line so far, from the second line on.
    let (mut quoted, mut blank, mut below, mut returned) = (false, true, false, false);
    let step = move |byte: u8, out: &mut Vec<u8>| {
        let second_half = returned && byte == b'\n';
        returned = byte == b'\r' && !quoted;
        match byte {
            b'\n' | b'\r' if !quoted && !second_half => {
                if blank && below {
                    out.extend_from_slice(b"\"\"");
                }
                (below, blank) = (below || !blank, true);
            }
            b'\n' | b'\r' => {}
            _ => {
                quoted ^= byte == b'"';
                blank = false;
            }
        }
        out.push(byte);
    };
    Stream::Layered(Box::new(Mapped::new(stream, step)))
}

/// Bytes that become other bytes, one after the other.
struct Mapped<F> {
    reader: BufReader<Stream>,
    step: F,
    out: Vec<u8>,
    taken: usize,
}

impl<F: FnMut(u8, &mut Vec<u8>)> Mapped<F> {
    fn new(stream: Stream, step: F) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, stream), step, out: Vec::new(), taken: 0 }
    }
}

impl<F: FnMut(u8, &mut Vec<u8>)> Read for Mapped<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.out.len() {
            self.taken = 0;
            self.out.clear();
            let ahead = self.reader.fill_buf()?;
            if ahead.is_empty() {
                return Ok(0);
            }
            for byte in ahead {
                (self.step)(*byte, &mut self.out);
            }
            let passed = ahead.len();
            self.reader.consume(passed);
        }
        let ready = self.out.get(self.taken..).unwrap_or_default();
        let read = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), ready.get(..read)) {
            to.copy_from_slice(from);
        }
        self.taken += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str) -> Stream {
        Stream::Layered(Box::new(io::Cursor::new(text.to_owned().into_bytes())))
    }

    fn read(mut stream: Stream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn lines_spaces_and_blank_rows() {
        for text in ["title\n\na,b\n", "title\r\n\r\na,b\n", "title\r\ra,b\n"] {
            assert_eq!(read(without_first(stream(text), 2).unwrap()), "a,b\n", "{text:?}");
        }
        assert_eq!(read(without_first(stream("one"), 2).unwrap()), "");
        assert_eq!(read(without_spaces(stream("a, b\n 1,  \"x, y\" ,z z"), b',')), "a,b\n1,\"x, y\" ,z z");
        assert_eq!(read(with_blank_rows(stream("\nx\n\n1\n\n\n2\n"))), "\nx\n\"\"\n1\n\"\"\n\"\"\n2\n");
        assert_eq!(read(with_blank_rows(stream("x\r\n\r\n1\r\n"))), "x\r\n\"\"\r\n1\r\n");
        assert_eq!(read(with_blank_rows(stream("x\n\"a\n\nb\"\n"))), "x\n\"a\n\nb\"\n");
    }
}
