//! What is remembered from window to window: added to in the transaction that judges the window, and nowhere else.

use std::sync::Mutex;

use driftd_model::{
    ContentHash, ErrorClass, FeatureMemory, HistoryQuery, HistoryRow, IncidentKind, Monitor, MonitorId, MonitorPlan,
    MonitorSealer, Outcome, PlannedDelta, SealInput, SealOrder, SealOutcome, SealTime, SealView, SealWork, SealedPane,
    Sealer, Severity, Store, StoredBaseline, Topic,
};
use driftd_stats::{DriftStatistic, Memory, ShapeMismatch, compared_counts};
use driftd_window::Timestamp;

use super::Place;
use crate::fixtures::{
    CRITICAL, Feeder, NOBODY, Traffic, WARN, baseline, clock, deltas, hour, id_of, monitor, plan_of, seal_all, segment,
};

/// A monitor that remembers, with these windows.
fn remembering(windows: &[(&str, u32, u32)]) -> Monitor {
    let mut monitor = monitor("m", windows);
    monitor.judge.judged.insert(DriftStatistic::Lasting);
    monitor
}

/// A sealer that is shown memories and writes them down; it can be told to fail when it is asked to merge.
struct Reader<'a> {
    real: MonitorSealer<'a>,
    fails: bool,
    seen: Mutex<Vec<Vec<FeatureMemory>>>,
}

struct Reading<'a> {
    real: Box<dyn SealWork + 'a>,
    reader: &'a Reader<'a>,
}

impl<'a> Reader<'a> {
    fn of(plan: &'a MonitorPlan) -> Self {
        let real = MonitorSealer::new(plan, 1, &NOBODY, SealTime::Clock(clock(0)));
        Self { real, fails: false, seen: Mutex::default() }
    }
}

impl Sealer for Reader<'_> {
    fn monitor(&self) -> &MonitorId {
        self.real.monitor()
    }

    fn topics(&self) -> &[Topic] {
        self.real.topics()
    }

    fn plan_hash(&self) -> &ContentHash {
        self.real.plan_hash()
    }

    fn decide(&self, view: &SealView) -> Option<SealOrder<'_>> {
        Some(self.real.decide(view)?.map_work(|real| Box::new(Reading { real, reader: self })))
    }
}

impl SealWork for Reading<'_> {
    fn merge(&self, mut deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, ShapeMismatch> {
        if self.reader.fails {
            deltas[0].delta.aggregates.clear();
        }
        self.real.merge(deltas)
    }

    fn evaluate(&self, mut input: SealInput) -> SealOutcome {
        input.memories.sort_by(|a, b| key(a).cmp(&key(b)));
        self.reader.seen.lock().unwrap().push(input.memories.clone());
        self.real.evaluate(input)
    }
}

fn key(memory: &FeatureMemory) -> (&str, &str, &str) {
    (memory.window.as_str(), memory.segment.as_str(), memory.feature.as_str())
}

/// What a store remembers of the shape whose window ends with the next hour of traffic: that of feature `x`, as the seal
/// of that hour is shown it.
async fn remembered(store: &dyn Store, plan: &MonitorPlan, feeder: &mut Feeder, at: i64) -> Vec<FeatureMemory> {
    let reader = Reader::of(plan);
    feeder.feed(store, plan, &[Traffic::at(at)], at + 2).await;
    while store.seal(&reader).await.unwrap().is_some() {}
    reader.seen.into_inner().unwrap().pop().unwrap()
}

/// The memory of feature number `feature` that hours of traffic add up to, each list of hours one window.
fn sum(plan: &MonitorPlan, feature: usize, windows: &[&[Traffic]]) -> Memory {
    let layout = &plan.features()[feature].layout;
    let counts = |window: &[Traffic]| {
        let mut all = Vec::new();
        for delta in deltas(plan, window) {
            let counts = compared_counts(layout, &delta.delta.aggregates[feature]);
            all.resize(counts.len(), 0);
            all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        all
    };
    let mut windows = windows.iter().map(|window| counts(window));
    let first = windows.next().unwrap();
    let mut memory = Memory::empty(first.len());
    memory.add(&first);
    windows.for_each(|counts| memory.add(&counts));
    memory
}

async fn lasting(store: &dyn Store) -> Vec<HistoryRow> {
    let query = HistoryQuery { statistic: Some(DriftStatistic::Lasting), ..HistoryQuery::default() };
    store.history(&query).await.unwrap()
}

/// Every window is added once, whoever seals and however often they ask; what comes back is what was added up, bit for
/// bit.
pub async fn a_window_is_added_once(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(remembering(&[("hour", 1, 1)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic: Vec<Traffic> = (0..4).map(|h| Traffic::at(h).shifted(h as f64 * 7.0).rows(300 + h as usize)).collect();
    for (part, h) in traffic.iter().zip(0..) {
        feeder.feed(&*store, &plan, &[*part], h + 2).await;
        seal_all(&*store, &plan, &[], clock(0)).await;
        assert!(seal_all(&*store, &plan, &[], clock(1)).await.is_empty(), "nothing is left to add");
    }
    // What was remembered over windows belongs to their shape.
    let of_shape = HistoryQuery { shape: Some("hour".into()), ..HistoryQuery::default() };
    assert_eq!(store.history(&of_shape).await.unwrap(), store.history(&HistoryQuery::default()).await.unwrap());
    assert!(!lasting(&*store).await.is_empty());
    let found = remembered(&*store, &plan, &mut feeder, 4).await;
    let windows: Vec<&[Traffic]> = traffic.iter().map(std::slice::from_ref).collect();
    let names: Vec<_> = found.iter().map(|memory| memory.feature.as_str()).collect();
    assert_eq!(names, ["c", "x"]);
    for (memory, feature) in found.iter().zip([1, 0]) {
        assert_eq!(memory.counts, sum(&plan, feature, &windows));
        assert_eq!(memory.through, hour(4));
        assert_eq!((memory.window.as_str(), memory.segment.is_all()), ("hour", true));
    }
}

/// The first window of a memory is judged by itself only; from then on every window adds a row for each feature, under the
/// name of the memory, with its effective rows.
pub async fn what_lasts_is_judged_from_the_second_window_on(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(remembering(&[("hour", 1, 1)])));
    let traffic: Vec<Traffic> = (0..3).map(Traffic::at).collect();
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, 4).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let rows = lasting(&*store).await;
    let found: Vec<_> =
        rows.iter().map(|row| (row.window_end, row.window_name.as_str(), row.feature.as_str(), row.outcome)).collect();
    let row = |end, feature| (hour(end), "hour (lasting)", feature, Some(Outcome::Stable));
    assert_eq!(found, [row(2, "c"), row(2, "x"), row(3, "c"), row(3, "x")]);
    let expected = [&traffic[..1], &traffic[1..2], &traffic[2..]];
    assert_eq!(rows[1].m, sum(&plan, 0, &expected[..2]).rows() as u64);
    assert_eq!(rows[3].m, sum(&plan, 0, &expected).rows() as u64);
    assert!(rows.iter().all(|row| row.value.is_some() && row.critical.is_none() && row.warn == Some(0.02)));
}

/// A small change that lasts opens an incident at once, which two good memories end.
pub async fn what_lasts_opens_an_incident_and_ends_it(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(remembering(&[("hour", 1, 1)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut states = Vec::new();
    for h in 0..30 {
        // Less than what a window warns of.
        let shift = if h < 6 { 0.6 * WARN } else { 0.0 };
        feeder.feed(&*store, &plan, &[Traffic::at(h).shifted(shift)], h + 2).await;
        seal_all(&*store, &plan, &[], clock(h)).await;
        let rows = store.incidents(None).await.unwrap();
        states.push(rows.iter().map(|row| row.state.as_str()).collect::<Vec<_>>().join(" "));
    }
    assert_eq!((states[0].as_str(), states[1].as_str()), ("", "open"), "{states:?}");
    assert_eq!(states[29], "resolved", "{states:?}");
    let rows = lasting(&*store).await;
    let outcome = |end| rows.iter().find(|row| row.window_end == hour(end) && row.feature.as_str() == "x").unwrap();
    let resolved = states.iter().position(|state| state == "resolved").unwrap() as i64;
    for end in [resolved, resolved + 1] {
        assert_eq!(outcome(end).outcome, Some(Outcome::Stable));
    }
    assert_eq!(outcome(resolved - 1).outcome, Some(Outcome::Warning));
}

/// A seal that fails has added nothing, and the one that succeeds adds its window once.
pub async fn a_seal_that_fails_remembers_nothing(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(remembering(&[("hour", 1, 1)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let first = [Traffic::at(0)];
    feeder.feed(&*store, &plan, &first, 2).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    // Two parts, of which the first will not fit the second.
    let parts = [Traffic::at(1).rows(150), Traffic::at(1).rows(250).shifted(CRITICAL)];
    feeder.feed(&*store, &plan, &parts[..1], 2).await;
    feeder.feed(&*store, &plan, &parts[1..], 3).await;
    let failing = Reader { fails: true, ..Reader::of(&plan) };
    for _ in 0..2 {
        assert_eq!(store.seal(&failing).await.unwrap_err().class(), ErrorClass::Permanent);
    }
    seal_all(&*store, &plan, &[], clock(0)).await;
    let found = remembered(&*store, &plan, &mut feeder, 2).await;
    assert_eq!(found[1].counts, sum(&plan, 0, &[&first, &parts]));
}

/// Who goes on in another process remembers the same bits, and judges as one that was never interrupted.
pub async fn memories_outlive_the_process(place: &dyn Place) {
    let (undisturbed, plan) = (crate::MemStore::new(), plan_of(remembering(&[("hour", 1, 1), ("three", 3, 1)])));
    let mut always = Feeder::claim(&undisturbed, 0).await;
    for h in 0..9 {
        let traffic = [Traffic::at(h).shifted(h as f64 * 11.0).rows(100 + 17 * h as usize)];
        always.feed(&undisturbed, &plan, &traffic, h + 2).await;
        seal_all(&undisturbed, &plan, &[], clock(h)).await;
        let store = place.open().await;
        Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, h + 2).await;
        seal_all(&*store, &plan, &[], clock(h)).await;
    }
    let store = place.open().await;
    let rows = lasting(&*store).await;
    assert!(rows.len() > 16, "{} rows", rows.len());
    assert_eq!(rows, lasting(&undisturbed).await);
}

/// Counts on other bins are another memory, which begins with its first window.
pub async fn another_baseline_begins_with_nothing(place: &dyn Place) {
    let (store, old) = (place.open().await, plan_of(remembering(&[("hour", 1, 1)])));
    let stored = StoredBaseline::new("base@v2".parse().unwrap(), clock(0), baseline(24));
    let new = MonitorPlan::new(old.monitor().clone(), stored).unwrap();
    let mut feeder = Feeder::claim(&*store, 0).await;
    for (plan, h) in [(&old, 0), (&old, 1), (&new, 2), (&new, 3)] {
        feeder.feed(&*store, plan, &[Traffic::at(h)], h + 2).await;
        seal_all(&*store, plan, &[], clock(0)).await;
    }
    let ends: Vec<_> = lasting(&*store).await.iter().map(|row| (row.window_end, row.feature.to_string())).collect();
    let of = |end: i64| ["c", "x"].map(|feature| (hour(end), feature.to_owned()));
    assert_eq!(ends, [of(2), of(4)].concat(), "the third hour was the first of the new one");
    let found = remembered(&*store, &new, &mut feeder, 4).await;
    assert_eq!(found[1].counts, sum(&new, 0, &[&[Traffic::at(2)], &[Traffic::at(3)]]));
}

/// Fifteen windows without records are slept through; after sixteen nothing is left.
pub async fn a_long_silence_is_forgotten_over(place: &dyn Place) {
    for (silence, is_kept) in [(15, true), (16, false)] {
        let name = if is_kept { "a" } else { "b" };
        let monitor = Monitor { id: name.parse().unwrap(), ..remembering(&[("hour", 1, 1)]) };
        let (store, plan) = (place.open().await, plan_of(monitor));
        let back = 2 + silence;
        let mut feeder = Feeder::claim_of(&*store, name.into(), 0).await;
        let plan = plan_of(Monitor { topics: vec![name.into()], ..plan.monitor().clone() });
        let traffic = [Traffic::at(0), Traffic::at(1), Traffic::at(back)];
        feeder.feed(&*store, &plan, &traffic, back + 2).await;
        seal_all(&*store, &plan, &[], clock(0)).await;
        let found = remembered(&*store, &plan, &mut feeder, back + 1).await;
        let kept: &[&[Traffic]] = &[&traffic[..1], &traffic[1..2], &traffic[2..]];
        let expected = if is_kept { kept } else { &kept[2..] };
        assert_eq!(found[1].counts, sum(&plan, 0, expected), "{silence} windows of silence");
    }
}

/// Of sliding windows those are taken that share no record, and of young ones none.
pub async fn sliding_windows_are_taken_without_overlap(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(remembering(&[("four", 4, 1)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic: Vec<Traffic> = (0..12).map(|h| Traffic::at(h).shifted(h as f64)).collect();
    feeder.feed(&*store, &plan, &traffic, 13).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    // The window that ends at hour 1 is too young; that of hour 2 is the first to be taken, then come those of 6 and 10.
    let ends: Vec<_> = lasting(&*store).await.iter().map(|row| row.window_end).collect();
    assert_eq!(ends, [hour(6), hour(6), hour(10), hour(10)]);
    let found = remembered(&*store, &plan, &mut feeder, 12).await;
    assert_eq!(found[1].through, hour(10));
    assert_eq!(found[1].counts, sum(&plan, 0, &[&traffic[..2], &traffic[2..6], &traffic[6..10]]));
}

/// A window with too few rows to be judged is remembered; several of them together may be enough.
pub async fn small_windows_are_remembered(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(remembering(&[("hour", 1, 1)])));
    let traffic: Vec<Traffic> = (0..4).map(|h| Traffic::at(h).rows(20)).collect();
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, 5).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let rows = lasting(&*store).await;
    let found: Vec<_> = rows.iter().filter(|row| row.feature.as_str() == "x").map(|row| (row.m, row.outcome)).collect();
    assert_eq!(found, [(39, None), (59, Some(Outcome::Stable)), (78, Some(Outcome::Stable))]);
}

/// Segments have memories of their own, and the whole population has one over all of them.
pub async fn segments_are_remembered_apart(place: &dyn Place) {
    let mut monitor = remembering(&[("hour", 1, 1)]);
    monitor.segments.clone_from(&crate::fixtures::split_plan().monitor().segments);
    let (store, plan) = (place.open().await, plan_of(monitor));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let traffic = [Traffic::at(0).of("x"), Traffic::at(0).of("y").shifted(40.0), Traffic::at(1).of("x").rows(90)];
    feeder.feed(&*store, &plan, &traffic, 3).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let found = remembered(&*store, &plan, &mut feeder, 2).await;
    let of = |segment: &str| found.iter().find(|m| m.segment.as_str() == segment && m.feature.as_str() == "x").unwrap();
    assert_eq!(found.len(), 6);
    assert_eq!(of("").counts, sum(&plan, 0, &[&traffic[..2], &traffic[2..]]));
    assert_eq!(of(segment("x").as_str()).counts, sum(&plan, 0, &[&traffic[..1], &traffic[2..]]));
    assert_eq!(of(segment("y").as_str()).counts, sum(&plan, 0, &[&traffic[1..2]]));
    assert_eq!(of(segment("y").as_str()).through, hour(1), "a window without rows changes nothing");
}

/// Where nothing that lasts is to be judged, nothing is remembered.
pub async fn who_does_not_ask_remembers_nothing(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan_of(monitor("m", &[("hour", 1, 1)])));
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(0), Traffic::at(1)], 3).await;
    seal_all(&*store, &plan, &[], Timestamp::from_micros(0)).await;
    assert_eq!(remembered(&*store, &plan, &mut feeder, 2).await, []);
    assert_eq!(lasting(&*store).await, []);
    assert_eq!(id_of(&plan).as_str(), "m");
}

/// What alarms more often than its budget allows is told of once, and is not counted among the alarms.
pub async fn alarms_beyond_the_budget_are_noticed(place: &dyn Place) {
    let monitor = Monitor { false_alarms: "1 per 24h".parse().unwrap(), ..monitor("m", &[("hour", 1, 1)]) };
    let (store, plan) = (place.open().await, plan_of(monitor));
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut opened = None;
    for h in 0..40 {
        let shift = if h % 3 == 0 { CRITICAL } else { 0.0 };
        feeder.feed(&*store, &plan, &[Traffic::at(h).shifted(shift)], h + 2).await;
        seal_all(&*store, &plan, &[], clock(h)).await;
        let rows = store.incidents(None).await.unwrap();
        let found = rows.iter().find(|row| row.kind == IncidentKind::Calibration && row.opened_at.is_some());
        if let (Some(row), None) = (found, opened) {
            assert_eq!(row.severity, Severity::Info);
            opened = Some((h, rows.iter().filter(|row| row.kind == IncidentKind::Drift).count()));
        }
    }
    // The first window ended with hour 1; a day later one alarm is expected, and nine have come.
    assert_eq!(opened, Some((25, 9)));
}
