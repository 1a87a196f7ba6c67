//! Columns of a batch, filled row by row.

use driftd_model::{DefaultValue, words};
use driftd_stats::{FeatureLayout, MistypedType};
use driftd_window::{Column, MISSING, PRESENT, boolean_word, number_word, quoted_number};

use crate::cell::{Cell, Texts};
use crate::dictionary::Dictionary;

/// Characters of a value that is shown.
const LONGEST: usize = 40;

/// The values of one column, a row at a time. This is where it is decided what a value of a record is to whoever wants
/// numbers, texts or its presence, for records of topics and for files alike.
#[derive(Debug)]
pub struct ColumnBuilder(Kind);

/// Small: with many monitors a record goes through thousands of them, and what few values need is elsewhere.
#[derive(Debug)]
enum Kind {
    Numbers { values: Vec<f64>, rest: Box<NoNumbers> },
    Texts(Box<TextColumn>),
    Presence { absent: Vec<u8> },
}

/// What there is to know of values that are written as no number.
#[derive(Debug)]
struct NoNumbers {
    /// Booleans are 0 and 1.
    takes_booleans: bool,
    /// Kept up to the last absent row; empty while every row has a value.
    absent: Vec<u8>,
    /// What an absent member stands for.
    default: Option<f64>,
    /// The first text that is no number, where that may be shown.
    odd: Odd,
}

/// The texts of a column.
#[derive(Debug, Default)]
struct TextColumn {
    codes: Vec<u32>,
    known: Dictionary,
    shown: String,
    default: Option<String>,
}

/// A value to be shown to people, of which there is one at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Odd {
    /// Nobody wants one, or has it already.
    #[default]
    Unwanted,
    Wanted,
    Found(String),
}

impl ColumnBuilder {
    /// A column of numbers, in quotes or not, and of the words JSON writers use for NaN and the infinities; every other
    /// value is mistyped. With `takes_booleans`, `true` and `false` are 1 and 0, also as texts.
    #[must_use]
    pub fn numbers(takes_booleans: bool) -> Self {
        let rest = NoNumbers { takes_booleans, absent: Vec::new(), default: None, odd: Odd::Unwanted };
        Self(Kind::Numbers { values: Vec::new(), rest: Box::new(rest) })
    }

    /// A column of texts; numbers and booleans are the text they are known by.
    #[must_use]
    pub fn texts() -> Self {
        Self(Kind::Texts(Box::default()))
    }

    /// A column of which only is wanted whether there is a value. An empty text is none: files of text cannot tell the two
    /// apart.
    #[must_use]
    pub fn presence() -> Self {
        Self(Kind::Presence { absent: Vec::new() })
    }

    /// The same with a value that an absent member stands for. A null is not absent: somebody wrote it.
    #[must_use]
    pub fn with_default(mut self, value: Option<&DefaultValue>) -> Self {
        match &mut self.0 {
            Kind::Numbers { rest, .. } => rest.default = value.and_then(DefaultValue::number),
            Kind::Texts(column) => column.default = value.map(DefaultValue::text),
            Kind::Presence { .. } => {}
        }
        self
    }

    /// Has the first text kept that is no number where numbers are wanted.
    pub(crate) fn keep_odd(&mut self) {
        if let Kind::Numbers { rest, .. } = &mut self.0 {
            rest.odd = Odd::Wanted;
        }
    }

    /// That text, once.
    pub(crate) fn take_odd(&mut self) -> Option<String> {
        match &mut self.0 {
            Kind::Numbers { rest, .. } if matches!(rest.odd, Odd::Found(_)) => match std::mem::take(&mut rest.odd) {
                Odd::Found(text) => Some(text),
                Odd::Unwanted | Odd::Wanted => None,
            },
            _ => None,
        }
    }

    pub(crate) fn of(layout: &FeatureLayout) -> Self {
        match layout {
            FeatureLayout::Numeric(_) => Self::numbers(layout.takes_booleans()),
            FeatureLayout::Categorical(_) => Self::texts(),
            FeatureLayout::Presence => Self::presence(),
        }
    }

    /// Appends a row.
    #[inline]
    pub fn push(&mut self, cell: Cell, texts: Texts<'_>) {
        match &mut self.0 {
            Kind::Numbers { values, rest } => values.push(match cell {
                Cell::Float(number) => number,
                Cell::Integer(number) => number as f64,
                Cell::Large(number) => number as f64,
                _ => rest.push(values.len(), cell, texts),
            }),
            Kind::Texts(column) => column.push(cell, texts),
            Kind::Presence { absent } => absent.push(match cell {
                Cell::Absent | Cell::Null => MISSING,
                Cell::Text(span) | Cell::Resolved(span) if span.start == span.end => MISSING,
                _ => PRESENT,
            }),
        }
    }

    /// Forgets the rows from `rows` on. Texts that only they had stay in the list of values, where no code points at
    /// them.
    pub(crate) fn truncate(&mut self, rows: usize) {
        match &mut self.0 {
            Kind::Numbers { values, rest } => {
                values.truncate(rows);
                rest.absent.truncate(rows);
            }
            Kind::Texts(column) => column.codes.truncate(rows),
            Kind::Presence { absent } => absent.truncate(rows),
        }
    }

    /// The column; the builder is empty again, with room for as many rows.
    pub fn take(&mut self) -> Column {
        match &mut self.0 {
            Kind::Numbers { values, rest } => {
                let (rows, absent) = (values.len(), &mut rest.absent);
                let absent = (!absent.is_empty()).then(|| {
                    absent.resize(rows, PRESENT);
                    std::mem::take(absent)
                });
                Column::Numeric { values: take(values), absent }
            }
            Kind::Texts(column) => Column::Text { codes: take(&mut column.codes), values: column.known.take() },
            Kind::Presence { absent } => Column::Presence { absent: take(absent) },
        }
    }
}

impl NoNumbers {
    /// Notes what row `row` has instead of a number, and gives the number that stands for it.
    fn push(&mut self, row: usize, cell: Cell, texts: Texts<'_>) -> f64 {
        let code = match cell {
            Cell::Absent => match self.default {
                Some(number) => return number,
                None => MISSING,
            },
            Cell::Bool(value) if self.takes_booleans => return f64::from(u8::from(value)),
            Cell::Text(_) | Cell::Resolved(_) => {
                let text = texts.text(cell).unwrap_or_default();
                if let Some(number) = number_in(text, self.takes_booleans) {
                    return number;
                }
                if self.odd == Odd::Wanted {
                    self.odd = Odd::Found(words::name(text, LONGEST));
                }
                MistypedType::Text.code()
            }
            Cell::Bool(_) => MistypedType::Boolean.code(),
            Cell::List => MistypedType::List.code(),
            Cell::Object => MistypedType::Object.code(),
            // Numbers do not come here.
            Cell::Null | Cell::Float(_) | Cell::Integer(_) | Cell::Large(_) => MISSING,
        };
        self.absent.resize(row, PRESENT);
        self.absent.push(code);
        0.0
    }
}

impl TextColumn {
    #[inline]
    fn push(&mut self, cell: Cell, texts: Texts<'_>) {
        let Self { codes, known, shown, default } = self;
        codes.push(match (cell, default) {
            (Cell::Absent, Some(text)) => known.code(text),
            _ => known.code_of(cell, texts, shown),
        });
    }
}

/// The number that a text is.
#[cold]
fn number_in(text: &str, takes_booleans: bool) -> Option<f64> {
    let boolean = || boolean_word(text).filter(|_| takes_booleans).map(|value| f64::from(u8::from(value)));
    quoted_number(text).or_else(|| number_word(text)).or_else(boolean)
}

/// The rows; as many more find room without growing.
pub(crate) fn take<T>(rows: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(rows.len());
    std::mem::replace(rows, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Span;

    /// The codes and numbers of a column of booleans, texts and numbers.
    fn read(takes_booleans: bool) -> Vec<(u8, f64)> {
        let record = "TrueFALSEyes";
        let texts = Texts { record, scratch: "" };
        let mut builder = ColumnBuilder::numbers(takes_booleans);
        let words = [(0, 4), (4, 9), (9, 12)].map(|(start, end)| Cell::Text(Span::new(start, end)));
        for cell in [Cell::Bool(true), Cell::Bool(false)].into_iter().chain(words).chain([Cell::Integer(1)]) {
            builder.push(cell, texts);
        }
        let Column::Numeric { values, absent } = builder.take() else { panic!("numbers") };
        absent.unwrap().into_iter().zip(values).collect()
    }

    #[test]
    fn booleans_are_numbers_only_where_those_are_zero_and_one() {
        let (one, zero) = ((PRESENT, 1.0), (PRESENT, 0.0));
        let (boolean, text) = ((MistypedType::Boolean.code(), 0.0), (MistypedType::Text.code(), 0.0));
        assert_eq!(read(true), [one, zero, one, zero, text, one]);
        assert_eq!(read(false), [boolean, boolean, text, text, text, one]);
    }
}
