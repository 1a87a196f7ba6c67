//! `driftd init`: from a file of training data to a monitor.

mod draft;
mod event_time;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use driftd_config::{Config, Source};
use driftd_dataset::{BaselineOptions, Table, build_baseline_with_notes};
use driftd_engine::{Clock, SystemClock};
use driftd_model::{Baseline, BaselineName, BaselineRef, Monitor, MonitorId, Traffic, words};

use self::draft::Draft;
use self::event_time::EventTime;
use crate::cli::InitArgs;
use crate::commands::Exit;
use crate::commands::baseline::event_times_of;
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Bar, line};

/// Characters of a name that is made of a file's.
const NAME: usize = 60;

pub(super) async fn run(args: InitArgs, stores: &Stores) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        args.force || !args.output.exists(),
        "{} is already there: --force replaces it, --output writes to another file",
        args.output.display()
    );
    let name = args.name.clone().unwrap_or_else(|| name_of(&args.file));
    let baseline: BaselineName = name.parse()?;
    let monitor = Monitor::new(name.parse::<MonitorId>()?, name.as_str().into());
    let load = |text: &str| {
        let source = Source::new(args.output.display().to_string(), text);
        setup::config_of(&[source]).context("what was found makes no configuration")
    };
    let usual = load("")?;
    let table = Table::open_all(std::slice::from_ref(&args.file), &args.read.over(&usual.files))?;
    let file = if args.file == Path::new("-") { "standard input".to_owned() } else { args.file.display().to_string() };
    let (found, event_time, notes) = look(&args, &table, &file, &monitor, &usual)?;
    let mut draft = Draft {
        name: monitor.id,
        baseline: BaselineRef { name: baseline.clone(), version: 1 },
        file,
        files: args.read.keys(),
        table: &table,
        found: &found,
        event_time,
        a_day: found.traffic.as_ref().and_then(Traffic::a_day),
    };
    let text = draft.toml();
    let config = load(&text)?;
    // What cannot be written leaves no baseline behind, and what cannot be stored no file.
    let written = Written::new(&args.output, &text, args.force)?;
    let stored = async {
        let store = stores.configured(&config).await?;
        Ok::<_, anyhow::Error>(store.put_baseline(&baseline, found.clone(), SystemClock.now()).await?)
    };
    let stored = match stored.await {
        Ok(stored) => stored,
        Err(error) => {
            written.take_back();
            return Err(error);
        }
    };
    if stored.reference != draft.baseline {
        draft.baseline = stored.reference.clone();
        let text = draft.toml();
        load(&text)?;
        written.replace(&text)?;
    }
    line(format_args!(
        "wrote {}; {} in {} has {} of {}",
        args.output.display(),
        stored.reference,
        config.store.url,
        words::counted(stored.baseline.features.len() as u64, "feature", "features"),
        words::counted(stored.baseline.rows, "row", "rows"),
    ))?;
    for sentence in notes.into_iter().chain(draft.remarks()) {
        eprintln!("note: {sentence}");
    }
    line(draft.next_steps(&args.output))?;
    Ok(Exit::Ok)
}

/// What the file holds, and which column of it are event times; with what a person should know of how it was read.
fn look(
    args: &InitArgs,
    table: &Table,
    file: &str,
    monitor: &Monitor,
    config: &Config,
) -> anyhow::Result<(Baseline, Option<EventTime>, Vec<String>)> {
    let build = |event_time: Option<&EventTime>| {
        let event_times = event_time.map(|at| event_times_of(monitor, at.column.clone()));
        let layout = config.layout_for(&monitor.id);
        let options = BaselineOptions { event_times, layout, ..BaselineOptions::default() };
        let bar = Bar::rows(table.rows(), &format!("looking at {file}"));
        let built = build_baseline_with_notes(table, &options, &|rows| bar.at(rows));
        bar.done();
        built
    };
    let mut event_time = match &args.event_time {
        Some(column) => Some(event_time::named(table, column)?),
        None => event_time::expected(table),
    };
    let (mut found, mut notes) = build(event_time.as_ref())?;
    if args.event_time.is_none() {
        let guessed = event_time::guess(table, &found);
        // That numbers are points in time may only show when all of them were seen.
        if guessed != event_time && guessed.is_some() {
            (found, notes) = build(guessed.as_ref())?;
        } else if guessed != event_time {
            (found.traffic, notes) = (None, Vec::new());
        }
        event_time = guessed;
    }
    if let Some(at) = &event_time {
        found.features.retain(|feature| feature.name.as_str() != at.column);
        found.skipped.retain(|skipped| skipped.name != at.column);
    }
    let notes = table.notes().iter().cloned().chain(notes).collect();
    Ok((found, event_time, notes))
}

/// A name out of that of a file: `exports/Train 2024.csv.gz` is `Train-2024`.
fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let plain: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").trim_start_matches('_').chars().take(NAME).collect();
    if name.is_empty() { "model".to_owned() } else { name }
}

/// A file that was written, and what was there before.
struct Written<'a> {
    path: &'a Path,
    before: Option<Vec<u8>>,
}

impl<'a> Written<'a> {
    /// Nobody's file is lost without `replace`, not even one that came in the meantime.
    fn new(path: &'a Path, text: &str, replace: bool) -> anyhow::Result<Self> {
        let before = if replace { std::fs::read(path).ok() } else { None };
        let mut options = OpenOptions::new();
        if replace {
            options.write(true).create(true).truncate(true);
        } else {
            options.write(true).create_new(true);
        }
        let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow::anyhow!("{} is already there: --force replaces it", path.display()),
            _ => anyhow::Error::new(error).context(format!("writing {} failed", path.display())),
        })?;
        Ok(Self { path, before })
    }

    /// Writes something else instead.
    fn replace(&self, text: &str) -> anyhow::Result<()> {
        std::fs::write(self.path, text).with_context(|| format!("writing {} failed", self.path.display()))
    }

    /// Makes it as it was before, as far as that can be done: the error that is told is the one that led to it.
    fn take_back(self) {
        let _ = match self.before {
            Some(before) => std::fs::write(self.path, before),
            None => std::fs::remove_file(self.path),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_names_of_monitors() {
        for (file, name) in [
            ("train.parquet", "train"),
            ("exports/Train 2024.csv.gz", "Train-2024"),
            ("training-january.parquet", "training-january"),
            ("__x_y.csv", "x_y"),
            ("größe (1).csv", "gr-e-1"),
            (".hidden.csv", "hidden"),
            ("データ.csv", "model"),
            ("", "model"),
        ] {
            assert_eq!(name_of(Path::new(file)), name, "{file}");
            assert!(name_of(Path::new(file)).parse::<MonitorId>().is_ok(), "{file}");
        }
        assert!(name_of(Path::new(&"x".repeat(300))).parse::<BaselineName>().is_ok());
    }
}
