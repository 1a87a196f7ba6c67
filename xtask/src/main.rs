//! House rules as code, run as `cargo xtask <task>`.
//!
//! A rule that a reviewer would have to remember stands here instead: which crate may depend on which, how long a file
//! may be, where SQL, `unsafe` and the clock may stand, and what a change leaves in `changelog.d/`. Every rule is a
//! function from a [`tree::Tree`] (the files of the repository in memory) to violations, so that each is tested on a
//! few lines of text. Only this file and [`tree::Tree::of_repository`] touch the outside.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod changelog;
mod crate_docs;
mod floors;
mod lexer;
mod manifest;
mod places;
mod sizes;
mod tree;
mod violation;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{tree::Tree, violation::Violation};

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
    /// Print the median, longest and total lines of Rust, per package and over all
    Lines,
}

/// Every rule of `cargo xtask tidy`, in the order of its output.
const RULES: [fn(&Tree) -> Vec<Violation>; 7] =
    [manifest::check, floors::check, sizes::check, places::check, words::check, changelog::check, crate_docs::check];

fn main() -> ExitCode {
    let cli = Cli::parse();
    let tree = match Tree::of_repository() {
        Ok(tree) => tree,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
    match cli.task {
        Task::Tidy => tidy(&tree),
        Task::Lines => {
            print!("{}", sizes::report(&tree));
            ExitCode::SUCCESS
        }
    }
}

fn tidy(tree: &Tree) -> ExitCode {
    let violations: Vec<Violation> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    for violation in &violations {
        println!("{violation}");
    }
    println!("{}", sizes::summary(tree));
    if violations.is_empty() {
        println!("tidy: {} files, no violation", tree.files().len());
        ExitCode::SUCCESS
    } else {
        println!("tidy: {} violation(s)", violations.len());
        ExitCode::FAILURE
    }
}
