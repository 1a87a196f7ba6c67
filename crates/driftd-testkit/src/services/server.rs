//! The process of a server: started, waited for, stopped, killed and started again on the same folder and port.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::wait_until;

/// How long a server may take to start or to end. It takes seconds on an idle machine; tests share it with compilers.
const START_TIMEOUT: Duration = Duration::from_mins(2);
/// Lines of the log that are shown of a server that does not start.
const LAST_LINES: usize = 30;

/// Runs "$@" until a word says how to end it, or until the other end of its input is closed, which the kernel sees to
/// when the test process is killed: then nobody else is left to tidy up. Ctrl-C is for the test process. (An ignored
/// signal would be ignored by Java too, so these are caught.)
const KEEPER: &str = r#"
trap : INT TERM HUP
folder=$1 stop=$2 end=$3; shift 3
"$@" </dev/null >>"$folder/log" 2>&1 &
server=$!
read -r how
case $how in stop) kill "-$stop" $server;; kill) kill -KILL $server;; *) kill "-$end" $server;; esac
wait $server
[ -n "$how" ] || rm -rf "$folder"
"#;

/// How a server is run.
pub(super) struct Launch {
    /// What it is called when it fails.
    pub(super) name: &'static str,
    /// The program and its arguments.
    pub(super) command: Command,
    /// The signal that ends it in an orderly way, such as `TERM`.
    pub(super) stop_signal: &'static str,
    /// The signal that ends it when its value goes or the test process does.
    pub(super) end_signal: &'static str,
    /// Whether it serves, given its log since it was started.
    pub(super) is_up: Box<dyn Fn(&str) -> bool + Send + Sync>,
    /// What its log says when it will never serve.
    pub(super) fatal: Option<&'static str>,
}

/// A server, which ends with this value, or with the process, however that ends.
pub(super) struct Server {
    // Ends before its folder goes.
    running: Mutex<Option<Process>>,
    launch: Launch,
    folder: TempDir,
}

/// A process that runs, behind its keeper.
struct Process {
    keeper: Child,
}

impl Server {
    /// Starts the server and waits until it serves.
    ///
    /// # Errors
    /// The last lines of the log of one that does not.
    pub(super) fn start(launch: Launch, folder: TempDir) -> Result<Self, String> {
        let server = Self { running: Mutex::new(None), launch, folder };
        server.try_start()?;
        Ok(server)
    }

    /// Ends the server in an orderly way. Does nothing to one that is down.
    pub(super) fn stop(&self) {
        self.end("stop");
    }

    /// Ends the server as a power cut would. Does nothing to one that is down.
    pub(super) fn kill(&self) {
        self.end("kill");
    }

    /// Starts the server again. Does nothing to one that runs.
    pub(super) fn start_again(&self) {
        self.try_start().unwrap_or_else(|why| panic!("{why}"));
    }

    /// The same, for a server that may not start yet.
    ///
    /// # Errors
    /// The last lines of its log.
    pub(super) fn try_start(&self) -> Result<(), String> {
        let mut running = self.running();
        if running.is_some() {
            return Ok(());
        }
        let launch = &self.launch;
        let before = fs::metadata(self.log()).map_or(0, |log| log.len());
        let process = Process::spawn(launch, self.folder.path());
        let log = || log_since(&self.log(), before);
        let (mut is_up, mut is_lost) = (false, false);
        let deadline = Instant::now() + START_TIMEOUT;
        wait_until(deadline, || {
            let log = log();
            is_up = (launch.is_up)(&log);
            is_lost = !is_up && launch.fatal.is_some_and(|fatal| log.contains(fatal));
            is_up || is_lost
        });
        if is_up {
            *running = Some(process);
            return Ok(());
        }
        process.end("kill", launch.name);
        let log = log();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        Err(format!("{} does not start{}:\n{last}", launch.name, if is_lost { "" } else { " in time" }))
    }

    /// What the server says about itself.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn end(&self, how: &str) {
        if let Some(process) = self.running().take() {
            process.end(how, self.launch.name);
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Process>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    fn spawn(launch: &Launch, folder: &Path) -> Self {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(folder).args([launch.stop_signal, launch.end_signal]);
        keeper.arg(launch.command.get_program()).args(launch.command.get_args());
        // The folder of the test need not be one that the server's user may see.
        keeper.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { keeper: keeper.spawn().expect("sh runs") }
    }

    /// Tells the keeper how to end, and waits for it.
    fn end(mut self, how: &str, name: &str) {
        let mut input = self.keeper.stdin.take().expect("a pipe");
        writeln!(input, "{how}").expect("the keeper reads");
        let has_ended = || self.keeper.try_wait().expect("a child of ours").is_some();
        assert!(wait_until(Instant::now() + START_TIMEOUT, has_ended), "{name} has not ended in {START_TIMEOUT:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever ended it in words has waited already; else the closed pipe ends it.
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({}, {})", self.launch.name, self.folder.path().display())
    }
}

/// Ports that were free a moment ago, no two the same.
pub(super) fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until all are known.
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    listeners.each_ref().map(|listener| listener.local_addr().expect("an address").port())
}

/// What stands in a log behind its first `before` bytes.
fn log_since(log: &Path, before: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let read = file.seek(SeekFrom::Start(before)).and_then(|_| file.read_to_end(&mut bytes));
        read.expect("the log of a server");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
