//! `driftd init`: from a file of training data to a monitor.

mod draft;
mod event_time;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use driftd_config::Source;
use driftd_dataset::{BaselineOptions, ReadOptions, Table, build_baseline};
use driftd_engine::{Clock, SystemClock};
use driftd_model::{BaselineName, BaselineRef, MonitorId, Traffic, words};

use self::draft::Draft;
use crate::cli::InitArgs;
use crate::commands::Exit;
use crate::commands::baseline::build_from_files;
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
    let table = Table::open(&args.file)?;
    // What the columns are shows when they are read; how they are to be read is what is written down then.
    let bar = Bar::rows(table.rows(), &format!("looking at {}", args.file.display()));
    let found = build_baseline(&table, &BaselineOptions::default(), &|rows| bar.at(rows));
    bar.done();
    let found = found?;
    let event_time = match &args.event_time {
        Some(column) => Some(event_time::named(&table, column)?),
        None => event_time::guess(&table, &found),
    };
    let mut draft = Draft {
        name: name.parse::<MonitorId>()?,
        baseline: BaselineRef { name: baseline.clone(), version: 1 },
        file: args.file.display().to_string(),
        table: &table,
        found: &found,
        event_time,
        a_day: None,
    };
    let load = |text: &str| {
        let source = Source::new(args.output.display().to_string(), text);
        setup::config_of(&[source]).context("what was found makes no configuration")
    };
    let config = load(&draft.toml())?;
    let built =
        build_from_files(&config, baseline.as_str(), std::slice::from_ref(&args.file), &ReadOptions::default())?;
    let store = stores.configured(&config).await?;
    let stored = store.put_baseline(&baseline, built, SystemClock.now()).await?;
    draft.baseline = stored.reference.clone();
    draft.a_day = stored.baseline.traffic.as_ref().and_then(Traffic::a_day);
    let text = draft.toml();
    // What is written is what was tried, whatever the names in the file are.
    load(&text)?;
    write(&args.output, &text, args.force)?;
    line(format_args!(
        "wrote {}; {} in {} has {} of {}",
        args.output.display(),
        stored.reference,
        config.store.url,
        words::counted(stored.baseline.features.len() as u64, "feature", "features"),
        words::counted(stored.baseline.rows, "row", "rows"),
    ))?;
    for sentence in draft.remarks() {
        eprintln!("note: {sentence}");
    }
    line(draft.next_steps(&args.output))?;
    Ok(Exit::Ok)
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

fn write(path: &Path, text: &str, replace: bool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    if replace {
        options.write(true).create(true).truncate(true);
    } else {
        // Nobody's file is lost, not even one that came in the meantime.
        options.write(true).create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow::anyhow!("{} is already there: --force replaces it", path.display()),
        _ => anyhow::Error::new(error).context(format!("writing {} failed", path.display())),
    })
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
