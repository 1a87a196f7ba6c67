//! The peer: what anyone would write first, `peers/stream_psi.py` on confluent-kafka, orjson and NumPy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use driftd_model::HistoryRow;
use serde_json::Value;

use super::daemon::baseline;
use super::leg::Leg;
use super::meter::Meter;
use super::servers::Servers;
use super::topic::Topic;
use crate::child;

/// What the peer needs of Python.
const IMPORTS: &str = "import confluent_kafka, orjson, numpy";

/// PSI by feature, and by the number of the day since the epoch.
pub type Psi = BTreeMap<(String, i64), f64>;

/// A Python that has the peer's packages: that of `DRIFTD_BENCH_PYTHON`, else one of the bench's own, made on first use.
///
/// # Errors
/// A Python without them, or packages that cannot be had.
pub fn python() -> anyhow::Result<PathBuf> {
    let given = std::env::var_os("DRIFTD_BENCH_PYTHON").map(PathBuf::from);
    let python = match given {
        Some(python) => python,
        None => own_python()?,
    };
    child::run(Command::new(&python).args(["-c", IMPORTS]), &[0])?;
    Ok(python)
}

fn own_python() -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("HOME").context("no HOME to keep a Python in")?;
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| Path::new(&home).join(".cache"), PathBuf::from);
    let folder = cache.join("driftd/bench-venv");
    let python = folder.join("bin/python");
    let is_complete = python.is_file() && child::run(Command::new(&python).args(["-c", IMPORTS]), &[0]).is_ok();
    if !is_complete {
        child::run(Command::new("python3").args(["-m", "venv"]).arg(&folder), &[0])?;
        let packages = peers().join("stream_psi.txt");
        child::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(packages), &[0])?;
    }
    Ok(python)
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Lets the peer read the topic from end to end.
///
/// # Errors
/// A peer that fails, or that did not read everything.
pub fn leg(servers: &Servers, python: &Path, topic: &Topic) -> anyhow::Result<(Leg, Psi)> {
    let folder = tempfile::tempdir()?;
    let baseline = baseline(folder.path(), topic)?;
    let mut command = Command::new(python);
    command.arg(peers().join("stream_psi.py"));
    command.args([&servers.kafka.bootstrap(), &topic.name, &topic.partitions.to_string()]).arg(baseline);
    let meter = Meter::start(servers)?;
    let run = child::run(&mut command, &[0])?;
    let spent = meter.stop(servers, run.cpu)?;
    let said: Value = serde_json::from_str(&run.output).context("the peer wrote no JSON")?;
    let number = |name: &str| said.get(name).and_then(Value::as_f64).context("the peer left a figure out");
    if number("bytes")? as u64 != topic.bytes {
        bail!("the peer read {} bytes, but {topic:?}", number("bytes")?);
    }
    let leg = Leg { events: topic.events, seconds: number("seconds")?, cpu: run.cpu, peak_mib: run.peak_mib, spent };
    Ok((leg, psi_in(&said)?))
}

fn psi_in(said: &Value) -> anyhow::Result<Psi> {
    let mut psi = Psi::new();
    for (feature, days) in said.get("psi").and_then(Value::as_object).context("the peer computed no PSI")? {
        for (day, value) in days.as_object().into_iter().flatten() {
            psi.insert((feature.clone(), day.parse()?), value.as_f64().context("a PSI that is no number")?);
        }
    }
    Ok(psi)
}

/// How far the PSI of driftd and of the peer are apart.
#[must_use]
pub fn agreement(ours: &[HistoryRow], theirs: &Psi) -> String {
    const DAY: i64 = 86_400_000_000;
    let apart: Vec<f64> = ours
        .iter()
        .filter_map(|row| {
            let day = (row.feature.as_str().to_owned(), row.window_start.as_micros() / DAY);
            Some((theirs.get(&day)? - row.value?).abs())
        })
        .collect();
    let close = apart.iter().filter(|difference| **difference < 1e-9).count();
    let most = apart.iter().copied().fold(0.0, f64::max);
    format!(
        "PSI of a feature and a day, on both sides {}: {close} agree within 1e-9, the largest difference is {most:.1e}",
        apart.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_peer_says_is_understood() {
        let said = serde_json::json!({ "psi": { "num_00": { "20089": 0.25 } } });
        assert_eq!(psi_in(&said).unwrap(), Psi::from([(("num_00".to_owned(), 20089), 0.25)]));
        assert!(psi_in(&serde_json::json!({ "psi": { "num_00": { "x": 0.25 } } })).is_err());
    }
}
