//! Rows of the analysts' views as JSON, CSV and Parquet: the same columns everywhere, as the view declares them.

use std::io::Write;

use driftd_dataset::{ExportColumn, ExportValues};
use driftd_model::{Cell, CellKind, Column, View};
use serde_json::{Value, json};

/// One JSON array, a row at a time; a row is an object with the view's columns.
pub(super) fn write_json<R: View>(rows: &[R], out: &mut dyn Write) -> anyhow::Result<()> {
    out.write_all(b"[")?;
    for (i, row) in rows.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &object(row))?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// The rows as JSON objects with the view's columns.
pub(super) fn objects<R: View>(rows: &[R]) -> Value {
    rows.iter().map(object).collect()
}

fn object<R: View>(row: &R) -> Value {
    R::COLUMNS.iter().map(|column| (column.name.to_owned(), value((column.cell)(row)))).collect()
}

/// Times are RFC 3339 in UTC.
fn value(cell: Option<Cell>) -> Value {
    match cell {
        None => Value::Null,
        Some(Cell::Text(text)) => Value::String(text),
        Some(Cell::Float(number)) => json!(number),
        Some(Cell::Count(count)) => json!(count),
        Some(Cell::Time(time)) => Value::String(time.to_string()),
        Some(Cell::List(texts)) => json!(texts),
    }
}

/// The rows as CSV with a header; nothing where there is no value. Text out of the data that a spreadsheet would take for
/// a formula stands behind an apostrophe, which makes it text.
pub(super) fn write_csv<R: View>(rows: &[R], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(R::COLUMNS.iter().map(|column| column.name))?;
    for row in rows {
        csv.write_record(R::COLUMNS.iter().map(|column| match value((column.cell)(row)) {
            Value::Null => String::new(),
            Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Value::String(text) => text,
            other => other.to_string(),
        }))?;
    }
    csv.flush()?;
    Ok(())
}

/// The rows as Parquet; times are timestamps in UTC. `what` names them in errors.
pub(super) fn write_parquet<R: View>(what: &str, rows: &[R], out: &mut dyn Write) -> anyhow::Result<()> {
    let column = |column: &Column<R>| ExportColumn { name: column.name.to_owned(), values: values(column, rows) };
    let columns: Vec<ExportColumn> = R::COLUMNS.iter().map(column).collect();
    driftd_dataset::write_parquet(what, out, &columns)?;
    Ok(())
}

/// A cell is of its column's kind, as the view declares both by the type of the field.
fn values<R: View>(column: &Column<R>, rows: &[R]) -> ExportValues {
    fn of<R, T>(column: &Column<R>, rows: &[R], pick: impl Fn(Cell) -> Option<T>) -> Vec<Option<T>> {
        rows.iter().map(|row| (column.cell)(row).and_then(&pick)).collect()
    }
    match column.kind {
        CellKind::Text => ExportValues::Text(of(column, rows, |cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })),
        CellKind::Float => ExportValues::Float64(of(column, rows, |cell| match cell {
            Cell::Float(number) => Some(number),
            _ => None,
        })),
        CellKind::Count => ExportValues::Int64(of(column, rows, |cell| match cell {
            Cell::Count(count) => i64::try_from(count).ok(),
            _ => None,
        })),
        CellKind::Time => ExportValues::Time(of(column, rows, |cell| match cell {
            Cell::Time(time) => Some(time.as_micros()),
            _ => None,
        })),
        CellKind::List => ExportValues::Text(of(column, rows, |cell| Some(value(Some(cell)).to_string()))),
    }
}
