//! librdkafka's log lines on their way to ours.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;

/// Lines in a [`WINDOW`]: a client without brokers writes several a second.
const LIMIT: u32 = 20;
const WINDOW: Duration = Duration::from_secs(30);

/// Log of a client: passes lines on, but not all of a flood, and none with a secret in it.
#[derive(Debug)]
pub(super) struct ClientLog {
    secrets: Secrets,
    /// Debugging lines are written as well.
    is_debugged: bool,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    lines: u32,
}

impl ClientLog {
    pub(super) fn new(secrets: Secrets, is_debugged: bool) -> Self {
        Self { secrets, is_debugged, window: Mutex::new(Window { began: Instant::now(), lines: 0 }) }
    }

    /// The text without secrets.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.secrets.scrub(text)
    }

    /// Writes a line, unless there were too many lately.
    pub(super) fn write(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        // All clients share the properties of one section, and each complains of what is meant for another.
        let is_unwanted = facility == "CONFWARN" || (matches!(level, RDKafkaLogLevel::Debug) && !self.is_debugged);
        if is_unwanted || !self.admits() {
            return;
        }
        let line = self.scrub(text);
        match level {
            // What went wrong is told as the source's trouble; these are the details.
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => tracing::warn!(kafka.facility = facility, "librdkafka: {line}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(kafka.facility = facility, "librdkafka: {line}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(kafka.facility = facility, "librdkafka: {line}"),
        }
    }

    fn admits(&self) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.elapsed() >= WINDOW {
            let dropped = window.lines.saturating_sub(LIMIT);
            if dropped > 0 {
                tracing::warn!(dropped, "librdkafka wrote more lines than are worth repeating");
            }
            *window = Window { began: Instant::now(), lines: 0 };
        }
        window.lines += 1;
        window.lines <= LIMIT
    }
}

/// The values of secrets. Whatever librdkafka says passes through [`Secrets::scrub`] before anybody sees it.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn add(&mut self, secret: &str) {
        // Every text contains the empty one.
        if !secret.is_empty() {
            self.0.push(secret.to_owned());
        }
        // Longest first, in case that one secret is a part of another.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text without the values of secrets.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret(s)", self.0.len())
    }
}
