//! A monitor of 25 features (20 numbers, 5 texts) or of several times as many, its baseline, and records for it.

use std::sync::Arc;

use anyhow::Context;
use driftd_model::{
    Baseline, FeatureBaseline, HealthyVariation, JudgeRules, Monitor, MonitorPlan, Pointer, Role, SegmentBaseline,
    SegmentSpec, StoredBaseline,
};
use driftd_stats::{
    BinEdges, CategoryCounts, FeatureAggregate, FeatureLayout, LayoutOptions, NumericAggregate, SortedSample,
};
use driftd_testkit::fixtures;
use driftd_window::{Column, RecordBatch, Reducer, SegmentColumn, SegmentKey, Timestamp};

use crate::columns::{self, SHAPES, Shape};
use crate::random::Random;

/// Numeric features.
pub const NUMBERS: usize = 20;
/// Categories of each text feature.
pub const TEXTS: [u32; 5] = [3, 12, 50, 200, 1000];
/// Features of a monitor that has each of them once.
pub const FEATURES: usize = NUMBERS + TEXTS.len();
/// Records of the baseline.
const TRAINING_ROWS: usize = 100_000;
/// Share of values that are missing.
const MISSING: f64 = 0.02;
/// Microseconds of an hour, the width of a pane.
const HOUR: i64 = 3_600_000_000;
/// A moment after every event time.
pub const NOW: Timestamp = Timestamp::from_micros(1_000_000 * HOUR);

/// The monitor over its baseline, with every feature so many times, split into `segments`, or not split when that is 1;
/// judged by the default rules in windows of one hour.
///
/// # Errors
/// None in practice: the data are made for the purpose.
pub fn plan(segments: u32, times: usize) -> anyhow::Result<MonitorPlan> {
    let layouts: Vec<Arc<FeatureLayout>> = layouts(times)?.into_iter().map(Arc::new).collect();
    let whole = count(&layouts, records(0, TRAINING_ROWS, 1, times, 1)?)?;
    let mut parts = Vec::new();
    if segments > 1 {
        // The whole population is the sum of its segments; here each is a sample of its own from the same population.
        for segment in 0..segments {
            let rows = TRAINING_ROWS / segments as usize;
            let aggregates = count(&layouts, records(0, rows, 1, times, 100 + u64::from(segment))?)?;
            parts.push(SegmentBaseline { key: key(segment), rows: rows as u64, aggregates });
        }
    }
    let by = vec![Pointer::new("/s").context("a pointer that is none")?];
    let features = layouts.into_iter().zip(whole).enumerate().map(|(at, (layout, aggregate))| {
        let name = format!("feature_{at:03}").as_str().into();
        FeatureBaseline { name, role: Role::Feature, layout, aggregate }
    });
    let baseline = Baseline {
        source: "synthetic".to_owned(),
        rows: TRAINING_ROWS as u64,
        features: features.collect(),
        segment_by: if segments > 1 { by.clone() } else { Vec::new() },
        segments: parts,
        skipped: Vec::new(),
        traffic: None,
        healthy: HealthyVariation::default(),
    };
    let monitor = Monitor {
        judge: JudgeRules::default(),
        segments: (segments > 1).then_some(SegmentSpec { by, max: 32 }),
        ..fixtures::monitor("bench", &[("hour", 1, 1)])
    };
    let stored = StoredBaseline::new("base@v1".parse()?, Timestamp::from_micros(0), baseline);
    Ok(MonitorPlan::new(monitor, stored)?)
}

/// The shape of a numeric feature.
fn shape(feature: usize) -> Shape {
    SHAPES.get(feature % SHAPES.len()).copied().unwrap_or(Shape::Normal)
}

/// Categories of each text feature.
fn texts(times: usize) -> impl Iterator<Item = u32> {
    std::iter::repeat_n(TEXTS, times).flatten()
}

fn key(segment: u32) -> SegmentKey {
    SegmentKey::from_labels([("s", Some(format!("{segment:02}").as_str()))])
}

fn layouts(times: usize) -> anyhow::Result<Vec<FeatureLayout>> {
    let mut layouts = Vec::with_capacity(FEATURES * times);
    for feature in 0..NUMBERS * times {
        let values = columns::column(shape(feature), TRAINING_ROWS, 0.0, feature as u64).values;
        let (edges, _) = BinEdges::from_sample(&SortedSample::from_unsorted(values)?, &LayoutOptions::default())?;
        layouts.push(FeatureLayout::Numeric(edges));
    }
    for distinct in texts(times) {
        let mut counts = CategoryCounts::new();
        let texts = columns::texts(distinct);
        for code in columns::codes(distinct, TRAINING_ROWS, 0.0, u64::from(distinct)) {
            counts.add(texts.get(code as usize).map_or("", String::as_str), 1);
        }
        layouts.push(FeatureLayout::Categorical(counts.into_dictionary(LayoutOptions::default().categories).0));
    }
    Ok(layouts)
}

fn count(layouts: &[Arc<FeatureLayout>], batch: RecordBatch) -> anyhow::Result<Vec<FeatureAggregate>> {
    let plan = driftd_window::ReducerPlan {
        pane: fixtures::monitor("bench", &[("hour", 1, 1)]).pane,
        layouts: layouts.to_vec(),
        segments: driftd_window::SegmentPlan::unsplit(),
        oldest: driftd_window::EventTime::from_micros(i64::MIN),
        max_future_skew: driftd_window::Span::ZERO,
        validity: driftd_window::Validity::default(),
    };
    let mut reducer = Reducer::new(Arc::new(plan));
    reducer.absorb(&batch, NOW);
    Ok(reducer.drain().into_iter().next().context("no record was counted")?.aggregates)
}

/// `rows` records spread over that hour, from the population of the baseline, in that many segments, with every feature
/// so many times.
///
/// # Errors
/// None in practice: all columns have `rows` rows.
pub fn records(hour: i64, rows: usize, segments: u32, times: usize, seed: u64) -> anyhow::Result<RecordBatch> {
    let mut random = Random::new(seed);
    let step = HOUR / rows.max(1) as i64;
    let moments = (0..rows as i64).map(|row| hour * HOUR + row * step).collect();
    let mut batch = Vec::with_capacity(FEATURES * times);
    for feature in 0..NUMBERS * times {
        let columns::Column { values, absent } = columns::column(shape(feature), rows, MISSING, random.bits());
        batch.push(Column::Numeric { values, absent: Some(absent) });
    }
    for distinct in texts(times) {
        let codes = columns::codes(distinct, rows, MISSING, random.bits());
        batch.push(Column::Text { codes, values: columns::texts(distinct) });
    }
    let segment_column = (segments > 1).then(|| SegmentColumn {
        codes: (0..rows).map(|_| random.index(segments)).collect(),
        keys: (0..segments).map(key).collect(),
    });
    Ok(RecordBatch::new(moments, segment_column, batch)?)
}

/// The counts of one hour of records, one aggregate a feature.
///
/// # Errors
/// As [`records`].
pub fn pane(plan: &MonitorPlan, rows: usize, seed: u64) -> anyhow::Result<Vec<FeatureAggregate>> {
    count(&plan.reducer().layouts, records(0, rows, 1, plan.features().len() / FEATURES, seed)?)
}

/// The grid and the counts of a fresh normal sample of `n` values, for comparing two of them.
///
/// # Errors
/// None in practice: the sample is finite and not empty.
pub fn normal_grid(n: usize) -> anyhow::Result<(BinEdges, NumericAggregate)> {
    let values = columns::column(Shape::Normal, n, 0.0, 3).values;
    Ok(BinEdges::from_sample(&SortedSample::from_unsorted(values)?, &LayoutOptions::default())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_fits_its_own_records() {
        let plan = plan(4, 2).unwrap();
        assert_eq!((plan.features().len(), plan.reducer().segments.slots()), (2 * FEATURES, 5));
        assert!(plan.baseline().baseline.is_consistent());
        assert!(plan.fits(&pane(&plan, 500, 2).unwrap()));
        assert_eq!(records(3, 100, 4, 1, 1).unwrap(), records(3, 100, 4, 1, 1).unwrap());
    }
}
