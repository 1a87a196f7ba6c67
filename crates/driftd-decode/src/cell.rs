//! What stands at a place of a record.

use std::fmt::Write as _;

use driftd_window::{NumberText, TimeReader};

use crate::word::{first, word};

/// The value at one wanted place. Texts are ranges, so that the cells outlive the record they were read from and their
/// memory serves the next one.
///
/// With a tag of eight bytes every value begins at the ninth and a cell is copied in two words. Where Rust places them
/// as it likes, cells are copied in overlapping pieces, each of which waits for the one before.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(u64)]
pub enum Cell {
    /// The record has nothing there.
    #[default]
    Absent,
    /// A null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// An integer above `i64::MAX`.
    Large(u64),
    /// A number with a fraction or an exponent, or an integer beyond 64 bits.
    Float(f64),
    /// A text without escapes, as it stands in the record.
    Text(Span),
    /// A text with escapes, resolved into the scratch text.
    Resolved(Span),
    /// A list.
    List,
    /// An object.
    Object,
}

/// A range of bytes of a record, which has fewer than `u32::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// What the texts of cells are ranges of.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// The record.
    pub(crate) record: &'a str,
    /// Texts that had escapes, resolved.
    pub(crate) scratch: &'a str,
}

impl Span {
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// That part of `text`.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Cell {
    /// Whether something stands there, if only a null.
    #[must_use]
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Whether it is a number.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer(_) | Self::Large(_) | Self::Float(_))
    }
}

impl<'a> Texts<'a> {
    /// The cell's text, if it is one.
    #[must_use]
    pub fn text(self, cell: Cell) -> Option<&'a str> {
        match cell {
            Cell::Text(span) => Some(span.of(self.record)),
            Cell::Resolved(span) => Some(span.of(self.scratch)),
            _ => None,
        }
    }

    /// The text of up to sixteen bytes without escapes as one number, which no other text has: none of its bytes is zero.
    #[inline]
    pub(crate) fn short(self, span: Span) -> Option<u128> {
        let len = (span.end - span.start) as usize;
        let word = word(self.record.as_bytes().get(span.start as usize..)?)?;
        (len <= size_of_val(&word)).then_some(word & first(len))
    }

    /// The text a single value is known by: itself, a number in its shortest form, `true` or `false`. Nothing for what
    /// is absent, null, a list or an object. `shown` is written to only for numbers.
    pub fn shown<'s>(self, cell: Cell, shown: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        let write = |shown: &'s mut String, number: std::fmt::Arguments<'_>| {
            shown.clear();
            // Writing to a text cannot fail.
            let _ = shown.write_fmt(number);
            Some(shown.as_str())
        };
        match cell {
            Cell::Text(_) | Cell::Resolved(_) => self.text(cell),
            Cell::Bool(true) => Some("true"),
            Cell::Bool(false) => Some("false"),
            Cell::Integer(number) => write(shown, format_args!("{number}")),
            Cell::Large(number) => write(shown, format_args!("{number}")),
            Cell::Float(number) => write(shown, format_args!("{}", NumberText(number))),
            Cell::Absent | Cell::Null | Cell::List | Cell::Object => None,
        }
    }

    /// The cell as an event time in microseconds; [`driftd_window::NO_EVENT_TIME`] when it is none.
    #[must_use]
    pub fn time(self, cell: Cell, reader: &TimeReader) -> i64 {
        match cell {
            Cell::Integer(number) => reader.integer(number),
            Cell::Large(number) => reader.number(number as f64),
            Cell::Float(number) => reader.number(number),
            _ => self.text(cell).map_or(driftd_window::NO_EVENT_TIME, |text| reader.text(text)),
        }
    }
}
