//! The columns of the parts of a table, put together.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use driftd_stats::Precision;

use crate::guess::Guess;
use crate::notation::FileSigns;
use crate::{ColumnInfo, ColumnKind, Schema};

/// Columns of text files, and what their values have been like in file after file.
#[derive(Debug, Default)]
pub(crate) struct TextColumns {
    names: Vec<String>,
    guesses: Vec<Guess>,
    by_name: HashMap<String, usize>,
    /// What separated the fields of the file before.
    delimiter: u8,
    /// The places of the columns in the file before: files of one table are alike.
    last: Arc<[Option<usize>]>,
}

impl TextColumns {
    /// What is known of the columns of those names.
    pub(crate) fn guesses_of(&self, names: &[String]) -> Vec<Guess> {
        let known = |name: &String| self.by_name.get(name).and_then(|column| self.guesses.get(*column)).cloned();
        names.iter().map(|name| known(name).unwrap_or_default()).collect()
    }

    /// Adds what became known of the columns of those names in a file with that delimiter.
    pub(crate) fn put(&mut self, names: &[String], guesses: Vec<Guess>, delimiter: u8) {
        self.delimiter = delimiter;
        for (name, guess) in names.iter().zip(guesses) {
            let column = self.column(name);
            if let Some(known) = self.guesses.get_mut(column) {
                *known = guess;
            }
        }
    }

    /// The column of that name, which is a new one if there is none.
    pub(crate) fn column(&mut self, name: &str) -> usize {
        if let Some(column) = self.by_name.get(name) {
            return *column;
        }
        self.names.push(name.to_owned());
        self.guesses.push(Guess::default());
        self.by_name.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// By column, where a file that has `names` has it.
    pub(crate) fn places_of(&mut self, names: &[String], places: &[usize]) -> Arc<[Option<usize>]> {
        let mut by_column = vec![None; self.names.len()];
        for (name, place) in names.iter().zip(places) {
            if let Some(slot) = self.by_name.get(name).and_then(|column| by_column.get_mut(*column)) {
                *slot = Some(*place);
            }
        }
        if *self.last != *by_column {
            self.last = by_column.into();
        }
        Arc::clone(&self.last)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The columns in the order in which they were found.
    pub(crate) fn into_columns(self) -> Vec<ColumnInfo> {
        let signs = signs_of(&self.guesses, Some(self.delimiter));
        let info = |(name, guess): (String, Guess)| ColumnInfo::settled(name, guess.settle(signs));
        self.names.into_iter().zip(self.guesses).map(info).collect()
    }
}

/// Columns of files that say themselves what they hold.
#[derive(Debug, Default)]
pub(crate) struct TypedColumns {
    columns: Vec<ColumnInfo>,
    by_name: HashMap<String, usize>,
    last: Arc<[Option<usize>]>,
}

impl TypedColumns {
    /// Adds the columns of the file at `path`, and says by column where that file has it. A column of one kind here and
    /// another there can be read as neither.
    pub(crate) fn add(&mut self, path: &Path, schema: &Schema) -> Arc<[Option<usize>]> {
        let mut by_column = vec![None; self.columns.len()];
        for (place, found) in schema.columns().iter().enumerate() {
            let column = match self.by_name.get(&found.name) {
                Some(column) => *column,
                None => {
                    self.by_name.insert(found.name.clone(), self.columns.len());
                    self.columns.push(found.clone());
                    by_column.push(None);
                    self.columns.len() - 1
                }
            };
            if let Some(slot) = by_column.get_mut(column) {
                *slot = Some(place);
            }
            if let Some(known) = self.columns.get_mut(column) {
                known.kind = one_kind(&known.kind, &found.kind, path);
                known.is_whole &= found.is_whole;
                known.precision = coarser(known.precision, found.precision);
                known.is_text &= found.is_text;
                known.list = known.list.take().filter(|list| found.list.as_ref() == Some(list));
            }
        }
        if *self.last != *by_column {
            self.last = by_column.into();
        }
        Arc::clone(&self.last)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn into_columns(self) -> Vec<ColumnInfo> {
        self.columns
    }
}

/// Of floats of different widths, values can be compared at the smaller one only.
fn coarser(a: Precision, b: Precision) -> Precision {
    match (a, b) {
        (Precision::Half, _) | (_, Precision::Half) => Precision::Half,
        (Precision::Single, _) | (_, Precision::Single) => Precision::Single,
        (Precision::Double, Precision::Double) => Precision::Double,
    }
}

/// How numbers may be written in files whose columns have been like that.
pub(crate) fn signs_of<'a>(guesses: impl IntoIterator<Item = &'a Guess>, delimiter: Option<u8>) -> FileSigns {
    let mut guesses = guesses.into_iter();
    FileSigns { delimiter, decimal_commas: guesses.any(|guess| guess.has_decimal_commas(delimiter)) }
}

fn one_kind(known: &ColumnKind, found: &ColumnKind, path: &Path) -> ColumnKind {
    match (known, found) {
        (same, other) if same == other => same.clone(),
        (ColumnKind::Empty, kind) | (kind, ColumnKind::Empty) => kind.clone(),
        (ColumnKind::Unsupported(what), _) => ColumnKind::Unsupported(what.clone()),
        (known, found) => ColumnKind::Unsupported(format!("{known} in some files and {found} in {}", path.display())),
    }
}
