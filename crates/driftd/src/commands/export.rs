//! Rows of the analysts' views as JSON objects and as Parquet: the same columns everywhere, as the view declares them.

use std::io::Write;

use driftd_dataset::{ExportColumn, ExportValues};
use driftd_model::{Cell, CellKind, Column, View};
use driftd_web::rows::{Times, object};
use serde_json::Value;

/// The rows as JSON objects with the view's columns.
pub(super) fn objects<R: View>(rows: &[R]) -> Value {
    rows.iter().map(|row| object(row, Times::Rfc3339)).collect()
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
        CellKind::List => ExportValues::Text(of(column, rows, |cell| match cell {
            Cell::List(texts) => Some(Value::from(texts).to_string()),
            _ => None,
        })),
    }
}
