//! The `driftd` program: flags in, exit codes out.

#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "talking to people is what this crate is for")]

mod cli;
mod commands;
mod setup;
mod stores;
mod terminal;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::cli::Cli;
use crate::commands::Exit;
use crate::stores::Stores;

/// Also librdkafka's and SQLite's, which is where most of the difference is: docs/adr/0016-allocator.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let usual = match cli.command {
        // The demo tells its own story; the daemon has nothing but its log to tell one.
        cli::Command::Demo(_) => "error",
        cli::Command::Run(_) | cli::Command::Serve(_) => "info,sqlx=error",
        // A statement that took long is a matter for who asks for details: a busy machine makes any of them long.
        _ => "warn,sqlx=error",
    };
    if let Err(error) = setup::telemetry(cli.verbose, usual) {
        return report(&error);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&anyhow::Error::new(error).context("starting the runtime failed")),
    };
    let ended = runtime.block_on(async {
        let stores = Stores::default();
        // Boxed: every command is a part of it, and it would stand on the stack whole.
        let ended = Box::pin(commands::run(cli, &stores)).await;
        stores.close().await;
        ended
    });
    // A thread that waits for a broker must not keep the program.
    runtime.shutdown_timeout(Duration::from_secs(2));
    match ended {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Ok.into(),
        Err(error) => report(&error),
    }
}

/// What failed, then why, each cause once.
fn report(error: &anyhow::Error) -> ExitCode {
    let mut printed = String::new();
    for (depth, cause) in error.chain().enumerate() {
        let text = cause.to_string();
        // Some errors repeat their cause in their own text; saying it twice helps nobody.
        if depth > 0 && printed.contains(&text) {
            continue;
        }
        if depth == 0 {
            eprintln!("error: {text}");
        } else {
            eprintln!("  because: {text}");
        }
        printed.push_str(&text);
    }
    Exit::Failed.into()
}

/// `driftd history … | head` is not a failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        // The writers of JSON and CSV wrap the error without naming it as their source.
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        let csv = cause.downcast_ref::<csv::Error>().and_then(|error| match error.kind() {
            csv::ErrorKind::Io(error) => Some(error.kind()),
            _ => None,
        });
        let plain = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        plain.or(json).or(csv) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
