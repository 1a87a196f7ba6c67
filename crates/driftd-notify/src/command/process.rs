//! A program from its start to its end.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use driftd_model::DeliveryError;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::output::LastWords;

/// How long the outputs of a program that has ended are waited for: something it left behind may hold them open.
const GRACE: Duration = Duration::from_millis(200);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With that exit code.
    With(i32),
    /// By that signal.
    BySignal(i32),
    /// It did not, and was killed.
    TooLate,
}

/// Runs a program with `input`, and returns how it ended and its last words.
pub(super) async fn run(
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
        drop(timeout(GRACE, heard).await);
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
