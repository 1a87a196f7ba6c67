//! Running the tests, and not passing over those that could not run.
//!
//! A test that needs a server which the machine cannot have says so and ends well, or nobody without Java could run the
//! rest. What it says is gathered in a file and told at the end, where a person looks.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::cargo::cargo;

/// Names the file in which skips are gathered; whoever sets it may read the file afterwards.
const GATHERED_IN: &str = "DRIFTD_SKIPPED";
/// Set to 1 where everything that the tests need can be had: a skip is a failure then.
const REQUIRED: &str = "DRIFTD_REQUIRE_SERVICES";

/// The tests that prove what no unit test can, in the order in which a person wants to read about them.
const PROOFS: [&str; 16] = [
    "live_exactly_once",
    "live_rebalance",
    "live_mixed",
    "live_shared_group",
    "live_late",
    "live_poison",
    "live_outage",
    "live_full_disk",
    "live_memory",
    "live_network",
    "live_slow_network",
    "live_standstill",
    "live_went_back",
    "live_logs",
    "live_plans",
    "live_alerts",
];

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    TestsFailed,
    SkippedWhatMustRun,
}

/// `cargo test --release --workspace` with `arguments`.
///
/// # Errors
/// cargo cannot be run, or the file of skips cannot be read.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
    let mut cargo = cargo_test();
    cargo.arg("--workspace").args(arguments);
    run_gathering(&mut cargo, required)
}

/// The long versions of the tests on real servers. One that is skipped proves nothing, so it is a failure.
///
/// # Errors
/// cargo cannot be run, or the file of skips cannot be read.
pub(crate) fn prove() -> Result<ExitCode> {
    let mut cargo = cargo_test();
    cargo.args(["--no-fail-fast", "--workspace"]).env("DRIFTD_LONG", "1");
    for proof in PROOFS {
        cargo.args(["--test", proof]);
    }
    cargo.args(["--", "--nocapture"]);
    run_gathering(&mut cargo, true)
}

fn cargo_test() -> Command {
    let mut cargo = cargo();
    cargo.args(["test", "--release"]);
    cargo
}

fn run_gathering(cargo: &mut Command, required: bool) -> Result<ExitCode> {
    let given = std::env::var_os(GATHERED_IN).map(PathBuf::from);
    let file = given.clone().unwrap_or_else(own_file);
    std::fs::write(&file, "").with_context(|| format!("cannot write {}", file.display()))?;
    let status = cargo.env(GATHERED_IN, absolute(&file)?).status().context("cannot run cargo")?;
    let lines = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    if given.is_none() {
        std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    let verdict = judge(status.success(), &lines, required);
    print!("{}", account(&lines, verdict));
    Ok(if verdict == Verdict::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A file of this process only.
fn own_file() -> PathBuf {
    std::env::temp_dir().join(format!("driftd-skipped-{}", std::process::id()))
}

/// Tests run in the folders of their packages.
fn absolute(file: &Path) -> Result<PathBuf> {
    std::path::absolute(file).with_context(|| format!("{} is nowhere", file.display()))
}

fn judge(passed: bool, skips: &str, required: bool) -> Verdict {
    match passed {
        false => Verdict::TestsFailed,
        true if required && !skips.is_empty() => Verdict::SkippedWhatMustRun,
        true => Verdict::Passed,
    }
}

/// The last lines of a run.
fn account(skips: &str, verdict: Verdict) -> String {
    let mut text = if skips.is_empty() { "skipped: nothing\n".to_owned() } else { skips.to_owned() };
    match verdict {
        Verdict::Passed => {}
        Verdict::TestsFailed => text.push_str("error: tests failed\n"),
        Verdict::SkippedWhatMustRun => text.push_str("error: tests were skipped that must run here\n"),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIP: &str = "SKIPPED: a_test: no Java 17 or later\n";

    #[test]
    fn skips_are_told_and_fail_where_everything_can_be_had() {
        assert_eq!(judge(true, "", true), Verdict::Passed);
        assert_eq!(judge(true, SKIP, false), Verdict::Passed);
        assert_eq!(judge(true, SKIP, true), Verdict::SkippedWhatMustRun);
        assert_eq!(judge(false, "", false), Verdict::TestsFailed);
        assert_eq!(account("", Verdict::Passed), "skipped: nothing\n");
        assert_eq!(account(SKIP, Verdict::Passed), SKIP);
        assert_eq!(
            account(SKIP, Verdict::SkippedWhatMustRun),
            format!("{SKIP}error: tests were skipped that must run here\n")
        );
        assert_eq!(account("", Verdict::TestsFailed), "skipped: nothing\nerror: tests failed\n");
    }
}
