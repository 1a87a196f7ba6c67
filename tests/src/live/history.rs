//! The drift history as text, for comparing bit by bit.

use serde_json::{Map, Value};

/// Rows of `drift_history`, without the moment they were sealed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    window_end: String,
    text: String,
}

impl History {
    /// Reads what `driftd history --format json` printed.
    ///
    /// Numbers are read to the nearest float and written with as many digits as tell it from every other, so two rows
    /// are the same text only if they are the same bits.
    pub(super) fn of(json: &str) -> Self {
        let objects: Vec<Map<String, Value>> = serde_json::from_str(json).expect("the history is JSON");
        let row = |mut object: Map<String, Value>| {
            object.remove("sealed_at").expect("rows say when they were sealed");
            let window_end = object["window_end"].as_str().expect("rows say when their window ends").to_owned();
            Row { window_end, text: Value::Object(object).to_string() }
        };
        let mut rows: Vec<Row> = objects.into_iter().map(row).collect();
        rows.sort();
        Self { rows }
    }

    /// Only windows that end by `end`, an instant in RFC 3339.
    #[must_use]
    pub fn until(mut self, end: &str) -> Self {
        self.rows.retain(|row| row.window_end.as_str() <= end);
        self
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows as objects.
    pub fn objects(&self) -> impl Iterator<Item = Value> {
        self.rows.iter().map(|row| serde_json::from_str(&row.text).expect("it was written from an object"))
    }

    /// Holds the rows against those of `other`.
    ///
    /// # Panics
    /// When they differ; shows the first rows that one has and the other has not.
    #[track_caller]
    pub fn assert_same(&self, other: &Self, names: &str) {
        if self == other {
            return;
        }
        let only = |of: &Self, not_in: &Self| {
            let missing = of.rows.iter().filter(|row| not_in.rows.binary_search(row).is_err());
            let texts: Vec<&str> = missing.map(|row| row.text.as_str()).collect();
            let shown = texts.iter().take(4).copied().collect::<Vec<_>>().join("\n  ");
            format!("{} rows, such as\n  {shown}", texts.len())
        };
        panic!(
            "{names}: {} rows against {}\nonly left: {}\nonly right: {}",
            self.len(),
            other.len(),
            only(self, other),
            only(other, self)
        );
    }
}
