//! A directory of its own for every test, and the program run in it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use insta::Settings;
use insta::internals::SettingsBindDropGuard;
use serde_json::Value;

use crate::orders::Orders;

/// The monitor that most tests use: hourly panes, a daily window.
pub(crate) const CONFIG: &str = r#"[store]
url = "sqlite://store.db"

[[monitor]]
name = "orders"
topic = "orders"
event_time = "/ts"
baseline = "orders@v1"
pane = "1h"
windows = [{ name = "day", size = "1d" }]
"#;

/// What differs from run to run and from machine to machine.
const FILTERS: [(&str, &str); 7] = [
    (r"\b[0-9a-f]{64}\b", "[HASH]"),
    (r"\b[0-9a-f]{12}\b", "[ID]"),
    (r"\b20(2[5-9]|[3-9]\d)-\d\d-\d\d( |T)\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "[NOW]"),
    (r"\d+\.\d s\b", "[SECONDS] s"),
    (r"[\d,]+ records/s", "[RATE] records/s"),
    (r"driftd \d+\.\d+\.\d+", "driftd [VERSION]"),
    (r"[ \t]+\n", "\n"),
];

/// A temporary directory in which the program runs. While it lives, snapshots are filtered.
pub(crate) struct Fixture {
    dir: tempfile::TempDir,
    _filters: SettingsBindDropGuard,
}

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Fixture {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.add_filter(&regex_of(dir.path()), "[TMP]");
        for (pattern, replacement) in FILTERS {
            settings.add_filter(pattern, replacement);
        }
        Self { dir, _filters: settings.bind_to_scope() }
    }

    /// A directory with the usual configuration and `train.csv`.
    pub(crate) fn with_monitor() -> Self {
        let fixture = Self::new();
        fixture.write("driftd.toml", CONFIG);
        fixture.write("train.csv", Orders::usual(2000, 1).csv());
        fixture
    }

    /// The same with `orders@v1` built from `train.csv`.
    pub(crate) fn with_baseline() -> Self {
        let fixture = Self::with_monitor();
        fixture.run("baseline build orders train.csv").ends(0);
        fixture
    }

    /// The same after a week in which the second, third and fourth day drifted was replayed from `week.csv`.
    pub(crate) fn with_history() -> Self {
        let fixture = Self::with_baseline();
        fixture.write("week.csv", Orders::week().csv());
        fixture.run("replay --monitor orders week.csv").ends(0);
        fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program with these words on its command line, in this directory, with nothing of the caller's environment.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftd"));
        command.args(words.split_whitespace()).current_dir(self.dir.path()).env_clear();
        command.env("NO_COLOR", "1").env("USER", "ana").stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, words: &str) -> Ran {
        finish(&mut self.command(words))
    }

    /// Runs it with arguments that may be empty or hold blanks.
    pub(crate) fn run_args(&self, arguments: &[&str]) -> Ran {
        finish(self.command("").args(arguments))
    }
}

/// Runs a command to its end. However that is, it is never a panic.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).expect("messages are UTF-8");
    assert!(!stderr.contains("panicked"), "{command:?} panicked:\n{stderr}");
    Ran { stdout, stderr, code: status.code().expect("it ended by itself") }
}

impl Ran {
    /// The exit code is this one.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out(), self.stderr);
        self
    }

    /// It was refused: exit code 2, an error, and nothing on standard output. Gives the error.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        let ran = self.ends(2);
        assert_eq!(ran.out(), "", "an error leaves standard output alone");
        assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
        ran.stderr
    }

    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text is UTF-8")
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).expect("standard output is JSON")
    }

    /// Everything there is to see.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("exit {}\n", self.code);
        for (name, stream) in [("out", self.out()), ("err", self.stderr.clone())] {
            if !stream.is_empty() {
                let _ = write!(text, "--- {name}\n{stream}");
            }
        }
        text
    }
}

fn regex_of(path: &Path) -> String {
    path.display().to_string().replace('.', r"\.")
}
