//! `driftd config`.

use std::fmt;

use driftd_model::{Monitor, words};

use crate::cli::ConfigCommand;
use crate::commands::Exit;
use crate::setup;
use crate::terminal::{line, print};

pub(super) fn run(command: ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Check(files) => {
            let config = setup::config(&files)?;
            for note in &config.notes {
                eprintln!("note: {note}");
            }
            if config.monitors.is_empty() {
                eprintln!("note: there is nothing to watch: `driftd run` needs a [[monitor]]");
            }
            super::run::check(&config)?;
            let monitors = words::counted(config.monitors.len() as u64, "monitor", "monitors");
            let receivers = words::counted(config.receivers.len() as u64, "receiver", "receivers");
            line(format_args!("the configuration is valid: {monitors}, {receivers}"))?;
            if let Some(seal) = config.monitors.iter().map(Seal::of).max_by_key(|seal| seal.bytes) {
                line(format_args!("{seal}"))?;
            }
        }
        ConfigCommand::Show(files) => print(setup::config(&files)?.effective_toml())?,
        ConfigCommand::Schema => line(format_args!("{:#}", driftd_config::schema()))?,
    }
    Ok(Exit::Ok)
}

/// Bytes that the counts of a feature take, in one window of one segment.
const COUNTS_BYTES: u64 = 2_200;

/// What a seal holds in memory, as far as that shows without the baseline.
struct Seal<'a> {
    monitor: &'a Monitor,
    segments: u64,
    bytes: u64,
}

impl<'a> Seal<'a> {
    fn of(monitor: &'a Monitor) -> Self {
        // Beside those that are kept apart there are the others, and all together.
        let segments = monitor.segments.as_ref().map_or(1, |segments| u64::from(segments.max) + 2);
        Self { monitor, segments, bytes: monitor.windows_of_a_seal() * segments * COUNTS_BYTES }
    }
}

impl fmt::Display for Seal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let windows = words::counted(self.monitor.windows_of_a_seal(), "window", "windows");
        let segments = words::counted(self.segments, "segment", "segments");
        let kilobytes = words::count(self.bytes.div_ceil(1000));
        write!(
            f,
            "the largest seal is that of monitor {}: up to {kilobytes} kB of memory for every feature ({windows} of {segments})",
            self.monitor.id
        )
    }
}
