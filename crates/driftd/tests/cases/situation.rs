//! A situation: commands that are run in order in a copy of its directory, and what must come of each.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::outcome::{Ended, Outcome};

/// A command that takes longer hangs.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(2);

/// `case.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Situation {
    /// What happens.
    pub(crate) what: String,
    /// The kind of fault it is an example of.
    pub(crate) kind: String,
    /// What is right, in words.
    pub(crate) right: String,
    /// The commands.
    steps: Vec<Step>,
}

/// One command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Its arguments; `{incident}` is the id of the first incident that was listed before.
    run: Vec<String>,
    /// The file it reads on standard input.
    stdin: Option<String>,
    /// Outcomes of which one must hold; without any it only has to end.
    #[serde(default)]
    any: Vec<Outcome>,
}

impl Situation {
    /// What stands in `directory`.
    pub(crate) fn read(directory: &Path) -> Self {
        let text = std::fs::read_to_string(directory.join("case.json")).unwrap();
        let read: Self = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        assert!([&read.what, &read.kind, &read.right].iter().all(|said| !said.is_empty()), "{}", directory.display());
        read
    }

    /// Runs it; what did not come out right, if anything.
    pub(crate) fn fault(&self, directory: &Path) -> Option<String> {
        let work = tempfile::tempdir().unwrap();
        copy(directory, work.path());
        let mut incident = "none".to_owned();
        for (number, step) in self.steps.iter().enumerate() {
            let arguments: Vec<String> = step.run.iter().map(|word| word.replace("{incident}", &incident)).collect();
            let shown = format!("step {} (driftd {})", number + 1, arguments.join(" "));
            let ended = match step.run_in(work.path(), &arguments) {
                Ok(ended) => ended,
                Err(fault) => return Some(format!("{shown} {fault}")),
            };
            if let Some(id) = ended.json.as_ref().and_then(|listed| listed[0]["incident_id"].as_str()) {
                id.clone_into(&mut incident);
            }
            // Nothing once one of them holds.
            let faults: Option<Vec<String>> = step.any.iter().map(|outcome| outcome.fault(&ended)).collect();
            if let Some(mut faults) = faults.filter(|faults| !faults.is_empty()) {
                faults.dedup();
                return Some(format!("{shown}: {}", faults.join(" / ")));
            }
        }
        None
    }
}

impl Step {
    fn run_in(&self, directory: &Path, arguments: &[String]) -> Result<Ended, String> {
        let stdin =
            self.stdin.as_ref().map_or_else(Stdio::null, |name| File::open(directory.join(name)).unwrap().into());
        // Into files, so that nobody waits for a pipe to be read.
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let mut child = Command::new(env!("CARGO_BIN_EXE_driftd"))
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("NO_COLOR", "1")
            .stdin(stdin)
            .stdout(out.try_clone().unwrap())
            .stderr(err.try_clone().unwrap())
            .spawn()
            .unwrap();
        let status = wait(&mut child)?;
        let (out, err) = (text(out), text(err));
        if err.contains("panicked") {
            return Err(format!("panics: {err}"));
        }
        let json: Option<Value> = serde_json::from_str(&out).ok();
        Ok(Ended { exit: status, said: format!("{out}{err}").to_lowercase(), json })
    }
}

/// The exit code of a process that ends in time by itself.
#[expect(clippy::disallowed_methods, reason = "a process has no event that could be waited for with a limit")]
fn wait(child: &mut Child) -> Result<i32, String> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().ok_or_else(|| format!("ends by {status}"));
        }
        if started.elapsed() > COMMAND_TIMEOUT {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err("hangs".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn text(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
