//! `driftd ready`: a probe for whoever can run a program beside the daemon, and has no HTTP client.

use anyhow::{Context, ensure};
use driftd_model::words;

use crate::cli::ConfigFiles;
use crate::commands::Exit;
use crate::setup;
use crate::terminal::line;

pub(super) async fn run(files: &ConfigFiles) -> anyhow::Result<Exit> {
    let http = setup::config(files)?.http;
    let address = http
        .readiness_address()
        .context("the daemon listens nowhere: http.enabled is false and http.probes empty; set one of them")?;
    ensure!(address.port() != 0, "the daemon listens on any port that is free: give http.probes or http.listen one");
    let reasons = driftd_web::ask_readiness(address).await.with_context(|| {
        format!("nobody says at {address} whether driftd is ready; is it running, with this configuration?")
    })?;
    if reasons.is_empty() {
        line("ready")?;
        return Ok(Exit::Ok);
    }
    line("not ready")?;
    for reason in reasons {
        line(words::printable(&reason))?;
    }
    Ok(Exit::Found)
}
