//! A local program, such as one that starts a training.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use driftd_config::CommandChannel;
use driftd_model::{BoxFuture, DeliveryError, Notification, Transport, words};
use driftd_window::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::envelope::{Sender, body};
use crate::setup::{BuildError, Setup};
use crate::view::IncidentView;

/// What a program says that wants to be asked again: `EX_TEMPFAIL` of sysexits.
const TRY_AGAIN: i32 = 75;
/// What is handed on of driftd's own environment, which may hold secrets.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];
/// Characters of a value.
const VALUE: usize = 2000;
/// Bytes of a program's output that are kept.
const OUTPUT_KEPT: usize = 4 << 10;
/// Characters of it that are shown.
const OUTPUT_SHOWN: usize = 200;
/// How long the outputs of a program that has ended are waited for: something it left behind may hold them open.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(200);

/// Runs a program for every message, with the body of a webhook on its standard input and the main facts in its
/// environment, and waits for it.
///
/// A program that ends with 0 has taken the message. One that ends with 75 (`EX_TEMPFAIL`), is ended by a signal, or
/// takes longer than it may is run again later; any other code means that another try would be of no use. No shell is
/// involved. The program gets `PATH`, `HOME` and `LANG` of driftd's environment and nothing else of it. When its time
/// is over it is killed with everything it started, unless that left its process group.
pub(crate) struct CommandTransport {
    sender: Sender,
    program: String,
    args: Vec<String>,
    timeout: Duration,
}

impl CommandTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &CommandChannel) -> Result<Self, BuildError> {
        let program = channel.program.clone();
        if !setup.notify.allow_commands {
            let what = "programs are not run unless the configuration says so: set notify.allow_commands = true";
            return Err(setup.unusable("program", what));
        }
        if program.contains('/') && !Path::new(&program).is_file() {
            return Err(setup.unusable("program", format!("there is no program {program}: write where it is")));
        }
        let timeout = channel.timeout.as_duration();
        Ok(Self { sender: Sender::of(setup), program, args: channel.args.clone(), timeout })
    }

    async fn run(&self, view: &IncidentView<'_>) -> Result<(), DeliveryError> {
        let body = body(view, &self.sender)
            .map_err(|error| DeliveryError::permanent(format!("no body can be made: {error}")))?;
        let environment = environment(view, &self.sender);
        let program = &self.program;
        let (ended, said) = run(program, &self.args, environment, body, self.timeout).await?;
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        match ended {
            Ended::With(0) => Ok(()),
            Ended::With(TRY_AGAIN) => {
                Err(DeliveryError::transient(format!("{program} ended with {TRY_AGAIN}, try again{said}"), None))
            }
            Ended::With(code) => Err(DeliveryError::permanent(format!(
                "{program} ended with {code}{said}; a program that wants another try ends with {TRY_AGAIN}"
            ))),
            Ended::BySignal(signal) => {
                Err(DeliveryError::transient(format!("{program} was ended by signal {signal}{said}"), None))
            }
            Ended::TooLate => {
                let limit = self.timeout.as_secs_f64();
                Err(DeliveryError::transient(
                    format!("{program} took longer than {limit} s and was killed{said}"),
                    None,
                ))
            }
        }
    }
}

impl Transport for CommandTransport {
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move { self.run(&IncidentView::of(notification)).await })
    }
}

/// Every variable of the program, those of the incident only where they say something.
fn environment(view: &IncidentView<'_>, sender: &Sender) -> Vec<(OsString, OsString)> {
    let notification = view.notification;
    let incident = &notification.incident;
    let mut variables: Vec<(OsString, OsString)> =
        INHERITED.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?))).collect();
    let own = [
        ("DRIFTD_RECEIVER", sender.receiver.as_str()),
        ("DRIFTD_KEY", notification.key.as_str()),
        ("DRIFTD_REASON", notification.reason.as_str()),
        ("DRIFTD_STATUS", view.status()),
        ("DRIFTD_STATE", incident.state.as_str()),
        ("DRIFTD_INCIDENT", incident.id.as_str()),
        ("DRIFTD_KIND", view.kind),
        ("DRIFTD_SEVERITY", view.severity),
        ("DRIFTD_MONITOR", view.monitor),
        ("DRIFTD_SEGMENT", incident.key.segment.as_str()),
        ("DRIFTD_ENVIRONMENT", notification.labels.get("environment")),
        ("DRIFTD_MODEL", notification.labels.get("model")),
        ("DRIFTD_MODEL_VERSION", notification.labels.get("model_version")),
        ("DRIFTD_SUBJECT", &view.subject),
        ("DRIFTD_SENTENCE", &view.sentence),
        ("DRIFTD_BASIS", view.basis.as_deref().unwrap_or_default()),
    ];
    // No variable can hold a zero byte, and no name out of the data is to hold a line break.
    let own = own.into_iter().filter(|(_, value)| !value.is_empty());
    variables.extend(own.map(|(name, value)| (name.into(), words::name(value, VALUE).into())));
    variables
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// With that exit code.
    With(i32),
    /// By that signal.
    BySignal(i32),
    /// It did not, and was killed.
    TooLate,
}

/// Runs a program with `input`, and returns how it ended and its last words.
async fn run(
    program: &str,
    args: &[String],
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    limit: Duration,
) -> Result<(Ended, String), DeliveryError> {
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(environment).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| not_run(program, &error))?;
    let group = Group::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let words = LastWords::default();
    let fed = async {
        if let Some(mut stdin) = stdin {
            // A program that has read enough may close it.
            drop(stdin.write_all(&input).await);
        }
    };
    let mut is_heard = false;
    let mut heard = Box::pin(async { tokio::join!(words.follow(stdout), words.follow(stderr), fed) });
    let status = timeout(limit, async {
        tokio::select! {
            status = child.wait() => status,
            _ = &mut heard => {
                is_heard = true;
                child.wait().await
            }
        }
    })
    .await;
    let Ok(status) = status else {
        drop(group);
        drop(child.wait().await);
        return Ok((Ended::TooLate, words.shown()));
    };
    group.spare();
    if !is_heard {
        drop(timeout(OUTPUT_TIMEOUT, heard).await);
    }
    let status = status.map_err(|error| DeliveryError::transient(format!("{program} was lost: {error}"), None))?;
    Ok((ended(status), words.shown()))
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::With(code),
        (None, signal) => Ended::BySignal(signal.unwrap_or_default()),
    }
}

/// It is not there, is no program, or there is no room for one more.
fn not_run(program: &str, error: &io::Error) -> DeliveryError {
    match error.kind() {
        io::ErrorKind::NotFound => {
            DeliveryError::permanent(format!("there is no program {program}: install it, or write where it is"))
        }
        io::ErrorKind::PermissionDenied => {
            DeliveryError::permanent(format!("{program} may not be run: make it executable for driftd"))
        }
        _ => DeliveryError::transient(format!("{program} cannot be run: {error}"), None),
    }
}

/// The process group of a running program. It is killed when this goes, also when the delivery is cancelled.
struct Group {
    leader: Option<Pid>,
}

impl Group {
    fn of(child: &Child) -> Self {
        Self { leader: child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) }
    }

    /// It has ended by itself; what it left running goes on.
    fn spare(mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // Gone already is as good.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// The last words on both of a program's outputs, in the order they came.
#[derive(Clone, Default)]
struct LastWords(Arc<Mutex<Vec<u8>>>);

impl LastWords {
    /// Reads a pipe to its end, so that nobody stands before a full one.
    async fn follow(&self, pipe: Option<impl AsyncRead + Unpin>) {
        let Some(mut pipe) = pipe else { return };
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = pipe.read(&mut piece).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(piece.get(..length).unwrap_or_default());
            let surplus = kept.len().saturating_sub(OUTPUT_KEPT);
            kept.drain(..surplus);
        }
    }

    /// The last of it on one line; empty when nothing was said.
    fn shown(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let text = text.trim();
        let skipped = text.chars().count().saturating_sub(OUTPUT_SHOWN);
        let end: String = text.chars().skip(skipped).collect();
        if end.is_empty() { end } else { words::name(&end, OUTPUT_SHOWN) }
    }
}
