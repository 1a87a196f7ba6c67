//! Metrics: what the process counted and measured, as Prometheus text.
//!
//! Whoever has something to tell emits it through the `metrics` facade; [`MetricsRegistry`] keeps the latest state and
//! writes it down when asked. It is a recorder of driftd's own because of three things a daemon needs: its memory is
//! bounded by [`MOST_SERIES`] a name whether or not anybody scrapes it, a gauge can be taken back (by setting it to NaN,
//! as for the lag of a partition that went to another process), and counters of closed sets are there from the start, so
//! that a rate sees the first error.

mod catalogue;
mod family;
mod histogram;
mod text;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit};

use catalogue::CATALOGUE;
use family::{Cell, Family, Kind, Labels};

/// Series kept of one name. Further ones are dropped and counted by `driftd_metrics_dropped_total`.
pub const MOST_SERIES: usize = 10_000;
/// Names kept; all that driftd emits are a tenth of it.
const MOST_NAMES: usize = 256;
/// Counts what was not kept.
const DROPPED: &str = "driftd_metrics_dropped_total";

/// The metrics of this process. Clones share them.
#[derive(Clone, Debug)]
pub struct MetricsRegistry {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    families: RwLock<BTreeMap<String, Family>>,
    dropped: AtomicU64,
}

/// Metrics already go elsewhere: there is one recorder a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metrics of this process are recorded already: install one registry, at the start")]
pub struct AlreadyInstalled;

impl Default for MetricsRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl MetricsRegistry {
    /// An empty registry that knows the names driftd emits.
    #[must_use]
    pub fn new() -> Self {
        let families = CATALOGUE.iter().map(|entry| (entry.name.to_owned(), Family::of(entry)));
        let state = State { families: RwLock::new(families.collect()), dropped: AtomicU64::new(0) };
        Self { state: Arc::new(state) }
    }

    /// Makes it the one that everything in this process is emitted to.
    ///
    /// # Errors
    /// There is another already.
    pub fn install(&self) -> Result<(), AlreadyInstalled> {
        metrics::set_global_recorder(self.clone()).map_err(|_| AlreadyInstalled)
    }

    /// Everything as Prometheus text (version 0.0.4), by name and labels.
    #[must_use]
    pub fn render(&self) -> String {
        let families = self.state.families.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, family) in families.iter() {
            text::write_family(&mut text, name, family);
        }
        let dropped = self.state.dropped.load(Ordering::Relaxed);
        let help = "Updates that were not kept: names or series were too many, malformed, or of another kind before.";
        text::write_plain(&mut text, DROPPED, Kind::Counter, help, dropped);
        text
    }

    /// Whether driftd emits a metric of that name.
    #[must_use]
    pub fn describes(name: &str) -> bool {
        name == DROPPED || CATALOGUE.iter().any(|entry| entry.name == name)
    }

    /// The cell of a series, made when it is not there yet; nothing when it cannot be.
    fn cell(&self, key: &Key, kind: Kind) -> Option<Cell> {
        let labels = labels(key);
        let families = self.state.families.read().unwrap_or_else(PoisonError::into_inner);
        let known = families.get(key.name()).and_then(|family| family.get(kind, &labels));
        drop(families);
        let cell = known.or_else(|| self.insert(key.name(), kind, labels));
        if cell.is_none() {
            self.state.dropped.fetch_add(1, Ordering::Relaxed);
        }
        cell
    }

    fn insert(&self, name: &str, kind: Kind, labels: Labels) -> Option<Cell> {
        if !text::is_name(name) || !labels.keys().all(|label| text::is_label(label)) {
            return None;
        }
        let mut families = self.state.families.write().unwrap_or_else(PoisonError::into_inner);
        if !families.contains_key(name) && families.len() >= MOST_NAMES {
            return None;
        }
        families.entry(name.to_owned()).or_insert_with(|| Family::unknown(kind)).get_or_insert(kind, labels)
    }

    fn describe(&self, name: &KeyName, kind: Kind, help: &str) {
        let mut families = self.state.families.write().unwrap_or_else(PoisonError::into_inner);
        if text::is_name(name.as_str()) && (families.contains_key(name.as_str()) || families.len() < MOST_NAMES) {
            families.entry(name.as_str().to_owned()).or_insert_with(|| Family::unknown(kind)).describe(help);
        }
    }
}

/// Labels by name: two series that differ in the order of their labels are one.
fn labels(key: &Key) -> Labels {
    key.labels().map(|label: &Label| (label.key().to_owned(), label.value().to_owned())).collect()
}

impl Recorder for MetricsRegistry {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, Kind::Counter, &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, Kind::Gauge, &help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, Kind::Histogram, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.cell(key, Kind::Counter) {
            Some(Cell::Counter(cell)) => Counter::from_arc(cell),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.cell(key, Kind::Gauge) {
            Some(Cell::Gauge(cell)) => Gauge::from_arc(cell),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.cell(key, Kind::Histogram) {
            Some(Cell::Histogram(cell)) => Histogram::from_arc(cell),
            _ => Histogram::noop(),
        }
    }
}

#[cfg(test)]
mod tests;
