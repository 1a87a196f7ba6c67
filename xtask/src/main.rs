//! House rules as code, run as `cargo xtask <task>`.
//!
//! A rule that a reviewer would have to remember stands here if no other tool knows it: which crate may depend on which,
//! how long a file may be, what a change leaves in `changelog.d/`, and that nobody switches the other tools off. What
//! code may call is clippy's business (`clippy.toml` and `clippy/`), `unsafe` and missing documentation rustc's, and who
//! links which library cargo-deny's. Every rule is a function from the files of the repository in memory ([`tree::Tree`])
//! and the packages of the workspace ([`packages::Package`]) to violations, so that each is tested on a few lines.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

#[path = "../../crates/driftd-testkit/src/cargo.rs"]
#[allow(unreachable_pub, reason = "tests and benches use it too, and it is theirs")]
mod cargo;
mod changelog;
mod floors;
mod fuzz;
mod lints;
mod packages;
mod sizes;
mod sqlx;
mod supply;
mod test;
mod tree;
mod violation;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{packages::Package, tree::Tree, violation::Violation};

/// Tasks of the house.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the house rules; one line for each violation, exit code 1 if there is any
    Tidy,
    /// Describe the store's Postgres statements anew, in crates/driftd-store/.sqlx
    Sqlx {
        /// Write nothing; exit code 1 if a description is missing, stale or different
        #[arg(long)]
        check: bool,
    },
    /// Print the median, longest and total lines of Rust, per package and over all
    Lines,
    /// Run the tests of the workspace, and say at the end which could not run here
    Test {
        /// What goes to cargo test
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Fuzz every target for some seconds, within 512 MiB; needs cargo-fuzz and a C++ compiler
    Fuzz {
        /// Targets; all without any
        targets: Vec<String>,
        /// Seconds for each
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Try the same 20,000 inputs every time
        #[arg(long)]
        seed: Option<u32>,
    },
    /// Prove on real servers, for ten minutes, that nothing is lost or counted twice
    Prove,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.task {
        Task::Tidy => tidy(),
        Task::Lines => Tree::of_repository().map(|tree| {
            print!("{}", sizes::report(&tree));
            ExitCode::SUCCESS
        }),
        Task::Sqlx { check } => sqlx::run(check),
        Task::Test { arguments } => test::run(&arguments),
        Task::Fuzz { targets, seconds, seed } => fuzz::run(&targets, seconds, seed),
        Task::Prove => test::prove(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn tidy() -> anyhow::Result<ExitCode> {
    let (tree, packages) = (Tree::of_repository()?, packages::of_workspace()?);
    let violations = violations(&tree, &packages);
    for violation in &violations {
        println!("{violation}");
    }
    println!("{}", sizes::summary(&tree));
    if violations.is_empty() {
        println!("tidy: {} files, no violation", tree.files().len());
        Ok(ExitCode::SUCCESS)
    } else {
        println!("tidy: {} violation(s)", violations.len());
        Ok(ExitCode::FAILURE)
    }
}

/// Every rule, in the order of its output.
fn violations(tree: &Tree, packages: &[Package]) -> Vec<Violation> {
    let rules = [
        floors::check(packages),
        lints::check(tree, packages),
        sizes::check(tree),
        words::check(tree),
        changelog::check(tree),
        supply::check(tree),
    ];
    rules.concat()
}
