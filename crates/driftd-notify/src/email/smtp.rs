//! The mail server, the connections to it, and what it or the way to it may have against a message.

use std::error::Error as _;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use driftd_config::{Secret, SmtpTls, SmtpUrl};
use driftd_model::{DeliveryError, words};
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::runtime::Handle;

use super::{EmailOptions, Unusable};
use crate::http::{AddressPolicy, causes};

/// Longest time to connect to one of the addresses a name stands for: where one leads nowhere, the next has its turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept: incidents come in swarms, and then there is nothing to say for days.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a server's answer.
const ANSWER: usize = 240;

/// A mail server: where it is, and how the connection to it is protected.
#[derive(Clone)]
pub(super) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    /// What driftd calls itself.
    hello: ClientId,
    policy: AddressPolicy,
}

impl Server {
    /// The server at `url`, spoken to by somebody at `domain`; or what cannot be used of it.
    pub(super) fn new(
        url: &SmtpUrl,
        tls: SmtpTls,
        domain: &str,
        policy: AddressPolicy,
        options: &EmailOptions,
    ) -> Result<Self, Unusable> {
        let (host, port) = (url.host().to_owned(), url.port().unwrap_or(usual_port(tls)));
        if let Ok(literal) = host.parse::<IpAddr>() {
            policy.check(literal).map_err(|forbidden| ("smtp", forbidden.to_string()))?;
        }
        let tls = match tls {
            SmtpTls::None => Tls::None,
            SmtpTls::Starttls => Tls::Required(parameters(&host, &options.roots)?),
            SmtpTls::Tls => Tls::Wrapper(parameters(&host, &options.roots)?),
        };
        Ok(Self { host, port, tls, hello: ClientId::Domain(domain.to_owned()), policy })
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The addresses it may be reached at.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let unreached = |said: String| Failure { what: format!("mail server {self}: {said}"), kind: Kind::Unreached };
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|error| unreached(words::name(&error.to_string(), ANSWER)))?;
        self.policy
            .allowed(found)
            .map_err(|why| Failure { what: format!("mail server {self} is not asked: {why}"), kind: Kind::Unusable })
    }
}

/// The usual port of a protection, where none is named.
pub(crate) const fn usual_port(tls: SmtpTls) -> u16 {
    match tls {
        SmtpTls::Starttls => 587,
        SmtpTls::Tls => 465,
        SmtpTls::None => 25,
    }
}

/// TLS towards `host`, checked against the certificates of the machine and `roots`.
fn parameters(host: &str, roots: &[String]) -> Result<TlsParameters, Unusable> {
    let unusable =
        |error: Error| ("tls", format!("TLS cannot be set up: {error}; check the certificates of this machine"));
    let mut builder = TlsParameters::builder(host.to_owned());
    for root in roots {
        builder = builder.add_root_certificate(Certificate::from_pem(root.as_bytes()).map_err(unusable)?);
    }
    builder.build().map_err(unusable)
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Protected and logged in connections to one address of a server.
pub(super) struct Session {
    /// There until it is dropped.
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
    /// Where the pool's own tasks run.
    runtime: Handle,
    login: Option<(String, Secret)>,
}

impl Session {
    /// Connects to the first address that answers, protects the connection and logs in.
    pub(super) async fn open(server: &Server, login: Option<(&str, Secret)>) -> Result<Self, Failure> {
        let login = login.map(|(user, password)| (user.to_owned(), password));
        let mut failure = None;
        for address in server.addresses().await? {
            // The very address that was looked at; TLS asks for the name.
            let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
                .port(address.port())
                .hello_name(server.hello.clone())
                .timeout(Some(CONNECT_TIMEOUT))
                .tls(server.tls.clone())
                .pool_config(PoolConfig::new().max_size(1).idle_timeout(IDLE_TIMEOUT));
            if let Some((user, password)) = &login {
                builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
            }
            let session = Self { smtp: Some(builder.build()), runtime: Handle::current(), login: login.clone() };
            match session.smtp().test_connection().await {
                Ok(_) => {
                    session.recycle().await;
                    return Ok(session);
                }
                Err(error) => match Failure::of(&error, server, &session, None) {
                    unreached if unreached.kind == Kind::Unreached => failure = Some(unreached),
                    other => return Err(other),
                },
            }
        }
        let nowhere = || Failure { what: format!("mail server {server} has no address"), kind: Kind::Unreached };
        Err(failure.unwrap_or_else(nowhere))
    }

    /// Whether it was opened with that login.
    pub(super) fn is_for(&self, login: Option<&(&str, Secret)>) -> bool {
        let own = self.login.as_ref().map(|(user, password)| (user.as_str(), password));
        own == login.map(|(user, password)| (*user, password))
    }

    /// Hands `mail` over for one recipient.
    pub(super) async fn send(&self, server: &Server, from: &Address, to: &Address, mail: &[u8]) -> Result<(), Failure> {
        let envelope = Envelope::new(Some(from.clone()), vec![to.clone()])
            .map_err(|error| Failure { what: format!("no mail can be made: {error}"), kind: Kind::Unusable })?;
        let sent = self.smtp().send_raw(&envelope, mail).await;
        self.recycle().await;
        sent.map(drop).map_err(|error| Failure::of(&error, server, self, Some(to)))
    }

    #[expect(clippy::expect_used, reason = "only drop takes it")]
    fn smtp(&self) -> &AsyncSmtpTransport<Tokio1Executor> {
        self.smtp.as_ref().expect("a session that is not dropped")
    }

    /// Lets the pool take the connection back, which it does in a task of its own: otherwise the next mail would open
    /// another one.
    async fn recycle(&self) {
        tokio::task::yield_now().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The pool says goodbye to its connections in a task of its own, wherever it is dropped. Where the runtime is over,
        // the task is over as it begins, and the connections with it.
        let _entered = self.runtime.enter();
        drop(self.smtp.take());
    }
}

/// Why a mail was not handed over, with what to do about it.
#[derive(Debug)]
pub(super) struct Failure {
    what: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The server refuses this mail to this recipient for now.
    RefusedNow,
    /// The server refuses this mail to this recipient for good.
    Refused,
    /// The server refuses to talk for now, or cannot prove who it is.
    NotNow,
    /// The server cannot do what has to be done, or refuses the login.
    Unusable,
    /// Nobody said anything that makes sense.
    Unreached,
}

impl Failure {
    /// What an error of the library means.
    fn of(error: &Error, server: &Server, session: &Session, to: Option<&Address>) -> Self {
        let said = said(error, session);
        let user = session.login.as_ref().map(|(user, _)| words::name(user, 60));
        let code = error.status().map(u16::from);
        let (kind, what) = match (code, user, to) {
            (Some(530 | 534 | 535 | 538), Some(user), _) => (
                Kind::Unusable,
                format!("mail server {server} refused the login of {user}: {said}; check username and password"),
            ),
            (Some(400..500), _, Some(to)) => {
                (Kind::RefusedNow, format!("mail server {server} does not take the mail for {to} now: {said}"))
            }
            (Some(_), _, Some(to)) => (
                Kind::Refused,
                format!(
                    "mail server {server} refused the mail for {to}: {said}; check to and from, and whether the server \
                     wants a login"
                ),
            ),
            (Some(400..500), _, None) => (Kind::NotNow, format!("mail server {server}: {said}")),
            (Some(_), _, None) => (Kind::Unusable, format!("mail server {server}: {said}")),
            (None, user, _) if error.is_client() => (Kind::Unusable, unable(server, &said, user.as_deref())),
            (None, ..) if is_about_tls(error) => (
                Kind::NotNow,
                format!(
                    "no TLS with mail server {server}: {said}; check its certificate, and whether tls fits the port"
                ),
            ),
            (None, ..) => (Kind::Unreached, format!("mail server {server}: {said}")),
        };
        Self { what, kind }
    }

    /// Whether others may get the mail all the same.
    pub(super) const fn is_about_recipient(&self) -> bool {
        matches!(self.kind, Kind::RefusedNow | Kind::Refused)
    }

    /// Whether the same may work later.
    pub(super) const fn is_worth_retrying(&self) -> bool {
        matches!(self.kind, Kind::RefusedNow | Kind::NotNow | Kind::Unreached)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<Failure> for DeliveryError {
    fn from(failure: Failure) -> Self {
        if failure.is_worth_retrying() { Self::transient(failure.what, None) } else { Self::permanent(failure.what) }
    }
}

/// The server's own words, or those of the library, without the password.
fn said(error: &Error, session: &Session) -> String {
    let cause = error.source().map(ToString::to_string);
    let said = match (error.status(), cause) {
        (Some(code), Some(text)) => format!("{code} {text}"),
        (Some(code), None) => code.to_string(),
        (None, Some(cause)) => cause,
        (None, None) => error.to_string(),
    };
    let said = words::name(&said, ANSWER);
    match &session.login {
        Some((_, password)) if !password.expose().is_empty() => said.replace(password.expose(), "***"),
        _ => said,
    }
}

/// The server cannot do something without which there is no mail.
fn unable(server: &Server, said: &str, user: Option<&str>) -> String {
    match (&server.tls, user) {
        // The library has no kind of its own for it.
        (Tls::Required(_), _) if said.contains("STARTTLS") => format!(
            "mail server {server} does not offer STARTTLS: set tls to \"tls\" if it speaks TLS from the first byte, or \
             to \"none\" if it may be spoken to in the clear"
        ),
        (_, Some(user)) => format!(
            "mail server {server} offers {user} no way to log in by password: {said}; leave username and password out, \
             or check tls and port"
        ),
        (_, None) => format!("mail server {server}: {said}"),
    }
}

/// Whether the trouble is with TLS: the library says so only deep down.
fn is_about_tls(error: &Error) -> bool {
    error.is_tls() || causes(error).any(<dyn std::error::Error + 'static>::is::<rustls::Error>)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str, tls: SmtpTls) -> String {
        let url = match url.parse() {
            Ok(url) => url,
            Err(error) => return format!("{error}"),
        };
        match Server::new(&url, tls, "example.com", AddressPolicy::default(), &EmailOptions::default()) {
            Ok(server) => format!("{server}{}", if server.is_loopback() { " on this machine" } else { "" }),
            Err((_, what)) => what,
        }
    }

    #[test]
    fn a_server_without_a_port_is_at_the_usual_one() {
        assert_eq!(told("smtp://mail.example.com", SmtpTls::Starttls), "mail.example.com:587");
        assert_eq!(told("smtp://mail.example.com", SmtpTls::Tls), "mail.example.com:465");
        assert_eq!(told("smtp://mail.example.com", SmtpTls::None), "mail.example.com:25");
        assert_eq!(told("smtp://mail.example.com:2525", SmtpTls::None), "mail.example.com:2525");
        assert_eq!(told("smtp://[2001:db8::1]:25", SmtpTls::None), "[2001:db8::1]:25");
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for url in ["smtp://localhost", "smtp://LOCALHOST", "smtp://127.0.0.1", "smtp://127.8.0.1", "smtp://[::1]"] {
            assert!(told(url, SmtpTls::None).ends_with(" on this machine"), "{url}");
        }
        assert!(!told("smtp://localhost.example.com", SmtpTls::None).contains("this machine"));
    }

    #[test]
    fn what_is_no_server_is_said_to_be_none() {
        for url in
            ["smtp://:25", "smtp://mail:port", "smtp://mail:0", "smtp://mail:70000", "smtp://[::1", "smtp://[::1]x"]
        {
            let said = told(url, SmtpTls::None);
            assert!(said.ends_with("such as smtp://mail.example.com:587"), "{url}: {said}");
        }
    }

    #[test]
    fn a_forbidden_address_is_no_mail_server() {
        for url in [
            "smtp://169.254.169.254",
            "smtp://[fe80::1]:25",
            "smtp://[::ffff:169.254.169.254]",
            "smtp://[2002:a9fe:a9fe::1]",
        ] {
            assert!(told(url, SmtpTls::None).contains("set notify.allow_link_local = true"), "{url}");
        }
    }
}
