//! Bodies made by a template.
//!
//! A template is Jinja. It sees `driftd` (the object that driftd's own body has), `title` and `text`, and makes JSON:
//! whatever `{{ … }}` prints is written as JSON, so a text comes out in quotes with everything in it escaped, and no
//! name in the data can break out. A name that is not there is an error, not an empty place.

use std::io;
use std::path::Path;

use driftd_config::WebhookTemplate;
use driftd_model::words;
use driftd_window::Timestamp;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use crate::data::IncidentData;
use crate::envelope::{Heartbeat, Sender, alive};
use crate::sample::samples;
use crate::text::text;
use crate::view::IncidentView;

/// The template that comes along.
const TEAMS: &str = include_str!("template/teams.json.jinja");
/// Instructions a template may take: some hundred times what a message needs.
const FUEL: u64 = 2_000_000;
/// How deep it may go.
const DEPTH: usize = 64;
/// Bytes of a template file that are read.
const FILE: u64 = 256 << 10;
/// Bytes it may make.
const BODY: usize = 1 << 20;
/// The one template of the environment.
const NAME: &str = "body";

/// A template that has made a body once.
pub(crate) struct BodyTemplate {
    environment: Environment<'static>,
}

impl BodyTemplate {
    /// Reads a template and makes a message of an example with it, and a sign of life if there are to be any.
    ///
    /// # Errors
    /// What is wrong with it, for the one who wrote it.
    pub(crate) fn read(template: &WebhookTemplate, sender: &Sender, heartbeat: bool) -> Result<Self, String> {
        let made = match template {
            WebhookTemplate::Teams => Self::parse(TEAMS.to_owned())?,
            WebhookTemplate::File(path) => Self::parse(load(path)?)?,
        };
        let now = Timestamp::from_micros(0);
        for (what, notification) in samples() {
            made.body(&IncidentView::of(&notification)).map_err(|why| format!("makes no body of {what}: {why}"))?;
        }
        if heartbeat {
            made.heartbeat(now, sender).map_err(|why| {
                format!("makes no body of a heartbeat, for which driftd.schema is \"driftd.heartbeat/1\": {why}")
            })?;
        }
        Ok(made)
    }

    fn parse(source: String) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Json);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        environment.set_debug(false);
        // A name fit for one line, as in all of driftd's own texts.
        environment.add_filter("name", |text: &str, most: Option<usize>| words::name(text, most.unwrap_or(60)));
        environment.add_filter("number", |x: Option<f64>| x.map_or_else(|| "infinite".to_owned(), words::number));
        environment.add_filter("percent", |x: Option<f64>| x.map_or_else(|| "unknown".to_owned(), words::percent));
        environment.add_template_owned(NAME, source).map_err(|error| described(&error))?;
        Ok(Self { environment })
    }

    /// The body that tells of a notification.
    pub(crate) fn body(&self, view: &IncidentView<'_>) -> Result<Vec<u8>, String> {
        let driftd = Value::from(Serde(IncidentData::of(view)));
        self.render(context! { driftd, title => view.subject.clone(), text => text(view) })
    }

    /// The body of a sign of life.
    pub(crate) fn heartbeat(&self, now: Timestamp, sender: &Sender) -> Result<Vec<u8>, String> {
        let driftd = Value::from(Serde(Heartbeat::at(now, sender)));
        self.render(context! { driftd, title => "[HEARTBEAT] driftd", text => alive(sender) })
    }

    fn render(&self, context: Value) -> Result<Vec<u8>, String> {
        let template = self.environment.get_template(NAME).map_err(|error| described(&error))?;
        let mut body = Bounded(Vec::new());
        template.render_captured_to(context, &mut body).map_err(|error| described(&error))?;
        // Text around the places is the template's own and may be no JSON.
        match serde_json::from_slice::<serde::de::IgnoredAny>(&body.0) {
            Ok(_) => Ok(body.0),
            Err(error) => Err(format!("it is no JSON: {error}")),
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
    match error.line() {
        Some(line) => format!("line {line}: {text}"),
        None => text,
    }
}

/// Takes so many bytes and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > BODY {
            return Err(io::Error::other("it makes more than 1 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
