//! Resolved secrets, and keeping them out of texts.

use std::fmt;

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
