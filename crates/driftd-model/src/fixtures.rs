//! A small monitor, its baseline, and traffic to judge against it.

use std::sync::Arc;

use driftd_stats::{
    BinEdges, CategoryCounts, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, MISSING_CODE,
    NumericSlice, SortedSample, TextSlice,
};
use driftd_window::{
    Column, EventTime, PaneWidth, RecordBatch, Reducer, SegmentColumn, SegmentKey, Span, Timestamp, WindowSpec,
};

use crate::{
    Baseline, FeatureBaseline, HealthyVariation, JudgeRules, Monitor, MonitorPlan, PlannedDelta, Pointer, Role,
    SealCounts, SealStep, SealedPane, SegmentBaseline, SegmentSpec, StoredBaseline, merge_deltas,
};

const HOUR: i64 = 3_600_000_000;

/// Rows of every numeric baseline below.
pub(crate) const BASELINE_ROWS: u32 = 10_000;

pub(crate) fn at(hours: i64) -> EventTime {
    EventTime::from_micros(hours * HOUR)
}

pub(crate) fn clock(hours: i64) -> Timestamp {
    Timestamp::from_micros(hours * HOUR)
}

/// A numeric feature whose baseline is `values`.
pub(crate) fn numeric(name: &str, values: Vec<f64>) -> FeatureBaseline {
    let sample = SortedSample::from_unsorted(values).unwrap();
    let (edges, aggregate) = BinEdges::from_sample(&sample, &LayoutOptions::default()).unwrap();
    FeatureBaseline {
        name: name.into(),
        role: Role::Feature,
        layout: Arc::new(FeatureLayout::Numeric(edges)),
        aggregate: FeatureAggregate::Numeric(aggregate),
    }
}

/// A numeric feature whose baseline is 0, 1, … 9999.
pub(crate) fn uniform(name: &str) -> FeatureBaseline {
    numeric(name, (0..BASELINE_ROWS).map(f64::from).collect())
}

/// A categorical feature: 60 % `a`, 30 % `b`, 10 % `c`.
pub(crate) fn categorical(name: &str) -> FeatureBaseline {
    let mut counts = CategoryCounts::new();
    for (value, count) in [("a", 6_000), ("b", 3_000), ("c", 1_000)] {
        counts.add(value, count);
    }
    let (dictionary, aggregate) = counts.into_dictionary(100);
    FeatureBaseline {
        name: name.into(),
        role: Role::Feature,
        layout: Arc::new(FeatureLayout::Categorical(dictionary)),
        aggregate: FeatureAggregate::Categorical(aggregate),
    }
}

/// A feature that was always null in training.
pub(crate) fn presence(name: &str) -> FeatureBaseline {
    let mut aggregate = FeatureAggregate::empty(&FeatureLayout::Presence);
    if let FeatureAggregate::Presence(presence) = &mut aggregate {
        presence.add(0, u64::from(BASELINE_ROWS));
    }
    FeatureBaseline { name: name.into(), role: Role::Feature, layout: Arc::new(FeatureLayout::Presence), aggregate }
}

/// A window of a feature: the numbers, and so many rows without any.
pub(crate) fn numbers(feature: &FeatureBaseline, values: &[f64], missing: u64) -> FeatureAggregate {
    let mut aggregate = FeatureAggregate::empty(&feature.layout);
    if let (FeatureAggregate::Numeric(counts), FeatureLayout::Numeric(edges)) = (&mut aggregate, &*feature.layout) {
        counts.absorb(edges, NumericSlice { values, absent: None });
        counts.add_absent(missing, 0, 0, 0);
    }
    aggregate
}

/// A window of a categorical feature: so many of each value.
pub(crate) fn texts(feature: &FeatureBaseline, values: &[(&str, usize)]) -> FeatureAggregate {
    let mut aggregate = FeatureAggregate::empty(&feature.layout);
    if let (FeatureAggregate::Categorical(counts), FeatureLayout::Categorical(known)) =
        (&mut aggregate, &*feature.layout)
    {
        let codes: Vec<u32> = (0_u32..).zip(values).flat_map(|(code, (_, n))| vec![code; *n]).collect();
        let values: Vec<String> = values.iter().map(|(value, _)| (*value).to_owned()).collect();
        counts.absorb(known, TextSlice { codes: &codes, values: &values });
    }
    aggregate
}

/// `rows` values spread evenly over the range of [`uniform`], moved by `shift`: a Kolmogorov-Smirnov distance of
/// `shift / 10000`.
pub(crate) fn spread(rows: usize, shift: f64) -> Vec<f64> {
    (0..rows).map(|i| (i as f64 + 0.5) / rows as f64 * f64::from(BASELINE_ROWS) + shift).collect()
}

/// So many values in every tenth of [`uniform`].
pub(crate) fn deciles(counts: [usize; 10]) -> Vec<f64> {
    let tenth = |(decile, count): (usize, usize)| {
        (0..count).map(move |i| (decile as f64 + (i as f64 + 0.5) / count as f64) * f64::from(BASELINE_ROWS) / 10.0)
    };
    counts.into_iter().enumerate().flat_map(tenth).collect()
}

/// `x` numeric and `c` categorical; half of it in segment `s=x`, half in `s=y`.
pub(crate) fn baseline() -> Baseline {
    let (x, c) = (uniform("x"), categorical("c"));
    let half = |key: &str| SegmentBaseline {
        key: segment(key),
        rows: 5_000,
        aggregates: vec![numbers(&x, &spread(5_000, 0.0), 0), texts(&c, &[("a", 3_000), ("b", 1_500), ("c", 500)])],
    };
    Baseline {
        source: "train.parquet".into(),
        rows: u64::from(BASELINE_ROWS),
        segment_by: vec![Pointer::new("/s").unwrap()],
        segments: vec![half("x"), half("y")],
        features: vec![x, c],
        skipped: Vec::new(),
        traffic: None,
        healthy: HealthyVariation::default(),
    }
}

pub(crate) fn stored(baseline: Baseline) -> StoredBaseline {
    StoredBaseline::new("base@v1".parse().unwrap(), clock(0), baseline)
}

pub(crate) fn segment(value: &str) -> SegmentKey {
    SegmentKey::from_labels([("s", Some(value))])
}

/// A monitor over hourly panes, judged by `ks` and `missing` only; windows as (name, size, slide) in hours.
pub(crate) fn monitor(windows: &[(&str, u32, u32)]) -> Monitor {
    let pane = PaneWidth::new(Span::from_hours(1)).unwrap();
    let window = |(name, size, slide): &(&str, u32, u32)| {
        WindowSpec::new(name, Span::from_hours(*size), Span::from_hours(*slide), pane).unwrap()
    };
    Monitor {
        baseline: "base@v1".parse().unwrap(),
        pane,
        oldest: EventTime::from_micros(i64::MIN),
        out_of_orderness: Span::ZERO,
        allowed_lateness: Span::from_hours(1),
        windows: windows.iter().map(window).collect(),
        judge: JudgeRules { judged: [DriftStatistic::Ks, DriftStatistic::Missing].into(), ..JudgeRules::default() },
        ..Monitor::new("flights".parse().unwrap(), "topic".into())
    }
}

pub(crate) fn split(mut monitor: Monitor) -> Monitor {
    monitor.segments = Some(SegmentSpec { by: vec![Pointer::new("/s").unwrap()], max: 32 });
    monitor
}

pub(crate) fn plan(monitor: Monitor) -> MonitorPlan {
    MonitorPlan::new(monitor, stored(baseline())).unwrap()
}

/// An hour of records of one segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    /// Start of the pane.
    pub hour: i64,
    /// Value of the segment label.
    pub segment: &'static str,
    /// Records.
    pub rows: usize,
    /// How far `x` has moved, see [`spread`].
    pub shift: f64,
}

/// Plain traffic: 200 records an hour for each of `hours`, all in one segment.
pub(crate) fn hours(hours: std::ops::Range<i64>, shift: f64) -> Vec<Traffic> {
    hours.map(|hour| Traffic { hour, segment: "x", rows: 200, shift }).collect()
}

/// What the reducer makes of traffic.
pub(crate) fn deltas(plan: &MonitorPlan, traffic: &[Traffic]) -> Vec<PlannedDelta> {
    let mut reducer = Reducer::new(Arc::clone(plan.reducer()));
    for part in traffic {
        let texts = (0..part.rows).map(|i| [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][i % 10]).collect();
        let columns = vec![
            Column::numbers(spread(part.rows, part.shift)),
            Column::Text { codes: texts, values: ["a", "b", "c"].map(str::to_owned).into() },
        ];
        let segments = SegmentColumn { codes: vec![0; part.rows], keys: vec![segment(part.segment)] };
        let times = vec![at(part.hour).as_micros(); part.rows];
        reducer.absorb(&RecordBatch::new(times, Some(segments), columns).unwrap(), Timestamp::from_micros(i64::MAX));
    }
    reducer.drain().into_iter().map(|delta| PlannedDelta { plan_hash: plan.hash().clone(), delta }).collect()
}

/// The sealed panes of traffic.
pub(crate) fn panes(plan: &MonitorPlan, traffic: &[Traffic]) -> Vec<SealedPane> {
    merge_deltas(deltas(plan, traffic), plan.hash()).unwrap()
}

/// A window of nothing but missing values.
pub(crate) fn nothing(feature: &FeatureBaseline, rows: usize) -> FeatureAggregate {
    let mut aggregate = FeatureAggregate::empty(&feature.layout);
    match (&mut aggregate, &*feature.layout) {
        (FeatureAggregate::Numeric(counts), _) => counts.add_absent(rows as u64, 0, 0, 0),
        (FeatureAggregate::Categorical(counts), FeatureLayout::Categorical(known)) => {
            counts.absorb(known, TextSlice { codes: &vec![MISSING_CODE; rows], values: &[] });
        }
        (FeatureAggregate::Presence(presence), _) => presence.add(0, rows as u64),
        _ => {}
    }
    aggregate
}

/// What a seal up to `through` counts of these panes.
pub(crate) fn counts(plan: &MonitorPlan, through: EventTime, panes: &[SealedPane]) -> SealCounts {
    let mut counts = SealCounts::for_step(plan, SealStep::Quiet { through });
    for pane in panes {
        counts.add(plan, pane);
    }
    counts.complete(plan)
}
