//! Compares two files and prints the report as JSON; times go to stderr.
//!
//! `cargo run --release -p driftd-dataset --example compare -- BASELINE CURRENT`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example's output is its purpose")]

use std::error::Error;
use std::time::Instant;

use driftd_dataset::{BaselineOptions, Table, build_baseline, check};
use driftd_model::JudgeRules;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(reference), Some(current)) = (paths.next(), paths.next()) else {
        return Err("usage: compare BASELINE CURRENT".into());
    };
    let started = Instant::now();
    let baseline = build_baseline(&Table::open(&reference)?, &BaselineOptions::default(), &|_| ())?;
    let built = started.elapsed().as_secs_f64();
    let checked = check(&baseline, &reference, &Table::open(&current)?, &|_| Some(JudgeRules::default()), &|_| ())?;
    eprintln!("baseline {built:.3} s, check {:.3} s", started.elapsed().as_secs_f64() - built);
    println!("{:#}", checked.report.to_json());
    Ok(())
}
