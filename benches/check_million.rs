//! `driftd check` as a whole process: 1,000,000 x 25 against 1,000,000 x 25, Parquet to JSON.
//!
//! `cargo bench --workspace --bench check_million`. With `DRIFTD_BENCH_PYTHON` naming a Python that has polars
//! (or `python3` having it), the peer in `peers/polars_psi.py` runs in turn with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use driftd_benches::child::{self, Run};
use driftd_benches::million::{self, COLUMNS, Files, ROWS};
use driftd_benches::report::{figure, figure_or_dash, headline, note, table, times};
use serde_json::Value;

/// Runs of each program; of each figure the smallest counts.
const RUNS: usize = 5;
/// `driftd check` ends with 1 when it found drift, which it does here.
const FOUND_DRIFT: [i32; 2] = [0, 1];

fn main() -> anyhow::Result<()> {
    let driftd = child::driftd()?;
    let files = million::files(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("driftd-million"))?;
    let stored = Stored::build(&driftd, &files)?;
    let python = PathBuf::from(std::env::var_os("DRIFTD_BENCH_PYTHON").unwrap_or_else(|| "python3".into()));
    let mut peer = peer_command(&python, &files);
    let peer_is_there = match child::run(Command::new(&python).args(["-c", "import polars"]), &[0]) {
        Ok(_) => true,
        Err(error) => {
            note(
                "=== NO PEER: set DRIFTD_BENCH_PYTHON to a Python with polars to compare; without it there are no ratios",
            );
            note(&format!("    {}", error.to_string().lines().last().unwrap_or_default()));
            false
        }
    };
    let (mut whole, mut half, mut polars) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        whole.push(child::run(&mut check(&driftd, files.baseline.as_os_str(), &files), &FOUND_DRIFT)?);
        half.push(child::run(stored.configured(&mut check(&driftd, "million".as_ref(), &files)), &FOUND_DRIFT)?);
        if peer_is_there {
            polars.push(child::run(&mut peer, &[0])?);
        }
    }
    headline(&format!(
        "{ROWS} x {COLUMNS} against {ROWS} x {COLUMNS} (20 floats, 5 texts), Parquet to JSON, best of {RUNS}"
    ));
    let yardstick = Figures::of(&whole);
    let programs = [
        ("driftd check, all statistics, both files", &whole),
        ("driftd check, baseline from the store", &half),
        ("polars script, PSI only, both files", &polars),
    ];
    let rows: Vec<Vec<String>> = programs
        .iter()
        .filter(|(_, runs)| !runs.is_empty())
        .map(|(name, runs)| Figures::of(runs).row(name, &yardstick))
        .collect();
    table(
        &["program", "wall s", "CPU s", "peak MiB", "rows/s", "rows/CPU s", "wall ratio", "CPU ratio", "memory ratio"],
        &rows,
    );
    note("rows: of the current side; ratios: to the first line");
    if let (Some(driftd), Some(polars)) = (whole.first(), polars.first()) {
        note(&agreement(&driftd.output, &polars.output)?);
    }
    Ok(())
}

fn check(driftd: &Path, baseline: &std::ffi::OsStr, files: &Files) -> Command {
    let mut command = Command::new(driftd);
    command.args(["check", "--format", "json", "--baseline"]).arg(baseline).arg("--current").arg(&files.current);
    command
}

fn peer_command(python: &Path, files: &Files) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/polars_psi.py");
    let mut command = Command::new(python);
    command.arg(script).arg(&files.baseline).arg(&files.current);
    command
}

/// A store that holds the baseline already.
struct Stored {
    folder: tempfile::TempDir,
}

impl Stored {
    fn build(driftd: &Path, files: &Files) -> anyhow::Result<Self> {
        let stored = Self { folder: tempfile::tempdir()? };
        let mut build = Command::new(driftd);
        child::run(stored.configured(build.args(["baseline", "build", "million"]).arg(&files.baseline)), &[0])?;
        Ok(stored)
    }

    fn configured<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let url = format!("sqlite://{}", self.folder.path().join("bench.db").display());
        command.env("DRIFTD__STORE__URL", url)
    }
}

/// The smallest of each figure over some runs.
struct Figures {
    wall: f64,
    cpu: Option<f64>,
    peak: Option<f64>,
}

impl Figures {
    fn of(runs: &[Run]) -> Self {
        let least = |figures: &mut dyn Iterator<Item = f64>| figures.min_by(f64::total_cmp);
        Self {
            wall: least(&mut runs.iter().map(|run| run.wall.as_secs_f64())).unwrap_or(f64::NAN),
            cpu: least(&mut runs.iter().filter_map(|run| run.cpu)),
            peak: least(&mut runs.iter().filter_map(|run| run.peak_mib)),
        }
    }

    fn row(&self, name: &str, yardstick: &Self) -> Vec<String> {
        let ratio =
            |own: Option<f64>, other: Option<f64>| own.zip(other).map_or_else(|| "-".to_owned(), |(a, b)| times(a, b));
        vec![
            name.to_owned(),
            format!("{:.2}", self.wall),
            self.cpu.map_or_else(|| "-".to_owned(), |cpu| format!("{cpu:.2}")),
            figure_or_dash(self.peak),
            figure(ROWS as f64 / self.wall),
            figure_or_dash(self.cpu.map(|cpu| ROWS as f64 / cpu)),
            times(self.wall, yardstick.wall),
            ratio(self.cpu, yardstick.cpu),
            ratio(self.peak, yardstick.peak),
        ]
    }
}

/// How far the two programs' PSI of the same columns are apart.
fn agreement(driftd: &str, polars: &str) -> anyhow::Result<String> {
    let report: Value = serde_json::from_str(driftd)?;
    let peer: Value = serde_json::from_str(polars)?;
    let features = report.get("features").and_then(Value::as_array).into_iter().flatten();
    let ours: BTreeMap<&str, f64> = features.filter_map(|f| Some((f.get("feature")?.as_str()?, psi_of(f)?))).collect();
    let theirs = peer.get("psi").and_then(Value::as_object).into_iter().flatten();
    let apart: Vec<f64> =
        theirs.filter_map(|(name, psi)| Some((ours.get(name.as_str())? - psi.as_f64()?).abs())).collect();
    let close = apart.iter().filter(|difference| **difference < 1e-9).count();
    let most = apart.iter().copied().fold(0.0, f64::max);
    Ok(format!(
        "PSI of {} columns on both sides: {close} agree within 1e-9, the largest difference is {most:.1e} (driftd gives a \
         value with a tenth of the baseline a bin of its own, and text beyond the hundred most frequent values shares one)",
        apart.len()
    ))
}

fn psi_of(feature: &Value) -> Option<f64> {
    let statistics = feature.get("statistics")?;
    statistics.get("psi")?.get("value")?.as_f64()
}
