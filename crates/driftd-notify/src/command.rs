//! A local program, such as one that starts a training.

mod environment;
mod output;
mod process;

use std::path::Path;
use std::time::Duration;

use driftd_config::CommandChannel;
use driftd_model::{BoxFuture, DeliveryError, Notification, Transport};
use driftd_window::Timestamp;

use crate::factory::{BuildError, Setup};
use crate::webhook::{Sender, body};
use process::{Ended, run};

/// What a program says that wants to be asked again: `EX_TEMPFAIL` of sysexits.
const TRY_AGAIN: i32 = 75;

/// Runs a program for every message, with the body of a webhook on its standard input and the main facts in its
/// environment, and waits for it.
///
/// A program that ends with 0 has taken the message. One that ends with 75 (`EX_TEMPFAIL`), is ended by a signal, or
/// takes longer than it may is run again later; any other code means that another try would be of no use. No shell is
/// involved. The program gets `PATH`, `HOME` and `LANG` of driftd's environment and nothing else of it. When its time
/// is over it is killed with everything it started, unless that left its process group.
pub struct CommandTransport {
    sender: Sender,
    program: String,
    args: Vec<String>,
    timeout: Duration,
}

impl CommandTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &CommandChannel) -> Result<Self, BuildError> {
        let program = channel.program.clone();
        if !setup.notify().allow_commands {
            let what = "programs are not run unless the configuration says so: set notify.allow_commands = true";
            return Err(setup.unusable("program", what));
        }
        if program.contains('/') && !Path::new(&program).is_file() {
            return Err(setup.unusable("program", format!("there is no program {program}: write where it is")));
        }
        let timeout = channel.timeout.as_duration();
        Ok(Self { sender: Sender::of(setup), program, args: channel.args.clone(), timeout })
    }

    async fn ask(&self, notification: &Notification) -> Result<(), DeliveryError> {
        let body = body(notification, &self.sender)
            .map_err(|error| DeliveryError::permanent(format!("no body can be made: {error}")))?;
        let environment = environment::of(notification, &self.sender);
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
    fn kind(&self) -> &'static str {
        "command"
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(self.ask(notification))
    }
}
