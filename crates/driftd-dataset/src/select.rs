//! Which rows of a table are a monitor's, by model and version.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use driftd_model::{Monitor, Pointer, WantedValues};
use driftd_window::Column;

use crate::{ColumnKind, DatasetError, Table};

/// Rows that a monitor's filter did not let pass; it grows while a reader reads.
#[derive(Clone, Debug, Default)]
pub struct Filtered(Arc<AtomicU64>);

/// A monitor's filter, as columns and what may stand in them.
pub(crate) struct Selection {
    names: Vec<String>,
    wanted: Vec<WantedValues>,
    passed_over: Filtered,
}

impl Filtered {
    /// How many so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Selection {
    /// The columns are those of the monitor's pointers, or `model` and `version`.
    pub(crate) fn new(monitor: &Monitor) -> Self {
        let (shape, filter) = (&monitor.shape, &monitor.filter);
        let mut selection = Self { names: Vec::new(), wanted: Vec::new(), passed_over: Filtered::default() };
        let places =
            [(&shape.model_name, "model", &filter.models), (&shape.model_version, "version", &filter.versions)];
        for (place, usual, wanted) in places {
            if !wanted.is_empty() {
                selection.names.push(place.as_ref().map_or_else(|| usual.to_owned(), Pointer::column));
                selection.wanted.push(WantedValues::new(wanted));
            }
        }
        selection
    }

    /// Column names, in the order in which they are handed to [`Selection::keep`].
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Which of them `table` has, and what they hold there.
    pub(crate) fn found_in(&self, table: &Table) -> Result<Vec<Option<ColumnKind>>, DatasetError> {
        let kind = |column: usize| table.schema().columns().get(column).map(|column| column.kind.clone());
        self.names.iter().map(|name| Ok(table.find(name)?.and_then(kind))).collect()
    }

    /// The count of what is passed over.
    pub(crate) fn passed_over(&self) -> Filtered {
        self.passed_over.clone()
    }

    /// Which rows pass, of text `columns`, one a name; nothing where every row does. A row without a value passes no
    /// filter on it, while a table without the column is one model's, and a note of the reader says so.
    pub(crate) fn keep(&self, columns: &[Column], kinds: &[Option<ColumnKind>], rows: usize) -> Option<Vec<bool>> {
        let mut keep = vec![true; rows];
        for ((column, kind), wanted) in columns.iter().zip(kinds).zip(&self.wanted) {
            let (Some(texts), Some(kind)) = (column.as_text(), kind) else { continue };
            let is_number = *kind == ColumnKind::Number;
            let passes: Vec<bool> = texts.values.iter().map(|value| wanted.holds(value, is_number)).collect();
            for (keep, code) in keep.iter_mut().zip(texts.codes) {
                *keep &= passes.get(*code as usize).copied().unwrap_or(false);
            }
        }
        let dropped = keep.iter().filter(|keep| !**keep).count() as u64;
        self.passed_over.0.fetch_add(dropped, Ordering::Relaxed);
        (dropped > 0).then_some(keep)
    }
}
