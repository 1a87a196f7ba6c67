//! Fields collected into the values of a chunk.

use driftd_stats::{MISTYPED_CODE, MistypedType};
use driftd_window::{Column, MISSING, MISTYPED, PRESENT, TimeReader, boolean_word, number_text};

use crate::guess::parse_number;
use crate::notation::Notation;
use crate::text::TextCodes;
use crate::times::TimesBuilder;
use crate::values::{Reading, Values, Wanted};
use crate::{ColumnInfo, ColumnKind, NullWords};

/// How a column spells its values.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(crate) struct Spelling {
    notation: Notation,
    is_plain: bool,
    /// Numbers and booleans have several spellings, which are one category each.
    canonical: Option<Canonical>,
    /// Words for no value are values: the column is one of text.
    keeps_words: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Canonical {
    Numbers,
    Booleans,
}

impl Spelling {
    /// The spelling of a column.
    pub(crate) fn of(column: &ColumnInfo) -> Self {
        Self::new(&column.kind, column.notation)
    }

    /// The spelling of a column that is stored as text: what it says is known to be what it is, so numbers that are
    /// categories stay as they are written.
    pub(crate) fn of_text(column: &ColumnInfo) -> Self {
        let spelling = Self::of(column);
        Self { canonical: spelling.canonical.filter(|canonical| *canonical == Canonical::Booleans), ..spelling }
    }

    /// Whether texts of the column are taken for what they are, words for no value among them.
    pub(crate) const fn is_of_texts(self) -> bool {
        self.keeps_words
    }

    /// The spelling of a column of that kind.
    fn new(kind: &ColumnKind, notation: Notation) -> Self {
        let canonical = match kind {
            ColumnKind::Number => Some(Canonical::Numbers),
            ColumnKind::Bool => Some(Canonical::Booleans),
            _ => None,
        };
        Self { notation, is_plain: notation.is_plain(), canonical, keeps_words: *kind == ColumnKind::Text }
    }

    fn number(self, text: &str) -> Option<f64> {
        if self.is_plain { parse_number(text) } else { self.notation.parse(text) }
    }
}

/// Collects one column, a cell a row.
pub(crate) struct Cells<'a> {
    kind: Kind,
    spelling: Spelling,
    null_words: &'a NullWords,
    /// Booleans are the numbers 0 and 1.
    takes_booleans: bool,
    empty_is_text: bool,
    /// Words for no value are categories where the baseline has them as such.
    knows_words: bool,
}

enum Kind {
    Numbers { values: Vec<f64>, absent: Option<Vec<u8>> },
    Texts { codes: TextCodes, shown: String },
    Presence(Vec<u8>),
    Times(TimesBuilder),
}

impl<'a> Cells<'a> {
    pub(crate) fn new(
        wanted: Wanted,
        spelling: Spelling,
        null_words: &'a NullWords,
        times: &TimeReader,
        rows: usize,
    ) -> Self {
        let kind = match wanted.reading {
            Reading::Numbers => Kind::Numbers { values: Vec::with_capacity(rows), absent: None },
            Reading::Texts => Kind::Texts { codes: TextCodes::with_capacity(rows), shown: String::new() },
            Reading::Presence => Kind::Presence(Vec::with_capacity(rows)),
            Reading::Times => Kind::Times(TimesBuilder::new(times, rows)),
        };
        let Wanted { takes_booleans, empty_is_text, knows_words, .. } = wanted;
        Self { kind, spelling, null_words, takes_booleans, empty_is_text, knows_words }
    }

    /// An empty field: a cell without a value, or the empty text where only that is known.
    pub(crate) fn missing(&mut self) {
        match &mut self.kind {
            Kind::Numbers { .. } => self.no_number(MISSING),
            Kind::Texts { codes, .. } => codes.push(self.empty_is_text.then_some("")),
            Kind::Presence(absent) => absent.push(MISSING),
            Kind::Times(times) => times.missing(),
        }
    }

    /// A field that is not empty.
    pub(crate) fn field(&mut self, text: &str) {
        let spelling = self.spelling;
        match &mut self.kind {
            Kind::Numbers { values, .. } => match spelling.number(text) {
                Some(number) => values.push(number),
                None => self.other_than_number(text),
            },
            Kind::Texts { .. } if !spelling.keeps_words && !self.knows_words && self.null_words.contains(text) => {
                self.missing();
            }
            Kind::Texts { codes, shown } => codes.push(Some(match spelling.canonical {
                Some(Canonical::Booleans) => match boolean_word(text) {
                    Some(value) => of_bool(value),
                    None => text,
                },
                Some(Canonical::Numbers) if spelling.is_plain => number_text(text, shown).unwrap_or(text),
                Some(Canonical::Numbers) => match spelling.notation.parse(text) {
                    Some(number) => {
                        *shown = driftd_window::NumberText(number).to_string();
                        shown.as_str()
                    }
                    None => text,
                },
                None => text,
            })),
            Kind::Presence(_) if !spelling.keeps_words && self.null_words.contains(text) => self.missing(),
            Kind::Presence(absent) => absent.push(PRESENT),
            Kind::Times(times) => times.text(text),
        }
    }

    /// A value that is neither text nor anything that text can spell.
    pub(crate) fn unreadable(&mut self) {
        match &mut self.kind {
            Kind::Numbers { .. } => self.no_number(MISTYPED),
            Kind::Texts { codes, .. } => codes.push_code(MISTYPED_CODE),
            Kind::Presence(absent) => absent.push(PRESENT),
            Kind::Times(times) => times.missing(),
        }
    }

    /// The column.
    pub(crate) fn finish(self) -> Values {
        match self.kind {
            Kind::Numbers { values, mut absent } => {
                if let Some(codes) = &mut absent {
                    codes.resize(values.len(), PRESENT);
                }
                Values::Column(Column::Numeric { values, absent })
            }
            Kind::Texts { codes, .. } => Values::Column(codes.finish()),
            Kind::Presence(absent) => Values::Column(Column::Presence { absent }),
            Kind::Times(mut times) => Values::Times(times.take()),
        }
    }

    fn other_than_number(&mut self, text: &str) {
        if self.null_words.contains(text) {
            return self.no_number(MISSING);
        }
        let number = boolean_word(text).filter(|_| self.takes_booleans);
        match (&mut self.kind, number) {
            (Kind::Numbers { values, .. }, Some(is_true)) => values.push(f64::from(u8::from(is_true))),
            _ => self.no_number(MistypedType::Text.code()),
        }
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
