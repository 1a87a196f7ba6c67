//! What came back, and what it means for the message.

use std::fmt::Write;

use driftd_model::{DeliveryError, words};
use driftd_window::Span;
use hyper::StatusCode;

/// Characters of an answer that are shown.
const SHOWN: usize = 200;

/// What a receiver answered.
pub(crate) struct Answer {
    pub(super) site: String,
    pub(super) status: StatusCode,
    pub(super) wait: Option<Span>,
    pub(super) body: Vec<u8>,
    pub(super) is_whole: bool,
    pub(super) secrets: Vec<String>,
}

impl Answer {
    /// The status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// How long the receiver asks to be left alone.
    pub(crate) const fn wait(&self) -> Option<Span> {
        self.wait
    }

    /// The body, unless some of it was left unread.
    pub(crate) fn body(&self) -> Option<&[u8]> {
        self.is_whole.then_some(&self.body)
    }

    /// Itself when it is a success.
    ///
    /// # Errors
    /// It is none: worth another try if the receiver is busy or broken, otherwise not.
    pub(crate) fn accepted(self) -> Result<Self, DeliveryError> {
        match self.status.as_u16() {
            200..=299 => Ok(self),
            408 | 425 | 429 | 500.. | 0..=199 => Err(DeliveryError::transient(self.told(""), self.wait)),
            code => Err(DeliveryError::permanent(self.told(remedy(code)))),
        }
    }

    /// `https://x answered 404 Not Found: no such channel; check the address`.
    pub(crate) fn told(&self, remedy: &str) -> String {
        let mut text = format!("{} answered {}", self.site, self.status.as_u16());
        // Writing to a String cannot fail.
        if let Some(reason) = self.status.canonical_reason() {
            let _ = write!(text, " {reason}");
        }
        if let Some(body) = self.shown() {
            let _ = write!(text, ": {body}");
        }
        if !remedy.is_empty() {
            let _ = write!(text, "; {remedy}");
        }
        text
    }

    /// The beginning of the body, fit for a log: nothing of it when a secret is anywhere in it.
    fn shown(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        if text.trim().is_empty() || self.has_secret(&text) {
            return None;
        }
        Some(words::name(&text.chars().take(SHOWN).collect::<String>(), SHOWN))
    }

    /// Whether a secret is in the text, as it is or as JSON may spell it.
    fn has_secret(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| {
            let spelt = [secret.clone(), secret.replace('/', "\\/")];
            spelt.iter().any(|secret| !secret.is_empty() && text.contains(secret.as_str()))
        })
    }
}

/// What to do about a refusal.
const fn remedy(status: u16) -> &'static str {
    match status {
        300..=399 => "it redirects, which driftd does not follow: write the final address into the configuration",
        401 | 403 => "check the token, key or address that driftd is given for it",
        404 | 405 => "check its address",
        410 => "it is gone: take it out of the configuration, or give it its new address",
        413 => "the message is too large for it",
        _ => "it does not take such a message; its own log may say why",
    }
}
