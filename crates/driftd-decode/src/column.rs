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

#[derive(Debug)]
enum Kind {
    Numbers {
        values: Vec<f64>,
        /// Booleans are 0 and 1.
        takes_booleans: bool,
        /// Kept up to the last absent row; empty while every row has a value.
        absent: Vec<u8>,
        /// What an absent member stands for.
        default: Option<f64>,
        /// The first text that is no number, where that may be shown.
        odd: Odd,
    },
    Texts {
        codes: Vec<u32>,
        known: Dictionary,
        shown: String,
        default: Option<String>,
    },
    Presence {
        absent: Vec<u8>,
    },
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
        Self(Kind::Numbers {
            values: Vec::new(),
            takes_booleans,
            absent: Vec::new(),
            default: None,
            odd: Odd::Unwanted,
        })
    }

    /// A column of texts; numbers and booleans are the text they are known by.
    #[must_use]
    pub fn texts() -> Self {
        Self(Kind::Texts { codes: Vec::new(), known: Dictionary::default(), shown: String::new(), default: None })
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
            Kind::Numbers { default, .. } => *default = value.and_then(DefaultValue::number),
            Kind::Texts { default, .. } => *default = value.map(DefaultValue::text),
            Kind::Presence { .. } => {}
        }
        self
    }

    /// Has the first text kept that is no number where numbers are wanted.
    pub(crate) fn keep_odd(&mut self) {
        if let Kind::Numbers { odd, .. } = &mut self.0 {
            *odd = Odd::Wanted;
        }
    }

    /// That text, once.
    pub(crate) fn take_odd(&mut self) -> Option<String> {
        match &mut self.0 {
            Kind::Numbers { odd, .. } if matches!(odd, Odd::Found(_)) => match std::mem::take(odd) {
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
            Kind::Numbers { values, takes_booleans, absent, default, odd } => {
                let code = match cell {
                    Cell::Float(number) => return values.push(number),
                    Cell::Integer(number) => return values.push(number as f64),
                    Cell::Large(number) => return values.push(number as f64),
                    Cell::Absent => match default {
                        Some(number) => return values.push(*number),
                        None => MISSING,
                    },
                    Cell::Null => MISSING,
                    Cell::Bool(value) if *takes_booleans => return values.push(f64::from(u8::from(value))),
                    Cell::Text(_) | Cell::Resolved(_) => {
                        match number_in(texts.text(cell).unwrap_or_default(), *takes_booleans) {
                            Some(number) => return values.push(number),
                            None => {
                                if *odd == Odd::Wanted {
                                    let text = texts.text(cell).unwrap_or_default();
                                    *odd = Odd::Found(words::name(text, LONGEST));
                                }
                                MistypedType::Text.code()
                            }
                        }
                    }
                    Cell::Bool(_) => MistypedType::Boolean.code(),
                    Cell::List => MistypedType::List.code(),
                    Cell::Object => MistypedType::Object.code(),
                };
                absent.resize(values.len(), PRESENT);
                absent.push(code);
                values.push(0.0);
            }
            Kind::Texts { codes, known, shown, default } => codes.push(match (cell, default) {
                (Cell::Absent, Some(text)) => known.code(text),
                _ => known.code_of(cell, texts, shown),
            }),
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
            Kind::Numbers { values, absent, .. } => {
                values.truncate(rows);
                absent.truncate(rows);
            }
            Kind::Texts { codes, .. } => codes.truncate(rows),
            Kind::Presence { absent } => absent.truncate(rows),
        }
    }

    /// The column; the builder is empty again, with room for as many rows.
    pub fn take(&mut self) -> Column {
        match &mut self.0 {
            Kind::Numbers { values, absent, .. } => {
                let rows = values.len();
                let absent = (!absent.is_empty()).then(|| {
                    absent.resize(rows, PRESENT);
                    std::mem::take(absent)
                });
                Column::Numeric { values: take(values), absent }
            }
            Kind::Texts { codes, known, .. } => Column::Text { codes: take(codes), values: known.take() },
            Kind::Presence { absent } => Column::Presence { absent: take(absent) },
        }
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
