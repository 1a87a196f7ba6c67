//! Column requests, and chunks of column values.

use driftd_stats::FeatureLayout;
use driftd_window::{Column, NO_EVENT_TIME};

use crate::times::{Times, Unread};

/// How the values of a column are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As numbers; a value that is none is mistyped.
    Numbers,
    /// As text; numbers in their shortest form, booleans as `true` and `false`.
    Texts,
    /// Only whether there is one.
    Presence,
    /// As event times.
    Times,
}

/// One column of a table, and how it is wanted; `None` for a column that the table does not have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) column: Option<usize>,
    pub(crate) reading: Reading,
    /// Booleans among numbers are 0 and 1, not mistyped.
    pub(crate) takes_booleans: bool,
}

impl Wanted {
    pub(crate) fn new(column: Option<usize>, reading: Reading) -> Self {
        Self { column, reading, takes_booleans: false }
    }

    /// A column that is to be counted in a layout.
    pub(crate) fn of_layout(column: Option<usize>, layout: &FeatureLayout) -> Self {
        let reading = match layout {
            FeatureLayout::Numeric(_) => Reading::Numbers,
            FeatureLayout::Categorical(_) => Reading::Texts,
            FeatureLayout::Presence => Reading::Presence,
        };
        Self { takes_booleans: layout.takes_booleans(), ..Self::new(column, reading) }
    }
}

/// Values of one column over the rows of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// Numbers, text or presence.
    Column(Column),
    /// Event times.
    Times(Times),
}

/// Rows of some columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) rows: usize,
    pub(crate) values: Vec<Values>,
}

impl Values {
    /// A column that is not in the table.
    pub(crate) fn missing(reading: Reading, rows: usize) -> Self {
        match reading {
            Reading::Numbers => Self::Column(Column::all_missing(true, rows)),
            Reading::Texts => Self::Column(Column::all_missing(false, rows)),
            Reading::Presence => Self::Column(Column::Presence { absent: vec![driftd_window::MISSING; rows] }),
            Reading::Times => Self::Times(Times { at: vec![NO_EVENT_TIME; rows], unread: Unread::default() }),
        }
    }
}
