//! Fields collected into the values of a chunk.

use driftd_window::{Column, EpochUnit, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT, time_of_text};

use crate::guess::{parse_bool, parse_number};
use crate::text::TextCodes;
use crate::values::{Reading, Values, Wanted};

/// Collects one column, a cell a row.
pub(crate) struct Cells {
    kind: Kind,
    /// The column holds booleans, whose spellings are one category.
    is_bool: bool,
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
        Self { kind, is_bool, unit: wanted.unit }
    }

    /// An empty field: a cell without a value.
    pub(crate) fn missing(&mut self) {
        match &mut self.kind {
            Kind::Numbers { .. } => self.no_number(MISSING),
            Kind::Texts(codes) => codes.push(None),
            Kind::Presence(absent) => absent.push(MISSING),
            Kind::Times(at) => at.push(NO_EVENT_TIME),
        }
    }

    /// A field that is not empty.
    pub(crate) fn field(&mut self, text: &str) {
        match &mut self.kind {
            Kind::Numbers { values, .. } => match parse_number(text) {
                Some(number) => values.push(number),
                None => self.no_number(MISTYPED),
            },
            Kind::Texts(codes) => {
                let canonical = parse_bool(text.as_bytes()).filter(|_| self.is_bool).map(of_bool);
                codes.push(Some(canonical.unwrap_or(text)));
            }
            Kind::Presence(absent) => absent.push(PRESENT),
            Kind::Times(at) => at.push(time_of_text(text, &mut self.unit)),
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

    fn no_number(&mut self, code: u8) {
        if let Kind::Numbers { values, absent } = &mut self.kind {
            // Codes are only kept up to the last absent cell; the end is filled up at the finish.
            let codes = absent.get_or_insert_with(Vec::new);
            codes.resize(values.len(), PRESENT);
            codes.push(code);
            values.push(0.0);
        }
    }
}

fn of_bool(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
