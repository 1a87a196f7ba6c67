//! Columns of a batch, filled row by row.

use driftd_stats::FeatureLayout;
use driftd_window::{Column, MISSING, MISTYPED, PRESENT, number_word};

use super::cell::{Cell, Texts};
use super::dictionary::Dictionary;

/// The values of one feature, a row at a time, typed as the file readers type them.
#[derive(Debug)]
pub(super) enum Builder {
    /// Numbers, and the words JSON writers use for NaN and the infinities; every other value is mistyped.
    Numbers {
        values: Vec<f64>,
        /// Kept up to the last absent row; empty while every row has a value.
        absent: Vec<u8>,
    },
    /// Texts; numbers and booleans as the text they are known by.
    Texts { codes: Vec<u32>, known: Dictionary, shown: String },
    /// Whether there is a value.
    Presence { absent: Vec<u8> },
}

impl Builder {
    pub(super) fn new(layout: &FeatureLayout) -> Self {
        match layout {
            FeatureLayout::Numeric(_) => Self::Numbers { values: Vec::new(), absent: Vec::new() },
            FeatureLayout::Categorical(_) => {
                Self::Texts { codes: Vec::new(), known: Dictionary::default(), shown: String::new() }
            }
            FeatureLayout::Presence => Self::Presence { absent: Vec::new() },
        }
    }

    /// Appends a row.
    #[inline]
    pub(super) fn push(&mut self, cell: Cell, texts: Texts<'_>) {
        match self {
            Self::Numbers { values, absent } => {
                let code = match cell {
                    Cell::Float(number) => return values.push(number),
                    Cell::Integer(number) => return values.push(number as f64),
                    Cell::Large(number) => return values.push(number as f64),
                    Cell::Absent | Cell::Null => MISSING,
                    Cell::Text(_) | Cell::Resolved(_) => match texts.text(cell).and_then(number_word) {
                        Some(number) => return values.push(number),
                        None => MISTYPED,
                    },
                    Cell::Bool(_) | Cell::List | Cell::Object => MISTYPED,
                };
                absent.resize(values.len(), PRESENT);
                absent.push(code);
                values.push(0.0);
            }
            Self::Texts { codes, known, shown } => codes.push(known.code_of(cell, texts, shown)),
            Self::Presence { absent } => absent.push(match cell {
                Cell::Absent | Cell::Null => MISSING,
                _ => PRESENT,
            }),
        }
    }

    /// Forgets the rows from `rows` on. Texts that only they had stay in the list of values, where no code points at
    /// them.
    pub(super) fn truncate(&mut self, rows: usize) {
        match self {
            Self::Numbers { values, absent } => {
                values.truncate(rows);
                absent.truncate(rows);
            }
            Self::Texts { codes, .. } => codes.truncate(rows),
            Self::Presence { absent } => absent.truncate(rows),
        }
    }

    /// The column; the builder is empty again, with room for as many rows.
    pub(super) fn take(&mut self) -> Column {
        match self {
            Self::Numbers { values, absent } => {
                let rows = values.len();
                let absent = (!absent.is_empty()).then(|| {
                    absent.resize(rows, PRESENT);
                    std::mem::take(absent)
                });
                Column::Numeric { values: take(values), absent }
            }
            Self::Texts { codes, known, .. } => Column::Text { codes: take(codes), values: known.take() },
            Self::Presence { absent } => Column::Presence { absent: take(absent) },
        }
    }
}

/// The rows; as many more find room without growing.
pub(super) fn take<T>(rows: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(rows.len());
    std::mem::replace(rows, room)
}
