//! What a mail server, or the way to it, had to say against a message.

use std::error::Error as _;

use driftd_model::{DeliveryError, words};
use lettre::Address;
use lettre::transport::smtp::Error;

use super::server::Server;

/// Characters of a server's answer.
const ANSWER: usize = 240;

/// Where in a conversation something went wrong.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Connect,
    Starttls,
    Login(&'a str),
    Sender(&'a Address),
    Recipient(&'a Address),
    Message,
}

/// Something that went wrong.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) said: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The server says not now.
    NotNow,
    /// The server says never.
    Never,
    /// The server cannot do what has to be done.
    Unable,
    /// The other end could not prove who it is, or spoke no TLS.
    Untrusted,
    /// Nobody said anything that makes sense.
    Unreached,
}

impl Fault {
    pub(super) fn of(error: &Error) -> Self {
        let kind = if error.is_permanent() {
            Kind::Never
        } else if error.is_transient() {
            Kind::NotNow
        } else if error.is_client() {
            Kind::Unable
        } else if is_about_tls(error) {
            Kind::Untrusted
        } else {
            Kind::Unreached
        };
        let cause = error.source().map(ToString::to_string);
        let said = match (error.status(), cause) {
            (Some(code), Some(text)) => format!("{code} {text}"),
            (Some(code), None) => code.to_string(),
            (None, Some(cause)) => cause,
            (None, None) => error.to_string(),
        };
        Self { said: words::name(&said, ANSWER), kind }
    }

    /// The same, had it not repeated the password.
    #[must_use]
    pub(super) fn without(mut self, password: &str) -> Self {
        if !password.is_empty() {
            self.said = self.said.replace(password, "***");
        }
        self
    }

    /// Whether the same may work later.
    pub(super) const fn is_worth_retrying(&self) -> bool {
        matches!(self.kind, Kind::NotNow | Kind::Untrusted | Kind::Unreached)
    }

    /// The error, with what to do about it.
    pub(super) fn at(&self, server: &Server, step: &Step<'_>) -> DeliveryError {
        let said = &self.said;
        let what = match (step, self.kind) {
            (Step::Connect | Step::Starttls, Kind::Untrusted) => format!(
                "no TLS with mail server {server}: {said}; check its certificate, and whether tls fits the port"
            ),
            (Step::Connect, _) => format!("mail server {server}: {said}"),
            (Step::Starttls, _) => format!("mail server {server} and STARTTLS: {said}"),
            (Step::Login(user), Kind::Never) => format!(
                "mail server {server} refused the login of {}: {said}; check username and password",
                words::name(user, 60)
            ),
            (Step::Login(user), Kind::Unable) => format!(
                "mail server {server} offers {} no way to log in by password: {said}; leave username and password out, \
                 or check tls and port",
                words::name(user, 60)
            ),
            (Step::Login(user), _) => format!("mail server {server} at the login of {}: {said}", words::name(user, 60)),
            (Step::Sender(address), Kind::Never) => format!(
                "mail server {server} refused the sender {address}: {said}; check from, and whether the server wants a \
                 login"
            ),
            (Step::Recipient(address), Kind::Never) => {
                format!("mail server {server} refused {address}: {said}; check to")
            }
            (Step::Sender(address) | Step::Recipient(address), _) => {
                format!("mail server {server} does not take mail of or for {address} now: {said}")
            }
            (Step::Message, Kind::Never) => {
                format!("mail server {server} refused the message: {said}; ask whoever runs it for the rule")
            }
            (Step::Message, _) => format!("mail server {server} did not take the message: {said}"),
        };
        if self.is_worth_retrying() { DeliveryError::transient(what, None) } else { DeliveryError::permanent(what) }
    }
}

/// Whether the trouble is with TLS: the library says so only deep down.
fn is_about_tls(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(at) = cause {
        let inside = at.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inside = inside.and_then(|inside| inside.downcast_ref::<rustls::Error>());
        if inside.is_some() || at.is::<rustls::Error>() {
            return true;
        }
        cause = at.source();
    }
    error.is_tls()
}
