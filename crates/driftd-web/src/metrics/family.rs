//! All series of one name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::MOST_SERIES;
use super::catalogue::{Entry, SECONDS};
use super::histogram::Buckets;

/// Labels of a series, by name.
pub(super) type Labels = BTreeMap<String, String>;

/// What a name measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The state of one series.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Counter(Arc<AtomicU64>),
    /// The bits of a floating point number; not a number when the gauge was taken back.
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

impl Cell {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(Arc::default()),
            Kind::Gauge => Self::Gauge(Arc::default()),
            Kind::Histogram => Self::Histogram(Arc::new(Buckets::new(SECONDS))),
        }
    }

    /// Whether it was taken back, and nobody is about to set it again.
    fn is_withdrawn(&self) -> bool {
        match self {
            Self::Gauge(cell) => gauge(cell).is_nan() && Arc::strong_count(cell) == 1,
            Self::Counter(_) | Self::Histogram(_) => false,
        }
    }
}

/// What a gauge shows.
pub(super) fn gauge(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Ordering::Relaxed))
}

/// All series of one name.
#[derive(Debug)]
pub(super) struct Family {
    kind: Kind,
    help: String,
    series: BTreeMap<Labels, Cell>,
}

impl Family {
    /// A family of the catalogue, with the series that are there from the start.
    pub(super) fn of(entry: &Entry) -> Self {
        let mut family = Self { kind: entry.kind, help: entry.help.to_owned(), series: BTreeMap::new() };
        for value in entry.born.values {
            let labels = Labels::from([(entry.born.label.to_owned(), (*value).to_owned())]);
            family.series.insert(labels, Cell::new(entry.kind));
        }
        if entry.is_single {
            family.series.insert(Labels::new(), Cell::new(entry.kind));
        }
        family
    }

    /// A family that the catalogue does not know.
    pub(super) fn unknown(kind: Kind) -> Self {
        Self { kind, help: String::new(), series: BTreeMap::new() }
    }

    /// Says what it is, unless that was said.
    pub(super) fn describe(&mut self, help: &str) {
        if self.help.is_empty() {
            help.clone_into(&mut self.help);
        }
    }

    /// The series with these labels, if it is there and the family is of that kind.
    pub(super) fn get(&self, kind: Kind, labels: &Labels) -> Option<Cell> {
        if self.kind == kind { self.series.get(labels).cloned() } else { None }
    }

    /// The series with these labels; nothing if the family is of another kind or there are too many.
    pub(super) fn get_or_insert(&mut self, kind: Kind, labels: Labels) -> Option<Cell> {
        if self.kind != kind {
            return None;
        }
        if self.series.len() >= MOST_SERIES && !self.series.contains_key(&labels) {
            self.series.retain(|_, cell| !cell.is_withdrawn());
            if self.series.len() >= MOST_SERIES {
                return None;
            }
        }
        Some(self.series.entry(labels).or_insert_with(|| Cell::new(kind)).clone())
    }

    /// What it measures.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What it is, in words.
    pub(super) fn help(&self) -> &str {
        &self.help
    }

    /// The series, by labels.
    pub(super) fn series(&self) -> impl Iterator<Item = (&Labels, &Cell)> {
        self.series.iter()
    }
}
