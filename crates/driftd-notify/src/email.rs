//! E-mail over SMTP.

mod fault;
mod headers;
mod heard;
mod idle;
mod message;
mod server;
mod session;

use std::time::Duration;

use driftd_config::{EmailChannel, SecretError, SmtpLogin, SmtpTls};
use driftd_model::{BoxFuture, DeliveryError, Notification, Transport, words};
use driftd_window::Timestamp;
use lettre::message::Mailbox;

use crate::SecretResolver;
use crate::factory::{BuildError, Setup};
use heard::Heard;
use idle::Idle;
use server::Server;
use session::Session;

/// Longest time for one message, from the connection to the server's last word.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What is set by whoever puts the daemon, or a test, together.
#[derive(Clone, Debug)]
pub struct EmailOptions {
    /// Longest time for one message, from the connection to the server's last word.
    pub timeout: Duration,
    /// Certificates in PEM that are trusted besides those of the machine.
    pub roots: Vec<String>,
}

impl Default for EmailOptions {
    fn default() -> Self {
        Self { timeout: TIMEOUT, roots: Vec::new() }
    }
}

/// Sends every message as one mail to all addresses of a receiver.
///
/// A mail is handed over once at least one address has been accepted. Addresses that are refused for good are logged
/// and left out; those that are refused for now make the delivery fail in a way that is worth another try, and the
/// next try goes to them only. The mails of one incident refer to one root, so mail clients thread them, and a message
/// keeps its `Message-ID` over every try.
#[derive(Debug)]
pub struct EmailTransport {
    server: Server,
    from: Mailbox,
    to: Vec<Mailbox>,
    login: Option<SmtpLogin>,
    secrets: Secrets,
    timeout: Duration,
    idle: Idle,
    heard: Heard,
}

/// A channel that no mail can be sent by.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// The password is not where the configuration says.
    #[error("{0}")]
    Password(#[from] SecretError),
    /// A value that cannot be used.
    #[error("{what}")]
    Unusable {
        /// The key below `email`.
        key: &'static str,
        /// Why not, and what to do about it.
        what: String,
    },
}

impl EmailError {
    /// The key below `email` that has to be mended.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Password(_) => "password",
            Self::Unusable { key, .. } => key,
        }
    }

    fn unusable(key: &'static str, what: impl Into<String>) -> Self {
        Self::Unusable { key, what: what.into() }
    }
}

/// A source of secrets, which prints as nothing.
#[derive(Clone)]
struct Secrets(SecretResolver);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(***)")
    }
}

impl EmailTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &EmailChannel) -> Result<Self, BuildError> {
        Self::new(channel, setup.secrets()).map_err(|error| {
            let key = error.key();
            match error {
                EmailError::Password(source) => setup.missing(key, source),
                EmailError::Unusable { what, .. } => setup.unusable(key, what),
            }
        })
    }

    /// A transport for `channel`. Nothing is connected yet, but the password is looked up, so that a missing one is
    /// known at the start; it is looked up again for each new connection.
    ///
    /// # Errors
    /// An address, the server or the password cannot be used, or the password would cross a network in the clear.
    pub fn new(channel: &EmailChannel, secrets: SecretResolver) -> Result<Self, EmailError> {
        Self::with_options(channel, secrets, &EmailOptions::default())
    }

    /// The same, set up differently.
    ///
    /// # Errors
    /// As [`new`](Self::new), or a certificate cannot be read.
    pub fn with_options(
        channel: &EmailChannel,
        secrets: SecretResolver,
        options: &EmailOptions,
    ) -> Result<Self, EmailError> {
        let from = message::mailbox(&channel.from).map_err(|what| EmailError::unusable("from", what))?;
        let to: Result<Vec<Mailbox>, String> = channel.to.iter().map(message::mailbox).collect();
        let to = to.map_err(|what| EmailError::unusable("to", what))?;
        if to.is_empty() {
            return Err(EmailError::unusable("to", "nobody would get the mail: name at least one address"));
        }
        let server = Server::new(&channel.smtp, channel.tls, from.email.domain(), &options.roots)?;
        if let Some(login) = &channel.login {
            if channel.tls == SmtpTls::None && !server.is_loopback() {
                let what = format!(
                    "\"none\" would send the password of {} over the network in the clear: use \"starttls\" or \"tls\", \
                     or leave username and password out",
                    words::name(&login.username, 60)
                );
                return Err(EmailError::unusable("tls", what));
            }
            secrets(&login.password)?;
        }
        Ok(Self {
            server,
            from,
            to,
            login: channel.login.clone(),
            secrets: Secrets(secrets),
            timeout: options.timeout,
            idle: Idle::default(),
            heard: Heard::default(),
        })
    }

    /// The mail for `notification` as it crosses the wire at `now`.
    ///
    /// # Errors
    /// No mail can be made of it.
    pub fn mail(&self, notification: &Notification, now: Timestamp) -> Result<Vec<u8>, DeliveryError> {
        message::message(notification, now, &self.from, &self.to)
    }

    async fn send(&self, notification: &Notification, now: Timestamp) -> Result<(), DeliveryError> {
        let mail = self.mail(notification, now)?;
        let waiting = self.heard.waiting(&notification.key, &self.to);
        let mut session = self.session().await?;
        let handed = session.hand_over(&self.from.email, &waiting, &mail, &self.server).await?;
        self.heard.note(&notification.key, &handed.accepted);
        self.idle.keep(session);
        for (address, fault) in &handed.refused {
            if !fault.is_worth_retrying() && !handed.accepted.is_empty() {
                tracing::warn!(
                    notification.key = notification.key.short(),
                    mail.to = %address,
                    "mail server refused one of several addresses: {}", fault.said
                );
                // Asking again would only be refused again.
                self.heard.note(&notification.key, std::slice::from_ref(address));
            }
        }
        handed.outcome(&self.server)
    }

    /// A connection that is ready to take a message: the last one, if it still answers.
    async fn session(&self) -> Result<Session, DeliveryError> {
        if let Some(mut session) = self.idle.take()
            && session.answers().await
        {
            return Ok(session);
        }
        let login = match &self.login {
            None => None,
            Some(login) => {
                let password = (self.secrets.0)(&login.password).map_err(|error| {
                    DeliveryError::transient(format!("no password for the mail server: {error}"), None)
                })?;
                Some((login.username.as_str(), password))
            }
        };
        Session::open(&self.server, login).await
    }
}

impl Transport for EmailTransport {
    fn kind(&self) -> &'static str {
        "email"
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            // A connection belongs to the future that uses it: when that ends early, an answer may still be on its way,
            // which the next message would take for its own.
            match tokio::time::timeout(self.timeout, self.send(notification, now)).await {
                Ok(done) => done,
                Err(_) => {
                    let seconds = self.timeout.as_secs_f64();
                    Err(DeliveryError::transient(
                        format!("mail server {} did not take the message within {seconds} s", self.server),
                        None,
                    ))
                }
            }
        })
    }
}
