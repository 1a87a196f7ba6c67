//! The server's process, its folder and its keeper.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::PostgresOptions;
use super::programs::Programs;
use crate::services::port::free_ports;

/// Longest wait for a server that starts.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts and ends the server on the words that come in, and ends it when nobody can say any more: a test process that
/// is killed drops nothing, but its pipe is closed. The folder goes last. Ctrl-C is for the test process; the keeper
/// hears of it by the pipe.
const KEEPER: &str = r#"
trap '' INT TERM HUP
folder=$1; shift
pid=
end() { if [ -n "$pid" ]; then kill "-$1" "$pid"; wait "$pid"; pid=; fi; }
while read -r word; do
    case $word in
        start) "$@" </dev/null & pid=$! ;;
        stop) end INT; echo ended ;;
        kill) end KILL; echo ended ;;
    esac
done
end INT
rm -rf "$folder"
"#;

/// A server process and its keeper.
#[derive(Debug)]
pub(super) struct Server {
    port: u16,
    keeper: Mutex<Keeper>,
}

#[derive(Debug)]
struct Keeper {
    process: Child,
    /// Nothing once it is to end.
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    log: Receiver<String>,
}

impl Server {
    /// Sets up a folder and starts the server on a free port.
    pub(super) fn start(programs: &Programs, options: PostgresOptions) -> Self {
        // The folder is the keeper's to remove: a value that is never dropped would leave it behind.
        let folder = tempfile::Builder::new().prefix("driftd-postgres-").tempdir().unwrap().keep();
        programs.hand_over(&folder);
        initialize(programs, &folder.join("data"));
        // Between finding a free port and binding it somebody else may take it.
        for _ in 0..10 {
            let [port] = free_ports();
            let mut keeper = Keeper::new(&command(programs, &folder, port, options), &folder);
            match keeper.start() {
                Ok(()) => return Self { port, keeper: Mutex::new(keeper) },
                Err(why) if why.contains("could not create any TCP/IP sockets") => keeper.abandon(),
                Err(why) => panic!("the Postgres in {} does not start: {why}", folder.display()),
            }
        }
        panic!("no free port for a Postgres in ten tries");
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Tells the keeper to end the server, by that word, and waits until it has.
    pub(super) fn end(&self, word: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.say(word);
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "ended\n", "the keeper of the Postgres is gone");
    }

    pub(super) fn start_again(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + PATIENCE;
        // After a kill the parts of the old server take a moment to notice.
        while let Err(why) = keeper.start() {
            assert!(
                why.contains("still in use") && Instant::now() < deadline,
                "the Postgres does not start again: {why}"
            );
        }
    }
}

impl Keeper {
    fn new(server: &Command, folder: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(folder).arg(server.get_program()).args(server.get_args());
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let words = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let log = follow(process.stderr.take().unwrap());
        Self { process, words, answers, log }
    }

    fn say(&mut self, word: &str) {
        let mut words = self.words.as_ref().unwrap();
        writeln!(words, "{word}").unwrap();
    }

    /// Starts the server and waits until it takes connections; its last words when it does not.
    fn start(&mut self) -> Result<(), String> {
        while self.log.try_recv().is_ok() {}
        self.say("start");
        let deadline = Instant::now() + PATIENCE;
        let mut last: VecDeque<String> = VecDeque::new();
        while let Ok(line) = self.log.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.contains("database system is ready to accept connections") {
                return Ok(());
            }
            // Clients who knock too early are turned away with a FATAL of their own, and what is left of a server that
            // was killed says goodbye with one.
            let fatal = line.contains("postmaster FATAL:");
            last.push_back(line);
            if last.len() > 20 {
                last.pop_front();
            }
            if fatal {
                break;
            }
        }
        Err(last.make_contiguous().join("\n"))
    }

    /// Lets go of the keeper of a server that did not start, and keeps the folder for the next one.
    fn abandon(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.words = None;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.words = None;
        // Ended by `abandon`, or ends now that its pipe is closed.
        drop(self.process.wait());
    }
}

/// Sets up the data folder. Messages are English, because they are read; text is sorted by language.
fn initialize(programs: &Programs, data: &Path) {
    let mut arguments = vec!["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"];
    arguments.extend(["--locale-provider=icu", "--icu-locale=en"]);
    arguments.extend(["--pgdata", data.to_str().unwrap()]);
    programs.run("initdb", &arguments);
}

fn command(programs: &Programs, folder: &Path, port: u16, options: PostgresOptions) -> Command {
    let mut command = programs.command("postgres");
    command.arg("-D").arg(folder.join("data"));
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        // Who says it: the server itself, or one of its connections.
        "log_line_prefix=%m [%p] %b ".to_owned(),
        format!("max_connections={}", options.max_connections),
        format!("fsync={}", if options.fsync { "on" } else { "off" }),
    ];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command
}

/// Reads the server's log as long as there is one, or the server would stop at a full pipe.
fn follow(log: ChildStderr) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines() {
            // Bytes that are no text, such as a client's idea of a name, are of no interest.
            let Ok(line) = line else { continue };
            // Nobody listens once the server is gone; the log is read to its end all the same.
            drop(send.send(line));
        }
    });
    lines
}
