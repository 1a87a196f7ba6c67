//! Columnar records between a decoder and the reducer.

use std::collections::BTreeMap;
use std::ops::Range;

use driftd_stats::{MISSING_CODE, NumericSlice, TextSlice};

use crate::SegmentKey;

/// Absence code of a row that has a value.
pub const PRESENT: u8 = 0;
/// Absence code of a row without a value.
pub const MISSING: u8 = 1;
/// Absence code of a row whose value is of the wrong type for its feature; greater codes say of which
/// ([`driftd_stats::MistypedType`]).
pub const MISTYPED: u8 = 2;

/// Event time of a record that has none; such records are rejected by name, not guessed.
pub const NO_EVENT_TIME: i64 = i64::MIN;

/// One feature's values over the rows of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; `absent` holds one code a row, or nothing when every row has a value.
    Numeric {
        /// One value a row; the value of an absent row is ignored.
        values: Vec<f64>,
        /// [`PRESENT`], [`MISSING`], or [`MISTYPED`] and above, for every row.
        absent: Option<Vec<u8>>,
    },
    /// Texts, encoded against the batch's own list of values.
    Text {
        /// Index into `values`, or one of the absence codes of `driftd_stats`.
        codes: Vec<u32>,
        /// The distinct values of this batch.
        values: Vec<String>,
    },
    /// A feature of which only presence matters; codes as in `Numeric`.
    Presence {
        /// [`PRESENT`] or [`MISSING`] for every row.
        absent: Vec<u8>,
    },
}

/// Rows on their way to the reducer: event times, segments and one column for every feature of the plan, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordBatch {
    event_times: Vec<i64>,
    segments: Option<SegmentColumn>,
    columns: Vec<Column>,
}

/// The segment of every row, encoded against the batch's own list of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentColumn {
    /// Index into `keys` for every row.
    pub codes: Vec<u32>,
    /// The distinct keys of this batch.
    pub keys: Vec<SegmentKey>,
}

/// Columns of a batch that disagree about the number of rows, or a code outside its list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of a batch of {rows} rows has {found}")]
pub struct RaggedBatch {
    column: String,
    rows: usize,
    found: String,
}

impl Column {
    /// A numeric column with a value in every row.
    #[must_use]
    pub fn numbers(values: Vec<f64>) -> Self {
        Self::Numeric { values, absent: None }
    }

    /// A column of `rows` missing values, numeric or text.
    #[must_use]
    pub fn all_missing(numeric: bool, rows: usize) -> Self {
        if numeric {
            Self::Numeric { values: vec![0.0; rows], absent: Some(vec![MISSING; rows]) }
        } else {
            Self::Text { codes: vec![MISSING_CODE; rows], values: Vec::new() }
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Numeric { values, .. } => values.len(),
            Self::Text { codes, .. } => codes.len(),
            Self::Presence { absent } => absent.len(),
        }
    }

    /// The column as the numeric kernels read it.
    #[must_use]
    pub fn as_numeric(&self) -> Option<NumericSlice<'_>> {
        match self {
            Self::Numeric { values, absent } => Some(NumericSlice { values, absent: absent.as_deref() }),
            _ => None,
        }
    }

    /// The column as the text kernels read it.
    #[must_use]
    pub fn as_text(&self) -> Option<TextSlice<'_>> {
        match self {
            Self::Text { codes, values } => Some(TextSlice { codes, values }),
            _ => None,
        }
    }

    fn slice(&self, range: &Range<usize>) -> Self {
        match self {
            Self::Numeric { values, absent } => {
                Self::Numeric { values: slice(values, range), absent: absent.as_ref().map(|a| slice(a, range)) }
            }
            Self::Text { codes, values } => {
                // Only the texts that these rows have: the batch may have very many.
                let mut codes = slice(codes, range);
                let mut kept: BTreeMap<u32, u32> = BTreeMap::new();
                let mut texts = Vec::new();
                for code in &mut codes {
                    let Some(text) = values.get(*code as usize) else { continue };
                    *code = *kept.entry(*code).or_insert_with(|| {
                        texts.push(text.clone());
                        texts.len() as u32 - 1
                    });
                }
                Self::Text { codes, values: texts }
            }
            Self::Presence { absent } => Self::Presence { absent: slice(absent, range) },
        }
    }

    fn retain(&mut self, keep: &[bool]) {
        match self {
            Self::Numeric { values, absent } => {
                retain(values, keep);
                if let Some(absent) = absent {
                    retain(absent, keep);
                }
            }
            Self::Text { codes, .. } => retain(codes, keep),
            Self::Presence { absent } => retain(absent, keep),
        }
    }

    fn check(&self, index: usize, rows: usize) -> Result<(), RaggedBatch> {
        let ragged = |found: String| RaggedBatch { column: index.to_string(), rows, found };
        if self.rows() != rows {
            return Err(ragged(format!("{} rows", self.rows())));
        }
        match self {
            Self::Numeric { absent: Some(absent), .. } if absent.len() != rows => {
                Err(ragged(format!("{} absence codes", absent.len())))
            }
            Self::Text { codes, values } => {
                let bad = codes.iter().find(|c| **c < MISSING_CODE - 1 && **c as usize >= values.len());
                bad.map_or(Ok(()), |c| Err(ragged(format!("code {c} beyond its {} values", values.len()))))
            }
            _ => Ok(()),
        }
    }
}

impl RecordBatch {
    /// A batch; `event_times` in microseconds since the epoch, [`NO_EVENT_TIME`] where a record has none.
    ///
    /// # Errors
    /// A column, or the segments, with another number of rows, or a code that points nowhere.
    pub fn new(
        event_times: Vec<i64>,
        segments: Option<SegmentColumn>,
        columns: Vec<Column>,
    ) -> Result<Self, RaggedBatch> {
        let rows = event_times.len();
        for (index, column) in columns.iter().enumerate() {
            column.check(index, rows)?;
        }
        if let Some(segments) = &segments {
            let found = segments.codes.len();
            let stray = segments.codes.iter().any(|c| *c as usize >= segments.keys.len());
            if found != rows || stray {
                let found = format!("{found} rows and {} keys", segments.keys.len());
                return Err(RaggedBatch { column: "segment".to_owned(), rows, found });
            }
        }
        Ok(Self { event_times, segments, columns })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.event_times.len()
    }

    /// Event time of every row, in microseconds.
    #[must_use]
    pub fn event_times(&self) -> &[i64] {
        &self.event_times
    }

    /// Segment of every row, when the monitor is split.
    #[must_use]
    pub fn segments(&self) -> Option<&SegmentColumn> {
        self.segments.as_ref()
    }

    /// The features' columns, in the plan's order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows of `range`, cut off at the end of the batch, as a batch of their own.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let segments = self.segments.as_ref();
        Self {
            event_times: slice(&self.event_times, &range),
            segments: segments.map(|s| SegmentColumn { codes: slice(&s.codes, &range), keys: s.keys.clone() }),
            columns: self.columns.iter().map(|column| column.slice(&range)).collect(),
        }
    }

    /// Keeps the rows for which `keep` says so, and those beyond its end.
    pub fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.event_times, keep);
        if let Some(segments) = &mut self.segments {
            retain(&mut segments.codes, keep);
        }
        for column in &mut self.columns {
            column.retain(keep);
        }
    }
}

fn slice<T: Copy>(values: &[T], range: &Range<usize>) -> Vec<T> {
    let end = range.end.min(values.len());
    values.get(range.start.min(end)..end).unwrap_or_default().to_vec()
}

fn retain<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut row = 0;
    values.retain(|_| {
        row += 1;
        keep.get(row - 1).copied().unwrap_or(true)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_or_dropped_in_all_columns() {
        let segments = SegmentColumn { codes: vec![0, 1, 0], keys: vec![SegmentKey::all(), SegmentKey::overflow()] };
        let columns = vec![
            Column::numbers(vec![1.0, 2.0, 3.0]),
            Column::Numeric { values: vec![1.0, 2.0, 3.0], absent: Some(vec![PRESENT, MISSING, MISTYPED]) },
            Column::Text { codes: vec![1, 0, MISSING_CODE], values: vec!["a".to_owned(), "b".to_owned()] },
            Column::Presence { absent: vec![MISSING, PRESENT, MISSING] },
        ];
        let whole = RecordBatch::new(vec![10, 20, 30], Some(segments.clone()), columns).unwrap();
        let mut some = whole.clone();
        some.retain(&[true, false, true]);
        let columns = vec![
            Column::numbers(vec![1.0, 3.0]),
            Column::Numeric { values: vec![1.0, 3.0], absent: Some(vec![PRESENT, MISTYPED]) },
            Column::Text { codes: vec![1, MISSING_CODE], values: vec!["a".to_owned(), "b".to_owned()] },
            Column::Presence { absent: vec![MISSING, MISSING] },
        ];
        let kept = SegmentColumn { codes: vec![0, 0], keys: segments.keys };
        assert_eq!(some, RecordBatch::new(vec![10, 30], Some(kept), columns).unwrap());
        let mut all = whole.clone();
        all.retain(&[]);
        assert_eq!(all, whole);
        let last = whole.slice(1..9);
        let columns = vec![
            Column::numbers(vec![2.0, 3.0]),
            Column::Numeric { values: vec![2.0, 3.0], absent: Some(vec![MISSING, MISTYPED]) },
            Column::Text { codes: vec![0, MISSING_CODE], values: vec!["a".to_owned()] },
            Column::Presence { absent: vec![PRESENT, MISSING] },
        ];
        let keys = whole.segments().unwrap().keys.clone();
        let segments = SegmentColumn { codes: vec![1, 0], keys };
        assert_eq!(last, RecordBatch::new(vec![20, 30], Some(segments), columns).unwrap());
        assert_eq!(whole.slice(0..3).event_times(), whole.event_times());
        assert_eq!(whole.slice(7..9).rows(), 0);
    }

    #[test]
    fn ragged_batches_are_refused() {
        let short = RecordBatch::new(vec![1, 2], None, vec![Column::numbers(vec![1.0])]);
        assert_eq!(short.unwrap_err().to_string(), "column 0 of a batch of 2 rows has 1 rows");
        let stray = Column::Text { codes: vec![0, 7], values: vec!["a".into()] };
        assert!(RecordBatch::new(vec![1, 2], None, vec![stray]).is_err());
        let keys = SegmentColumn { codes: vec![0], keys: vec![] };
        assert!(RecordBatch::new(vec![1], Some(keys), vec![]).is_err());
        let fine = RecordBatch::new(vec![1, 2], None, vec![Column::all_missing(false, 2)]).unwrap();
        assert_eq!(fine.rows(), 2);
    }
}
