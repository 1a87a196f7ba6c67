//! Every fuzz target, one after another, within a bound of memory.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::cargo::cargo;

/// The folder of the targets, a workspace of its own.
const FOLDER: &str = "fuzz";
/// MiB that reading anything from outside may take.
const MOST_MIB: u32 = 512;
/// Seconds that one input may take.
const LONGEST: u32 = 25;

/// Inputs that are tried where the same are to be tried every time.
const REPEATABLE: u32 = 20_000;

/// Runs all targets, or those of these names, for so many seconds each. The first input that makes one fail ends it.
///
/// With a `seed` each run tries the same inputs, a number of them that takes seconds: the answer is that of the program,
/// and not of the day. What is new is found without one.
///
/// # Errors
/// There is no cargo-fuzz, a name is none of a target, or a target does not build.
pub(crate) fn run(names: &[String], seconds: u32, seed: Option<u32>) -> Result<ExitCode> {
    let root = crate::tree::root()?;
    let folder = root.join(FOLDER);
    let targets = targets(&folder)?;
    let unknown: Vec<&String> = names.iter().filter(|name| !targets.contains(name)).collect();
    ensure!(unknown.is_empty(), "no such target: {unknown:?}; there are {}", targets.join(", "));
    let wanted = targets.iter().filter(|target| names.is_empty() || names.contains(target));
    // What is found goes beside the build, so that a clone stays clean.
    let found = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into).join("fuzz-corpus");
    for target in wanted {
        let corpus = found.join(seed.map_or_else(|| target.clone(), |seed| format!("{target}-{seed}")));
        if seed.is_some() && corpus.exists() {
            // What an earlier run has found would lead this one elsewhere.
            fs::remove_dir_all(&corpus).with_context(|| format!("{} cannot be removed", corpus.display()))?;
        }
        fs::create_dir_all(&corpus).with_context(|| format!("{} cannot be made", corpus.display()))?;
        println!("\n== {target}, {seconds} s");
        let mut fuzz = fuzz(&folder);
        fuzz.arg(target).arg(&corpus).arg(folder.join("seeds").join(target)).arg("--");
        fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-rss_limit_mb={MOST_MIB}"));
        fuzz.arg(format!("-timeout={LONGEST}")).args(["-print_final_stats=1", "-print_funcs=0", "-verbosity=0"]);
        if let Some(seed) = seed {
            fuzz.arg(format!("-seed={seed}")).arg(format!("-runs={REPEATABLE}"));
        }
        let status = fuzz.status().context("cargo fuzz cannot be run: `cargo install cargo-fuzz`")?;
        if !status.success() {
            println!("error: {target} failed; its input lies in {FOLDER}/artifacts/{target}");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Without a sanitizer a stable compiler is enough, and what is measured of memory is the program's own.
fn fuzz(folder: &Path) -> Command {
    let mut fuzz = cargo();
    fuzz.args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"]).arg(folder);
    fuzz.env("RUSTC_BOOTSTRAP", "1");
    fuzz
}

/// Names of the targets, in order.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let folder = folder.join("fuzz_targets");
    let files = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    names.sort_unstable();
    ensure!(!names.is_empty(), "{} holds no targets", folder.display());
    Ok(names)
}
