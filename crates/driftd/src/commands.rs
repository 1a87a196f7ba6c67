//! One file a command.

mod baseline;
mod check;
mod check_text;
mod config;
mod demo;
mod demo_story;
mod doctor;
mod export;
mod frontier;
mod history;
mod incidents;
mod init;
mod partitions;
mod produce;
mod readable;
mod ready;
mod receivers;
mod repair;
mod replay;
mod routes;
mod run;
mod serve;
mod silences;
mod store;
mod topics;

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
    /// Done, and all is not well: `check` found drift, `ready` hears that the daemon is not.
    Found,
    /// Wrong usage, or it could not be done.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Found => 1,
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
        Command::Serve(files) => serve::run(&files, stores).await,
        Command::Ready(files) => ready::run(&files).await,
        Command::Produce(args) => produce::run(args).await,
        Command::Check(args) => check::run(args, stores).await,
        Command::Baseline(command) => baseline::run(command, stores).await,
        Command::Replay(args) => replay::run(args, stores).await,
        Command::History(args) => history::run(args, stores).await,
        Command::Incidents(command) => incidents::run(command, stores).await,
        Command::Silences(command) => silences::run(command, stores).await,
        Command::Routes(command) => routes::run(command),
        Command::Receivers(command) => receivers::run(command).await,
        Command::Partitions(command) => partitions::run(command, stores).await,
        Command::Topics(command) => topics::run(command, stores).await,
        Command::Frontier(command) => frontier::run(command, stores).await,
        Command::Doctor(args) => doctor::run(args).await,
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
