//! NDJSON: one object a line, nested objects flattened. Lines are read as records of topics are.

mod batches;
mod lines;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use driftd_decode::{Cell, FieldPaths, Json, Survey};
use driftd_model::DefaultValue;

pub(crate) use self::batches::NdjsonBatches;
use self::lines::Lines;
pub(crate) use self::lines::{read_line, text_of};
use crate::guess::Guess;
use crate::notation::FileSigns;
use crate::positioned::PositionedReader;
use crate::{ColumnInfo, DatasetError, Schema};

/// Different member names a file may have. Objects keyed by ids would otherwise become columns without end.
const MAX_COLUMNS: usize = 1 << 16;

/// An NDJSON file.
#[derive(Clone, Debug)]
pub(crate) struct NdjsonFile {
    path: Arc<PathBuf>,
    file: Arc<File>,
    /// Where the columns stand in a line, in the schema's order.
    paths: Arc<Vec<FieldPaths>>,
    /// What stands for the columns that lines may leave out.
    defaults: HashMap<usize, DefaultValue>,
}

impl NdjsonFile {
    /// Reads all of `file` once, to learn which members there are and what they hold. Columns stand in the order in
    /// which they first occur.
    pub(crate) fn open(path: &Path, file: File) -> Result<(Self, Schema, u64), DatasetError> {
        let mut this = Self {
            path: Arc::new(path.to_owned()),
            file: Arc::new(file),
            paths: Arc::default(),
            defaults: HashMap::new(),
        };
        let mut survey = Survey::<Json>::default();
        let mut guesses: Vec<Guess> = Vec::new();
        let mut lines = this.lines();
        let mut rows = 0;
        while let Some((number, line)) = lines.next_numbered()? {
            let read = survey.read(line, &mut |column, cell, texts| {
                if column >= guesses.len() {
                    guesses.resize_with(column + 1, Guess::default);
                }
                let Some(guess) = guesses.get_mut(column) else { return };
                match cell {
                    Cell::Absent | Cell::Null | Cell::Object => {}
                    Cell::Bool(value) => guess.see_bool(value, number),
                    Cell::Integer(_) | Cell::Large(_) => guess.see_number(true),
                    Cell::Float(_) => guess.see_number(false),
                    Cell::Text(_) | Cell::Resolved(_) => guess.see_string(texts.text(cell).unwrap_or_default(), number),
                    Cell::List => guess.see_list(number),
                }
            });
            read.map_err(|reject| lines.bad(&reject))?;
            rows += 1;
            if survey.len() > MAX_COLUMNS {
                let line = lines.line();
                return Err(DatasetError::Corrupt {
                    path: path.to_owned(),
                    format: "NDJSON",
                    column: None,
                    what: format!("line {line}: more than {MAX_COLUMNS} different members; are ids used as names?"),
                });
            }
        }
        let (names, paths) = survey.into_fields();
        this.paths = Arc::new(paths);
        // Numbers of JSON have points and nothing else.
        let signs = FileSigns { delimiter: b',', decimal_commas: false };
        let info = |(name, guess): (String, Guess)| ColumnInfo::settled(name, guess.settle(signs));
        Ok((this, Schema::nested(names.into_iter().zip(guesses).map(info).collect()), rows))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Has a value stand for a column in the lines that leave it out.
    pub(crate) fn set_default(&mut self, column: usize, value: DefaultValue) {
        self.defaults.insert(column, value);
    }

    fn lines(&self) -> Lines {
        Lines::new(&self.path, PositionedReader::new(Arc::clone(&self.file)))
    }
}
