//! Cells of a text format collected into the values of a chunk.

use std::fmt::Write as _;

use driftd_stats::MISTYPED_CODE;
use driftd_window::{
    Column, EpochUnit, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT, number_word, time_of_integer, time_of_number,
    time_of_text,
};

use crate::guess::{parse_bool, parse_number};
use crate::text::TextCodes;
use crate::values::{Reading, Values, Wanted};

/// Collects one column, a cell a row.
pub(crate) struct Cells {
    kind: Kind,
    /// The column holds booleans, whose spellings are one category.
    is_bool: bool,
    shown: String,
    unit: Option<EpochUnit>,
}

enum Kind {
    Numbers { values: Vec<f64>, absent: Option<Vec<u8>> },
    Texts(TextCodes),
    Presence(Vec<u8>),
    Times(Vec<i64>),
}

impl Cells {
    pub(crate) fn new(wanted: Wanted, is_bool: bool, rows: usize) -> Self {
        let kind = match wanted.reading {
            Reading::Numbers => Kind::Numbers { values: Vec::with_capacity(rows), absent: None },
            Reading::Texts => Kind::Texts(TextCodes::with_capacity(rows)),
            Reading::Presence => Kind::Presence(Vec::with_capacity(rows)),
            Reading::Times => Kind::Times(Vec::with_capacity(rows)),
        };
        Self { kind, is_bool, shown: String::new(), unit: wanted.unit }
    }

    /// Cells so far.
    pub(crate) fn len(&self) -> usize {
        match &self.kind {
            Kind::Numbers { values, .. } => values.len(),
            Kind::Texts(codes) => codes.len(),
            Kind::Presence(absent) => absent.len(),
            Kind::Times(at) => at.len(),
        }
    }

    /// A cell without a value.
    pub(crate) fn missing(&mut self) {
        self.absent(MISSING);
    }

    /// A cell whose value is a list.
    pub(crate) fn list(&mut self) {
        self.absent(MISTYPED);
    }

    /// A CSV field that is not empty.
    pub(crate) fn field(&mut self, text: &str) {
        match &mut self.kind {
            Kind::Numbers { .. } => self.number_or_mistyped(parse_number(text)),
            Kind::Texts(codes) => {
                let canonical = parse_bool(text.as_bytes()).filter(|_| self.is_bool).map(of_bool);
                codes.push(Some(canonical.unwrap_or(text)));
            }
            Kind::Presence(absent) => absent.push(PRESENT),
            Kind::Times(at) => at.push(time_of_text(text, &mut self.unit)),
        }
    }

    /// A JSON string.
    pub(crate) fn string(&mut self, text: &str) {
        match &mut self.kind {
            Kind::Numbers { .. } => self.number_or_mistyped(number_word(text)),
            _ => self.field(text),
        }
    }

    /// A JSON number; `exact` is its spelling when it is an integer.
    pub(crate) fn number(&mut self, number: f64, exact: Option<i128>) {
        match &mut self.kind {
            Kind::Numbers { .. } => self.number_or_mistyped(Some(number)),
            Kind::Texts(codes) => {
                self.shown.clear();
                let _ = match exact {
                    Some(exact) => write!(self.shown, "{exact}"),
                    None => write!(self.shown, "{number}"),
                };
                codes.push(Some(&self.shown));
            }
            Kind::Presence(absent) => absent.push(PRESENT),
            Kind::Times(at) => at.push(match exact.and_then(|exact| i64::try_from(exact).ok()) {
                Some(whole) => time_of_integer(whole, &mut self.unit),
                None => time_of_number(number, &mut self.unit),
            }),
        }
    }

    /// A JSON boolean.
    pub(crate) fn boolean(&mut self, value: bool) {
        match &mut self.kind {
            Kind::Texts(codes) => codes.push(Some(of_bool(value))),
            Kind::Presence(absent) => absent.push(PRESENT),
            Kind::Numbers { .. } | Kind::Times(_) => self.absent(MISTYPED),
        }
    }

    /// The column, and the unit its numbers settled on as event times.
    pub(crate) fn finish(self) -> (Values, Option<EpochUnit>) {
        let values = match self.kind {
            Kind::Numbers { values, mut absent } => {
                if let Some(codes) = &mut absent {
                    codes.resize(values.len(), PRESENT);
                }
                Values::Column(Column::Numeric { values, absent })
            }
            Kind::Texts(codes) => Values::Column(codes.finish()),
            Kind::Presence(absent) => Values::Column(Column::Presence { absent }),
            Kind::Times(at) => Values::Times(at),
        };
        (values, self.unit)
    }

    fn number_or_mistyped(&mut self, number: Option<f64>) {
        match (&mut self.kind, number) {
            (Kind::Numbers { values, .. }, Some(number)) => values.push(number),
            _ => self.absent(MISTYPED),
        }
    }

    fn absent(&mut self, code: u8) {
        match &mut self.kind {
            Kind::Numbers { values, absent } => {
                // Codes are only kept up to the last absent cell; the end is filled up at the finish.
                let codes = absent.get_or_insert_with(Vec::new);
                codes.resize(values.len(), PRESENT);
                codes.push(code);
                values.push(0.0);
            }
            Kind::Texts(codes) if code == MISSING => codes.push(None),
            Kind::Texts(codes) => codes.push_code(MISTYPED_CODE),
            // A value of any kind is there.
            Kind::Presence(absent) => absent.push(if code == MISSING { MISSING } else { PRESENT }),
            Kind::Times(at) => at.push(NO_EVENT_TIME),
        }
    }
}

fn of_bool(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
