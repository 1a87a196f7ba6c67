//! The first lines of a CSV file, before anything is known of it.

/// Lines that are looked at.
const MOST: usize = 64;

/// A line, which goes on over line ends within quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Line ends before it.
    pub(super) number: usize,
    pub(super) text: &'a [u8],
}

/// The first lines of `head`; the last one only where `whole` says that it ends there.
pub(super) fn lines(head: &[u8], whole: bool) -> Vec<Line<'_>> {
    let (mut lines, mut start, mut number, mut ends, mut quoted) = (Vec::new(), 0, 0, 0, false);
    let mut after_return = false;
    for (at, byte) in head.iter().enumerate() {
        let second_half = after_return && *byte == b'\n';
        after_return = *byte == b'\r';
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if second_half => start = if start == at { at + 1 } else { start },
            b'\n' | b'\r' => {
                ends += 1;
                if !quoted {
                    lines.push(Line { number, text: head.get(start..at).unwrap_or_default() });
                    (start, number) = (at + 1, ends);
                    if lines.len() == MOST {
                        return lines;
                    }
                }
            }
            _ => {}
        }
    }
    if whole && start < head.len() {
        lines.push(Line { number, text: head.get(start..).unwrap_or_default() });
    }
    lines
}

/// How often `byte` stands in a line, outside quotes.
pub(super) fn occurrences(line: &[u8], byte: u8) -> usize {
    let mut quoted = false;
    let outside = |each: &&u8| {
        quoted ^= **each == b'"';
        **each == byte && !quoted
    };
    line.iter().filter(outside).count()
}

/// The fields of a line, with the spaces around them and, where they have any, within their quotes.
pub(super) fn fields(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut quoted = false;
    let split = line.split(|byte| {
        quoted ^= *byte == b'"';
        *byte == delimiter && !quoted
    });
    let text = |field: &[u8]| {
        let text = String::from_utf8_lossy(field).into_owned();
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned);
        bare.unwrap_or(text)
    };
    split.map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_way_and_go_on_within_quotes() {
        let of = |text: &str| {
            let lines = lines(text.as_bytes(), true).into_iter();
            lines.map(|line| format!("{} {}", line.number, String::from_utf8_lossy(line.text))).collect::<Vec<_>>()
        };
        assert_eq!(of("a\nb\r\n\rc"), ["0 a", "1 b", "2 ", "3 c"]);
        assert_eq!(of("a,\"x\ny\"\nb\n"), ["0 a,\"x\ny\"", "2 b"]);
        assert_eq!(lines(b"a\nb", false).len(), 1);
        assert_eq!(fields(b"a,\"b,c\",", b','), ["a", "b,c", ""]);
        assert_eq!(occurrences(b"a,\"b,c\",", b','), 2);
    }
}
