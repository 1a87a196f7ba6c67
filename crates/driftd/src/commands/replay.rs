//! `driftd replay`: what would have alerted?

use std::fmt::Write;
use std::path::PathBuf;

use driftd_dataset::ReplayReader;
use driftd_engine::{CheckpointPolicy, Clock, Progress, Replay, ReplaySummary, SystemClock, replay_topic};
use driftd_model::{ContentHash, MonitorPlan, ReceiverName, SharedStore, StoredBaseline, Topic, words};

use crate::cli::ReplayArgs;
use crate::commands::{Exit, incidents};
use crate::setup;
use crate::terminal::Bar;

pub(super) async fn run(args: ReplayArgs) -> anyhow::Result<Exit> {
    let config = setup::config(&args.config)?;
    let monitor = setup::monitor(&config, &args.monitor)?;
    let real = setup::store(&config).await?;
    let plan = setup::plan(&real, monitor).await?;
    let store = if args.dry_run { scratch(plan.baseline()).await? } else { real };
    let receivers = if args.notify { config.receivers.iter().map(|r| r.name.clone()).collect() } else { Vec::new() };
    let summary = walk(&store, &plan, &args.files, source(&args.files), receivers).await?;
    eprintln!("{}", account(&summary));
    if summary.account.rows.accepted == 0 && summary.skipped == 0 {
        anyhow::bail!(
            "no record of {} has a usable event time: check the file, or event_time of monitor {} (it reads {})",
            args.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", "),
            plan.monitor().id,
            plan.monitor().shape.event_time.as_str(),
        );
    }
    let rows = store.incidents(Some(&plan.monitor().id)).await?;
    incidents::print_rows(&rows, args.format)?;
    Ok(Exit::Ok)
}

/// A store in memory that knows the one baseline: for asking "what if".
async fn scratch(baseline: &StoredBaseline) -> anyhow::Result<SharedStore> {
    let store = driftd_store::open("sqlite::memory:").await?;
    let content = baseline.baseline.as_ref().clone();
    store.put_baseline(&baseline.reference.name, content, baseline.created_at).await?;
    Ok(store)
}

/// The source that a list of files is: running the same list again counts nothing twice.
fn source(files: &[PathBuf]) -> Topic {
    let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    match names.as_slice() {
        [one] => replay_topic(one),
        many => replay_topic(ContentHash::of(many.join("\n").as_bytes()).short()),
    }
}

/// Walks files through a monitor, with a progress bar.
pub(super) async fn walk(
    store: &SharedStore,
    plan: &MonitorPlan,
    files: &[PathBuf],
    topic: Topic,
    receivers: Vec<ReceiverName>,
) -> anyhow::Result<ReplaySummary> {
    let replay = Replay::new(store.as_ref(), plan, topic, receivers, CheckpointPolicy::default())?;
    let reader = ReplayReader::open(files, replay.plan())?;
    for note in reader.notes() {
        eprintln!("note: {note}");
    }
    let bar = Bar::rows(reader.rows(), &format!("replaying {}", plan.monitor().id));
    let summary = replay
        .run(reader, SystemClock.now(), |progress| match progress {
            Progress::Read(rows) => bar.at(rows),
            Progress::Sealed(sealed) => {
                if let Some(window) = sealed.outcome.windows.last() {
                    let end = window.window.end.to_string();
                    bar.say(format!("replaying, at {}", end.get(..10).unwrap_or(&end)));
                }
            }
        })
        .await;
    bar.done();
    Ok(summary?)
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
