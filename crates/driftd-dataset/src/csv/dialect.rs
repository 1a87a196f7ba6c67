//! How a CSV file is written, found out from its beginning.

use std::path::Path;

use driftd_model::{Delimiter, words};

use super::lines::{Line, fields, lines, occurrences};
use crate::DatasetError;
use crate::guess::parse_number;
use crate::notes::Notes;
use crate::options::CsvOptions;

/// The delimiters that are looked for.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Characters that could be delimiters and are more often something else.
const UNUSUAL: [u8; 8] = [b'^', b'~', 0x01, 0x1f, b':', b'#', b'&', b' '];
/// Lines that are held against each other.
const COMPARED: usize = 20;
/// Lines of a title at most.
const TITLE_LINES: usize = 12;

/// The way a CSV file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// Lines above the header.
    pub(super) skipped: usize,
    /// The first line that is not skipped names the columns.
    pub(super) header: bool,
    /// The line below the header names units and holds no values.
    pub(super) units: bool,
    /// Spaces around fields are no part of them.
    pub(super) spaced: bool,
    /// A quote within quotes is written with a backslash before it.
    pub(super) escaped: bool,
    /// There is one column and there are blank lines, which are rows without a value.
    pub(super) single: bool,
}

/// Finds out the dialect of a file that begins with `head`, `whole` if that is all of it, and notes what it found.
pub(super) fn of_head(
    path: &Path,
    head: &[u8],
    whole: bool,
    options: &CsvOptions,
    notes: &mut Notes,
) -> Result<Dialect, DatasetError> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut lines = lines(head, whole);
    let said = options.skip_lines.map(|lines| lines as usize);
    lines.retain(|line| line.number >= said.unwrap_or(0) && !line.text.trim_ascii().is_empty());
    let mut delimiter = options.delimiter.map(Delimiter::as_byte);
    let mut above = 0;
    if said.is_none() {
        if let Some(announced) = lines.first().and_then(announced) {
            delimiter = delimiter.or(Some(announced));
            lines.remove(0);
        }
        let comments = comments(&lines, delimiter);
        let titles = titles(lines.get(comments..).unwrap_or_default(), delimiter);
        above = comments + titles.map_or(0, |(lines, _)| lines);
        delimiter = delimiter.or(titles.map(|(_, delimiter)| delimiter));
    }
    let table = lines.get(above..).unwrap_or_default();
    if above > 0 {
        let shown = shortened(lines.first().map_or(&[][..], |line| line.text));
        let lines = words::counted(above as u64, "line", "lines");
        notes.add(path, format!("{lines} above the header passed over, the first of them {shown:?}"));
    }
    let Some(first) = table.first() else {
        let delimiter = delimiter.unwrap_or(b',');
        let (skipped, header) = (said.unwrap_or(0), options.header.unwrap_or(true));
        let dialect =
            Dialect { delimiter, skipped, header, units: false, spaced: false, escaped: false, single: false };
        return Ok(dialect);
    };
    let chosen = delimiter.unwrap_or_else(|| most_frequent(first.text));
    if delimiter.is_none()
        && let Some(unusual) = unusual(table, chosen)
    {
        return Err(DatasetError::UnusualDelimiter { path: path.to_owned(), delimiter: shown(unusual) });
    }
    let names = fields(first.text, chosen);
    let is_data = !names.is_empty() && names.iter().all(|name| is_number(name));
    if options.header.is_none() && is_data {
        let first = shortened(first.text);
        return Err(DatasetError::NoHeader { path: path.to_owned(), line: first_line(table), first });
    }
    let header = options.header.unwrap_or(true);
    let units = header && has_units(table, chosen);
    if units && let Some(line) = table.get(1) {
        let text = shortened(line.text);
        notes.add(path, format!("line {} is taken for units and passed over: {text}", line.number + 1));
    }
    let dialect = Dialect {
        delimiter: chosen,
        skipped: first.number,
        header,
        units,
        spaced: is_spaced(table, chosen),
        escaped: false,
        single: false,
    };
    Ok(dialect)
}

fn first_line(table: &[Line<'_>]) -> usize {
    table.first().map_or(1, |line| line.number + 1)
}

/// The delimiter that a spreadsheet's line `sep=;` announces.
fn announced(line: &Line<'_>) -> Option<u8> {
    let text = line.text.trim_ascii();
    let text = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    match text {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some(*delimiter),
        _ => (line.text.len() >= 5 && line.text.starts_with(b"sep=\t")).then_some(b'\t'),
    }
}

/// Lines of comment at the top. A line that begins with `#` and has as many fields as the table below is its header.
fn comments(lines: &[Line<'_>], delimiter: Option<u8>) -> usize {
    let comments = lines.iter().take_while(|line| line.text.starts_with(b"#")).count();
    let (Some(last), Some(below)) = (comments.checked_sub(1).and_then(|l| lines.get(l)), lines.get(comments)) else {
        return 0;
    };
    let delimiter = delimiter.unwrap_or_else(|| most_frequent(below.text));
    let count = occurrences(below.text, delimiter);
    if count > 0 && occurrences(last.text, delimiter) == count { comments - 1 } else { comments }
}

/// Lines of a title above the table, and the delimiter of the table: the lines below agree on how many fields they
/// have, and the first line has far fewer.
fn titles(lines: &[Line<'_>], delimiter: Option<u8>) -> Option<(usize, u8)> {
    let candidates: &[u8] = delimiter.as_ref().map_or(&DELIMITERS, std::slice::from_ref);
    let agreed = |from: usize, delimiter: u8| {
        let below = lines.get(from..)?;
        let count = occurrences(below.first()?.text, delimiter);
        let same = below.iter().take(COMPARED).all(|line| occurrences(line.text, delimiter) == count);
        (below.len() >= 3 && count > 0 && same).then_some(count)
    };
    let first = lines.first()?;
    if candidates.iter().any(|delimiter| agreed(0, *delimiter).is_some()) {
        return None;
    }
    (1..=TITLE_LINES.min(lines.len())).find_map(|from| {
        let fits = candidates.iter().filter_map(|d| Some((agreed(from, *d)?, *d)));
        let (count, delimiter) = fits.max_by_key(|(count, _)| *count)?;
        // One name too few is a column without a name, which the reader says.
        let of_first = occurrences(first.text, delimiter);
        (of_first == 0 || of_first + 1 < count).then_some((from, delimiter))
    })
}

/// Whichever of the usual delimiters occurs most often; a comma when none does.
fn most_frequent(line: &[u8]) -> u8 {
    let counts = DELIMITERS.map(|delimiter| (delimiter, occurrences(line, delimiter)));
    // Of equals the earlier one in the list.
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| *count > 0).map_or(b',', |(delimiter, _)| delimiter)
}

/// What could separate the fields of a table that otherwise has one column: it stands equally often in every line.
fn unusual(table: &[Line<'_>], chosen: u8) -> Option<u8> {
    if table.len() < 2 || table.iter().any(|line| occurrences(line.text, chosen) > 0) {
        return None;
    }
    UNUSUAL.into_iter().find(|delimiter| {
        let count = |line: &Line<'_>| occurrences(line.text.trim_ascii(), *delimiter);
        let of_first = table.first().map_or(0, count);
        of_first > 0 && table.iter().take(COMPARED).all(|line| count(line) == of_first)
    })
}

/// Whether the second line holds units: every column of numbers has something else there, and nothing there is a number.
fn has_units(table: &[Line<'_>], delimiter: u8) -> bool {
    let [_, units, values @ ..] = table else { return false };
    let units = fields(units.text, delimiter);
    let values: Vec<Vec<String>> = values.iter().take(COMPARED).map(|line| fields(line.text, delimiter)).collect();
    if values.len() < 3 || units.iter().any(|unit| is_number(unit)) {
        return false;
    }
    let column = |place: usize| values.iter().filter_map(move |row| row.get(place)).filter(|value| !value.is_empty());
    let numeric: Vec<&String> = units
        .iter()
        .enumerate()
        .filter(|(place, _)| column(*place).count() >= 3 && column(*place).all(|value| is_number(value)))
        .map(|(_, unit)| unit)
        .collect();
    // A word for no value in a row of values is no unit.
    let is_unit = |unit: &&String| is_bracketed(unit) || UNITS.contains(&unit.to_lowercase().as_str());
    !numeric.is_empty() && numeric.iter().all(is_unit)
}

/// Units as they stand without brackets.
const UNITS: [&str; 46] = [
    "%", "°", "°c", "°f", "c", "k", "m", "cm", "mm", "km", "mi", "ft", "in", "g", "kg", "mg", "t", "lb", "s", "sec",
    "ms", "min", "h", "d", "hz", "v", "a", "w", "kw", "kwh", "j", "n", "pa", "hpa", "bar", "l", "ml", "m/s", "km/h",
    "mph", "m2", "m3", "eur", "usd", "€", "$",
];

fn is_bracketed(text: &str) -> bool {
    let within = |open, close| text.len() > 2 && text.starts_with(open) && text.ends_with(close);
    within('[', ']') || within('(', ')')
}

/// Whether a space stands after every delimiter of the header, or of the lines below it.
fn is_spaced(table: &[Line<'_>], delimiter: u8) -> bool {
    if delimiter == b' ' || delimiter == b'\t' {
        return false;
    }
    let spaced = |line: &Line<'_>| {
        let fields = fields(line.text, delimiter);
        fields.len() > 1 && fields.iter().skip(1).all(|field| field.starts_with(' ') || field.is_empty())
    };
    let around = |line: &Line<'_>| fields(line.text, delimiter).iter().any(|name| name.trim() != name);
    let below = table.get(1..).unwrap_or_default();
    table.first().is_some_and(around) || !below.is_empty() && below.iter().take(COMPARED).all(spaced)
}

fn is_number(text: &str) -> bool {
    !text.trim().is_empty() && parse_number(text.trim().trim_matches('"')).is_some()
}

/// A line as messages show it.
fn shortened(line: &[u8]) -> String {
    words::name(String::from_utf8_lossy(line).trim(), 60)
}

/// A delimiter as the option spells it.
fn shown(delimiter: u8) -> String {
    match delimiter {
        b' ' => "space".to_owned(),
        b if b.is_ascii_graphic() => format!("'{}'", char::from(b)),
        b => format!("$'\\x{b:02x}'"),
    }
}
