//! What came back, and what it means for the message.

use std::fmt::Write;

use driftd_model::{DeliveryError, words};
use driftd_window::{Span, Timestamp};
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;

use super::Request;

/// Characters of a body that are shown.
const SHOWN: usize = 200;
/// The longest anybody is left alone for: an alert that waits a day is none.
const LONGEST_WAIT: Span = Span::from_hours(1);

/// What a receiver answered.
pub(crate) struct Response {
    site: String,
    status: StatusCode,
    retry_after: Option<Span>,
    body: Vec<u8>,
    is_whole: bool,
    secrets: Vec<String>,
}

impl Response {
    /// Reads as much of the body as the request wants. The status has arrived by now and decides; a body that stops or
    /// hangs takes nothing of that back.
    pub(super) async fn read(mut response: reqwest::Response, request: &Request, now: Timestamp) -> Self {
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
        let (mut body, mut is_whole) = (Vec::new(), true);
        while let Ok(Some(piece)) = response.chunk().await {
            let room = request.response_bytes - body.len();
            body.extend_from_slice(piece.get(..room).unwrap_or(&piece));
            is_whole = piece.len() <= room;
            if !is_whole {
                break;
            }
        }
        let (site, secrets) = (request.target.site(), request.secrets.clone());
        Self { site, status: response.status(), retry_after: wait, body, is_whole, secrets }
    }

    /// The status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// How long the receiver asks to be left alone.
    pub(crate) const fn retry_after(&self) -> Option<Span> {
        self.retry_after
    }

    /// The body, unless some of it was left unread.
    pub(crate) fn body(&self) -> Option<&[u8]> {
        self.is_whole.then_some(&self.body)
    }

    /// Itself when it is a success.
    ///
    /// # Errors
    /// It is none: worth another try if the receiver is busy or broken, or may be under way (moved, not found, a token that
    /// it does not know yet), otherwise not.
    pub(crate) fn accepted(self) -> Result<Self, DeliveryError> {
        match self.status.as_u16() {
            200..=299 => Ok(self),
            408 | 425 | 429 | 500.. | 0..=199 => Err(DeliveryError::transient(self.described(""), self.retry_after)),
            code @ (300..=399 | 401 | 403..=405) => {
                Err(DeliveryError::refused(self.described(remedy(code)), self.retry_after))
            }
            code => Err(DeliveryError::permanent(self.described(remedy(code)))),
        }
    }

    /// `https://x answered 404 Not Found: no such channel; check the address`.
    pub(crate) fn described(&self, remedy: &str) -> String {
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

/// A `Retry-After`: so many seconds, or a date.
fn retry_after(value: &str, now: Timestamp) -> Option<Span> {
    let value = value.trim();
    let asked = if value.bytes().all(|b| b.is_ascii_digit()) && !value.is_empty() {
        // More digits than a number has are a long time.
        Span::from_secs(value.parse().unwrap_or(u32::MAX))
    } else {
        let at = httpdate::parse_http_date(value).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Timestamp::from_micros(i64::try_from(at.as_micros()).ok()?).since(now)
    };
    Some(asked.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood_and_capped() {
        let now: Timestamp = "2013-07-08T00:00:00Z".parse().unwrap();
        let after = |text: &str| retry_after(text, now).map(|span| span.to_string());
        assert_eq!(after("30").as_deref(), Some("30s"));
        assert_eq!(after(" 0 ").as_deref(), Some("0s"));
        assert_eq!(after("86400").as_deref(), Some("1h"));
        assert_eq!(after("99999999999999999999999").as_deref(), Some("1h"));
        assert_eq!(after("Mon, 08 Jul 2013 00:02:00 GMT").as_deref(), Some("2m"));
        assert_eq!(after("Mon, 08 Jul 2013 07:00:00 GMT").as_deref(), Some("1h"));
        assert_eq!(after("Sun, 07 Jul 2013 00:00:00 GMT").as_deref(), Some("0s"));
        for nothing in ["", "soon", "-5", "1.5", "Mon, 38 Jul 2013 00:02:00 GMT"] {
            assert_eq!(after(nothing), None, "{nothing}");
        }
    }
}
