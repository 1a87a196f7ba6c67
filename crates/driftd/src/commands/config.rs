//! `driftd config`.

use driftd_model::words;

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
        }
        ConfigCommand::Show(files) => print(setup::config(&files)?.effective_toml())?,
        ConfigCommand::Schema => line(format_args!("{:#}", driftd_config::schema()))?,
    }
    Ok(Exit::Ok)
}
