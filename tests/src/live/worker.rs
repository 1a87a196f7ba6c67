//! A process of the daemon.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use driftd_testkit::http;

use super::{Deadline, driftd};

/// Lines of a log that are shown when a test fails.
const LAST_LINES: usize = 60;

/// A running `driftd run`. It is killed when this value goes, and by the kernel when the test process dies before.
#[derive(Debug)]
pub struct Worker {
    name: String,
    process: Child,
    log: PathBuf,
}

impl Worker {
    pub(super) fn start(name: &str, config: &Path, folder: &Path, environment: &[(String, String)]) -> Self {
        let number = std::fs::read_dir(folder).expect("the test's folder").count();
        let log = folder.join(format!("{number:03}-{name}.log"));
        let output = File::create(&log).expect("a file of the test");
        // A parent that is killed drops nothing, so the kernel is asked to see to the child. The signal comes when the
        // thread goes that started it, which is the one the test runs on.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(driftd()).args(["run", "--config"]).arg(config);
        command.current_dir(folder).env_clear().env("NO_COLOR", "1").env("RUST_BACKTRACE", "1");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        if let Some(filter) = std::env::var_os("DRIFTD_LOG") {
            command.env("DRIFTD_LOG", filter);
        }
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a file")).stderr(output);
        let process = command.spawn().expect("setpriv of util-linux runs driftd");
        Self { name: name.to_owned(), process, log }
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill().expect("a process of ours");
        self.process.wait().expect("a process of ours");
        self.check_log();
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{signal} {}", self.id());
    }

    /// Waits for it to end.
    pub fn wait(&mut self, deadline: Deadline) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        let status = deadline.find(&what, || self.process.try_wait().expect("a process of ours"));
        self.check_log();
        status
    }

    /// Asks it to end, which it does well and in time.
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.wait(Deadline::secs(40));
        assert!(status.success(), "{} ended with {status}", self.name);
        self.log()
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().expect("a process of ours").is_none()
    }

    /// What it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).expect("the log of a worker")).into_owned()
    }

    /// Memory it has taken at most, in MiB.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Memory it takes now, in MiB.
    #[must_use]
    pub fn resident_memory(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// Status code and body of a GET; nothing while it does not listen.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        http::get(&self.address()?, path)
    }

    /// Whether it says that it is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.get("/readyz").is_some_and(|(status, _)| status == 200)
    }

    /// Sum of the samples of the metric `name` whose labels contain `labels`; 0 when there is none.
    #[must_use]
    pub fn metric(&self, name: &str, labels: &str) -> f64 {
        let (_, text) = self.get("/metrics").expect("a worker that listens");
        http::sum_of_samples(&text, name, labels).unwrap_or(0.0)
    }

    fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("memory of a process");
        let kibibytes: u64 = line.split_whitespace().next().and_then(|kb| kb.parse().ok()).expect("a number");
        kibibytes >> 10
    }

    /// Where it answers, from its log: the port is any that was free.
    fn address(&self) -> Option<String> {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("answering /healthz"))?;
        let (_, after) = line.split_once("address=")?;
        Some(after.split_whitespace().next()?.to_owned())
    }

    /// However it ended, it was not by a panic.
    fn check_log(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "{} panicked:\n{log}", self.name);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended, and a test that fails is told the reason by the log.
        drop(self.process.kill());
        drop(self.process.wait());
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            eprintln!("---- {}, the last of {} lines\n{last}\n----", self.name, lines.len());
        }
    }
}
