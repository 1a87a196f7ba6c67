//! Some columns of an NDJSON file, chunk by chunk.

use std::collections::HashMap;

use driftd_decode::{
    Cell, ColumnBuilder, ColumnIndex, FieldPaths, FieldTree, Format, Json, ParsedRecord, RecordSink, RecordText, Reject,
};
use driftd_model::DefaultValue;
use driftd_window::TimeReader;

use super::NdjsonFile;
use super::lines::Lines;
use crate::DatasetError;
use crate::times::TimesBuilder;
use crate::values::{Chunk, Reading, Values, Wanted};

/// Cells of a chunk, roughly.
const CHUNK_CELLS: usize = 1 << 20;

/// Reads some columns of an NDJSON file.
pub(crate) struct NdjsonBatches {
    lines: Lines,
    format: Json,
    fields: FieldTree,
    parsed: ParsedRecord,
    columns: Vec<Column>,
}

/// A wanted column.
struct Column {
    /// Where it may stand in a line: the first place with something counts. None where the file does not have it.
    places: Vec<ColumnIndex>,
    cells: Cells,
}

/// Its values so far.
enum Cells {
    Values(ColumnBuilder),
    Times(TimesBuilder),
}

impl NdjsonBatches {
    /// Reads what is `wanted` from `file`; `paths` says where each column of the table stands in a record, and
    /// `defaults` what stands for one that it leaves out.
    pub(crate) fn new(
        file: &NdjsonFile,
        paths: &[FieldPaths],
        wanted: &[Wanted],
        times: &TimeReader,
        defaults: &HashMap<usize, DefaultValue>,
    ) -> Result<Self, DatasetError> {
        let mut fields = FieldTree::default();
        let mut column = |wanted: &Wanted| {
            let paths = wanted.column.and_then(|column| paths.get(column));
            let default = wanted.column.and_then(|column| defaults.get(&column));
            let cells = match wanted.reading {
                Reading::Numbers => Cells::Values(ColumnBuilder::numbers(wanted.takes_booleans).with_default(default)),
                Reading::Texts => Cells::Values(ColumnBuilder::texts().with_default(default)),
                Reading::Presence => Cells::Values(ColumnBuilder::presence()),
                Reading::Times => Cells::Times(TimesBuilder::new(times, 0)),
            };
            Column { places: paths.into_iter().flatten().map(|path| fields.want(path)).collect(), cells }
        };
        let columns = wanted.iter().map(&mut column).collect();
        let parsed = ParsedRecord::new(&fields);
        Ok(Self { lines: file.lines()?, format: Json::default(), fields, parsed, columns })
    }

    /// The next rows, `most` of them at most; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        let most = most.min((CHUNK_CELLS / self.columns.len().max(1)).max(1));
        let mut rows = 0;
        while rows < most {
            let Some(line) = self.lines.next()? else { break };
            let Self { format, fields, parsed, columns, .. } = self;
            let read = format.read(line, fields, parsed, &mut Row(columns));
            read.map_err(|reject| self.lines.bad(&reject))?;
            rows += 1;
        }
        let values = self.columns.iter_mut().map(|column| match &mut column.cells {
            Cells::Values(builder) => Values::Column(builder.take()),
            Cells::Times(times) => Values::Times(times.take()),
        });
        let values = values.collect();
        Ok((rows > 0).then_some(Chunk { rows, values }))
    }
}

/// Appends a row of the columns.
struct Row<'a>(&'a mut [Column]);

impl RecordSink for Row<'_> {
    fn several(&mut self) {}

    fn record(&mut self, record: RecordText<'_>, parsed: &mut ParsedRecord) -> Result<(), Reject> {
        let texts = parsed.texts(record.text);
        for column in &mut *self.0 {
            let mut cells = column.places.iter().map(|place| parsed.cell(*place));
            let cell = cells.find(|cell| cell.is_there()).unwrap_or(Cell::Absent);
            match &mut column.cells {
                Cells::Values(builder) => builder.push(cell, texts),
                Cells::Times(times) if matches!(cell, Cell::Absent | Cell::Null) => times.missing(),
                Cells::Times(times) => {
                    let at = texts.time(cell, times.reader());
                    times
                        .push(at, || texts.shown(cell, &mut String::new()).unwrap_or("a list or an object").to_owned());
                }
            }
        }
        Ok(())
    }
}
