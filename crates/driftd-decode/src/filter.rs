//! Which monitors a record is addressed to.

use std::collections::HashMap;
use std::fmt::Write as _;

use driftd_model::{Monitor, Pointer, WantedValues};
use foldhash::fast::FixedState;

use crate::cell::{Cell, Texts};
use crate::feature::Splits;
use crate::fields::{ColumnIndex, FieldTree};
use crate::parsed::cell;

/// Answers remembered at most; a topic with more models than that is asked again from time to time.
const REMEMBERED: usize = 4096;
/// Longest models and versions, together, for which an answer is remembered.
const LONGEST: usize = 1 << 10;

/// The filters of a topic's monitors. Asked once for every model and version, so a monitor that does not want a record
/// costs nothing.
#[derive(Debug, Default)]
pub(crate) struct MonitorFilter {
    filters: Vec<Filter>,
    /// Columns of models and versions that are compared.
    columns: Vec<ColumnIndex>,
    /// The answer to a record that was not asked about before, and every monitor when none has a filter.
    answer: Vec<usize>,
    known: HashMap<Box<str>, Box<[usize]>, FixedState>,
    key: String,
    shown: String,
}

/// The filter of a monitor.
#[derive(Debug)]
struct Filter {
    model: Option<OneOf>,
    version: Option<OneOf>,
}

/// What may stand at a place.
#[derive(Debug)]
struct OneOf {
    column: ColumnIndex,
    wanted: WantedValues,
}

impl MonitorFilter {
    /// Adds the next monitor.
    pub(crate) fn add(&mut self, monitor: &Monitor, fields: &mut FieldTree, splits: &mut Splits) {
        let (shape, filter) = (&monitor.shape, &monitor.filter);
        let mut one_of = |place: Option<&Pointer>, usual: &str, wanted: &[String]| {
            // What is not compared is not looked at either.
            (!wanted.is_empty()).then(|| {
                let column = match place {
                    Some(pointer) => {
                        let place = fields.want_pointer(pointer);
                        splits.add_every(&place);
                        place.column
                    }
                    None => fields.want(&[usual]),
                };
                self.columns.push(column);
                OneOf { column, wanted: WantedValues::new(wanted) }
            })
        };
        let model = one_of(shape.model_name.as_ref(), "model", &filter.models);
        let version = one_of(shape.model_version.as_ref(), "version", &filter.versions);
        self.answer.push(self.filters.len());
        self.filters.push(Filter { model, version });
        self.columns.sort_unstable();
        self.columns.dedup();
    }

    /// The monitors that want a record.
    pub(crate) fn of(&mut self, cells: &[Cell], texts: Texts<'_>) -> &[usize] {
        if self.columns.is_empty() {
            return &self.answer;
        }
        self.key.clear();
        for column in &self.columns {
            let cell = cell(cells, *column);
            // With their lengths in front, neighbours never run into each other. Writing to a text cannot fail.
            let _ = match texts.shown(cell, &mut self.shown) {
                Some(text) if cell.is_number() => write!(self.key, "{}#{text}", text.len()),
                Some(text) => write!(self.key, "{}:{text}", text.len()),
                None => self.key.write_char('-'),
            };
        }
        if self.key.len() > LONGEST {
            self.ask(cells, texts);
            return &self.answer;
        }
        if !self.known.contains_key(self.key.as_str()) {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.ask(cells, texts);
            self.known.insert(self.key.as_str().into(), self.answer.as_slice().into());
        }
        self.known.get(self.key.as_str()).map(|answer| &**answer).unwrap_or_default()
    }

    /// Asks every filter.
    fn ask(&mut self, cells: &[Cell], texts: Texts<'_>) {
        let Self { filters, answer, shown, .. } = self;
        let mut holds = |one_of: &Option<OneOf>| {
            one_of.as_ref().is_none_or(|one_of| {
                let cell = cell(cells, one_of.column);
                let found = texts.shown(cell, shown);
                found.is_some_and(|found| one_of.wanted.holds(found, cell.is_number()))
            })
        };
        answer.clear();
        for (at, filter) in filters.iter().enumerate() {
            if holds(&filter.model) && holds(&filter.version) {
                answer.push(at);
            }
        }
    }
}
