//! Options of building a baseline.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{FeatureKind, Pointer, Role};
use driftd_stats::LayoutOptions;
use driftd_window::{EventTime, TimeReader};

/// How a baseline is built from a table. Columns are named as features: by the last token of nested names where that
/// is unambiguous.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineOptions {
    /// Bins, cells and categories.
    pub layout: LayoutOptions,
    /// Columns that have a layout of their own.
    pub layouts: BTreeMap<String, LayoutOptions>,
    /// Columns whose kind is not to be inferred.
    pub kinds: BTreeMap<String, FeatureKind>,
    /// Columns that are predictions or labels.
    pub roles: BTreeMap<String, Role>,
    /// Columns that are not monitored, silently: ignored ones, event time, identifiers, model and version.
    pub exclude: BTreeSet<String>,
    /// How the baseline is split, if at all.
    pub segments: Option<SegmentOptions>,
    /// Where its event times stand, by which its traffic is known; whatever they say, features stay what they are.
    pub event_times: Option<EventTimes>,
    /// Bytes that sorting may take over all columns; more goes to the temporary directory. 512 MiB by default.
    pub memory: usize,
}

/// How a baseline is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentOptions {
    /// The labels.
    pub by: Vec<Pointer>,
    /// Segments kept apart, the largest first; the rest overflows into one.
    pub max: u16,
}

/// Where a table has its event times. They are read as [`crate::ReplayReader`] reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTimes {
    /// The column; it need not be there.
    pub column: String,
    /// How they are written.
    pub reader: TimeReader,
    /// Rows before this cannot be meant and are left out.
    pub oldest: EventTime,
    /// Rows after this are of a wrong clock and are left out.
    pub latest: EventTime,
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self {
            layout: LayoutOptions::default(),
            layouts: BTreeMap::new(),
            kinds: BTreeMap::new(),
            roles: BTreeMap::new(),
            exclude: BTreeSet::new(),
            segments: None,
            event_times: None,
            memory: 512 << 20,
        }
    }
}

impl BaselineOptions {
    /// The layout options of one column.
    #[must_use]
    pub fn layout_of(&self, column: &str) -> &LayoutOptions {
        self.layouts.get(column).unwrap_or(&self.layout)
    }
}
