//! `driftd demo`: a year of real flights through the real engine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use driftd_config::{Config, Source};
use driftd_dataset::ReadOptions;
use driftd_engine::{Backoff, Clock, Outbox, SystemClock, replay_topic};
use driftd_model::{ReceiverName, Routing, SharedStore, Transport};
use driftd_web::Readiness;

use super::demo_story as story;
use super::run::listeners::Listeners;
use super::run::signals::Signals;
use crate::cli::DemoArgs;
use crate::commands::{Exit, baseline, replay, serve};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::line;

/// The demo's configuration, the one that ships beside the data.
static CONFIG: &str = include_str!("../../../../examples/flights/driftd.toml");
/// What the model was trained on.
static TRAINING: &[u8] = include_bytes!("../../../../examples/flights/training-january.parquet");
/// What reached it afterwards.
static SERVING: &[u8] = include_bytes!("../../../../examples/flights/serving-february-december.parquet");
/// Who hears of the demo's incidents.
const RECEIVER: &str = "demo-log";

pub(super) async fn run(args: DemoArgs, stores: &Stores) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        args.listen.ip().is_loopback(),
        "the demo is shown on this machine only: write --listen 127.0.0.1:{}",
        args.listen.port()
    );
    let started = Instant::now();
    let config = Config::load(&[Source::new("examples/flights/driftd.toml", CONFIG)], [])?;
    // The data travels inside the binary so that the demo runs wherever the binary does.
    let unpacked = tempfile::tempdir().context("making a temporary directory for the demo's data failed")?;
    let (training, serving) = match &args.data {
        Some(dir) => (dir.join("training-january.parquet"), dir.join("serving-february-december.parquet")),
        None => (
            unpack(unpacked.path(), "training-january.parquet", TRAINING)?,
            unpack(unpacked.path(), "serving-february-december.parquet", SERVING)?,
        ),
    };
    for file in [&training, &serving] {
        anyhow::ensure!(
            file.is_file(),
            "there is no {}; --data names a directory like examples/flights",
            file.display()
        );
    }
    clear(&args.store)?;
    let store = stores.open(&format!("sqlite://{}", args.store.display())).await?;

    line(format_args!("{}\n", story::opening()))?;
    let receiver: ReceiverName = RECEIVER.parse()?;
    let mut plans = Vec::new();
    for monitor in &config.monitors {
        let mut built = baseline::build_from_files(
            &config,
            monitor.baseline.name().as_str(),
            std::slice::from_ref(&training),
            &ReadOptions::default(),
        )?;
        // Where the file was unpacked to is gone when somebody reads this.
        "examples/flights/training-january.parquet".clone_into(&mut built.source);
        let stored = store.put_baseline(monitor.baseline.name(), built, SystemClock.now()).await?;
        line(story::baseline(&stored))?;
        plans.push(setup::plan(&store, monitor).await?);
    }
    for plan in &plans {
        let replaying = Instant::now();
        let files = [serving.clone()];
        let source = replay_topic(&format!("demo/{}", plan.monitor().id));
        let walked = replay::walk(
            &store,
            plan,
            &files,
            &ReadOptions::default(),
            Some(source),
            Routing::to(vec![receiver.clone()]),
        )
        .await?;
        line(story::replayed(plan, &walked.summary, replaying.elapsed()))?;
    }

    let log: Arc<dyn Transport> = Arc::new(driftd_notify::LogTransport);
    let outbox = Outbox::new("demo", BTreeMap::from([(receiver, log)]), Backoff::default());
    let delivered = outbox.deliver_due(store.as_ref(), &SystemClock).await?;

    line(format_args!("\n{}", story::months(store.as_ref(), &plans).await?))?;
    line(story::incidents(store.as_ref(), &plans).await?)?;
    line(story::closing(&args.store, delivered.delivered, started.elapsed()))?;
    if !args.no_serve {
        show(&config, store, args.listen).await?;
    }
    Ok(Exit::Ok)
}

/// Shows what is in the store, until somebody ends it.
async fn show(config: &Config, store: SharedStore, listen: SocketAddr) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let state = serve::app_state(config, Readiness::default);
    state.read_from(store);
    let listeners = Listeners::on_this_machine(listen, &state).await;
    let listeners =
        listeners.context("the dashboard is not shown: --listen ADDRESS has it elsewhere, --no-serve nowhere")?;
    line(story::shown_at(listeners.addresses()))?;
    signals.first().await;
    listeners.end().await;
    Ok(())
}

fn unpack(dir: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let path = dir.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("writing the demo's data to {} failed", path.display()))?;
    Ok(path)
}

/// Removes the store of an earlier demo; anything that is not one is left alone.
fn clear(store: &Path) -> anyhow::Result<()> {
    if store.exists() {
        let head = std::fs::read(store).map(|bytes| bytes.starts_with(b"SQLite format 3\0")).unwrap_or(false);
        let named = store.file_name().is_some_and(|n| n.to_string_lossy().contains("demo"));
        anyhow::ensure!(
            head && named,
            "{} exists, and the demo only replaces SQLite files with \"demo\" in their name; remove it or name another \
             file with --store",
            store.display()
        );
    }
    for suffix in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{suffix}", store.display()));
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("removing {} failed", path.display())),
        }
    }
    Ok(())
}
