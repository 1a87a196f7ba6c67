//! Sections of keys, each on a line of its own.

use serde::Serialize;
use toml::ser::ValueSerializer;

/// Writes TOML with inline tables for all that is no section, so that a threshold takes one line and not three.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
}

impl Writer {
    /// Begins a section, `[store]` or `[[monitor]]`.
    pub(super) fn section(&mut self, header: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(header);
        self.text.push('\n');
    }

    /// Writes a key.
    pub(super) fn key(&mut self, key: &str, value: &impl Serialize) {
        let mut written = String::new();
        // What is written are text, numbers, lists and string-keyed maps, all of which TOML has; should that change,
        // the text does not load and the round-trip tests say so.
        if let Err(error) = value.serialize(ValueSerializer::new(&mut written)) {
            written = format!("!{error}");
        }
        self.text.push_str(&quoted(key));
        self.text.push_str(" = ");
        self.text.push_str(&written);
        self.text.push('\n');
    }

    /// Writes a key that may be left out.
    pub(super) fn optional(&mut self, key: &str, value: Option<&impl Serialize>) {
        if let Some(value) = value {
            self.key(key, value);
        }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The key, quoted unless it is a bare one.
fn quoted(key: &str) -> String {
    if crate::tree::is_bare(key) {
        return key.to_owned();
    }
    let mut text = String::from("\"");
    for c in key.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            // Basic strings have four-digit escapes; control characters need no more.
            c if c.is_control() => text.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
