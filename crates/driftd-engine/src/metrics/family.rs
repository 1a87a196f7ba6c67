//! The series of one metric that differ by their labels, in bounded number.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Series kept of one name. Further ones are dropped and counted by `driftd_metrics_dropped_total`.
pub(super) const MOST_SERIES: usize = 10_000;

/// A metric with labels. Clones share its series.
///
/// The client library has a family of its own; this one keeps its series in order, and never more than
/// [`MOST_SERIES`], whatever stands in a label.
#[derive(Clone, Debug)]
pub(super) struct Family<M, const N: usize> {
    labels: [&'static str; N],
    series: Arc<RwLock<BTreeMap<[String; N], M>>>,
    dropped: Counter,
}

impl<M: Clone + Default, const N: usize> Family<M, N> {
    /// No series yet. `dropped` counts updates of those there is no room for.
    pub(super) fn new(labels: [&'static str; N], dropped: Counter) -> Self {
        Self { labels, series: Arc::default(), dropped }
    }

    /// With these series at zero from the start, so that a rate sees the first error.
    pub(super) fn starting_with(self, series: impl IntoIterator<Item = [&'static str; N]>) -> Self {
        for values in series {
            self.with(values);
        }
        self
    }

    /// The series with these values of the labels. When there is no room for it, one that nobody sees.
    pub(super) fn with(&self, values: [&str; N]) -> M {
        let key = values.map(str::to_owned);
        if let Some(series) = self.read().get(&key) {
            return series.clone();
        }
        let mut series = self.write();
        if series.len() >= MOST_SERIES && !series.contains_key(&key) {
            self.dropped.inc();
            return M::default();
        }
        series.entry(key).or_default().clone()
    }

    /// Takes a series back, until it is asked for again: a gauge whose subject is gone shows nothing.
    pub(super) fn withdraw(&self, values: [&str; N]) {
        self.write().remove(&values.map(str::to_owned));
    }

    /// Takes every series back.
    pub(super) fn withdraw_all(&self) {
        self.write().clear();
    }
}

impl<M, const N: usize> Family<M, N> {
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<[String; N], M>> {
        self.series.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<[String; N], M>> {
        self.series.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: EncodeMetric + TypedMetric, const N: usize> EncodeMetric for Family<M, N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for (values, metric) in self.read().iter() {
            let labels: Vec<(&str, &str)> = self.labels.into_iter().zip(values.iter().map(String::as_str)).collect();
            metric.encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }

    fn is_empty(&self) -> bool {
        self.read().is_empty()
    }
}
