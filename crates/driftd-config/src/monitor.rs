//! Monitors as they are written, and the [`Monitor`]s they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use driftd_model::never::Share;
use driftd_model::{
    BaselineChoice, FalseAlarms, FeatureName, HealthyUse, IncidentRules, JudgeRules, Labels, Monitor, MonitorId,
    PipelineRules, Pointer, RecordFilter, RecordShape, Reference, SegmentSpec, Threshold, Topic, defaults, words,
};
use driftd_stats::{DriftStatistic, Smoothing};
use driftd_window::{EventTime, PaneWidth, Span, TimeError, TimeFormat, TimeReader, WindowSpec, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::choice::{self, OneOrMore};
use crate::feature::{FeatureConfig, StatisticName, ThresholdKeys, Thresholds, check_thresholds};
use crate::kafka::check_topic;
use crate::layout::{BaselineOptions, MonitorLayout};
use crate::problem::Problems;
use crate::section::defaults;
use crate::shape::text_type;
use crate::tree::At;
use crate::{HttpUrl, NotifyConfig, label};

/// A monitor watches one model's traffic against one baseline. There is none by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MonitorConfig {
    /// Name of the monitor.
    #[schemars(example = &"flight-delay")]
    pub(crate) name: MonitorId,
    /// Topic to read. Either this or topics.
    #[schemars(example = &"flight-predictions", extend("x-usual" = true))]
    topic: Option<Topic>,
    /// Topics to read. Either this or topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1), example = ["flight-predictions", "flight-updates"])]
    topics: Vec<Topic>,
    /// A baseline, made by `driftd baseline build flight-delay FILE`: NAME@vN for one version of it, or NAME for the newest
    /// version when driftd starts or reads its configuration again.
    #[schemars(example = &"flight-delay@v1")]
    baseline: BaselineChoice,
    /// Format of the records; "json" is the only one for now.
    #[serde(default)]
    format: Format,
    /// Where the event time stands, as a JSON Pointer. In flat files it is the column of the last token.
    #[serde(default = "default::event_time")]
    event_time: Pointer,
    /// How event times are written, in the specifiers of strftime, where that is not clear by itself: ISO 8601 with the
    /// year first and numbers since 1970 are read without it, and with it nothing else than it says.
    #[schemars(example = &"%d/%m/%Y %H:%M:%S")]
    time_format: Option<TimeFormat>,
    /// Time zone of the IANA database, with its summer time: of event times that are written without an offset, and of the
    /// windows, whose days then begin at midnight there.
    #[serde(default)]
    #[schemars(example = &"Europe/Berlin")]
    timezone: Zone,
    /// JSON Pointer to the record's id.
    #[schemars(example = &"/id")]
    id: Option<Pointer>,
    /// Where the model's name and version stand.
    #[serde(default)]
    model: ModelPointers,
    /// Which records are counted; by default all. Without pointers above, names stand at /model and versions at /version.
    #[serde(default)]
    filter: FilterConfig,
    /// Labels of the monitor's incidents, for routes, silences and receivers, such as { team = "ml" }. Every incident has
    /// monitor, segment, kind and severity; environment is notify's, and model and model_version are the filter's where
    /// it names exactly one: those names are taken.
    #[serde(default)]
    labels: Labels,
    /// Address of what to do about its incidents.
    #[schemars(example = &"https://wiki.example.com/flight-delay")]
    runbook: Option<HttpUrl>,
    /// Width of a pane, the smallest slice of event time that is counted.
    #[serde(default = "default::pane")]
    pane: Span,
    /// How far records may be out of order: the watermark stays that far behind the newest record.
    #[serde(default = "default::out_of_orderness")]
    out_of_orderness: Span,
    /// How long a pane stays open after the watermark has passed it; what comes later is counted as late, not judged.
    #[serde(default = "default::allowed_lateness")]
    allowed_lateness: Span,
    /// A partition that was read to its end and is quiet for that long no longer holds the others back.
    #[serde(default = "default::idle_timeout")]
    #[schemars(extend("x-longer-than" = "0s"))]
    idle_timeout: Span,
    /// Records from before this time are rejected: a zero for "unknown" is none, and would open a window of 1970.
    #[serde(default = "default::oldest")]
    oldest: Instant,
    /// Records from further in the future than this are rejected. Those within it are counted, and close nothing: the watermark never passes the clock.
    #[serde(default = "default::max_future_skew")]
    max_future_skew: Span,
    /// Windows to judge. Size and slide are multiples of the pane; the slide is the size when it is left out. They end at
    /// multiples of the slide from midnight on, those whose slide is whole weeks before Monday, in the zone of the monitor
    /// or their own and later by an offset.
    #[serde(default = "default::windows")]
    #[schemars(length(min = 1))]
    windows: Vec<WindowConfig>,
    /// Windows that each is compared with besides the baseline, shown in history and messages and never judged by:
    /// "previous", the one before it, "day" and "week", the ones that ended a day and a week earlier.
    #[serde(default = "default::references")]
    references: BTreeSet<Reference>,
    /// Labels that split the population, by their pointers; each combination of them is judged by itself.
    segments: Option<SegmentSpec>,
    /// Rows with a usable value below which nothing is judged.
    #[serde(default = "default::min_samples")]
    #[schemars(range(min = 1, max = 1_000_000_000))]
    min_samples: u64,
    /// How often the monitor may alarm although nothing is wrong: so many times in so much event time, on average and at
    /// least "1 per 3650d", or "off". How sure a window must be of itself follows from it and from how often windows end; "off" leaves that to q
    /// alone, and small lasting changes are then not looked for.
    #[serde(default)]
    false_alarms: FalseAlarms,
    /// Largest p-value, adjusted over everything that is judged with a window, that counts as significant, whatever the
    /// budget of false alarms would allow.
    #[serde(default = "default::q")]
    #[schemars(with = "Share")]
    q: f64,
    /// Whether windows may differ as much as those of the baseline did: "learn", or "off" to judge every window by its
    /// counts alone.
    #[serde(default)]
    healthy: HealthyUse,
    /// Smoothing of the shares in PSI: { pseudo_count = 0.5 }, { epsilon = 1e-4 } or "none".
    #[serde(default, deserialize_with = "choice::smoothing")]
    #[schemars(with = "choice::SmoothingKeys")]
    smoothing: Smoothing,
    /// Statistics that decide; the others are computed and shown. One that is added here and has no default below needs
    /// thresholds.
    #[serde(default = "default::statistics")]
    #[schemars(with = "Vec<StatisticName>", length(min = 1))]
    statistics: BTreeSet<DriftStatistic>,
    /// Effect sizes from which a statistic warns and is critical.
    #[serde(default)]
    #[schemars(with = "ThresholdKeys")]
    thresholds: Thresholds,
    /// When incidents open, end and are told again.
    #[serde(default)]
    incidents: IncidentRules,
    /// When driftd's own trouble with the records becomes an incident of kind "pipeline".
    #[serde(default)]
    pipeline: PipelineRules,
    /// How a baseline for this monitor is laid out when `driftd baseline build` makes one.
    #[serde(default)]
    baseline_options: BaselineOptions,
    /// What single features have of their own, by name; every column of the baseline is watched.
    #[serde(default)]
    features: BTreeMap<FeatureName, FeatureConfig>,
}

/// Format of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// JSON.
    #[default]
    Json,
}

/// Where the model's name and version stand.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ModelPointers {
    /// JSON Pointer to the model's name.
    #[schemars(example = &"/model")]
    name: Option<Pointer>,
    /// JSON Pointer to the model's version.
    #[schemars(example = &"/version")]
    version: Option<Pointer>,
}

/// Which records are counted.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FilterConfig {
    /// Model name, or a list of names, to count.
    #[serde(default, skip_serializing_if = "OneOrMore::is_empty")]
    #[schemars(example = &"flight-delay")]
    model: OneOrMore,
    /// Model version, or a list of versions, to count.
    #[serde(default, skip_serializing_if = "OneOrMore::is_empty")]
    #[schemars(example = ["3", "4"])]
    version: OneOrMore,
}

/// A window shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WindowConfig {
    /// Name of the window.
    name: String,
    /// Length; a multiple of the pane.
    size: Span,
    /// Distance between two windows; a multiple of the pane. The size when it is left out.
    slide: Option<Span>,
    /// How much later windows begin and end: "6h" for days from six to six, "6d" for weeks from Sunday on.
    #[serde(default, skip_serializing_if = "is_zero")]
    offset: Span,
    /// Time zone of its days and weeks; the monitor's when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<Zone>,
}

fn is_zero(span: &Span) -> bool {
    span.is_zero()
}

/// An instant as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instant(EventTime);

impl FromStr for Instant {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.strip_suffix("T00:00:00Z").unwrap_or(&text))
    }
}

text_type!(Instant, "a time such as \"1990-01-01\"", { "type": "string" });

defaults! {
    event_time: Pointer = RecordShape::default().event_time;
    pane: Span = defaults::PANE;
    out_of_orderness: Span = defaults::OUT_OF_ORDERNESS;
    allowed_lateness: Span = defaults::ALLOWED_LATENESS;
    idle_timeout: Span = defaults::IDLE_TIMEOUT;
    oldest: Instant = Instant(defaults::OLDEST);
    max_future_skew: Span = defaults::MAX_FUTURE_SKEW;
    windows: Vec<WindowConfig> = vec![WindowConfig {
        name: defaults::WINDOW.to_owned(),
        size: defaults::WINDOW_SIZE,
        slide: Some(defaults::WINDOW_SIZE),
        offset: Span::ZERO,
        timezone: None,
    }];
    references: BTreeSet<Reference> = [Reference::Week].into();
    min_samples: u64 = JudgeRules::default().min_samples;
    q: f64 = JudgeRules::default().q;
    statistics: BTreeSet<DriftStatistic> = JudgeRules::default().judged;
}

/// What is not wrong but likely not meant: a budget of false alarms that nothing uses up.
pub(crate) fn note(monitor: &Monitor, at: &At<'_>, notes: &mut Problems) {
    let at = at.key("false_alarms");
    let (Some(most), Some(budget)) = (monitor.false_alarm_interval(), monitor.false_alarms.interval()) else {
        return;
    };
    // A hundredth more is a matter of rounding.
    if at.is_given() && most.as_secs_f64() > 1.01 * budget.as_secs_f64() {
        let days = words::number(most.as_secs_f64() / 86_400.0);
        let message = format!(
            "with these windows q = {} lets through one false alarm in {days} days at most, fewer than \"{}\": raise q to \
             use the budget, or leave it",
            monitor.judge.q, monitor.false_alarms
        );
        at.problem(notes, message);
    }
}

impl MonitorConfig {
    /// The monitor that this is, and the layout of its baselines. What follows from other keys is filled in, so that it
    /// is shown. Nothing when something is wrong that it cannot be without.
    pub(crate) fn monitor(
        &mut self,
        notify: &NotifyConfig,
        at: &At<'_>,
        problems: &mut Problems,
    ) -> Option<(Monitor, MonitorLayout)> {
        self.check_topics(at, problems);
        label::check(&self.labels, &at.key("labels"), problems);
        let windows = self.windows(at, problems);
        let judge = self.judge(at, problems);
        let layout = self.baseline_options.layout(&self.features);
        let features = self.features.iter_mut().map(|(name, feature)| {
            (name.clone(), feature.rules(&judge, &at.key("features").key(name.as_str()), problems))
        });
        let features = features.collect();
        let filter = RecordFilter { models: self.filter.model.to_vec(), versions: self.filter.version.to_vec() };
        let monitor = Monitor {
            id: self.name.clone(),
            topics: self.topics.clone(),
            shape: RecordShape {
                event_time: self.event_time.clone(),
                times: TimeReader { format: self.time_format.clone(), zone: self.timezone },
                id: self.id.clone(),
                model_name: self.model.name.clone(),
                model_version: self.model.version.clone(),
            },
            labels: label::of_monitor(self.labels.clone(), &filter, notify.environment.as_deref()),
            filter,
            baseline: self.baseline.clone(),
            pane: PaneWidth::new(self.pane).ok()?,
            out_of_orderness: self.out_of_orderness,
            allowed_lateness: self.allowed_lateness,
            idle_timeout: self.idle_timeout,
            oldest: self.oldest.0,
            max_future_skew: self.max_future_skew,
            windows,
            references: self.references.clone(),
            segments: self.segments.clone(),
            judge,
            false_alarms: self.false_alarms,
            healthy: self.healthy,
            features,
            incidents: self.incidents,
            pipeline: self.pipeline,
            runbook: self.runbook.as_ref().map(ToString::to_string),
        };
        Some((monitor, layout))
    }

    /// Topics without repetition.
    fn check_topics(&mut self, at: &At<'_>, problems: &mut Problems) {
        match (self.topic.take(), self.topics.is_empty()) {
            (None, true) => at.problem(problems, "topic is missing: write topic = \"…\" or topics = [\"…\", \"…\"]"),
            (Some(_), false) => at.problem(problems, "has both topic and topics: write one of them"),
            (Some(topic), true) => {
                check_topic(&topic, &at.key("topic"), problems);
                self.topics.push(topic);
            }
            (None, false) => {
                for (topic, at) in self.topics.iter().zip(at.key("topics").items()) {
                    check_topic(topic, &at, problems);
                }
            }
        }
        self.topics.sort();
        self.topics.dedup();
    }

    fn windows(&mut self, at: &At<'_>, problems: &mut Problems) -> Vec<WindowSpec> {
        let pane = match PaneWidth::new(self.pane) {
            Ok(pane) => pane,
            Err(error) => {
                at.key("pane").problem(problems, error);
                return Vec::new();
            }
        };
        let given = at.key("windows");
        let mut items = given.items();
        let mut specs = Vec::new();
        for window in &mut self.windows {
            let slide = *window.slide.get_or_insert(window.size);
            if window.timezone.is_none() && !self.timezone.is_utc() {
                window.timezone = Some(self.timezone);
            }
            let zone = window.timezone.unwrap_or_default();
            let spec = WindowSpec::aligned(&window.name, window.size, slide, pane, window.offset, zone);
            match (spec, items.next()) {
                (Ok(spec), _) => specs.push(spec),
                (Err(error), Some(at)) => at.problem(problems, error),
                (Err(error), None) => {
                    let message = format!("{error}; that window is the default, write windows that suit the pane");
                    at.key("pane").problem(problems, message);
                }
            }
        }
        given.check_unique("window", problems);
        specs
    }

    /// Every judged statistic has a threshold, and every threshold is of a judged statistic.
    fn judge(&mut self, at: &At<'_>, problems: &mut Problems) -> JudgeRules {
        let default = JudgeRules::default();
        check_thresholds(&self.thresholds, &at.key("thresholds"), problems);
        let mut thresholds: BTreeMap<DriftStatistic, Threshold> = default.thresholds;
        thresholds.extend(self.thresholds.iter().map(|(statistic, threshold)| (*statistic, *threshold)));
        crate::feature::check_judged(&self.statistics, &thresholds, "thresholds.", at, problems);
        let by_features = self.features.values().filter_map(|feature| feature.statistics.as_ref()).flatten();
        let read: BTreeSet<DriftStatistic> = by_features.chain(&self.statistics).copied().collect();
        crate::feature::check_unused(&self.thresholds, &read, &at.key("thresholds"), problems);
        self.thresholds =
            thresholds.iter().filter(|(statistic, _)| read.contains(statistic)).map(|(s, t)| (*s, *t)).collect();
        JudgeRules {
            min_samples: self.min_samples,
            q: self.q,
            smoothing: self.smoothing,
            judged: self.statistics.clone(),
            thresholds,
        }
    }
}
