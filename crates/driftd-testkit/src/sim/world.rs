//! What is simulated: the monitors, their baselines, and how many partitions and workers there are.

use std::sync::{Arc, OnceLock};

use driftd_engine::CheckpointPolicy;
use driftd_model::{
    Baseline, BaselineRef, FeatureBaseline, HealthyVariation, IncidentRules, JudgeRules, Monitor, MonitorPlan, Pointer,
    RecordShape, Reference, Role, Route, Routing, SegmentBaseline, SegmentSpec, StoredBaseline, Topic,
};
use driftd_stats::{
    BinEdges, Binning, CategoryCounts, FeatureAggregate, FeatureLayout, LayoutOptions, NumericSlice, SortedSample,
};
use driftd_window::{EventTime, PaneWidth, SegmentKey, Span, Timestamp, WindowSpec};

use super::random::Random;

/// Quiet time after which a partition at its end is idle, in microseconds.
pub(crate) const IDLE: i64 = 30_000_000;
/// How far beyond the clock an event time may lie, in microseconds.
pub(crate) const SKEW: i64 = 15_000_000;
/// The moment every simulation begins at.
pub(crate) const BEGIN: i64 = 1_700_000_000_000_000;

/// One simulated deployment.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) partitions: usize,
    pub(crate) workers: usize,
    pub(crate) topic: Topic,
    pub(crate) plans: Vec<Arc<MonitorPlan>>,
    pub(crate) routing: Routing,
    pub(crate) policy: CheckpointPolicy,
}

impl World {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let [plain, split, wide] = plans();
        let plans = match random.below(6) {
            0..2 => vec![plain],
            2 => vec![split],
            3 => vec![split, wide],
            _ => vec![plain, wide],
        };
        Self {
            partitions: random.between(1, 4) as usize,
            workers: random.between(1, 3) as usize,
            topic: topic(),
            plans: plans.into_iter().map(Arc::clone).collect(),
            routing: routing(random),
            policy: policy(random),
        }
    }

    /// Largest out-of-orderness of the monitors, in microseconds: what a partition task that serves all of them must allow for.
    pub(crate) fn slack(&self) -> i64 {
        self.plans.iter().map(|p| p.monitor().out_of_orderness.as_micros()).max().unwrap_or(0)
    }
}

/// Checkpoints as often as the daemon would write them, more often and less; counts that are full after two panes, after
/// some records, or never.
fn policy(random: &mut Random) -> CheckpointPolicy {
    CheckpointPolicy {
        max_bytes: if random.chance(30) { 1 } else { 1 << 20 },
        max_records: random.chance(30).then(|| random.between(1, 60) as u64),
        interval: Span::from_secs([0, 2, 10, 60][random.index(4)]).into(),
    }
}

/// One receiver for everything, or a pager for what is critical and mail, at a pace of its own, for the rest or for all.
fn routing(random: &mut Random) -> Routing {
    let to = |name: &str| Route::to(vec![name.parse().expect("a plain name")]);
    let urgent = Route {
        matchers: vec!["severity=critical".parse().expect("a matcher")],
        continues: random.chance(50),
        ..to("pager")
    };
    let slow =
        Route { group_interval: Some(Span::from_secs(45)), repeat_interval: Some(Span::from_secs(150)), ..to("mail") };
    match random.below(3) {
        0 => Routing { routes: vec![to("pager")], external_url: None },
        _ => Routing { routes: vec![urgent, slow], external_url: None },
    }
}

pub(crate) fn topic() -> Topic {
    Topic::from("orders")
}

/// The key of region `r`, or of a record without one.
pub(crate) fn region_key(region: Option<u8>) -> SegmentKey {
    let value = region.map(|r| format!("r{r}"));
    SegmentKey::from_labels([("region", value.as_deref())])
}

/// A monitor, the same split by region, and one with wider panes and a larger out-of-orderness.
pub(crate) fn plans() -> [&'static Arc<MonitorPlan>; 3] {
    static PLANS: OnceLock<[Arc<MonitorPlan>; 3]> = OnceLock::new();
    PLANS
        .get_or_init(|| {
            let narrow = [("short", 20, 20), ("long", 40, 20)];
            [
                plan("plain", (10, 5, 5), &narrow, false),
                plan("split", (10, 5, 5), &narrow, true),
                plan("wide", (20, 12, 0), &[("minute", 60, 20)], false),
            ]
        })
        .each_ref()
}

/// Pane, out-of-orderness and lateness in seconds; windows by name, size and slide in seconds.
fn plan(
    name: &str,
    (pane, disorder, lateness): (u32, u32, u32),
    windows: &[(&str, u32, u32)],
    split: bool,
) -> Arc<MonitorPlan> {
    let width = PaneWidth::new(Span::from_secs(pane)).expect("at least a second");
    let reference: BaselineRef = "orders@v1".parse().expect("a plain reference");
    let pointer = |text: &str| Pointer::new(text).expect("begins with a slash");
    let monitor = Monitor {
        shape: RecordShape { event_time: pointer("/at"), ..RecordShape::default() },
        baseline: reference.clone().into(),
        pane: width,
        out_of_orderness: Span::from_secs(disorder),
        allowed_lateness: Span::from_secs(lateness),
        idle_timeout: Span::from_micros(IDLE).expect("positive"),
        max_future_skew: Span::from_micros(SKEW).expect("positive"),
        windows: windows
            .iter()
            .map(|(name, size, slide)| {
                WindowSpec::new(name, Span::from_secs(*size), Span::from_secs(*slide), width).expect("multiples")
            })
            .collect(),
        // Shorter windows than a day have no day before.
        references: [Reference::Previous].into(),
        segments: split.then(|| SegmentSpec { by: vec![pointer("/region")], max: 3 }),
        judge: JudgeRules { min_samples: 8, q: 0.05, ..JudgeRules::default() },
        // As many as q allows: rare alarms would make a dull life.
        false_alarms: "1000 per 1h".parse().expect("a budget"),
        incidents: IncidentRules {
            open_after: 2,
            resolve_after: 2,
            group_interval: Span::from_secs(20),
            repeat_interval: Span::from_secs(60),
            least_volume: None,
        },
        oldest: EventTime::from_micros(i64::MIN),
        ..Monitor::new(name.parse().expect("a plain name"), topic())
    };
    let stored = StoredBaseline::new(reference, Timestamp::from_micros(BEGIN), baseline(split));
    Arc::new(MonitorPlan::new(monitor, stored).expect("monitor and baseline belong together"))
}

/// 120 rows: amounts with an atom at 0, four colours of which the rarest is in the tail, and a column without values.
fn baseline(split: bool) -> Baseline {
    let amounts: Vec<f64> = (0..120).map(|i| if i % 4 == 0 { 0.0 } else { f64::from(i) / 8.0 }).collect();
    let colours: Vec<&str> = (0..120)
        .map(|i| match i % 24 {
            0..12 => "red",
            12..20 => "blue",
            20..23 => "green",
            _ => "ochre",
        })
        .collect();
    let options = LayoutOptions::new(16, Binning::Quantile(5), 3).expect("in range");
    let sample = SortedSample::from_unsorted(amounts.clone()).expect("finite");
    let (edges, amount) = BinEdges::from_sample(&sample, &options).expect("enough values");
    let mut counts = CategoryCounts::new();
    for colour in &colours {
        counts.add(colour, 1);
    }
    let (dictionary, colour) = counts.into_dictionary(options.categories);
    let layouts =
        [FeatureLayout::Numeric(edges), FeatureLayout::Categorical(dictionary), FeatureLayout::Presence].map(Arc::new);
    let mut ghost = FeatureAggregate::empty(&layouts[2]);
    if let FeatureAggregate::Presence(presence) = &mut ghost {
        presence.add(0, 120);
    }
    let whole = [FeatureAggregate::Numeric(amount), FeatureAggregate::Categorical(colour), ghost];
    // Every third row is of region r0, every third of r1; the rest has no segment of its own.
    let part = |key: SegmentKey, remainder: usize| SegmentBaseline {
        key,
        rows: 40,
        aggregates: count_every_third(&layouts, &amounts, &colours, remainder),
    };
    let segments = [part(region_key(Some(0)), 0), part(region_key(Some(1)), 1), part(SegmentKey::overflow(), 2)];
    Baseline {
        source: "simulated".to_owned(),
        rows: 120,
        features: ["amount", "colour", "ghost"]
            .into_iter()
            .zip(layouts.iter().cloned())
            .zip(whole)
            .map(|((name, layout), aggregate)| FeatureBaseline {
                name: name.into(),
                role: Role::Feature,
                layout,
                aggregate,
            })
            .collect(),
        segment_by: if split { vec![Pointer::new("/region").expect("begins with a slash")] } else { Vec::new() },
        segments: if split { segments.into() } else { Vec::new() },
        skipped: Vec::new(),
        traffic: None,
        healthy: HealthyVariation::default(),
    }
}

fn count_every_third(
    layouts: &[Arc<FeatureLayout>; 3],
    amounts: &[f64],
    colours: &[&str],
    remainder: usize,
) -> Vec<FeatureAggregate> {
    let mut aggregates: Vec<FeatureAggregate> = layouts.iter().map(|l| FeatureAggregate::empty(l)).collect();
    let values: Vec<f64> = amounts.iter().copied().skip(remainder).step_by(3).collect();
    for (aggregate, layout) in aggregates.iter_mut().zip(layouts) {
        match (aggregate, &**layout) {
            (FeatureAggregate::Numeric(a), FeatureLayout::Numeric(edges)) => {
                a.absorb(edges, NumericSlice { values: &values, absent: None });
            }
            (FeatureAggregate::Categorical(a), FeatureLayout::Categorical(dictionary)) => {
                colours.iter().skip(remainder).step_by(3).for_each(|c| a.add(dictionary, c, 1));
            }
            (FeatureAggregate::Presence(a), _) => a.add(0, 40),
            _ => unreachable!("aggregates were made from the layouts"),
        }
    }
    aggregates
}
