//! Windows of made-up populations through the very evaluation that a seal calls, one after the other: how often a
//! monitor alarms although nothing is wrong, and how soon when something is.

use std::sync::Arc;

use driftd_model::{
    AlarmCount, Baseline, FalseAlarms, FeatureBaseline, FeatureMemory, HealthyVariation, Incident, IncidentState,
    JudgeRules, Monitor, MonitorPlan, Role, SealCounts, SealInput, SealOutcome, SealStep, SealedPane, StoredBaseline,
    Transition, evaluate,
};
use driftd_stats::{
    BinEdges, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, NumericAggregate, NumericSlice,
    SortedSample,
};
use driftd_window::{EventTime, PaneWidth, SegmentKey, Span, Timestamp, WindowSpec};

use crate::fixtures::NOBODY;

/// What a stream is judged by.
#[derive(Clone, Debug)]
pub struct StreamRules {
    /// How often a healthy monitor may alarm.
    pub false_alarms: FalseAlarms,
    /// Length of a window, which is its slide and the width of a pane as well.
    pub window: Span,
    /// What decides.
    pub judged: Vec<DriftStatistic>,
}

/// A monitor, its baseline, and what a store would keep of it from window to window.
#[derive(Debug)]
pub struct AlarmStream {
    plan: MonitorPlan,
    incidents: Vec<Incident>,
    memories: Vec<FeatureMemory>,
    windows: i64,
}

impl AlarmStream {
    /// A monitor whose baseline has these samples, a feature each.
    ///
    /// # Panics
    /// Where a sample is empty or not finite, or the rules fit no monitor.
    #[must_use]
    pub fn new(samples: Vec<Vec<f64>>, rules: &StreamRules) -> Self {
        let rows = samples.first().map_or(0, Vec::len) as u64;
        let features = samples.into_iter().enumerate().map(|(at, sample)| feature(at, sample)).collect();
        let baseline = Baseline {
            source: "made up".to_owned(),
            rows,
            features,
            segment_by: Vec::new(),
            segments: Vec::new(),
            skipped: Vec::new(),
            traffic: None,
            healthy: HealthyVariation::default(),
        };
        let pane = PaneWidth::new(rules.window).unwrap();
        let monitor = Monitor {
            baseline: "base@v1".parse().unwrap(),
            pane,
            oldest: EventTime::from_micros(i64::MIN),
            windows: vec![WindowSpec::new("w", rules.window, rules.window, pane).unwrap()],
            judge: JudgeRules { judged: rules.judged.iter().copied().collect(), ..JudgeRules::default() },
            false_alarms: rules.false_alarms,
            ..Monitor::new("stream".parse().unwrap(), "topic".into())
        };
        let stored = StoredBaseline::new("base@v1".parse().unwrap(), Timestamp::from_micros(0), baseline);
        Self {
            plan: MonitorPlan::new(monitor, stored).unwrap(),
            incidents: Vec::new(),
            memories: Vec::new(),
            windows: 0,
        }
    }

    /// The monitor over its baseline.
    #[must_use]
    pub const fn plan(&self) -> &MonitorPlan {
        &self.plan
    }

    /// Windows so far.
    #[must_use]
    pub const fn windows(&self) -> i64 {
        self.windows
    }

    /// Evaluates the next window, whose features have these values.
    ///
    /// # Panics
    /// Where there are other numbers of features, or of values in them.
    pub fn push(&mut self, values: &[Vec<f64>]) -> SealOutcome {
        assert_eq!(values.len(), self.plan.features().len(), "values of every feature");
        let counted = self.plan.features().iter().zip(values).map(|(feature, values)| count(&feature.layout, values));
        let width = self.plan.monitor().pane;
        let pane = width.pane_of(EventTime::from_micros(self.windows * width.span().as_micros()));
        let sealed = SealedPane {
            pane,
            segment: SegmentKey::all(),
            rows: values.first().map_or(0, Vec::len) as u64,
            late_rows: 0,
            plan_hash: self.plan.hash().clone(),
            aggregates: counted.collect(),
        };
        let now = Timestamp::from_micros(pane.end(width).as_micros());
        let step = SealStep::Pane { pane };
        let mut counts = SealCounts::for_step(&self.plan, step);
        counts.add(&self.plan, &sealed);
        let input = SealInput {
            step,
            counts: counts.complete(&self.plan),
            first_data: None,
            whole_from: None,
            memories: std::mem::take(&mut self.memories),
            incidents: self.incidents.clone(),
            alarms: AlarmCount::default(),
            silences: Vec::new(),
        };
        let outcome = evaluate(&self.plan, &NOBODY, input, now);
        self.windows += 1;
        self.memories.clone_from(&outcome.memories);
        self.incidents.retain(|known| {
            !outcome.dropped.contains(&known.key) && outcome.incidents.iter().all(|changed| changed.id != known.id)
        });
        let live = outcome.incidents.iter().filter(|incident| incident.state != IncidentState::Resolved);
        self.incidents.extend(live.cloned());
        outcome
    }
}

/// How many incidents opened with a window.
#[must_use]
pub fn opened(outcome: &SealOutcome) -> usize {
    outcome.events.iter().filter(|event| matches!(event.transition, Transition::Opened { .. })).count()
}

fn feature(at: usize, sample: Vec<f64>) -> FeatureBaseline {
    let sample = SortedSample::from_unsorted(sample).unwrap();
    let (edges, aggregate) = BinEdges::from_sample(&sample, &LayoutOptions::default()).unwrap();
    FeatureBaseline {
        name: format!("feature_{at:03}").as_str().into(),
        role: Role::Feature,
        layout: Arc::new(FeatureLayout::Numeric(edges)),
        aggregate: FeatureAggregate::Numeric(aggregate),
    }
}

fn count(layout: &FeatureLayout, values: &[f64]) -> FeatureAggregate {
    let edges = layout.as_numeric().unwrap();
    let mut counted = NumericAggregate::empty(edges);
    counted.absorb(edges, NumericSlice { values, absent: None });
    FeatureAggregate::Numeric(counted)
}
