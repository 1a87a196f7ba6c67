//! A Postgres for a while: runs the scripts named on the command line in a new database, prints its URL, and is gone when
//! its standard input ends. `cargo xtask sqlx` checks the store's statements against one.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of developers stops where something is missing")]

use std::io::Read;
use std::process::ExitCode;

use driftd_testkit::services::postgres::Postgres;

fn main() -> ExitCode {
    let postgres = match Postgres::shared() {
        Ok(postgres) => postgres,
        Err(skip) => {
            skip.announce("scratch_postgres");
            return ExitCode::FAILURE;
        }
    };
    let url = postgres.database();
    for script in std::env::args().skip(1) {
        postgres.run_script(&url, &std::fs::read_to_string(script).unwrap());
    }
    println!("{url}");
    drop(std::io::stdin().read_to_end(&mut Vec::new()));
    ExitCode::SUCCESS
}
