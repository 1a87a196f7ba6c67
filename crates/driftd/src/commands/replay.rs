//! `driftd replay`: what would have alerted?

mod files;
mod unjudged;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use driftd_config::Config;
use driftd_dataset::{ReadOptions, fingerprints};
use driftd_engine::{CheckpointPolicy, Clock, Progress, Replay, ReplaySummary, SystemClock, replay_topic};
use driftd_model::{
    ContentHash, Monitor, MonitorId, MonitorPlan, Routing, SharedStore, Store, StoredBaseline, Topic, words,
};
use driftd_window::Span;

use self::files::{Records, Uncounted};
use self::unjudged::{Tail, Verdicts, nothing_judged, unread_note};
use crate::cli::{ListFormat, ReplayArgs};
use crate::commands::{Exit, incidents};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Bar, print};

/// How long a monitor lives on after anybody read its topics.
const LIVES: Span = Span::from_hours(24);

pub(super) async fn run(args: ReplayArgs, stores: &Stores) -> anyhow::Result<Exit> {
    let config = setup::config(&args.config)?;
    let monitor = setup::monitor(&config, &args.monitor)?;
    let real = stores.configured(&config).await?;
    if !args.dry_run && !args.into_live && args.rename.is_none() {
        keep_out_of_live(real.as_ref(), monitor).await?;
    }
    let plan = setup::plan(&real, monitor).await?;
    let plan = match &args.rename {
        Some(name) => renamed(&config, &plan, name)?,
        None => plan,
    };
    let store = if args.dry_run { scratch(plan.baseline(), stores).await? } else { real };
    // A store in memory tells nobody, so there it does no harm to decide who would be told.
    let routing = if args.notify || args.dry_run { config.routing() } else { Routing::default() };
    let frontier = store.sealed_through(&plan.monitor().id).await?;
    let walked = walk(&store, &plan, &args.files, &args.read.over(&config.files), None, routing).await?;
    eprintln!("{}", account(&walked.summary));
    let tail = Tail::of(store.as_ref(), plan.monitor()).await?;
    let is_judged = match &tail {
        Some(tail) if args.partial => {
            let judged = tail.judge(store.as_ref(), &plan).await?;
            // What is printed as JSON is incidents only.
            if args.format == ListFormat::Json {
                eprint!("{judged}");
            } else {
                print(judged)?;
            }
            true
        }
        _ => false,
    };
    let files = args.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    let rows = store.incidents(Some(&plan.monitor().id)).await?;
    // That there are too few records may be the verdict.
    let has_verdict = is_judged || (!rows.is_empty() && walked.verdicts.note().is_some());
    if !has_verdict && let Some(why) = nothing_judged(&plan, &walked, &files, frontier, tail.as_ref()) {
        anyhow::bail!(why);
    }
    let notes = [
        unread_note(&walked),
        walked.verdicts.note(),
        tail.filter(|_| !is_judged && walked.has_read()).map(|tail| tail.note()),
    ];
    let expected = args.dry_run.then(|| walked.verdicts.on_healthy_data(plan.monitor())).flatten();
    for note in notes.into_iter().flatten().chain(expected) {
        eprintln!("note: {note}");
    }
    incidents::print_rows(&rows, args.format)?;
    Ok(Exit::Ok)
}

/// Refuses a monitor that lives: what a replay counts is in the same panes, and moves the same frontier.
async fn keep_out_of_live(store: &dyn Store, monitor: &Monitor) -> anyhow::Result<()> {
    let since = SystemClock.now().minus(LIVES);
    for topic in &monitor.topics {
        let rows = store.partitions(topic).await?;
        let last = rows.iter().map(|row| row.updated_at).max().filter(|last| *last > since);
        if let Some(last) = last {
            anyhow::bail!(
                "monitor {} lives: driftd last read its topic {topic} at {last}. Files would be counted into the same \
                 windows, and make its next records late. Add --dry-run to store nothing, --as NAME to count and judge \
                 beside it, or --into-live to count into it all the same",
                monitor.id
            );
        }
    }
    Ok(())
}

/// The plan of a monitor of another name that counts and judges like this one: with a frontier of its own.
fn renamed(config: &Config, plan: &MonitorPlan, name: &str) -> anyhow::Result<MonitorPlan> {
    let id: MonitorId = name.parse()?;
    anyhow::ensure!(
        config.monitors.iter().all(|monitor| monitor.id != id),
        "--as {id} is a configured monitor: write a name that no monitor has"
    );
    Ok(MonitorPlan::new(Monitor { id, ..plan.monitor().clone() }, plan.baseline().clone())?)
}

/// What a walk of files through a monitor came to.
pub(super) struct Walked {
    pub(super) summary: ReplaySummary,
    uncounted: Uncounted,
    verdicts: Verdicts,
}

impl Walked {
    /// Whether there was any record to count, now or by an earlier walk.
    const fn has_read(&self) -> bool {
        self.summary.account.rows.accepted > 0 || self.summary.skipped > 0
    }
}

/// A store in memory that knows the one baseline: for asking "what if".
async fn scratch(baseline: &StoredBaseline, stores: &Stores) -> anyhow::Result<SharedStore> {
    let store = stores.open("sqlite::memory:").await?;
    let content = baseline.baseline.as_ref().clone();
    store.put_baseline(&baseline.reference.name, content, baseline.created_at).await?;
    Ok(store)
}

/// The source that a list of files is for a monitor, by their content: running the same files again counts nothing
/// twice, wherever they lie, and a file that was replaced is another source.
fn source(files: &[PathBuf], read: &ReadOptions, monitor: &MonitorId) -> anyhow::Result<Topic> {
    let prints: Vec<Vec<String>> = files.iter().map(|file| fingerprints(file, read)).collect::<Result<_, _>>()?;
    let name = files.first().and_then(|f| f.file_name()).unwrap_or_default().to_string_lossy();
    let prints = prints.concat().join("\n");
    Ok(replay_topic(&format!("{monitor}:{name}:{}", ContentHash::of(prints.as_bytes()).short())))
}

/// Walks files through a monitor, with a progress bar; as `topic`, or as what their content says they are.
pub(super) async fn walk(
    store: &SharedStore,
    plan: &MonitorPlan,
    files: &[PathBuf],
    read: &ReadOptions,
    topic: Option<Topic>,
    routing: Routing,
) -> anyhow::Result<Walked> {
    let records = Records::open(files, read, &Arc::new(plan.clone()))?;
    let topic = topic.map_or_else(|| source(files, read, &plan.monitor().id), Ok)?;
    let replay = Replay::new(store.as_ref(), plan, topic, routing, CheckpointPolicy::default())?;
    for note in records.notes() {
        eprintln!("note: {note}");
    }
    let bar = Bar::rows(records.rows(), &format!("replaying {}", plan.monitor().id));
    let uncounted = records.uncounted();
    let mut verdicts = Verdicts::default();
    let summary = replay
        .run(records, SystemClock.now(), |progress| match progress {
            Progress::Read(rows) => bar.at(rows),
            Progress::Sealed(sealed) => {
                verdicts.see(sealed);
                if let Some(window) = sealed.outcome.windows.last() {
                    let end = window.window.end.to_string();
                    bar.say(format!("replaying, at {}", end.get(..10).unwrap_or(&end)));
                }
            }
        })
        .await;
    bar.done();
    for sentence in uncounted.sentences() {
        eprintln!("note: {sentence}");
    }
    Ok(Walked { summary: summary?, uncounted, verdicts })
}

/// One line that accounts for every record.
pub(super) fn account(summary: &ReplaySummary) -> String {
    let rows = summary.account.rows;
    let mut text = format!(
        "{} counted, {} judged",
        words::counted(rows.accepted.saturating_sub(summary.late), "record", "records"),
        words::counted(summary.sealed.windows, "window", "windows")
    );
    let further = [
        (summary.skipped, "already counted by an earlier replay of the same files"),
        (rows.without_time, "rejected without an event time"),
        (rows.too_old, "rejected with an event time too old to be meant"),
        (rows.in_future, "rejected with an event time in the future"),
        (summary.late, "late, after their pane was sealed"),
    ];
    for (count, what) in further {
        if count > 0 {
            let _ = write!(text, ", {} {what}", words::count(count));
        }
    }
    text
}
