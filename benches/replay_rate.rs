//! Records per second through the real engine: reduce, checkpoint, seal, judge, with the time each of them takes.
//!
//! `cargo bench --workspace --bench replay_rate`. Records are decoded beforehand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use driftd_benches::monitor::{self, FEATURES, NOW};
use driftd_benches::proc;
use driftd_benches::report::{figure, figure_or_dash, headline, note, table};
use driftd_engine::{CheckpointPolicy, PartitionAccumulator, SealAll, seal_all};
use driftd_model::{Chunk, MonitorPlan, MonitorSealer, Offset, Partition, SealTime, Store};
use driftd_store::SqliteStore;
use driftd_testkit::fixtures;

/// What is replayed: segments, how often a monitor has each of the features, and records an hour, which is a pane and a
/// window.
const CASES: [Case; 3] = [
    Case { segments: 1, times: 1, rows: 16_384 },
    Case { segments: 16, times: 1, rows: 16_384 },
    Case { segments: 1, times: 4, rows: 2_048 },
];
/// Hours replayed.
const HOURS: usize = 40;
/// Runs of each; the fastest counts.
const RUNS: usize = 3;

#[derive(Clone, Copy, Debug)]
struct Case {
    segments: u32,
    times: usize,
    rows: usize,
}

/// Where the time of a run went.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    reduce: Duration,
    checkpoint: Duration,
    seal: Duration,
    cpu: Option<f64>,
    sealed: SealAll,
}

impl Account {
    fn wall(&self) -> Duration {
        self.reduce + self.checkpoint + self.seal
    }
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    headline(&format!("replay of {HOURS} panes, a window a pane, SQLite"));
    let mut rows = Vec::new();
    for case in CASES {
        let plan = Arc::new(monitor::plan(case.segments, case.times)?);
        let chunks = chunks(case)?;
        let (mut memory, mut file): (Option<Account>, Option<Account>) = (None, None);
        for _ in 0..RUNS {
            let store = runtime.block_on(SqliteStore::in_memory())?;
            keep_best(&mut memory, runtime.block_on(replay(&store, &plan, &chunks))?);
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("bench.db");
            let store = runtime.block_on(SqliteStore::open(&path.display().to_string()))?;
            keep_best(&mut file, runtime.block_on(replay(&store, &plan, &chunks))?);
        }
        for (store, best) in [("memory", memory), ("file", file)] {
            rows.extend(best.map(|best| row(case, store, &best)));
        }
    }
    let heads = [
        "features",
        "segments",
        "records",
        "store",
        "records/s",
        "per CPU s",
        "seals/s",
        "verdicts/s",
        "reduce",
        "checkpoint",
        "seal, judge",
    ];
    table(&heads, &rows);
    note("records/s: wall; the last three columns: share of the wall time");
    note(&format!(
        "peak memory of this process, all records included: {} MiB",
        figure_or_dash(proc::own_peak_rss_mib())
    ));
    Ok(())
}

/// One chunk an hour, as a source would hand them on.
fn chunks(case: Case) -> anyhow::Result<Vec<Chunk>> {
    let chunk = |hour: usize| {
        let Case { segments, times, rows } = case;
        let batch = monitor::records(hour as i64, rows, segments, times, 1000 + hour as u64)?;
        let offset = |hour: usize| Offset((hour * rows) as i64);
        Ok(Chunk {
            from: offset(hour),
            to: offset(hour + 1),
            batches: vec![batch],
            rejects: Vec::new(),
            filtered: 0,
            ..Chunk::default()
        })
    };
    (0..HOURS).map(chunk).collect()
}

/// What a partition task and its sealer do, with a watch on each step.
async fn replay(store: &dyn Store, plan: &Arc<MonitorPlan>, chunks: &[Chunk]) -> anyhow::Result<Account> {
    let plans = vec![Arc::clone(plan)];
    let mut accumulator =
        PartitionAccumulator::claim(store, fixtures::topic(), Partition(0), plans, "bench", NOW).await?;
    let policy = CheckpointPolicy::default();
    let cpu = proc::own_cpu();
    let mut account = Account::default();
    let routing = driftd_model::Routing::default();
    for (at, chunk) in chunks.iter().enumerate() {
        let started = Instant::now();
        accumulator.absorb(chunk, NOW)?;
        account.reduce += started.elapsed();
        let is_last = at + 1 == chunks.len();
        if is_last || policy.is_full(&accumulator.uncommitted()) {
            let started = Instant::now();
            accumulator.checkpoint(store, NOW).await?;
            account.checkpoint += started.elapsed();
            let time = if is_last { SealTime::ReplayEnd } else { SealTime::Replay };
            let sealer = MonitorSealer::new(plan, 1, &routing, time);
            let started = Instant::now();
            account.sealed.add(seal_all(store, &sealer, |_| ()).await?);
            account.seal += started.elapsed();
        }
    }
    let all: i64 = chunks.iter().map(|chunk| chunk.to.0 - chunk.from.0).sum();
    anyhow::ensure!(account.sealed.rows == all as u64, "records were lost: {:?}", account.sealed);
    account.cpu = cpu.zip(proc::own_cpu()).map(|(before, after)| after - before);
    Ok(account)
}

fn keep_best(best: &mut Option<Account>, account: Account) {
    if best.is_none_or(|best| account.wall() < best.wall()) {
        *best = Some(account);
    }
}

fn row(case: Case, store: &str, best: &Account) -> Vec<String> {
    let wall = best.wall().as_secs_f64();
    let records = best.sealed.rows as f64;
    let features = FEATURES * case.times;
    let share = |part: Duration| format!("{:.0} %", part.as_secs_f64() / wall * 100.0);
    vec![
        features.to_string(),
        case.segments.to_string(),
        case.rows.to_string(),
        store.to_owned(),
        figure(records / wall),
        figure_or_dash(best.cpu.map(|cpu| records / cpu)),
        figure(best.sealed.panes as f64 / wall),
        figure(best.sealed.windows as f64 * features as f64 / wall),
        share(best.reduce),
        share(best.checkpoint),
        share(best.seal),
    ]
}
