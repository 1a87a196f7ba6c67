//! JSON messages as producers write them, and monitors that want them.

use std::fmt::Write as _;
use std::sync::Arc;

use driftd_model::{
    Baseline, FeatureBaseline, HealthyVariation, Monitor, MonitorPlan, RecordFilter, Role, StoredBaseline,
};
use driftd_stats::{
    BinEdges, CategoryCounts, FeatureAggregate, FeatureLayout, LayoutOptions, NumericAggregate, SortedSample,
};
use driftd_testkit::fixtures;
use driftd_window::Timestamp;

use crate::columns;
use crate::random::Random;

/// Distinct values of text features, in turn; one feature in five is text.
const TEXTS: [u32; 5] = [3, 12, 50, 200, 1000];
/// Rows a layout is made from.
const TRAINING_ROWS: usize = 20_000;

/// How messages differ beside their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Not at all: one producer, every feature in every message.
    Same,
    /// One feature in fifty is left out.
    Gaps,
    /// Features come in any order.
    Shuffled,
}

impl Look {
    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "all alike",
            Self::Gaps => "2 % left out",
            Self::Shuffled => "any order",
        }
    }
}

/// A monitor called `name` of that many features, which wants the messages of `model` or all.
///
/// # Errors
/// None in practice: the data are made for the purpose.
pub fn plan(name: &str, features: usize, model: Option<&str>) -> anyhow::Result<MonitorPlan> {
    let feature = |at: usize| -> anyhow::Result<FeatureBaseline> {
        let (layout, aggregate) = if let Some(distinct) = texts_of(at) {
            let mut counts = CategoryCounts::new();
            for text in &columns::texts(distinct) {
                counts.add(text, 10);
            }
            let (dictionary, counts) = counts.into_dictionary(LayoutOptions::default().categories);
            (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(counts))
        } else {
            let mut random = Random::new(at as u64);
            let sample = (0..TRAINING_ROWS).map(|_| number(at, &mut random)).collect();
            let (edges, _) = BinEdges::from_sample(&SortedSample::from_unsorted(sample)?, &LayoutOptions::default())?;
            let counts = NumericAggregate::empty(&edges);
            (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(counts))
        };
        let name = format!("feature_{at:02}").as_str().into();
        Ok(FeatureBaseline { name, role: Role::Feature, layout: Arc::new(layout), aggregate })
    };
    let baseline = Baseline {
        source: "synthetic".to_owned(),
        rows: TRAINING_ROWS as u64,
        features: (0..features).map(feature).collect::<Result<_, _>>()?,
        segment_by: Vec::new(),
        segments: Vec::new(),
        skipped: Vec::new(),
        traffic: None,
        healthy: HealthyVariation::default(),
    };
    let filter = RecordFilter { models: model.map(str::to_owned).into_iter().collect(), versions: Vec::new() };
    let monitor = Monitor { filter, ..fixtures::monitor(name, &[("hour", 1, 1)]) };
    Ok(MonitorPlan::new(monitor, StoredBaseline::new("base@v1".parse()?, Timestamp::from_micros(0), baseline))?)
}

/// `count` messages of that many features within one hour, from `models` models in turn.
#[must_use]
pub fn messages(features: usize, count: usize, look: Look, models: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(features as u64);
    let mut order: Vec<usize> = (0..features).collect();
    let message = |at: usize| {
        let mut text = String::new();
        let second = at * 3600 / count.max(1);
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "{{\"id\":\"{:012x}\",\"ts\":\"2013-07-01T12:{:02}:{:02}Z\",\"model\":\"model-{}\",\"version\":\"3\",\"features\":{{",
            random.bits() >> 16,
            second / 60,
            second % 60,
            at % models.max(1),
        );
        if look == Look::Shuffled {
            for place in (1..features).rev() {
                order.swap(place, random.index(place as u32 + 1) as usize);
            }
        }
        let mut comma = "";
        for &feature in &order {
            if look == Look::Gaps && random.chance(0.02) {
                continue;
            }
            let _ = write!(text, "{comma}\"feature_{feature:02}\":");
            let _ = match texts_of(feature) {
                Some(distinct) => write!(text, "\"value-{:04}\"", columns::skewed(&mut random, distinct)),
                None => write!(text, "{}", number(feature, &mut random)),
            };
            comma = ",";
        }
        let _ = write!(text, "}},\"prediction\":{:.4}}}", random.unit());
        text.into_bytes()
    };
    (0..count).map(message).collect()
}

fn texts_of(feature: usize) -> Option<u32> {
    (feature % 5 == 4).then(|| TEXTS.get(feature / 5 % TEXTS.len()).copied().unwrap_or(1))
}

/// Whole numbers, prices, hours, and shares of four digits.
fn number(feature: usize, random: &mut Random) -> f64 {
    match feature % 5 {
        0 => f64::from(random.index(1000)),
        1 => f64::from(random.index(10_000)) / 100.0,
        2 => f64::from(random.index(24)),
        _ => f64::from(random.index(10_000)) / 10_000.0 - 0.5,
    }
}
