//! driftd itself: `driftd run` with its default settings, from the broker into Postgres.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use driftd_model::{HistoryQuery, HistoryRow, MonitorId, SharedStore};
use driftd_stats::DriftStatistic;
use driftd_testkit::http;
use driftd_testkit::services::wait_until;
use driftd_window::EventTime;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::event::{DAY, DAYS, Events, START};
use super::leg::Leg;
use super::meter::Meter;
use super::servers::Servers;
use super::topic::Topic;
use crate::child;
use crate::proc::{cpu_of, peak_rss_mib};

/// Longest wait for one topic to be dealt with.
const TOPIC_TIMEOUT: Duration = Duration::from_mins(5);
/// Rows of the baseline.
const BASELINE_ROWS: u64 = 20_000;

/// A database, a configuration and a baseline; no process yet.
pub struct Deployment {
    program: PathBuf,
    folder: TempDir,
    runtime: Runtime,
    store: SharedStore,
    monitors: Vec<MonitorId>,
    topic: Topic,
}

/// A leg of driftd, and what only it has.
#[derive(Clone, Debug)]
pub struct DaemonLeg {
    /// As for every contender; done is when the offsets at the end of the topic are committed.
    pub leg: Leg,
    /// Seconds until every record was counted, of which the last were not committed yet.
    pub counted: f64,
    /// Seconds until every day that is over was sealed and judged for every monitor, where there was time to wait.
    pub sealed: f64,
    /// Processor seconds of driftd until then.
    pub cpu_sealed: Option<f64>,
    /// Checkpoints written.
    pub checkpoints: f64,
}

/// A process that is killed when this value goes.
struct Daemon {
    process: Child,
    log: PathBuf,
}

impl Deployment {
    /// Sets up a new database with a baseline, for `monitors` monitors that all watch every feature of `topic`.
    ///
    /// # Errors
    /// What driftd says against it.
    pub fn new(servers: &Servers, program: &Path, topic: &Topic, monitors: usize) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("driftd-stream-").tempdir()?;
        let url = servers.postgres.database();
        let monitors: Vec<MonitorId> =
            (0..monitors).map(|number| format!("bench-{number:03}").parse()).collect::<Result<_, _>>()?;
        let config = config(&url, &servers.kafka.bootstrap(), topic, &monitors)?;
        fs::write(folder.path().join("driftd.toml"), config)?;
        let baseline = baseline(folder.path(), topic)?;
        let run = |arguments: &[&str]| child::run(Command::new(program).args(arguments).current_dir(&folder), &[0]);
        run(&["migrate"])?;
        run(&["baseline", "build", "bench", &baseline.display().to_string()])?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let store = runtime.block_on(driftd_store::open(&url))?;
        Ok(Self { program: program.to_owned(), folder, runtime, store, monitors, topic: topic.clone() })
    }

    /// Lets driftd read the topic from end to end and judge what is over.
    ///
    /// # Errors
    /// A process that ends by itself, or does not come to the end of the topic.
    pub fn run(&self, servers: &Servers) -> anyhow::Result<DaemonLeg> {
        let meter = Meter::start(servers)?;
        let mut daemon = Daemon::start(&self.program, self.folder.path())?;
        let address = daemon.watch("an address to ask", |daemon| Ok(daemon.address()))?;
        let bytes = || metric(&address, "driftd_read_bytes_total", "");
        let before = daemon.watch("the first record", |_| Ok(bytes().filter(|bytes| *bytes > 0.0)))?;
        let first = Instant::now();
        // Those that were counted before anybody looked are not part of the time, and so not of the rate.
        let share = 1.0 - before / self.topic.bytes as f64;
        let all = |_: &mut Daemon| Ok(bytes().filter(|bytes| *bytes >= self.topic.bytes as f64));
        if daemon.watch("every record", all)? > self.topic.bytes as f64 {
            bail!("driftd counted bytes twice");
        }
        let counted = first.elapsed().as_secs_f64();
        daemon.watch("the last offsets", |_| Ok((self.committed()? == self.topic.events).then_some(())))?;
        let seconds = first.elapsed().as_secs_f64();
        let (cpu, peak_mib) = (cpu_of(daemon.process.id()), peak_rss_mib(daemon.process.id()));
        let over = EventTime::from_micros((START + (DAYS - 1) * DAY) * 1000);
        daemon.watch("the last seal", |_| Ok((self.sealed()? >= Some(over)).then_some(())))?;
        let sealed = first.elapsed().as_secs_f64();
        let cpu_sealed = cpu_of(daemon.process.id());
        let checkpoints = metric(&address, "driftd_checkpoints_total", "outcome=\"written\"").unwrap_or(f64::NAN);
        // The database is asked last: what it wrote for the seals is part of what is written.
        let spent = meter.stop(servers, cpu_sealed)?;
        daemon.stop()?;
        let leg = Leg { events: self.topic.events, seconds: seconds / share, cpu, peak_mib, spent };
        Ok(DaemonLeg { leg, counted: counted / share, sealed, cpu_sealed, checkpoints })
    }

    /// PSI of the days that are over, as the first monitor saw it.
    ///
    /// # Errors
    /// The store's.
    pub fn psi(&self) -> anyhow::Result<Vec<HistoryRow>> {
        let query = HistoryQuery {
            monitor: self.monitors.first().cloned(),
            statistic: Some(DriftStatistic::Psi),
            ..HistoryQuery::default()
        };
        Ok(self.runtime.block_on(self.store.history(&query))?)
    }

    fn committed(&self) -> anyhow::Result<u64> {
        let name = driftd_model::Topic::from(self.topic.name.as_str());
        let rows = self.runtime.block_on(self.store.partitions(&name))?;
        Ok(rows.iter().filter_map(|row| row.next_offset).map(|offset| offset.0 as u64).sum())
    }

    /// How far the slowest monitor is.
    fn sealed(&self) -> anyhow::Result<Option<EventTime>> {
        let through = |monitor| self.runtime.block_on(self.store.sealed_through(monitor));
        let all: Vec<Option<EventTime>> = self.monitors.iter().map(through).collect::<Result<_, _>>()?;
        Ok(all.into_iter().min().flatten())
    }
}

/// Sum of the samples of a metric whose labels contain `labels`; nothing while nobody answers, or where there is none yet.
fn metric(address: &str, name: &str, labels: &str) -> Option<f64> {
    http::sum_of_samples(&http::get(address, "/metrics")?.1, name, labels)
}

/// The file that the topic's baseline is made of.
///
/// # Errors
/// A folder that cannot be written to.
pub fn baseline(folder: &Path, topic: &Topic) -> anyhow::Result<PathBuf> {
    let file = folder.join("baseline.csv");
    Events::new(topic.features, topic.events).write_baseline(&file, BASELINE_ROWS)?;
    Ok(file)
}

/// Everything that has a default keeps it, but for the pane: of a month that passes in seconds, an hour is no more than
/// a blink.
fn config(url: &str, brokers: &str, topic: &Topic, monitors: &[MonitorId]) -> anyhow::Result<String> {
    let mut text =
        format!("[store]\nurl = {url:?}\n\n[kafka]\nbrokers = [{brokers:?}]\n\n[http]\nlisten = \"127.0.0.1:0\"\n");
    for name in monitors {
        let topic = &topic.name;
        write!(text, "\n[[monitor]]\nname = \"{name}\"\ntopic = {topic:?}\nbaseline = \"bench@v1\"\npane = \"1d\"\n")?;
    }
    Ok(text)
}

impl Daemon {
    fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.join("log");
        let output = File::create(&log)?;
        let mut command = Command::new(program);
        command.arg("run").current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
        let process = command.stdout(output.try_clone()?).stderr(output).spawn().context("driftd does not start")?;
        Ok(Self { process, log })
    }

    /// Waits until `look` finds something.
    fn watch<T>(&mut self, what: &str, look: impl Fn(&mut Self) -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
        let mut found = Ok(None);
        let mut is_gone = false;
        wait_until(Instant::now() + TOPIC_TIMEOUT, || {
            is_gone = !matches!(self.process.try_wait(), Ok(None));
            found = look(self);
            is_gone || !matches!(found, Ok(None))
        });
        match found? {
            Some(found) => Ok(found),
            None if is_gone => bail!("driftd has ended:\n{}", self.said()),
            None => bail!("waited {TOPIC_TIMEOUT:?} for {what}:\n{}", self.said()),
        }
    }

    /// Where it answers: the port is any that was free.
    fn address(&self) -> Option<String> {
        let said = self.said();
        let (_, after) = said.lines().find(|line| line.contains("answering /healthz"))?.split_once("address=")?;
        Some(after.split_whitespace().next()?.to_owned())
    }

    /// The last of what it said.
    fn said(&self) -> String {
        let said = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(said.get(said.len().saturating_sub(4096)..).unwrap_or_default()).into_owned()
    }

    /// Asks it to end, which it must do well.
    fn stop(mut self) -> anyhow::Result<()> {
        child::run(Command::new("kill").args(["-TERM", &self.process.id().to_string()]), &[0])?;
        let status = self.process.wait()?;
        if !status.success() {
            bail!("driftd ended with {status}:\n{}", self.said());
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended already unless something else has failed.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
