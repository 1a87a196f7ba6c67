//! A monitor: what is watched, in which windows, and how it is judged.

mod default_value;
pub mod defaults;
mod false_alarms;
mod wanted_values;

use std::collections::{BTreeMap, BTreeSet};

use driftd_stats::{DriftStatistic, Smoothing};
use driftd_window::{EventTime, PaneWidth, Span, TimeReader, WindowName, WindowSpec, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::default_value::DefaultValue;
pub use self::false_alarms::{BadFalseAlarms, FalseAlarms};
pub use self::wanted_values::WantedValues;
use crate::never::{self, Never, Share};
use crate::{BaselineChoice, FeatureKind, FeatureName, Labels, MonitorId, Pointer, Reference, Threshold, Topic};

/// A thousand years, in microseconds: nobody asks for more.
const LONGEST: f64 = 1000.0 * 365.0 * 86_400e6;

/// What a column is to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It goes in.
    #[default]
    Feature,
    /// It comes out.
    Prediction,
    /// It becomes known later.
    Label,
}

/// Which statistics are judged and from which effect on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgeRules {
    /// Usable values below which nothing is judged.
    pub min_samples: u64,
    /// Largest adjusted p-value that counts as significant.
    pub q: f64,
    /// Smoothing of the shares PSI is computed from.
    pub smoothing: Smoothing,
    /// Statistics that decide; the others are computed and shown.
    pub judged: BTreeSet<DriftStatistic>,
    /// Effect thresholds by statistic.
    pub thresholds: BTreeMap<DriftStatistic, Threshold>,
}

/// What is done with the variation of the baseline's own windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthyUse {
    /// Windows may differ as much as the baseline's own do.
    #[default]
    Learn,
    /// Every window is judged by counts alone.
    Off,
}

/// What a feature of a monitor has of its own.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct FeatureRules {
    /// Not monitored at all.
    pub ignore: bool,
    /// Role, when not a plain feature.
    pub role: Role,
    /// Where it stands in a record, when not at its own name.
    pub path: Option<Pointer>,
    /// How it is compared, when not as the baseline inferred.
    pub kind: Option<FeatureKind>,
    /// What stands for it in records that leave it out.
    pub default: Option<DefaultValue>,
    /// Statistics that decide, instead of the monitor's.
    pub judged: Option<BTreeSet<DriftStatistic>>,
    /// Thresholds that differ from the monitor's.
    pub thresholds: BTreeMap<DriftStatistic, Threshold>,
}

/// When bad windows become an incident and good ones end it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IncidentRules {
    /// Consecutive bad windows over disjoint data before an incident opens; critical ones open at once.
    #[schemars(range(min = 1, max = 1000))]
    pub open_after: u32,
    /// Good windows in a row, in every window shape that complained, before it resolves. They may overlap: a bad record
    /// makes every window around it bad, but a good window is good throughout.
    #[schemars(range(min = 1, max = 1000))]
    pub resolve_after: u32,
    /// Shortest time between two notifications about features that join an open incident.
    #[schemars(extend("x-longer-than" = "0s"))]
    pub group_interval: Span,
    /// Time after which an open incident that nobody acknowledged is told again.
    #[schemars(extend("x-longer-than" = "0s"))]
    pub repeat_interval: Span,
    /// Share of the rows that the baseline had in the same hours of the week below which a window has too few; "never"
    /// turns it off.
    #[serde(with = "never")]
    #[schemars(with = "Never<Share>")]
    pub least_volume: Option<f64>,
}

/// When driftd's own trouble becomes an incident of kind `pipeline`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PipelineRules {
    /// Time the watermark may be behind the clock while there is more to read, or "never".
    #[serde(with = "never")]
    #[schemars(with = "Never<Span>", extend("x-longer-than" = "0s"))]
    pub lag: Option<Span>,
    /// Event time one partition may be behind the newest, or "never".
    #[serde(with = "never")]
    #[schemars(with = "Never<Span>", extend("x-longer-than" = "0s"))]
    pub stall: Option<Span>,
    /// Share of rejected records from which on it is one, or "never".
    #[serde(with = "never")]
    #[schemars(with = "Never<Share>")]
    pub rejected: Option<f64>,
}

/// How a monitor's population is split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentSpec {
    /// JSON Pointers to the labels.
    #[schemars(length(min = 1), example = ["/features/carrier"])]
    pub by: Vec<Pointer>,
    /// Segments kept apart, largest first; the rest overflow.
    #[serde(default = "most_segments")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max: u16,
}

const fn most_segments() -> u16 {
    defaults::SEGMENTS
}

/// Where event time, identity and model stand in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordShape {
    /// Event time.
    pub event_time: Pointer,
    /// How it is written.
    pub times: TimeReader,
    /// Record id, if any.
    pub id: Option<Pointer>,
    /// Model name, if any.
    pub model_name: Option<Pointer>,
    /// Model version, if any.
    pub model_version: Option<Pointer>,
}

/// Which records of its topics a monitor counts: those whose model and version are among these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Default)]
pub struct RecordFilter {
    /// Model names; empty for any.
    pub models: Vec<String>,
    /// Model versions; empty for any.
    pub versions: Vec<String>,
}

/// One model's traffic, watched against one baseline. [`Monitor::new`] has the defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Monitor {
    /// Its name.
    pub id: MonitorId,
    /// Topics it reads.
    pub topics: Vec<Topic>,
    /// How a record is shaped.
    pub shape: RecordShape,
    /// Which records it counts.
    pub filter: RecordFilter,
    /// The baseline it starts with.
    pub baseline: BaselineChoice,
    /// Width of its panes.
    pub pane: PaneWidth,
    /// Subtracted when the watermark advances.
    pub out_of_orderness: Span,
    /// Waited before a pane is sealed.
    pub allowed_lateness: Span,
    /// Quiet time after which a partition at its end is idle.
    pub idle_timeout: Span,
    /// Event times before this are rejected.
    pub oldest: EventTime,
    /// How far beyond the clock an event time may lie.
    pub max_future_skew: Span,
    /// Its windows; at least one.
    pub windows: Vec<WindowSpec>,
    /// Windows that each is compared with besides the baseline, for people to see.
    pub references: BTreeSet<Reference>,
    /// How it is split, if at all.
    pub segments: Option<SegmentSpec>,
    /// How its features are judged.
    pub judge: JudgeRules,
    /// How often it may alarm although nothing is wrong.
    pub false_alarms: FalseAlarms,
    /// Whether the variation of the baseline's own windows is taken for healthy.
    pub healthy: HealthyUse,
    /// What single features have of their own.
    pub features: BTreeMap<FeatureName, FeatureRules>,
    /// When incidents open and end.
    pub incidents: IncidentRules,
    /// When driftd's own trouble with it becomes an incident.
    pub pipeline: PipelineRules,
    /// Labels of its incidents besides identity and severity.
    pub labels: Labels,
    /// What to do about its incidents: an address.
    pub runbook: Option<String>,
}

impl RecordFilter {
    /// Whether every record passes.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.models.is_empty() && self.versions.is_empty()
    }
}

impl JudgeRules {
    /// Whether a statistic decides. Values of another type were counted as missing once: where the statistics that decide
    /// are named and `missing` is among them, they still have to be heard of.
    #[must_use]
    pub fn decides(&self, statistic: DriftStatistic) -> bool {
        self.judged.contains(&statistic)
            || statistic == DriftStatistic::Mistyped && self.judged.contains(&DriftStatistic::Missing)
    }

    /// Whether windows are remembered, so that small changes that last are found.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.decides(DriftStatistic::Lasting)
    }
}

impl Monitor {
    /// Length of the longest window.
    #[must_use]
    pub fn longest_window(&self) -> Span {
        self.windows.iter().map(WindowSpec::longest).max().unwrap_or(Span::ZERO)
    }

    /// How far back a seal may look: over the longest window, and from there to the windows that it is compared with.
    #[must_use]
    pub fn reach(&self) -> Span {
        let longest = self.longest_window();
        let back = |reference: &Reference| reference.earlier().unwrap_or(longest.plus(longest));
        longest.plus(self.references.iter().map(back).max().unwrap_or(Span::ZERO))
    }

    /// Windows whose counts a seal holds at once at most: all that may end together, those that each is compared with, and
    /// one for the pane.
    #[must_use]
    pub fn windows_of_a_seal(&self) -> u64 {
        1 + self.windows.len() as u64 * (1 + self.references.len() as u64)
    }

    /// The largest adjusted p-value that counts as significant in its windows: what the budget of false alarms leaves to
    /// each, and never more than `q`.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.false_alarms.level(&self.windows, self.budget_shares(), self.judge.q)
    }

    /// Whether windows of any feature are remembered, so that small changes that last are found.
    #[must_use]
    pub fn remembers(&self) -> bool {
        let own = || self.features.values().filter(|own| !own.ignore).filter_map(|own| own.judged.as_ref());
        let is_wanted = self.judge.remembers() || own().any(|judged| judged.contains(&DriftStatistic::Lasting));
        self.false_alarms != FalseAlarms::Off && is_wanted
    }

    /// How many are judged on the budget of false alarms: windows and memories, or windows alone.
    #[must_use]
    pub fn budget_shares(&self) -> u8 {
        if self.remembers() { 2 } else { 1 }
    }

    /// How rarely windows of healthy data show an adjusted p-value of at most `q`.
    #[must_use]
    pub fn once_in(&self, q: f64) -> Span {
        let seconds = driftd_stats::once_in(q, self.windows.iter().map(|window| window.slide().as_secs_f64()));
        Span::from_micros((seconds * 1e6).min(LONGEST) as i64).unwrap_or(Span::ZERO)
    }

    /// How often a monitor whose data are healthy opens an incident, at most and on average: once in this much event
    /// time. That is the budget, or less often where `q` lets through less; nothing without a budget.
    #[must_use]
    pub fn false_alarm_interval(&self) -> Option<Span> {
        let by_q = self.once_in(self.level()).as_micros() / i64::from(self.budget_shares());
        let interval = self.false_alarms.interval()?;
        Some(Span::from_micros(by_q).map_or(interval, |by_q| by_q.max(interval)))
    }

    /// The rules a feature is judged by in a window: the monitor's, with the feature's own on top.
    #[must_use]
    pub fn rules_for(&self, feature: &FeatureName) -> JudgeRules {
        let mut rules = JudgeRules { q: self.level(), ..self.judge.clone() };
        if let Some(own) = self.features.get(feature) {
            if let Some(judged) = &own.judged {
                rules.judged.clone_from(judged);
            }
            rules.thresholds.extend(own.thresholds.iter().map(|(s, t)| (*s, *t)));
        }
        rules
    }

    /// The features that have a value in records that leave them out.
    pub fn default_values(&self) -> impl Iterator<Item = (&str, &DefaultValue)> {
        self.features.iter().filter_map(|(name, rules)| Some((name.as_str(), rules.default.as_ref()?)))
    }

    /// The zone on whose clocks windows of a shape begin and end.
    #[must_use]
    pub fn zone_of(&self, window: &WindowName) -> Zone {
        let spec = self.windows.iter().find(|spec| spec.name().as_str() == window.shape());
        spec.map(WindowSpec::zone).unwrap_or_default()
    }

    /// Whether a baseline column is watched by this monitor.
    #[must_use]
    pub fn watches(&self, feature: &FeatureName) -> bool {
        !self.features.get(feature).is_some_and(|f| f.ignore)
    }
}
