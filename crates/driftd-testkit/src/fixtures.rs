//! A small monitor, its baseline, and traffic to count for it: what tests of a store need and no more.
//!
//! Times are whole hours since the epoch; panes are an hour wide. The monitor `m` reads topic `orders` and watches one
//! number `x`, spread evenly over [0, 1000) in training, and one category `c`. Moving `x` by `shift` gives a
//! Kolmogorov-Smirnov distance of `shift / 1000`, which is all that is judged: [`WARN`] warns, [`CRITICAL`] is critical.

use std::sync::Arc;

use driftd_model::{
    Baseline, Cause, Checkpoint, Claimant, Epoch, FeatureBaseline, Health, HealthyVariation, JudgeRules, Monitor,
    MonitorId, MonitorPlan, MonitorReconciler, MonitorSealer, Observation, Offset, Partition, PlannedDelta, Pointer,
    ReceiverName, Role, Routing, SealOutcome, SealTime, Sealed, Sealer, SegmentBaseline, SegmentSpec, Store,
    StoreError, StoredBaseline, Topic,
};
use driftd_stats::{
    BinEdges, CategoryCounts, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, NumericSlice,
    SortedSample, TextSlice,
};
use driftd_window::{
    Column, EventTime, PaneWidth, PartitionMark, RecordBatch, Reducer, SegmentColumn, SegmentKey, Span, Timestamp,
    Watermark, WindowSpec,
};

/// A shift of `x` that warns.
pub const WARN: f64 = 150.0;
/// A shift of `x` that is critical.
pub const CRITICAL: f64 = 600.0;
/// Records of an hour of ordinary traffic.
pub const ROWS: usize = 400;

/// A routing table that tells nobody.
pub static NOBODY: Routing = Routing { routes: Vec::new(), external_url: None };

const HOUR: i64 = 3_600_000_000;
const TRAINING_ROWS: usize = 1000;

/// That hour in event time.
#[must_use]
pub fn hour(hours: i64) -> EventTime {
    EventTime::from_micros(hours * HOUR)
}

/// That hour on the wall clock.
#[must_use]
pub fn clock(hours: i64) -> Timestamp {
    Timestamp::from_micros(hours * HOUR)
}

/// The topic the monitor reads.
#[must_use]
pub fn topic() -> Topic {
    Topic::from("orders")
}

/// The segment of that label value.
#[must_use]
pub fn segment(value: &str) -> SegmentKey {
    SegmentKey::from_labels([("s", Some(value))])
}

/// Receivers of that many names, `r0`, `r1`, …
#[must_use]
pub fn receivers(count: usize) -> Vec<ReceiverName> {
    (0..count).map(|i| format!("r{i}").parse().unwrap()).collect()
}

/// `count` values spread evenly over [0, 1000), moved by `shift`.
#[must_use]
pub fn spread(count: usize, shift: f64) -> Vec<f64> {
    (0..count).map(|i| (i as f64 + 0.5) / count as f64 * 1000.0 + shift).collect()
}

fn codes(count: usize) -> Vec<u32> {
    (0..count).map(|i| [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][i % 10]).collect()
}

fn categories() -> Vec<String> {
    ["a", "b", "c"].map(str::to_owned).into()
}

/// The training data; `salt` changes its content and nothing else.
#[must_use]
pub fn baseline(salt: usize) -> Baseline {
    let sample = SortedSample::from_unsorted(spread(TRAINING_ROWS + salt, 0.0)).unwrap();
    let (edges, numbers) = BinEdges::from_sample(&sample, &LayoutOptions::default()).unwrap();
    let mut counts = CategoryCounts::new();
    for (value, count) in categories().iter().zip([600, 300, 100]) {
        counts.add(value, count);
    }
    let (dictionary, texts) = counts.into_dictionary(100);
    let half = |key: &str| {
        let (mut x, mut c) = (FeatureAggregate::Numeric(numbers.clone()), FeatureAggregate::Categorical(texts.clone()));
        if let (FeatureAggregate::Numeric(x), FeatureAggregate::Categorical(c)) = (&mut x, &mut c) {
            x.absorb(&edges, NumericSlice { values: &spread(500, 0.0), absent: None });
            c.absorb(&dictionary, TextSlice { codes: &codes(500), values: &categories() });
        }
        SegmentBaseline { key: segment(key), rows: 500, aggregates: vec![x, c] }
    };
    let segments = vec![half("x"), half("y")];
    let feature = |name: &str, layout, aggregate| FeatureBaseline {
        name: name.into(),
        role: Role::Feature,
        layout: Arc::new(layout),
        aggregate,
    };
    Baseline {
        source: "train.parquet".to_owned(),
        rows: TRAINING_ROWS as u64,
        segment_by: vec![Pointer::new("/s").unwrap()],
        segments,
        features: vec![
            feature("x", FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(numbers)),
            feature("c", FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(texts)),
        ],
        skipped: Vec::new(),
        traffic: None,
        healthy: HealthyVariation::default(),
    }
}

/// A monitor named `id` with windows of (name, hours, slide in hours); an hour of lateness is allowed.
#[must_use]
pub fn monitor(id: &str, windows: &[(&str, u32, u32)]) -> Monitor {
    let pane = PaneWidth::new(Span::from_hours(1)).unwrap();
    let window = |(name, size, slide): &(&str, u32, u32)| {
        WindowSpec::new(name, Span::from_hours(*size), Span::from_hours(*slide), pane).unwrap()
    };
    Monitor {
        baseline: "base@v1".parse().unwrap(),
        pane,
        out_of_orderness: Span::ZERO,
        allowed_lateness: Span::from_hours(1),
        idle_timeout: Span::from_hours(1),
        windows: windows.iter().map(window).collect(),
        judge: JudgeRules { judged: [DriftStatistic::Ks].into(), ..JudgeRules::default() },
        oldest: EventTime::from_micros(i64::MIN),
        // So that nothing is kept for longer than its windows.
        references: std::collections::BTreeSet::new(),
        ..Monitor::new(id.parse().unwrap(), topic())
    }
}

/// The plan of `monitor` over [`baseline`].
#[must_use]
pub fn plan_of(monitor: Monitor) -> MonitorPlan {
    MonitorPlan::new(monitor, StoredBaseline::new("base@v1".parse().unwrap(), clock(0), baseline(0))).unwrap()
}

/// The monitor `m` with hourly windows.
#[must_use]
pub fn plan() -> MonitorPlan {
    plan_of(monitor("m", &[("hour", 1, 1)]))
}

/// The monitor `m`, split by segment.
#[must_use]
pub fn split_plan() -> MonitorPlan {
    let mut monitor = monitor("m", &[("hour", 1, 1)]);
    monitor.segments = Some(SegmentSpec { by: vec![Pointer::new("/s").unwrap()], max: 32 });
    plan_of(monitor)
}

/// The monitor's name.
#[must_use]
pub fn id_of(plan: &MonitorPlan) -> MonitorId {
    plan.monitor().id.clone()
}

/// Records of one hour.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// The hour.
    pub hour: i64,
    /// Records.
    pub rows: usize,
    /// How far `x` has moved.
    pub shift: f64,
    /// Value of the segment label.
    pub segment: &'static str,
}

impl Traffic {
    /// An hour of ordinary traffic.
    #[must_use]
    pub const fn at(hour: i64) -> Self {
        Self { hour, rows: ROWS, shift: 0.0, segment: "x" }
    }

    /// The same with `x` moved.
    #[must_use]
    pub const fn shifted(self, shift: f64) -> Self {
        Self { shift, ..self }
    }

    /// The same with another number of records.
    #[must_use]
    pub const fn rows(self, rows: usize) -> Self {
        Self { rows, ..self }
    }

    /// The same in another segment.
    #[must_use]
    pub const fn of(self, segment: &'static str) -> Self {
        Self { segment, ..self }
    }
}

/// What the reducer makes of traffic.
#[must_use]
pub fn deltas(plan: &MonitorPlan, traffic: &[Traffic]) -> Vec<PlannedDelta> {
    let mut reducer = Reducer::new(Arc::clone(plan.reducer()));
    for part in traffic.iter().filter(|part| part.rows > 0) {
        let columns = vec![
            Column::numbers(spread(part.rows, part.shift)),
            Column::Text { codes: codes(part.rows), values: categories() },
        ];
        let segments = SegmentColumn { codes: vec![0; part.rows], keys: vec![segment(part.segment)] };
        let times = vec![hour(part.hour).as_micros(); part.rows];
        let batch = RecordBatch::new(times, Some(segments), columns).unwrap();
        reducer.absorb(&batch, Timestamp::from_micros(i64::MAX));
    }
    reducer.drain().into_iter().map(|delta| PlannedDelta { plan_hash: plan.hash().clone(), delta }).collect()
}

/// One partition's owner, as a partition task would be.
#[derive(Clone, Debug)]
pub struct Feeder {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: Partition,
    /// Fencing number it was given.
    pub epoch: Epoch,
    /// Where it goes on.
    pub next: Offset,
    /// How far event time has come.
    pub mark: PartitionMark,
    /// Whether the partition was never read, by others and by now.
    pub is_new: bool,
}

impl Feeder {
    /// Claims a partition of [`topic`].
    pub async fn claim(store: &dyn Store, partition: i32) -> Self {
        Self::claim_of(store, topic(), partition).await
    }

    /// Claims a partition of `topic`.
    pub async fn claim_of(store: &dyn Store, topic: Topic, partition: i32) -> Self {
        let partition = Partition(partition);
        let claim = store.claim(&topic, partition, &Claimant::named("feeder"), clock(0)).await.unwrap();
        let (next, is_new) = (claim.next_offset.unwrap_or_default(), claim.next_offset.is_none());
        Self { topic, partition, epoch: claim.epoch, next, mark: claim.mark, is_new }
    }

    /// Claims a partition of [`topic`] to count it on `plans`.
    pub async fn claim_counting(store: &dyn Store, partition: i32, plans: &[&Arc<MonitorPlan>]) -> Self {
        let plans: Vec<Arc<MonitorPlan>> = plans.iter().copied().map(Arc::clone).collect();
        let (partition, claimant) = (Partition(partition), Claimant::counting("feeder", &plans));
        let claim = store.claim(&topic(), partition, &claimant, clock(0)).await.unwrap();
        let (next, is_new) = (claim.next_offset.unwrap_or_default(), claim.next_offset.is_none());
        Self { topic: topic(), partition, epoch: claim.epoch, next, mark: claim.mark, is_new }
    }

    /// The checkpoint of `traffic`, with the mark at `mark` hours; it is not written.
    #[must_use]
    pub fn checkpoint(&self, plans: &[&MonitorPlan], traffic: &[Traffic], mark: i64) -> Checkpoint {
        let records: usize = traffic.iter().map(|part| part.rows).sum();
        let (mut all, mut counted_on) = (Vec::new(), Vec::new());
        for plan in plans {
            let deltas = deltas(plan, traffic);
            let latest = deltas.iter().map(|planned| planned.delta.pane).max();
            counted_on.extend(latest.and_then(|pane| plan.counted_on(pane)));
            all.extend(deltas.into_iter().map(|delta| (id_of(plan), delta)));
        }
        Checkpoint {
            topic: self.topic.clone(),
            partition: self.partition,
            epoch: self.epoch,
            is_first: self.is_new,
            from: self.next,
            to: Offset(self.next.0 + records as i64),
            mark: PartitionMark::stored(Some(Watermark::at(hour(mark))), None),
            deltas: all,
            counted_on,
            rejected: Vec::new(),
            samples: Vec::new(),
            log_mark: None,
            log_event: None,
        }
    }

    /// Writes a checkpoint and goes on behind it.
    ///
    /// # Errors
    /// The store's; the feeder stays where it was.
    pub async fn write(&mut self, store: &dyn Store, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        store.checkpoint(checkpoint, clock(0)).await?;
        self.next = checkpoint.to;
        self.is_new = false;
        self.mark = checkpoint.mark;
        Ok(())
    }

    /// Counts `traffic` for all of `plans` and moves the mark to `mark` hours.
    pub async fn feed_all(&mut self, store: &dyn Store, plans: &[&Arc<MonitorPlan>], traffic: &[Traffic], mark: i64) {
        let plans: Vec<&MonitorPlan> = plans.iter().map(AsRef::as_ref).collect();
        let checkpoint = self.checkpoint(&plans, traffic, mark);
        self.write(store, &checkpoint).await.unwrap();
    }

    /// Counts `traffic` for `plan` and moves the mark to `mark` hours.
    pub async fn feed(&mut self, store: &dyn Store, plan: &MonitorPlan, traffic: &[Traffic], mark: i64) {
        let checkpoint = self.checkpoint(&[plan], traffic, mark);
        self.write(store, &checkpoint).await.unwrap();
    }
}

/// Seals as far as it goes with one partition expected, telling `receivers` everything; every step but the last, idle
/// one.
pub async fn seal_all(
    store: &dyn Store,
    plan: &MonitorPlan,
    receivers: &[ReceiverName],
    now: Timestamp,
) -> Vec<Sealed> {
    let routing = Routing::to(receivers.to_vec());
    steps_of(store, &MonitorSealer::new(plan, 1, &routing, SealTime::Clock(now))).await
}

/// Seals as far as `sealer` goes.
pub async fn steps_of(store: &dyn Store, sealer: &dyn Sealer) -> Vec<Sealed> {
    let mut steps = Vec::new();
    while let Some(sealed) = store.seal(sealer).await.unwrap() {
        steps.push(sealed);
    }
    steps
}

/// Reconciles the incidents of `plan`, notifying `receivers` of everything.
pub async fn reconcile(
    store: &dyn Store,
    plan: &MonitorPlan,
    receivers: &[ReceiverName],
    now: Timestamp,
) -> SealOutcome {
    reconcile_seeing(store, plan, receivers, None, now).await
}

/// [`reconcile`], when something was seen of driftd's own trouble.
pub async fn reconcile_seeing(
    store: &dyn Store,
    plan: &MonitorPlan,
    receivers: &[ReceiverName],
    seen: Option<&Observation>,
    now: Timestamp,
) -> SealOutcome {
    let routing = Routing::to(receivers.to_vec());
    store.reconcile(&MonitorReconciler::new(plan, &routing, seen, now)).await.unwrap().unwrap_or_default()
}

/// The hour before `until`, in which the store was away or driftd was well.
#[must_use]
pub fn trouble(until: i64, health: Health) -> Observation {
    let causes = match health {
        Health::Bad(..) => vec![Cause::StoreAway { lasted: Span::from_hours(1) }],
        Health::Good | Health::Unknown => Vec::new(),
    };
    Observation { window: "pipeline".into(), start: hour(until - 1), end: hour(until), health, causes }
}
