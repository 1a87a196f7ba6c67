//! A file read by a process of its own, which says how much memory that took.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use driftd_dataset::{BaselineOptions, Table, build_baseline};

/// The file that the process is to read.
const FILE: &str = "DRIFTD_TEST_READ_ALONE";

/// How reading a file ended.
pub struct Alone {
    /// The error, or how many rows there were.
    pub outcome: String,
    /// Memory it has taken at most, in MiB.
    pub peak: u64,
}

/// Has this test binary run the one test `child`, which calls [`read_here`], in a process of its own.
#[expect(
    clippy::print_stdout,
    reason = "for a table of what hostile files cost; the harness shows it when it is asked to"
)]
pub fn read_alone(child: &str, path: &Path) -> Alone {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", child, "--ignored", "--nocapture"]).env(FILE, path);
    // As many columns side by side as on a larger machine.
    let output = command.env("RAYON_NUM_THREADS", "4").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = |what: &str| text.lines().find_map(|line| Some(line.split_once(what)?.1.trim().to_owned()));
    let (outcome, peak) = (said("outcome:"), said("peak:"));
    let ended = || format!("{}: {} {text}", output.status, String::from_utf8_lossy(&output.stderr));
    let kib: u64 = peak.unwrap_or_else(|| panic!("{}", ended())).trim_end_matches(" kB").parse().unwrap();
    let alone = Alone { outcome: outcome.unwrap_or_else(|| panic!("{}", ended())), peak: kib >> 10 };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let size = path.metadata().map_or(0, |file| file.len());
    let short: String = alone.outcome.chars().take(100).collect();
    println!("{:>4} MiB at most for {size} bytes of {name}: {short}", alone.peak);
    alone
}

/// Reads the file that this process was told to read, and says how it went.
pub fn read_here() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let read = Table::open(Path::new(&path)).and_then(|t| build_baseline(&t, &BaselineOptions::default(), &|_| ()));
    let outcome = read.map_or_else(|error| error.to_string(), |baseline| format!("{} rows", baseline.rows));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let outcome = outcome.replace('\n', " ");
    let said = format!("\noutcome: {outcome}\npeak: {}\n", peak.trim());
    std::io::stdout().write_all(said.as_bytes()).unwrap();
}
