//! Monitors.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{
    FeatureName, FeatureRules, IncidentRules, Monitor, PipelineRules, RecordFilter, RecordShape, SegmentSpec, Topic,
    defaults,
};
use driftd_stats::LayoutOptions;
use driftd_window::{PaneWidth, Span, WindowSpec};

use super::{judge, labels, positive, some_of, unique};
use crate::NotifyConfig;
use crate::choice::{Format, OneOrMore};
use crate::layout::MonitorLayout;
use crate::optional::OrNever;
use crate::problem::Problems;
use crate::raw::{
    RawBaselineOptions, RawFeature, RawFilter, RawIncidents, RawLabels, RawModel, RawMonitor, RawPipeline, RawSegments,
    RawWindow,
};
use crate::read::{Field, Located};

/// Segments a monitor may keep apart: each is a whole set of counts.
const MOST_SEGMENTS: u16 = 10_000;

/// The monitor and the layout of its baselines; `None` when something it cannot be without is missing, which is noted.
pub(super) fn monitor(
    raw: Located<RawMonitor>,
    notify: &NotifyConfig,
    problems: &mut Problems,
) -> Option<(Monitor, MonitorLayout)> {
    let Located { value: raw, place, path } = raw;
    let Format::Json = raw.format.or(Format::Json);
    let pane = pane(&raw.pane, problems);
    let windows = windows(raw.windows, &raw.pane, pane, problems);
    let topics = topics(raw.topic, raw.topics);
    if let Err(why) = &topics {
        problems.add(&place, &path, why);
    }
    let mut features = raw.features.or(BTreeMap::new());
    let layout = layout(raw.baseline_options.or(RawBaselineOptions::default()), &mut features, problems);
    let rules = judge::RawJudge {
        min_samples: raw.min_samples,
        q: raw.q,
        smoothing: raw.smoothing,
        statistics: raw.statistics,
        thresholds: raw.thresholds,
    };
    let (judge, features) = judge::judge(rules, features, problems);
    let model = raw.model.or(RawModel::default());
    let shape = RecordShape {
        event_time: raw.event_time.value().unwrap_or_else(|| RecordShape::default().event_time),
        id: raw.id.value(),
        model_name: model.name.value(),
        model_version: model.version.value(),
    };
    let segments = segments(raw.segments, problems);
    let incidents = incidents(raw.incidents.or(RawIncidents::default()), problems);
    let pipeline = pipeline(raw.pipeline.or(RawPipeline::default()), problems);
    let filter = filter(raw.filter);
    let labels = labels::of_monitor(raw.labels.or(RawLabels::default()).0, &filter, notify);
    let monitor = Monitor {
        id: raw.name.value()?,
        topics: topics.ok()?,
        shape,
        filter,
        baseline: raw.baseline.value()?,
        pane: pane?,
        out_of_orderness: raw.out_of_orderness.or(defaults::OUT_OF_ORDERNESS),
        allowed_lateness: raw.allowed_lateness.or(defaults::ALLOWED_LATENESS),
        idle_timeout: positive(raw.idle_timeout, defaults::IDLE_TIMEOUT, problems),
        max_future_skew: raw.max_future_skew.or(defaults::MAX_FUTURE_SKEW),
        windows,
        segments,
        judge,
        features,
        incidents,
        pipeline,
        labels,
        runbook: raw.runbook.value().map(|url| url.to_string()),
    };
    Some((monitor, layout))
}

/// The filter; values without repetition, because their order means nothing.
fn filter(raw: Field<RawFilter>) -> RecordFilter {
    let raw = raw.or(RawFilter::default());
    let values = |field: Field<OneOrMore>| -> Vec<String> {
        let distinct: BTreeSet<String> = field.value().map(|values| values.0).into_iter().flatten().collect();
        distinct.into_iter().collect()
    };
    RecordFilter { models: values(raw.model), versions: values(raw.version) }
}

fn pane(raw: &Field<Span>, problems: &mut Problems) -> Option<PaneWidth> {
    match raw {
        Field::Absent => PaneWidth::new(defaults::PANE).ok(),
        Field::Broken => None,
        Field::Given(given) => match PaneWidth::new(given.value) {
            Ok(pane) => Some(pane),
            Err(error) => {
                given.problem(problems, error);
                None
            }
        },
    }
}

/// Topics without repetition, or what is wrong with them as a whole.
fn topics(one: Field<Topic>, many: Field<Vec<Located<Topic>>>) -> Result<Vec<Topic>, &'static str> {
    let mut topics: Vec<Topic> = match (one, many) {
        (Field::Absent, Field::Absent) => {
            return Err("topic is missing: write topic = \"…\" or topics = [\"…\", \"…\"]");
        }
        (Field::Given(_), Field::Given(_)) => return Err("has both topic and topics: write one of them"),
        (Field::Given(one), _) => vec![one.value],
        (_, Field::Given(many)) if many.value.is_empty() => return Err("topics is empty: name at least one topic"),
        (_, Field::Given(many)) => many.value.into_iter().map(|topic| topic.value).collect(),
        (Field::Broken, _) | (_, Field::Broken) => Vec::new(),
    };
    topics.sort();
    topics.dedup();
    Ok(topics)
}

fn windows(
    raw: Field<Vec<Located<RawWindow>>>,
    raw_pane: &Field<Span>,
    pane: Option<PaneWidth>,
    problems: &mut Problems,
) -> Vec<WindowSpec> {
    let Some(pane) = pane else { return Vec::new() };
    let raw = match raw {
        Field::Broken => return Vec::new(),
        Field::Absent => {
            let default = WindowSpec::new(defaults::WINDOW, defaults::WINDOW_SIZE, defaults::WINDOW_SIZE, pane);
            if let (Err(error), Field::Given(pane)) = (&default, raw_pane) {
                let message = format!("{error}; that window is the default, write windows that suit the pane");
                pane.problem(problems, message);
            }
            return default.into_iter().collect();
        }
        Field::Given(raw) => raw,
    };
    if raw.value.is_empty() {
        raw.problem(problems, "is empty: write at least one window, or leave the key out");
    }
    unique(raw.value.iter().map(|window| &window.value.name), "window", problems);
    raw.value.into_iter().filter_map(|raw| window(raw, pane, problems)).collect()
}

fn window(raw: Located<RawWindow>, pane: PaneWidth, problems: &mut Problems) -> Option<WindowSpec> {
    let Located { value: raw, place, path } = raw;
    let broken = matches!(raw.slide, Field::Broken);
    let (name, size) = (raw.name.value()?, raw.size.value()?);
    if broken {
        return None;
    }
    match WindowSpec::new(&name, size, raw.slide.or(size), pane) {
        Ok(window) => Some(window),
        Err(error) => {
            problems.add(&place, &path, error);
            None
        }
    }
}

fn segments(raw: Field<RawSegments>, problems: &mut Problems) -> Option<SegmentSpec> {
    let raw = raw.value()?;
    let max = raw.max.narrowed(1, MOST_SEGMENTS, defaults::SEGMENTS, problems);
    Some(SegmentSpec { by: some_of(raw.by.0?, "label", problems), max })
}

fn incidents(raw: RawIncidents, problems: &mut Problems) -> IncidentRules {
    let default = IncidentRules::default();
    IncidentRules {
        open_after: raw.open_after.narrowed(1, 1_000, default.open_after, problems),
        resolve_after: raw.resolve_after.narrowed(1, 1_000, default.resolve_after, problems),
        group_interval: positive(raw.group_interval, default.group_interval, problems),
        repeat_interval: positive(raw.repeat_interval, default.repeat_interval, problems),
        least_volume: share(raw.least_volume, default.least_volume, problems),
    }
}

fn pipeline(raw: RawPipeline, problems: &mut Problems) -> PipelineRules {
    let default = PipelineRules::default();
    let limit = |field: Field<OrNever<Span>>, default: Option<Span>, problems: &mut Problems| {
        if let Field::Given(given) = &field
            && given.value.0.is_some_and(Span::is_zero)
        {
            given.problem(problems, "must be longer than zero: write \"never\" for no limit");
        }
        field.or(OrNever(default)).0
    };
    PipelineRules {
        lag: limit(raw.lag, default.lag, problems),
        stall: limit(raw.stall, default.stall, problems),
        rejected: share(raw.rejected, default.rejected, problems),
    }
}

/// A share of something, or none.
fn share(field: Field<OrNever<f64>>, default: Option<f64>, problems: &mut Problems) -> Option<f64> {
    if let Field::Given(given) = &field
        && let Some(share) = given.value.0
        && !(share > 0.0 && share <= 1.0)
    {
        let message = format!("{share} is out of range: choose a number above 0 and at most 1, or \"never\"");
        given.problem(problems, message);
    }
    field.or(OrNever(default)).0
}

fn layout(
    raw: RawBaselineOptions,
    features: &mut BTreeMap<String, Located<RawFeature>>,
    problems: &mut Problems,
) -> MonitorLayout {
    let default = LayoutOptions::default();
    let options = LayoutOptions {
        cells: raw.cells.narrowed(driftd_stats::MIN_CELLS, driftd_stats::MAX_CELLS, default.cells, problems),
        binning: raw.bins.or(default.binning),
        categories: raw.categories.narrowed(1, driftd_stats::MAX_CATEGORIES, default.categories, problems),
    };
    let own = features.iter_mut().filter_map(|(name, feature)| {
        let bins = std::mem::take(&mut feature.value.bins).value()?;
        Some((FeatureName::from(name.as_str()), bins))
    });
    MonitorLayout::new(options, own.collect())
}

/// What a feature has of its own, apart from how it is judged.
pub(super) fn feature_rules(raw: &RawFeature) -> FeatureRules {
    let raw = raw.clone();
    FeatureRules {
        ignore: raw.ignore.or(false),
        role: raw.role.or(driftd_model::Role::default()),
        path: raw.path.value(),
        kind: raw.kind.value(),
        ..FeatureRules::default()
    }
}
