//! E-mail over SMTP.

mod smtp;

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use driftd_config::{EmailAddress, EmailChannel, Secret, SmtpLogin, SmtpTls};
use driftd_model::{BoxFuture, ContentHash, DeliveryError, Notification, Transport, words};
use driftd_window::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use crate::html::email_html;
use crate::http::AddressPolicy;
use crate::setup::{BuildError, SecretSource, Setup};
use crate::text::text;
use crate::view::IncidentView;
pub(crate) use smtp::usual_port;
use smtp::{Failure, Server, Session};

/// Longest time for one message, from the connection to the server's last word.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// Characters of a subject line.
const SUBJECT: usize = 240;
/// The last second of the year 9999, beyond which a mail cannot be dated.
const LAST_SECOND: u64 = 253_402_300_799;
/// Messages whose recipients are remembered; there is one under way at a time, and few that wait for another try.
const MESSAGES: usize = 64;

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
        Self { timeout: DELIVERY_TIMEOUT, roots: Vec::new() }
    }
}

/// Sends every message to each address of a receiver: one mail that names all of them, handed over once for each.
///
/// A message is delivered once at least one address has been accepted. Addresses that are refused for good are logged
/// and left out; those that are refused for now make the delivery fail in a way that is worth another try, and the
/// next try goes to them only. The mails of one incident refer to one root, so mail clients thread them, and a message
/// keeps its `Message-ID` over every try.
pub struct EmailTransport {
    server: Server,
    from: Mailbox,
    to: Vec<Mailbox>,
    /// The user, and the password as it is when it is needed.
    login: Option<(String, SecretSource)>,
    timeout: Duration,
    /// Connections to the server, while no message is under way.
    session: Mutex<Option<Session>>,
    results: RecipientResults,
}

/// A key below `email` that cannot be used, and why not.
type Unusable = (&'static str, String);

impl EmailTransport {
    pub(crate) fn configured(
        setup: &Setup<'_>,
        channel: &EmailChannel,
        options: &EmailOptions,
    ) -> Result<Self, BuildError> {
        let from = mailbox(&channel.from);
        let to: Vec<Mailbox> = channel.to.iter().map(mailbox).collect();
        if to.is_empty() {
            return Err(setup.unusable("to", "nobody would get the mail: name at least one address"));
        }
        let policy = AddressPolicy { allow_link_local: setup.notify.allow_link_local };
        let server = Server::new(&channel.smtp, channel.tls, from.email.domain(), policy, options)
            .map_err(|(key, what)| setup.unusable(key, what))?;
        let login = channel.login.as_ref().map(|SmtpLogin { username, password }| {
            if channel.tls == SmtpTls::None && !server.is_loopback() {
                let what = format!(
                    "\"none\" would send the password of {} over the network in the clear: use \"starttls\" or \"tls\", \
                     or leave username and password out",
                    words::name(username, 60)
                );
                return Err(setup.unusable("tls", what));
            }
            Ok((username.clone(), setup.secret("password", password)?))
        });
        Ok(Self {
            login: login.transpose()?,
            server,
            from,
            to,
            timeout: options.timeout,
            session: Mutex::default(),
            results: RecipientResults::default(),
        })
    }

    /// The mail for `notification` as it crosses the wire at `now`: in seven bits and short lines whatever things are
    /// called.
    ///
    /// # Errors
    /// No mail can be made of it.
    pub fn mail(&self, notification: &Notification, now: Timestamp) -> Result<Vec<u8>, DeliveryError> {
        let view = IncidentView::of(notification);
        let host = self.from.email.domain();
        let host: String = host.chars().map(|c| if is_host_letter(c) { c } else { '-' }).collect();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(words::name(&view.subject, SUBJECT))
            .date(date(now))
            .message_id(Some(format!("<{}@{host}>", plain(notification.key.as_str()))))
            .header(AutoSubmitted)
            .header(AutoResponseSuppress);
        for mailbox in &self.to {
            builder = builder.to(mailbox.clone());
        }
        if !view.is_test() {
            // The root was never sent. Every mail of an incident hangs from it all the same, whichever comes first.
            let root = format!("<incident-{}@{host}>", plain(notification.incident.id.as_str()));
            builder = builder.in_reply_to(root.clone()).references(root);
        }
        // No line of a quoted-printable part reads like this boundary: there an equals sign has two digits behind it.
        let boundary = format!("=_driftd_{}", plain(notification.key.short()));
        let parts = MultiPart::alternative()
            .boundary(boundary)
            .singlepart(part(text(&view), ContentType::TEXT_PLAIN))
            .singlepart(part(email_html(&view)?, ContentType::TEXT_HTML));
        let message = builder.multipart(parts);
        let message = message.map_err(|error| DeliveryError::permanent(format!("no mail can be made: {error}")))?;
        Ok(message.formatted())
    }

    async fn send(&self, notification: &Notification, now: Timestamp) -> Result<(), DeliveryError> {
        let (key, mail) = (&notification.key, self.mail(notification, now)?);
        let session = self.session().await?;
        let mut is_accepted = false;
        let mut refused: Vec<(Address, Failure)> = Vec::new();
        for address in self.results.pending(key, &self.to) {
            match session.send(&self.server, &self.from.email, &address, &mail).await {
                Ok(()) => {
                    self.results.settle(key, address);
                    is_accepted = true;
                }
                Err(failure) if failure.is_about_recipient() => refused.push((address, failure)),
                Err(failure) => return Err(failure.into()),
            }
        }
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        let later = refused.iter().position(|(_, failure)| failure.is_worth_retrying());
        let told = later.or((!is_accepted && !refused.is_empty()).then_some(0)).map(|index| refused.remove(index).1);
        for (address, failure) in refused {
            if is_accepted && !failure.is_worth_retrying() {
                tracing::warn!(
                    notification.key = key.short(),
                    mail.to = %address,
                    "mail server refused one of several addresses: {failure}"
                );
                // Asking again would only be refused again.
                self.results.settle(key, address);
            }
        }
        told.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// The connections to the server with the password as it is now: those of the last message, if it is the same.
    ///
    /// They belong to the future that uses them: when that ends early, an answer may still be on its way, which the
    /// next message would take for its own.
    async fn session(&self) -> Result<Session, DeliveryError> {
        let kept = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        let login: Option<(&str, Secret)> = match &self.login {
            None => None,
            Some((user, password)) => Some((user.as_str(), password.get()?)),
        };
        match kept {
            Some(session) if session.is_for(login.as_ref()) => Ok(session),
            _ => Ok(Session::open(&self.server, login).await?),
        }
    }
}

impl Transport for EmailTransport {
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
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

impl fmt::Debug for EmailTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailTransport({})", self.server)
    }
}

/// Who needs a message no more, where not everybody got it at the first try. It forgets over a restart, and then
/// somebody gets a mail twice, by the same `Message-ID`.
#[derive(Debug, Default)]
struct RecipientResults(Mutex<VecDeque<(ContentHash, Vec<Address>)>>);

impl RecipientResults {
    /// Who of `all` has still to get the message.
    fn pending(&self, key: &ContentHash, all: &[Mailbox]) -> Vec<Address> {
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = messages.iter().find(|(known, _)| known == key).map_or(&[][..], |(_, settled)| settled);
        let pending = all.iter().map(|to| &to.email).filter(|to| !settled.contains(to));
        let pending: Vec<Address> = pending.cloned().collect();
        // A message that everybody has and that is sent again was not settled in time: at least once means again.
        if pending.is_empty() { all.iter().map(|to| to.email.clone()).collect() } else { pending }
    }

    /// Notes that one has it, or never will.
    fn settle(&self, key: &ContentHash, address: Address) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match messages.iter_mut().find(|(known, _)| known == key) {
            Some((_, settled)) => settled.push(address),
            None => messages.push_back((key.clone(), vec![address])),
        }
        if messages.len() > MESSAGES {
            messages.pop_front();
        }
    }
}

/// An address of the configuration, which may have a name.
fn mailbox(address: &EmailAddress) -> Mailbox {
    Mailbox::new(address.name().map(|name| words::name(name, 80)), address.address().clone())
}

fn part(text: String, kind: ContentType) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    // Any text can be written in this encoding; were it not so, the best one is chosen.
    let body = Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new);
    SinglePart::builder().header(kind).body(body)
}

fn date(now: Timestamp) -> SystemTime {
    let seconds = u64::try_from(now.as_micros()).unwrap_or_default() / 1_000_000;
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND))
}

/// Letters and digits only, for places where nothing else may stand.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

const fn is_host_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

macro_rules! fixed_header {
    ($(#[$doc:meta])* $type:ident, $name:literal, $value:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        struct $type;

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}

fixed_header!(
    /// RFC 3834: a machine wrote this, so no out-of-office notes.
    AutoSubmitted,
    "Auto-Submitted",
    "auto-generated"
);
fixed_header!(
    /// The same for Exchange.
    AutoResponseSuppress,
    "X-Auto-Response-Suppress",
    "All"
);
