//! One file a command.

mod baseline;
mod check;
mod check_text;
mod config;
mod demo;
mod demo_story;
mod export;
mod history;
mod incidents;
mod init;
mod produce;
mod readable;
mod receivers;
mod replay;
mod routes;
mod run;
mod silences;
mod store;

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::stores::Stores;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for `check`, stable.
    Ok,
    /// `check` found drift.
    Drift,
    /// Wrong usage, or it could not be done.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Drift => 1,
            Exit::Failed => 2,
        })
    }
}

/// Does what the command line says.
pub(crate) async fn run(cli: Cli, stores: &Stores) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Demo(args) => demo::run(args, stores).await,
        Command::Init(args) => init::run(args, stores).await,
        Command::Run(files) => run::run(&files, stores).await,
        Command::Produce(args) => produce::run(args).await,
        Command::Check(args) => check::run(args, stores).await,
        Command::Baseline(command) => baseline::run(command, stores).await,
        Command::Replay(args) => replay::run(args, stores).await,
        Command::History(args) => history::run(args, stores).await,
        Command::Incidents(command) => incidents::run(command, stores).await,
        Command::Silences(command) => silences::run(command, stores).await,
        Command::Routes(command) => routes::run(command),
        Command::Receivers(command) => receivers::run(command).await,
        Command::Config(command) => config::run(command),
        Command::Migrate(files) => store::migrate(&files).await,
        Command::Retain(files) => store::retain(&files, stores).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "driftd", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(Exit::Ok)
        }
    }
}
