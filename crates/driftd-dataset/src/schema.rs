//! The columns of a table and how they are found by name.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use driftd_model::{DefaultValue, words};
use driftd_stats::Precision;

use crate::DatasetError;
use crate::guess::Settled;
use crate::notation::Notation;
use crate::notes::Notes;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers: integers, floats, decimals.
    Number,
    /// `true` and `false`.
    Bool,
    /// Text.
    Text,
    /// Points in time: timestamps and dates, or text that reads as such, in whatever order of day and month.
    Time,
    /// No value in any row, so nothing says what it would hold.
    Empty,
    /// Something that is no single value, such as a list, or bytes; the text names it.
    Unsupported(String),
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "numbers",
            Self::Bool => "booleans",
            Self::Text => "text",
            Self::Time => "timestamps",
            Self::Empty => "no values",
            Self::Unsupported(what) => what,
        })
    }
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name; members of nested JSON objects are joined by `/`, as in `features/dep_delay`.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether all of it are whole numbers, which can be identifiers.
    pub(crate) is_whole: bool,
    /// How its numbers are written, in a file of text.
    pub(crate) notation: Notation,
    /// What is to be known of how it is read, to follow its name.
    pub(crate) note: Option<String>,
    /// A value that is no number, of a column that is none of numbers.
    pub(crate) sample: Option<String>,
    /// Width of its floats.
    pub(crate) precision: Precision,
    /// It is stored as text, whatever the texts say.
    pub(crate) is_text: bool,
    /// The lists whose elements it is, in a file that stores lists.
    pub(crate) list: Option<String>,
}

impl ColumnInfo {
    /// A column that says itself what it holds.
    pub(crate) fn new(name: String, kind: ColumnKind, is_whole: bool) -> Self {
        Self {
            name,
            kind,
            is_whole,
            notation: Notation::default(),
            note: None,
            sample: None,
            precision: Precision::Double,
            is_text: false,
            list: None,
        }
    }

    /// A column of which all values were looked at.
    pub(crate) fn settled(name: String, column: Settled) -> Self {
        let Settled { kind, notation, is_whole, note, sample } = column;
        Self { notation, note, sample, ..Self::new(name, kind, is_whole) }
    }

    /// What it holds, with a value of it where there is one to show.
    pub(crate) fn shown(&self) -> String {
        let such_as = self.sample.as_ref().map_or_else(String::new, |sample| format!(", such as {sample:?}"));
        format!("{}{such_as}", self.kind)
    }
}

/// The columns of a table, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Schema {
    columns: Vec<ColumnInfo>,
    /// Indices by full name and, for nested records, by last token; tables of ten thousand columns are looked up ten thousand times.
    by_name: HashMap<String, usize>,
    by_token: HashMap<String, Vec<usize>>,
    /// The last token of a column's name is a place among others and says nothing by itself.
    elements: bool,
}

impl Schema {
    /// Columns of a flat file: each is known by its whole name, whatever characters that has.
    pub(crate) fn flat(columns: Vec<ColumnInfo>) -> Self {
        let by_name = columns.iter().enumerate().map(|(index, c)| (c.name.clone(), index)).collect();
        Self { columns, by_name, ..Self::default() }
    }

    /// Columns of nested records: each is also known by its last token where that is unambiguous.
    pub(crate) fn nested(columns: Vec<ColumnInfo>) -> Self {
        let by_name = columns.iter().enumerate().map(|(index, c)| (c.name.clone(), index)).collect();
        let mut by_token: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, column) in columns.iter().enumerate() {
            by_token.entry(last_token(&column.name).to_owned()).or_default().push(index);
        }
        Self { columns, by_name, by_token, elements: false }
    }

    /// The same columns, of which those that end in a number are elements of vectors and known by their whole names.
    pub(crate) fn with_elements(self) -> Self {
        Self { elements: true, ..self }
    }

    /// Adds a column of nested records; its index.
    pub(crate) fn push_nested(&mut self, column: ColumnInfo) -> usize {
        let index = self.columns.len();
        self.by_name.insert(column.name.clone(), index);
        self.by_token.entry(last_token(&column.name).to_owned()).or_default().push(index);
        self.columns.push(column);
        index
    }

    /// Keeps a value of a column to be shown.
    pub(crate) fn show_of(&mut self, column: usize, sample: Option<String>) {
        self.columns.get_mut(column).into_iter().for_each(|info| info.sample.clone_from(&sample));
    }

    /// Says what the texts of a column hold, once all of them were looked at.
    pub(crate) fn respell(&mut self, column: usize, settled: Settled) {
        if let Some(info) = self.columns.get_mut(column) {
            *info = ColumnInfo { is_text: true, ..ColumnInfo::settled(info.name.clone(), settled) };
        }
    }

    /// Says what a column holds that has no value in any row but one that stands for it.
    pub(crate) fn give_kind(&mut self, column: usize, value: &DefaultValue) {
        if let Some(info) = self.columns.get_mut(column).filter(|info| info.kind == ColumnKind::Empty) {
            info.kind = match value {
                DefaultValue::Number(_) => ColumnKind::Number,
                DefaultValue::Bool(_) => ColumnKind::Bool,
                DefaultValue::Text(_) => ColumnKind::Text,
            };
        }
    }

    /// The columns, in the file's order.
    #[must_use]
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// Notes what is to be known of how the columns of the file at `path` are read; of very many columns, how many more
    /// there are.
    pub(crate) fn note(&self, path: &Path, notes: &mut Notes) {
        const NAMED: usize = 20;
        let noted = self.columns.iter().filter_map(|column| Some((&column.name, column.note.as_ref()?)));
        for (name, note) in noted.clone().take(NAMED) {
            notes.add(path, format!("column {name:?} {note}"));
        }
        if let more @ 1.. = noted.skip(NAMED).count() {
            let more = words::counted(more as u64, "more column has", "more columns have");
            notes.add(path, format!("{more} values that are not read just as they stand"));
        }
    }

    /// Index of the column called `name`: the one of exactly that name, or the only nested one that ends in it.
    ///
    /// # Errors
    /// [`DatasetError::AmbiguousColumn`] when several nested columns end in `name`; `path` is named in it.
    pub fn find(&self, name: &str, path: &Path) -> Result<Option<usize>, DatasetError> {
        if let Some(exact) = self.by_name.get(name) {
            return Ok(Some(*exact));
        }
        match self.by_token.get(name).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([only]) => Ok(Some(*only)),
            Some(several) => {
                let found = several.iter().filter_map(|index| self.columns.get(*index)).map(|c| c.name.as_str());
                let found = words::choices(&found.collect::<Vec<_>>());
                Err(DatasetError::AmbiguousColumn { path: path.to_owned(), name: name.to_owned(), found })
            }
        }
    }

    /// The name a column is known by: its last token where only one column ends in that, its full name otherwise.
    #[must_use]
    pub fn short_name(&self, index: usize) -> &str {
        let Some(column) = self.columns.get(index) else {
            return "";
        };
        let short = last_token(&column.name);
        if self.elements && short.bytes().all(|byte| byte.is_ascii_digit()) {
            return &column.name;
        }
        let alone = self.by_token.get(short).is_some_and(|indices| indices.len() == 1);
        if alone { short } else { &column.name }
    }

    /// Every name that a column goes by, long and short.
    pub fn all_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().enumerate().flat_map(|(index, column)| [column.name.as_str(), self.short_name(index)])
    }

    /// The names of all columns, for error messages; long lists end in how many more there are.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        words::choices(&names)
    }
}

fn last_token(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
