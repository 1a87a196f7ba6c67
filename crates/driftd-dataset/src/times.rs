//! Event times of a column, and what in it is none.

use std::sync::{Arc, Mutex, PoisonError};

use driftd_model::words;
use driftd_window::{NO_EVENT_TIME, TimeReader};

/// Characters of a value that is shown to say what is none.
const LONGEST: usize = 60;

/// Event times of the rows of a chunk.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Times {
    /// In microseconds, [`NO_EVENT_TIME`] where there is none.
    pub(crate) at: Vec<i64>,
    pub(crate) unread: Unread,
}

/// Values that stand where an event time should, and are none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Unread {
    /// How many rows have such a value.
    pub rows: u64,
    /// The first of them.
    pub first: Option<String>,
}

/// What of event times was not read, while and after it is read elsewhere.
#[derive(Clone, Debug, Default)]
pub struct UnreadTimes(Arc<Mutex<Unread>>);

/// Reads event times value by value.
#[derive(Debug)]
pub(crate) struct TimesBuilder {
    reader: TimeReader,
    times: Times,
}

impl Unread {
    /// Adds those of rows that come later.
    pub fn add(&mut self, later: Self) {
        self.rows += later.rows;
        self.first = self.first.take().or(later.first);
    }
}

impl UnreadTimes {
    /// How many there are so far, and the first.
    #[must_use]
    pub fn so_far(&self) -> Unread {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, later: Unread) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(later);
    }
}

impl TimesBuilder {
    /// A column that is read as `reader` says.
    pub(crate) fn new(reader: &TimeReader, rows: usize) -> Self {
        let times = Times { at: Vec::with_capacity(rows), unread: Unread::default() };
        Self { reader: reader.clone(), times }
    }

    /// A row without a value.
    pub(crate) fn missing(&mut self) {
        self.times.at.push(NO_EVENT_TIME);
    }

    /// A row with a text.
    pub(crate) fn text(&mut self, text: &str) {
        let at = self.reader.text(text);
        self.push(at, || text.to_owned());
    }

    /// A row with a whole number.
    pub(crate) fn integer(&mut self, number: i64) {
        let at = self.reader.integer(number);
        self.push(at, || number.to_string());
    }

    /// A row with a number.
    pub(crate) fn number(&mut self, number: f64) {
        let at = self.reader.number(number);
        self.push(at, || number.to_string());
    }

    /// A row with an instant, in microseconds.
    pub(crate) fn instant(&mut self, micros: i64) {
        self.times.at.push(micros);
    }

    /// A row with a time on the clocks of the monitor's zone, in microseconds.
    pub(crate) fn local(&mut self, micros: i64) {
        self.times.at.push(self.reader.local(micros));
    }

    /// A row whose value was read by the builder's reader already; `shown` is what it looks like.
    pub(crate) fn push(&mut self, at: i64, shown: impl FnOnce() -> String) {
        self.times.at.push(at);
        if at == NO_EVENT_TIME {
            self.times.unread.rows += 1;
            self.times.unread.first.get_or_insert_with(|| words::name(&shown(), LONGEST));
        }
    }

    /// How it reads.
    pub(crate) const fn reader(&self) -> &TimeReader {
        &self.reader
    }

    /// The rows; the builder is empty again.
    pub(crate) fn take(&mut self) -> Times {
        std::mem::take(&mut self.times)
    }
}
