//! Other programs, measured from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::proc::{children_cpu, peak_rss_mib};

/// How often a running program is asked for its peak memory.
const POLL: Duration = Duration::from_millis(2);

/// One run of a program.
#[derive(Clone, Debug)]
pub struct Run {
    /// From start to end.
    pub wall: Duration,
    /// Processor time, user and system, in seconds; `None` where the system does not say.
    pub cpu: Option<f64>,
    /// Peak resident memory in MiB, as last seen at most 2 ms before the end.
    pub peak_mib: Option<f64>,
    /// What it wrote to standard output.
    pub output: String,
}

/// Runs a program to its end. Exit codes in `fine` are no errors.
///
/// # Errors
/// A program that does not start, ends otherwise, or writes something other than UTF-8.
pub fn run(command: &mut Command, fine: &[i32]) -> anyhow::Result<Run> {
    let cpu_before = children_cpu();
    let started = Instant::now();
    let what = format!("{command:?}");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.with_context(|| format!("{what} does not start"))?;
    let pid = child.id();
    let (sender, ended) = channel();
    // The receiver outlives the thread: it waits for this very message.
    std::thread::spawn(move || sender.send((child.wait_with_output(), Instant::now())));
    let mut peak_mib = None;
    let (output, end) = loop {
        peak_mib = peak_rss_mib(pid).or(peak_mib);
        match ended.recv_timeout(POLL) {
            Ok(message) => break message,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("nobody waited for {what}"),
        }
    };
    let output = output.with_context(|| format!("{what} was not waited for"))?;
    if !output.status.code().is_some_and(|code| fine.contains(&code)) {
        bail!("{what} ended with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(Run {
        wall: end.duration_since(started),
        cpu: cpu_before.zip(children_cpu()).map(|(before, after)| after - before),
        peak_mib,
        output: String::from_utf8(output.stdout).with_context(|| format!("{what} wrote no text"))?,
    })
}

/// The program `driftd` of this very source, built if it must be: the one of `DRIFTD_BENCH_BIN`, or that of cargo's
/// release profile beside the running bench.
///
/// # Errors
/// A build that fails, or a program that is not where cargo puts it.
pub fn driftd() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("DRIFTD_BENCH_BIN") {
        return Ok(PathBuf::from(path));
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let built = driftd_testkit::cargo()
        .args(["build", "--quiet", "--release", "--package", "driftd", "--manifest-path"])
        .arg(manifest)
        .status()
        .context("cargo does not start")?;
    if !built.success() {
        bail!("building driftd failed: set DRIFTD_BENCH_BIN to a program that is built already");
    }
    // A bench stands in `<target>/release/deps`.
    let bench = std::env::current_exe().context("the bench does not know where it stands")?;
    let program = bench.parent().and_then(Path::parent).map(|folder| folder.join("driftd"));
    program.filter(|path| path.is_file()).context("driftd is not beside the benches: set DRIFTD_BENCH_BIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_measured_and_its_failure_is_an_error() {
        let echo = run(Command::new("sh").args(["-c", "echo one; exit 3"]), &[0, 3]).unwrap();
        assert_eq!(echo.output, "one\n");
        assert!(echo.wall < Duration::from_secs(10));
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 2"]), &[0]).unwrap_err();
        assert!(error.to_string().ends_with("why\n"), "{error}");
        assert!(run(&mut Command::new("driftd-no-such-program"), &[0]).is_err());
    }
}
