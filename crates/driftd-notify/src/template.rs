//! Bodies made by a template.
//!
//! A template is Jinja. It sees `driftd` (the object that driftd's own body has), `title` and `text`, and makes JSON:
//! whatever `{{ … }}` prints is written as JSON, so a text comes out in quotes with everything in it escaped, and no
//! name in the data can break out. A name that is not there is an error, not an empty place.
//!
//! Whatever a template says, it takes the daemon no stack, memory or time that is worth speaking of. What would is refused
//! before it is parsed, filters know their limits, and all of it happens on a thread whose stack is large enough.

mod growth;
mod language;

use std::io;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use driftd_config::WebhookTemplate;
use driftd_window::Timestamp;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind, context};

use crate::data::IncidentData;
use crate::envelope::{Heartbeat, Sender, alive};
use crate::sample::samples;
use crate::text::text;
use crate::view::IncidentView;
use language::Bounded;

/// The template that comes along.
const TEAMS: &str = include_str!("template/teams.json.jinja");
/// Bytes of a template file that are read.
const FILE: u64 = 48 << 10;
/// Bytes it may make.
const BODY: usize = 1 << 20;
/// The one template of the environment.
const NAME: &str = "body";
/// Stack of the thread that parses and renders: several times what the deepest template takes that is not refused.
const STACK: usize = 32 << 20;
/// How long parsing or rendering may take. What takes longer ends by itself, out of everybody's way.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A template that has made a body once.
pub(crate) struct BodyTemplate {
    /// What it is called in errors.
    name: String,
    environment: Arc<Environment<'static>>,
}

impl BodyTemplate {
    /// Reads a template and makes a message of an example with it, and a sign of life if there are to be any.
    ///
    /// # Errors
    /// What is wrong with it, for the one who wrote it.
    pub(crate) fn read(template: &WebhookTemplate, sender: &Sender, heartbeat: bool) -> Result<Self, String> {
        let made = match template {
            WebhookTemplate::Teams => Self::parse("\"teams\"".to_owned(), TEAMS.to_owned())?,
            WebhookTemplate::File(path) => Self::parse(format!("file {}", path.display()), load(path)?)?,
        };
        let now = Timestamp::from_micros(0);
        for (what, notification) in samples() {
            let view = IncidentView::of(&notification);
            made.render(context_of(&view)).map_err(|why| made.said(&format!("makes no body of {what}: {why}")))?;
        }
        if heartbeat {
            made.render(context_of_life(now, sender)).map_err(|why| {
                made.said(&format!(
                    "makes no body of a heartbeat, for which driftd.schema is \"driftd.heartbeat/1\": {why}"
                ))
            })?;
        }
        Ok(made)
    }

    fn parse(name: String, source: String) -> Result<Self, String> {
        let environment = apart(move || {
            growth::check(&source)?;
            let mut environment = language::environment();
            environment.add_template_owned(NAME, source).map_err(|error| described(&error))?;
            Ok(environment)
        });
        match environment {
            Ok(environment) => Ok(Self { name, environment: Arc::new(environment) }),
            Err(why) => Err(format!("{name}: {why}")),
        }
    }

    /// The body that tells of a notification.
    pub(crate) fn body(&self, view: &IncidentView<'_>) -> Result<Vec<u8>, String> {
        self.render(context_of(view)).map_err(|why| self.said(&why))
    }

    /// The body of a sign of life.
    pub(crate) fn heartbeat(&self, now: Timestamp, sender: &Sender) -> Result<Vec<u8>, String> {
        self.render(context_of_life(now, sender)).map_err(|why| self.said(&why))
    }

    fn render(&self, context: Value) -> Result<Vec<u8>, String> {
        let environment = Arc::clone(&self.environment);
        let body = apart(move || {
            let template = environment.get_template(NAME).map_err(|error| described(&error))?;
            let mut body = Bounded::new(BODY);
            template.render_captured_to(context, &mut body).map_err(|error| described(&error))?;
            Ok(body.bytes)
        })?;
        // Text around the places is the template's own and may be no JSON.
        match serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
            Ok(_) => Ok(body),
            Err(error) => Err(format!("it is no JSON: {error}")),
        }
    }

    fn said(&self, what: &str) -> String {
        format!("{}: {what}", self.name)
    }
}

fn context_of(view: &IncidentView<'_>) -> Value {
    let driftd = Value::from(Serde(IncidentData::of(view)));
    context! { driftd, title => view.subject.clone(), text => text(view) }
}

fn context_of_life(now: Timestamp, sender: &Sender) -> Value {
    let driftd = Value::from(Serde(Heartbeat::at(now, sender)));
    context! { driftd, title => "[HEARTBEAT] driftd", text => alive(sender) }
}

/// Does it on a thread with a stack that is known.
fn apart<T: Send + 'static>(act: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    let (done, answer) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("template".to_owned()).stack_size(STACK);
    thread
        .spawn(move || {
            // Nobody listens any more once it has taken too long.
            let _ = done.send(act());
        })
        .map_err(|error| format!("no thread can be started for it: {error}"))?;
    match answer.recv_timeout(TIMEOUT) {
        Ok(made) => made,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(format!("it takes longer than {} s: let it do less", TIMEOUT.as_secs()))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err("it breaks the template engine: write it differently".to_owned())
        }
    }
}

fn load(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("file {} cannot be read: {error}", path.display());
    let mut source = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let read = io::Read::read_to_string(&mut io::Read::take(file, FILE + 1), &mut source).map_err(unreadable)?;
    if read as u64 > FILE {
        return Err(format!("file {} is longer than {} KiB: a template is smaller", path.display(), FILE >> 10));
    }
    Ok(source)
}

/// What is wrong and in which line.
fn described(error: &minijinja::Error) -> String {
    let mut text = error.kind().to_string();
    if let Some(detail) = error.detail() {
        text = format!("{text}: {detail}");
    }
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    match error.kind() {
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest => {
            text += "; docs/operators.md lists what templates know";
        }
        ErrorKind::OutOfFuel => text += ": it goes through too much, let it do less",
        _ => {}
    }
    match error.line() {
        Some(line) => format!("line {line}: {text}"),
        None => text,
    }
}

#[cfg(test)]
mod tests;
