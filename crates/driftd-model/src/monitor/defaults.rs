//! Defaults of a monitor. The configuration, the fixtures of tests and the benches take them from here.

use std::collections::BTreeMap;

use driftd_stats::{DriftStatistic, Smoothing};
use driftd_window::{EventTime, PaneWidth, Span, TimeReader, WindowSpec};

use super::{FalseAlarms, HealthyUse, IncidentRules, JudgeRules, Monitor, PipelineRules, RecordFilter, RecordShape};
use crate::{BaselineRef, Labels, MonitorId, Pointer, Reference, Threshold, Topic};

/// Where driftd's own record format has the event time.
pub const EVENT_TIME: &str = "/ts";
/// Width of a pane.
pub const PANE: Span = Span::from_hours(1);
/// Subtracted when the watermark advances.
pub const OUT_OF_ORDERNESS: Span = Span::from_minutes(1);
/// Waited before a pane is sealed.
pub const ALLOWED_LATENESS: Span = Span::from_minutes(5);
/// Quiet time of an idle partition.
pub const IDLE_TIMEOUT: Span = Span::from_minutes(1);
/// 1990-01-01: event times before it are most often a zero for "unknown", or a clock that was never set.
pub const OLDEST: EventTime = EventTime::from_micros(631_152_000_000_000);
/// How far event times may lie in the future.
pub const MAX_FUTURE_SKEW: Span = Span::from_hours(1);
/// Name of the only window.
pub const WINDOW: &str = "day";
/// Its size and slide.
pub const WINDOW_SIZE: Span = Span::from_hours(24);
/// Values a judged window has at least.
pub const MIN_SAMPLES: u64 = 50;
/// Segments kept apart.
pub const SEGMENTS: u16 = 32;

impl Monitor {
    /// A monitor of one topic with the defaults: daily windows over hourly panes, judged against the first version of
    /// the baseline of its name.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the constants above fit, which every test that makes a monitor sees")]
    pub fn new(id: MonitorId, topic: Topic) -> Self {
        let pane = PaneWidth::new(PANE).expect("a pane may be an hour wide");
        let day = WindowSpec::new(WINDOW, WINDOW_SIZE, WINDOW_SIZE, pane).expect("a day has whole hours");
        let baseline = BaselineRef { name: id.as_str().parse().expect("names of both kinds are alike"), version: 1 };
        Self {
            id,
            topics: vec![topic],
            shape: RecordShape::default(),
            filter: RecordFilter::default(),
            baseline: baseline.into(),
            pane,
            out_of_orderness: OUT_OF_ORDERNESS,
            allowed_lateness: ALLOWED_LATENESS,
            idle_timeout: IDLE_TIMEOUT,
            oldest: OLDEST,
            max_future_skew: MAX_FUTURE_SKEW,
            windows: vec![day],
            references: [Reference::Week].into(),
            segments: None,
            judge: JudgeRules::default(),
            false_alarms: FalseAlarms::default(),
            healthy: HealthyUse::default(),
            features: BTreeMap::new(),
            incidents: IncidentRules::default(),
            pipeline: PipelineRules::default(),
            labels: Labels::default(),
            runbook: None,
        }
    }
}

impl Default for RecordShape {
    /// Nothing but the event time.
    fn default() -> Self {
        let event_time = Pointer::known(EVENT_TIME);
        Self { event_time, times: TimeReader::default(), id: None, model_name: None, model_version: None }
    }
}

impl Default for JudgeRules {
    /// 50 rows, q = 0.01, and what the table of statistics says.
    fn default() -> Self {
        let thresholds = DriftStatistic::ALL.into_iter().filter_map(|statistic| {
            let (warn, critical) = statistic.definition().thresholds?;
            Some((statistic, Threshold { warn, critical }))
        });
        Self {
            min_samples: MIN_SAMPLES,
            q: 0.01,
            smoothing: Smoothing::default(),
            judged: DriftStatistic::ALL.into_iter().filter(|statistic| statistic.definition().decides).collect(),
            thresholds: thresholds.collect(),
        }
    }
}

impl Default for PipelineRules {
    fn default() -> Self {
        Self { lag: Some(Span::from_hours(1)), stall: Some(Span::from_minutes(30)), rejected: Some(0.05) }
    }
}

impl Default for IncidentRules {
    fn default() -> Self {
        Self {
            open_after: 2,
            resolve_after: 2,
            group_interval: Span::from_minutes(5),
            repeat_interval: Span::from_hours(4),
            least_volume: Some(0.1),
        }
    }
}
