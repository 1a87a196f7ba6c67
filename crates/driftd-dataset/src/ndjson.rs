//! NDJSON: one object a line, nested objects flattened. Records are read as records of topics are, however they follow one
//! another.

mod batches;
mod frame;
mod items;
mod lines;

use std::sync::Arc;

use driftd_decode::{Cell, FieldPaths, Json, Survey};

pub(crate) use self::batches::NdjsonBatches;
use self::items::Layout;
pub(crate) use self::lines::Lines;
use crate::blob::Blob;
use crate::guess::Guess;
use crate::notation::FileSigns;
use crate::{ColumnInfo, DatasetError};

/// A file of JSON objects.
#[derive(Clone, Debug)]
pub(crate) struct NdjsonFile {
    blob: Blob,
    layout: Layout,
}

/// What is learnt of the members of objects, in file after file.
#[derive(Default)]
pub(crate) struct Members {
    survey: Survey<Json>,
    guesses: Vec<Guess>,
    /// Lines are rows that were made of records, and those of no file.
    pub(crate) are_made: bool,
}

impl NdjsonFile {
    /// Reads all of the file once, to learn which members there are and what they hold, and says how many records there
    /// are. A data frame is taken apart first.
    pub(crate) fn open(mut blob: Blob, members: &mut Members) -> Result<(Self, u64), DatasetError> {
        if let Some(rows) = frame::unfold(&blob)? {
            blob = Blob::made_of(blob.path(), rows);
        }
        let layout = Layout::of_head(&blob.head()?.0);
        let this = Self { blob, layout };
        let mut lines = this.lines()?;
        let mut rows = 0;
        let Members { survey, guesses, .. } = members;
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
            read.map_err(|error| lines.unsurveyed(&error))?;
            rows += 1;
        }
        Ok((this, rows))
    }

    fn lines(&self) -> Result<Lines, DatasetError> {
        Lines::new(&self.blob, self.layout)
    }
}

impl Members {
    /// Columns in the order in which they first occurred, and where each stands in a record.
    pub(crate) fn into_columns(self) -> (Vec<ColumnInfo>, Arc<[FieldPaths]>) {
        let (names, paths) = self.survey.into_fields();
        // Numbers of JSON have points and nothing else.
        let signs = FileSigns { delimiter: (!self.are_made).then_some(b','), decimal_commas: false };
        let info = |(name, guess): (String, Guess)| ColumnInfo::settled(name, guess.settle(signs));
        (names.into_iter().zip(self.guesses).map(info).collect(), paths.into())
    }
}
