//! How many panes records open: what their counts take in memory, which has little to do with the size of their text.

use std::collections::BTreeSet;
use std::ops::Range;

use driftd_window::{EventTime, PaneId, PaneWidth};

/// Panes of one monitor that a message may open. A pane of a monitor with many features takes a hundred times as much
/// memory as the row that opens it takes in its message.
pub(crate) const MOST_PANES: usize = 128;

/// The panes that the rows of one monitor lie in.
#[derive(Debug)]
pub(crate) struct OpenedPanes {
    width: PaneWidth,
    opened: BTreeSet<PaneId>,
    /// Event times of the pane of the last row: neighbouring rows nearly always share it.
    last: Range<i64>,
    /// Those that the message opened that is being decoded.
    by_message: Vec<PaneId>,
    is_too_many: bool,
}

impl OpenedPanes {
    pub(crate) const fn new(width: PaneWidth) -> Self {
        Self { width, opened: BTreeSet::new(), last: 0..0, by_message: Vec::new(), is_too_many: false }
    }

    /// Begins a message.
    pub(crate) fn begin(&mut self) {
        self.by_message.clear();
        self.is_too_many = false;
    }

    /// A row of that event time; whether it may be kept.
    pub(crate) fn enter(&mut self, at: i64) -> bool {
        if !self.last.contains(&at) && !self.is_too_many {
            let pane = self.width.pane_of(EventTime::from_micros(at));
            let start = pane.start();
            self.last = start.as_micros()..start.plus(self.width.span()).as_micros();
            if self.opened.insert(pane) {
                self.by_message.push(pane);
                self.is_too_many = self.by_message.len() > MOST_PANES;
            }
        }
        !self.is_too_many
    }

    /// Whether the message opens more than it may.
    pub(crate) const fn is_too_many(&self) -> bool {
        self.is_too_many
    }

    /// Forgets what the message opened.
    pub(crate) fn undo(&mut self) {
        for pane in self.by_message.drain(..) {
            self.opened.remove(&pane);
        }
        self.last = 0..0;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.opened.len()
    }

    /// There are no rows any more.
    pub(crate) fn clear(&mut self) {
        self.opened.clear();
        self.by_message.clear();
        self.last = 0..0;
    }
}
