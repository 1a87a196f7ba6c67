//! NDJSON: one object a line, nested objects flattened.

mod batches;
mod flatten;
mod lines;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use self::batches::NdjsonBatches;
use self::flatten::{Member, Members};
use self::lines::Lines;
use crate::guess::Guess;
use crate::positioned::PositionedReader;
use crate::{ColumnInfo, DatasetError, Schema};

/// Different member names a file may have. Objects keyed by ids would otherwise become columns without end.
const MAX_COLUMNS: usize = 1 << 16;

/// An NDJSON file.
#[derive(Clone, Debug)]
pub(crate) struct NdjsonFile {
    path: Arc<PathBuf>,
    file: Arc<File>,
}

impl NdjsonFile {
    /// Reads all of `file` once, to learn which members there are and what they hold. Columns stand in the order in
    /// which they first occur.
    pub(crate) fn open(path: &Path, file: File) -> Result<(Self, Schema, u64), DatasetError> {
        let this = Self { path: Arc::new(path.to_owned()), file: Arc::new(file) };
        let mut columns = Columns::default();
        let mut lines = this.lines();
        let mut rows = 0;
        while lines.next_object(&mut columns)? {
            rows += 1;
            if columns.infos.len() > MAX_COLUMNS {
                return Err(DatasetError::Corrupt {
                    path: path.to_owned(),
                    format: "NDJSON",
                    column: None,
                    what: format!(
                        "line {}: more than {MAX_COLUMNS} different members; are ids used as names?",
                        lines.line()
                    ),
                });
            }
        }
        let info = |(name, guess): (String, Guess)| ColumnInfo { name, kind: guess.kind() };
        Ok((this, Schema::nested(columns.infos.into_iter().map(info).collect()), rows))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn lines(&self) -> Lines {
        Lines::new(&self.path, PositionedReader::new(Arc::clone(&self.file)))
    }
}

/// The members seen so far, and what they could hold.
#[derive(Default)]
struct Columns {
    places: HashMap<String, usize, foldhash::fast::FixedState>,
    infos: Vec<(String, Guess)>,
}

impl Members for Columns {
    fn member(&mut self, path: &str, value: Member<'_>) {
        let place = match self.places.get(path) {
            Some(place) => *place,
            None => {
                let place = self.infos.len();
                self.places.insert(path.to_owned(), place);
                self.infos.push((path.to_owned(), Guess::default()));
                place
            }
        };
        let Some((_, guess)) = self.infos.get_mut(place) else {
            return;
        };
        match value {
            Member::Null => {}
            Member::Bool(_) => guess.see_bool(),
            Member::Number(..) => guess.see_number(),
            Member::Text(text) => guess.see_string(text),
            Member::List => guess.see_list(),
        }
    }
}
