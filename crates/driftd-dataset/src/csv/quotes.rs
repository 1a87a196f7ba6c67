//! Quotes, held against the rules: a parser that forgives takes rows that a stray quote opens for one long field.

use std::io::{BufRead, BufReader};

use crate::blob::Stream;

/// What the quotes of a file are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Every quote that opens a field is closed right before the field's end.
    Sound,
    /// One that opens in that line, from 1, is not.
    Stray(u64),
}

/// Reads all of `stream`. With `escaped`, a quote behind a backslash is text.
pub(super) fn check(stream: Stream, delimiter: u8, escaped: bool) -> std::io::Result<Quotes> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Begins,
        Bare,
        Quoted,
        /// A backslash within quotes.
        Escape,
        /// A quote within quotes: the end, or the first half of one that is meant.
        Closing,
    }
    let mut reader = BufReader::with_capacity(256 << 10, stream);
    let (mut state, mut line, mut opened) = (State::Begins, 1, 1);
    loop {
        let ahead = reader.fill_buf()?;
        if ahead.is_empty() {
            let open = matches!(state, State::Quoted | State::Escape);
            return Ok(if open { Quotes::Stray(opened) } else { Quotes::Sound });
        }
        for byte in ahead {
            let ends = *byte == delimiter || matches!(byte, b'\n' | b'\r');
            state = match (state, byte) {
                (State::Begins, b'"') => {
                    opened = line;
                    State::Quoted
                }
                (State::Begins | State::Bare, _) if ends => State::Begins,
                (State::Begins | State::Bare, _) => State::Bare,
                (State::Quoted, b'\\') if escaped => State::Escape,
                (State::Quoted, b'"') => State::Closing,
                (State::Quoted | State::Escape, _) => State::Quoted,
                (State::Closing, b'"') => State::Quoted,
                (State::Closing, _) if ends => State::Begins,
                (State::Closing, b' ') => State::Closing,
                (State::Closing, _) => return Ok(Quotes::Stray(opened)),
            };
            line += u64::from(*byte == b'\n');
        }
        let passed = ahead.len();
        reader.consume(passed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn of(text: &str, escaped: bool) -> Quotes {
        check(Stream::Layered(Box::new(Cursor::new(text.to_owned().into_bytes()))), b',', escaped).unwrap()
    }

    #[test]
    fn quotes_close_where_the_field_ends() {
        for sound in ["a,b\n", "\"a\",\"b\"\n", "\"a\"\"b\",\"c\nd\"", "5\" pipe,x\n", "\"a\" ,b", "\"C:\\\",b\n"] {
            assert_eq!(of(sound, false), Quotes::Sound, "{sound}");
        }
        assert_eq!(of("a\n\"say \\\"hi\\\" there\"\n", false), Quotes::Stray(2));
        assert_eq!(of("a\n\"say \\\"hi\\\" there\"\n", true), Quotes::Sound);
        assert_eq!(of("a,b\n1,\"x\n2,y\n", false), Quotes::Stray(2));
        assert_eq!(of("a,b\n1,\"x\n2,y\n3,\"z\"\n", false), Quotes::Stray(2));
    }
}
