//! Rows of the views as JSON and CSV: the same columns everywhere, as the view declares them.

use std::io::{self, Write};

use driftd_model::{Cell, View};
use serde_json::{Map, Value, json};

/// How moments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Times {
    /// RFC 3339 in UTC.
    #[default]
    Rfc3339,
    /// Milliseconds since 1970.
    EpochMillis,
}

/// One JSON array, a row at a time; a row is an object with the view's columns.
///
/// # Errors
/// Those of `out`.
pub fn write_json<R: View>(rows: &[R], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (i, row) in rows.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &object(row, Times::Rfc3339))?;
    }
    out.write_all(b"\n]\n")
}

/// The row as a JSON object with the view's columns.
#[must_use]
pub fn object<R: View>(row: &R, times: Times) -> Map<String, Value> {
    R::COLUMNS.iter().map(|column| (column.name.to_owned(), value((column.cell)(row), times))).collect()
}

fn value(cell: Option<Cell>, times: Times) -> Value {
    match cell {
        None => Value::Null,
        Some(Cell::Text(text)) => Value::String(text),
        Some(Cell::Float(number)) => json!(number),
        Some(Cell::Count(count)) => json!(count),
        Some(Cell::Time(time)) => match times {
            Times::Rfc3339 => Value::String(time.to_string()),
            Times::EpochMillis => json!(time.as_micros().div_euclid(1000)),
        },
        Some(Cell::List(texts)) => json!(texts),
    }
}

/// The rows as CSV with a header; nothing where there is no value. Text out of the data that a spreadsheet would take for
/// a formula stands behind an apostrophe, which makes it text.
///
/// # Errors
/// Those of `out`.
pub fn write_csv<R: View>(rows: &[R], times: Times, out: &mut dyn Write) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(R::COLUMNS.iter().map(|column| column.name))?;
    for row in rows {
        csv.write_record(R::COLUMNS.iter().map(|column| match value((column.cell)(row), times) {
            Value::Null => String::new(),
            Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Value::String(text) => text,
            other => other.to_string(),
        }))?;
    }
    csv.flush()?;
    Ok(())
}
