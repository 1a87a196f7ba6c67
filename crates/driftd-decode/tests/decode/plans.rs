//! Monitors to decode for.

use std::sync::Arc;

use driftd_model::{
    Baseline, FeatureBaseline, FeatureRules, HealthyVariation, Monitor, MonitorPlan, Pointer, RecordFilter,
    RecordShape, Role, SegmentSpec, StoredBaseline,
};
use driftd_stats::{BinEdges, CategoryCounts, FeatureAggregate, FeatureLayout, LayoutOptions, SortedSample};
use driftd_window::Timestamp;

/// How a feature is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Presence,
}

/// A feature of a monitor.
#[derive(Clone, Debug)]
pub(crate) struct Feature {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) role: Role,
    pub(crate) path: Option<&'static str>,
    /// What stands for it where it is left out, as JSON.
    pub(crate) default: Option<&'static str>,
}

/// A monitor to be.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: &'static str,
    pub(crate) features: Vec<Feature>,
    pub(crate) event_time: &'static str,
    pub(crate) segments: Vec<&'static str>,
    pub(crate) model: Option<&'static str>,
    pub(crate) filter: RecordFilter,
}

pub(crate) fn number(name: &'static str) -> Feature {
    Feature { name, kind: Kind::Number, role: Role::Feature, path: None, default: None }
}

pub(crate) fn text(name: &'static str) -> Feature {
    Feature { kind: Kind::Text, ..number(name) }
}

impl Feature {
    pub(crate) fn at(self, path: &'static str) -> Self {
        Self { path: Some(path), ..self }
    }

    pub(crate) fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    pub(crate) fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

impl Wanted {
    pub(crate) fn new(name: &'static str, features: Vec<Feature>) -> Self {
        let filter = RecordFilter::default();
        Self { name, features, event_time: "/ts", segments: Vec::new(), model: None, filter }
    }

    pub(crate) fn plan(&self) -> Arc<MonitorPlan> {
        let by: Vec<Pointer> = self.segments.iter().map(|label| pointer(label)).collect();
        let rules = |f: &Feature| FeatureRules {
            path: f.path.map(pointer),
            role: f.role,
            default: f.default.map(|default| serde_json::from_str(default).unwrap()),
            ..FeatureRules::default()
        };
        let monitor = Monitor {
            shape: RecordShape {
                event_time: pointer(self.event_time),
                model_name: self.model.map(pointer),
                ..RecordShape::default()
            },
            filter: self.filter.clone(),
            segments: (!by.is_empty()).then(|| SegmentSpec { by: by.clone(), max: 8 }),
            features: self.features.iter().map(|f| (f.name.into(), rules(f))).collect(),
            ..Monitor::new(self.name.parse().unwrap(), "topic".into())
        };
        let baseline = Baseline {
            source: "train".to_owned(),
            rows: 100,
            features: self.features.iter().map(baseline).collect(),
            segment_by: by,
            segments: Vec::new(),
            skipped: Vec::new(),
            traffic: None,
            healthy: HealthyVariation::default(),
        };
        let stored =
            StoredBaseline::new(monitor.baseline.version().unwrap().clone(), Timestamp::from_micros(0), baseline);
        Arc::new(MonitorPlan::new(monitor, stored).unwrap())
    }
}

fn pointer(text: &str) -> Pointer {
    Pointer::new(text).unwrap()
}

fn baseline(feature: &Feature) -> FeatureBaseline {
    let (layout, aggregate) = match feature.kind {
        Kind::Number => {
            let sample = SortedSample::from_unsorted((0..100).map(f64::from).collect()).unwrap();
            let (edges, counts) = BinEdges::from_sample(&sample, &LayoutOptions::default()).unwrap();
            (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(counts))
        }
        Kind::Text => {
            let mut counts = CategoryCounts::new();
            counts.add("a", 100);
            let (dictionary, counts) = counts.into_dictionary(10);
            (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(counts))
        }
        Kind::Presence => (FeatureLayout::Presence, FeatureAggregate::empty(&FeatureLayout::Presence)),
    };
    FeatureBaseline { name: feature.name.into(), role: Role::Feature, layout: Arc::new(layout), aggregate }
}
