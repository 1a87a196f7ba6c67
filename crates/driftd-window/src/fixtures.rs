//! What the tests of this crate count against: one feature of every kind.

use std::sync::Arc;

use driftd_stats::{CategoryCounts, FeatureLayout, LayoutOptions, SortedSample};

use crate::{EventTime, PaneWidth, ReducerPlan, SegmentKey, SegmentPlan, Span, Timestamp, Validity};

/// Microseconds in an hour, the pane width of the plans below.
pub(crate) const HOUR: i64 = 3_600_000_000;

pub(crate) fn at(hours: i64) -> EventTime {
    EventTime::from_micros(hours * HOUR)
}

/// Noon of day 1; the plans below allow event times up to an hour later.
pub(crate) fn noon() -> Timestamp {
    Timestamp::from_micros(36 * HOUR)
}

/// 0, 1, … 999 on a grid of sixteen cells.
pub(crate) fn numeric() -> FeatureLayout {
    let sample = SortedSample::from_unsorted((0..1_000).map(f64::from).collect()).unwrap();
    let options = LayoutOptions { cells: 16, ..LayoutOptions::default() };
    FeatureLayout::Numeric(driftd_stats::BinEdges::from_sample(&sample, &options).unwrap().0)
}

/// `a`, `b`, `c`.
pub(crate) fn categorical() -> FeatureLayout {
    let mut counts = CategoryCounts::new();
    for (value, count) in [("a", 60), ("b", 30), ("c", 10)] {
        counts.add(value, count);
    }
    FeatureLayout::Categorical(counts.into_dictionary(100).0)
}

pub(crate) fn segment(value: &str) -> SegmentKey {
    SegmentKey::from_labels([("s", Some(value))])
}

/// One numeric, one categorical and one presence feature over hourly panes.
pub(crate) fn plan(segments: SegmentPlan) -> Arc<ReducerPlan> {
    Arc::new(ReducerPlan {
        pane: PaneWidth::new(Span::from_hours(1)).unwrap(),
        layouts: [numeric(), categorical(), FeatureLayout::Presence].map(Arc::new).into(),
        segments,
        oldest: EventTime::from_micros(i64::MIN),
        max_future_skew: Span::from_hours(1),
        validity: Validity::default(),
    })
}
