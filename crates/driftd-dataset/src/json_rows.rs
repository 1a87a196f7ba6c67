//! The rows of a table as JSON objects: files become a stream for whoever wants to try one.

use driftd_stats::MISSING_CODE;
use driftd_window::{Column, EventTime, MISSING, NO_EVENT_TIME};
use serde_json::{Map, Value};

use crate::table::Batches;
use crate::values::{Reading, Values, Wanted};
use crate::{ColumnKind, DatasetError, Table};

/// Rows read at once.
const ROWS: usize = 4096;

/// The rows of a table, each a flat object of its columns: numbers, texts and booleans as themselves, instants in
/// RFC 3339, and what is missing left out. Columns that hold no single values are left out too.
pub struct JsonRows {
    batches: Batches,
    columns: Vec<(String, ColumnKind)>,
    ready: std::vec::IntoIter<Map<String, Value>>,
}

impl JsonRows {
    /// The rows of `table`, in its order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(table: &Table) -> Result<Self, DatasetError> {
        let mut columns = Vec::new();
        let mut wanted = Vec::new();
        for (place, column) in table.schema().columns().iter().enumerate() {
            let reading = match column.kind {
                ColumnKind::Number => Reading::Numbers,
                ColumnKind::Bool | ColumnKind::Text => Reading::Texts,
                ColumnKind::Time => Reading::Times,
                ColumnKind::Empty | ColumnKind::Unsupported(_) => continue,
            };
            wanted.push(Wanted::new(Some(place), reading));
            columns.push((column.name.clone(), column.kind.clone()));
        }
        Ok(Self { batches: table.batches(wanted)?, columns, ready: Vec::new().into_iter() })
    }

    fn read(&mut self) -> Result<bool, DatasetError> {
        let Some(chunk) = self.batches.next(ROWS)? else { return Ok(false) };
        let mut rows: Vec<Map<String, Value>> = vec![Map::new(); chunk.rows];
        for ((name, kind), values) in self.columns.iter().zip(&chunk.values) {
            for (row, object) in rows.iter_mut().enumerate() {
                if let Some(value) = value(values, kind, row) {
                    object.insert(name.clone(), value);
                }
            }
        }
        self.ready = rows.into_iter();
        Ok(true)
    }
}

impl Iterator for JsonRows {
    type Item = Result<Map<String, Value>, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(Ok(row));
            }
            match self.read() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The value of one row; nothing when it is missing. NaN and infinities, which JSON does not have, are texts.
fn value(values: &Values, kind: &ColumnKind, row: usize) -> Option<Value> {
    match values {
        Values::Times(times) => {
            let micros = *times.at.get(row)?;
            (micros != NO_EVENT_TIME).then(|| Value::String(EventTime::from_micros(micros).to_string()))
        }
        Values::Column(Column::Numeric { values, absent }) => {
            let is_absent = absent.as_ref().is_some_and(|codes| codes.get(row).is_none_or(|code| *code >= MISSING));
            let number = values.get(row).filter(|_| !is_absent)?;
            Some(serde_json::Number::from_f64(*number).map_or_else(|| Value::String(number.to_string()), Value::Number))
        }
        Values::Column(Column::Text { codes, values }) => {
            let code = *codes.get(row)?;
            let text = values.get(code as usize).filter(|_| code < MISSING_CODE)?;
            Some(match (kind, text.as_str()) {
                (ColumnKind::Bool, "true") => Value::Bool(true),
                (ColumnKind::Bool, "false") => Value::Bool(false),
                (_, text) => Value::String(text.to_owned()),
            })
        }
        Values::Column(Column::Presence { .. }) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_flat_object_of_what_it_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        std::fs::write(
            &path,
            "at,x,name,ok\n2013-01-01T10:00:00Z,1.5,UA,true\n2013-01-02T10:00:00Z,,\"a \"\"b\"\"\",false\n",
        )
        .unwrap();
        let rows = JsonRows::new(&Table::open(&path).unwrap()).unwrap();
        let text: Vec<String> = rows.map(|row| Value::Object(row.unwrap()).to_string()).collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        {"at":"2013-01-01T10:00:00Z","name":"UA","ok":true,"x":1.5}
        {"at":"2013-01-02T10:00:00Z","name":"a \"b\"","ok":false}
        "#);
    }
}
