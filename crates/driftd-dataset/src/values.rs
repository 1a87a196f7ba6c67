//! Column requests, and chunks of column values.

use driftd_stats::{FeatureAggregate, FeatureLayout, Precision};
use driftd_window::{Column, NO_EVENT_TIME};

use crate::NullWords;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) column: Option<usize>,
    pub(crate) reading: Reading,
    /// Booleans among numbers are 0 and 1, not mistyped.
    pub(crate) takes_booleans: bool,
    /// 32-bit floats stand for the shortest decimal they are nearest to.
    pub(crate) shortest: bool,
    /// An empty field of a file that cannot tell one from no value is the empty text.
    pub(crate) empty_is_text: bool,
    /// A word for no value is a category of the baseline.
    pub(crate) knows_words: bool,
}

impl Wanted {
    pub(crate) fn new(column: Option<usize>, reading: Reading) -> Self {
        Self { column, reading, takes_booleans: false, shortest: false, empty_is_text: false, knows_words: false }
    }

    /// As a feature of that layout is counted, and understood as the baseline's own counts suggest.
    pub(crate) fn for_feature(column: Option<usize>, layout: &FeatureLayout, baseline: &FeatureAggregate) -> Self {
        let reading = match layout {
            FeatureLayout::Numeric(_) => Reading::Numbers,
            FeatureLayout::Categorical(_) => Reading::Texts,
            FeatureLayout::Presence => Reading::Presence,
        };
        let wanted = Self { takes_booleans: layout.takes_booleans(), ..Self::new(column, reading) };
        match layout {
            // A baseline of narrower floats rounds to them what it counts.
            FeatureLayout::Numeric(edges) => Self { shortest: edges.precision() == Precision::Double, ..wanted },
            FeatureLayout::Categorical(dictionary) => {
                let knows_empty = !dictionary.locate("").is_new;
                let words = NullWords::default();
                let knows_words = dictionary.categories().iter().any(|category| words.contains(category));
                Self { empty_is_text: knows_empty && baseline.missing() == 0, knows_words, ..wanted }
            }
            FeatureLayout::Presence => wanted,
        }
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
