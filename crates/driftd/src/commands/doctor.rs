//! `driftd doctor`: everything that driftd depends on, looked at from where it runs, and what to do about what is wrong.
//!
//! Nothing is changed: the store is not migrated, nobody joins the group, and receivers hear nothing.

mod daemon;
mod files;
mod finding;
mod kafka;
mod receivers;
mod store;

use driftd_engine::{Clock, SystemClock};
use driftd_model::words;

use crate::cli::{DoctorArgs, ListFormat};
use crate::commands::Exit;
use crate::setup;
use crate::terminal::{line, print};
use finding::{Finding, State, text};

pub(super) async fn run(args: DoctorArgs) -> anyhow::Result<Exit> {
    let mut findings = vec![Finding::ok("version", concat!("driftd ", env!("CARGO_PKG_VERSION")))];
    match setup::config(&args.config) {
        Ok(config) => {
            findings.push(Finding::ok(
                "configuration",
                format!(
                    "{}, {}",
                    words::counted(config.monitors.len() as u64, "monitor", "monitors"),
                    words::counted(config.receivers.len() as u64, "receiver", "receivers")
                ),
            ));
            findings.extend(
                config.notes.iter().map(|note| {
                    Finding::warn("configuration", note.to_string(), "change it, or leave it if it is meant")
                }),
            );
            findings.extend(files::look(&args.config, &config));
            let (found, database) = store::look(&config, SystemClock.now()).await;
            findings.extend(found);
            findings.extend(kafka::look(&config, database.as_ref(), SystemClock.now()).await);
            findings.extend(receivers::look(&config).await);
            findings.extend(daemon::look(&config).await);
            if let Some(database) = database {
                database.close().await;
            }
        }
        Err(error) => findings.push(Finding::fail(
            "configuration",
            format!("{error:#}"),
            "mend what it names; `driftd config check` says when it is right",
        )),
    }
    match args.format {
        ListFormat::Json => line(format_args!("{:#}", serde_json::to_value(&findings)?))?,
        ListFormat::Table => print(text(&findings))?,
    }
    Ok(match findings.iter().map(|finding| finding.state).max() {
        None | Some(State::Ok) => Exit::Ok,
        Some(State::Warn) => Exit::Found,
        Some(State::Fail) => Exit::Failed,
    })
}
