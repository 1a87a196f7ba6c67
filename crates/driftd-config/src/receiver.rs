//! Receivers: where notifications go.

use std::fmt;

use driftd_model::ReceiverName;
use driftd_window::Span;
use serde::Serialize;

use crate::SecretRef;

/// A place notifications go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Its name.
    pub name: ReceiverName,
    /// What it is.
    pub channel: Channel,
}

/// How a receiver is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// E-mail over SMTP.
    Email(EmailChannel),
    /// Any HTTP endpoint, signed by Standard Webhooks.
    Webhook(WebhookChannel),
    /// Slack.
    Slack(SlackChannel),
    /// PagerDuty Events v2.
    PagerDuty(PagerDutyChannel),
    /// Prometheus Alertmanager v2.
    Alertmanager(AlertmanagerChannel),
    /// A local program that reads JSON from its standard input.
    Command(CommandChannel),
    /// driftd's own log.
    Log,
}

impl Channel {
    /// The key a receiver of this kind is written under.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
            Self::PagerDuty(_) => "pagerduty",
            Self::Alertmanager(_) => "alertmanager",
            Self::Command(_) => "command",
            Self::Log => "log",
        }
    }
}

/// E-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailChannel {
    /// Who gets it; at least one.
    pub to: Vec<EmailAddress>,
    /// Who sends it.
    pub from: EmailAddress,
    /// The mail server.
    pub smtp: SmtpUrl,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// User and password, where the server asks for them.
    pub login: Option<SmtpLogin>,
}

/// User and password of a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpLogin {
    /// The user.
    pub username: String,
    /// Where the password is kept.
    pub password: SecretRef,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// It begins in the clear and must become TLS.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

/// An HTTP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookChannel {
    /// Where to post.
    pub url: HttpUrl,
    /// Where the signing key (`whsec_…`) is kept; unsigned without.
    pub secret: Option<SecretRef>,
    /// How often to post while everything is healthy; never without.
    pub heartbeat: Option<Span>,
}

/// Slack, by one of its two ways in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackChannel {
    /// An incoming webhook, whose address is itself the secret.
    Webhook(SecretRef),
    /// A bot, which can update and thread its messages.
    Bot {
        /// Where its token is kept.
        token: SecretRef,
        /// The channel it posts to.
        channel: String,
    },
}

/// PagerDuty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagerDutyChannel {
    /// Where the integration's routing key is kept.
    pub routing_key: SecretRef,
    /// The Events API; `https://events.pagerduty.com` by default, another host in the EU.
    pub url: HttpUrl,
}

/// Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertmanagerChannel {
    /// Every replica; at least one.
    pub urls: Vec<HttpUrl>,
}

/// A local program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandChannel {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
}

macro_rules! address {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// The address as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

address!(
    /// An absolute `http://` or `https://` address without user and password.
    HttpUrl
);
address!(
    /// A mail server, `smtp://host:port`.
    SmtpUrl
);
address!(
    /// An e-mail address, bare or with a name: `driftd <driftd@example.com>`.
    EmailAddress
);

/// A text that is not the address it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not an HTTP address.
    #[error("{0:?} is not an address: write http:// or https:// and a host")]
    Http(String),
    /// User and password in an address.
    #[error("has a user or password in the address: keep secrets out of addresses")]
    Credentials,
    /// Not a mail server.
    #[error("{0:?} is not a mail server: write smtp://host:port, such as smtp://mail.example.com:587")]
    Smtp(String),
    /// Not an e-mail address.
    #[error("{0:?} is not an e-mail address: write name@host")]
    Email(String),
}

fn authority<'a>(text: &'a str, schemes: &[&str]) -> Option<&'a str> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_clean = !authority.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    (schemes.contains(&scheme) && is_clean).then_some(authority)
}

impl std::str::FromStr for HttpUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        match authority(text, &["http", "https"]) {
            Some(authority) if authority.contains('@') => Err(BadAddress::Credentials),
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(BadAddress::Http(text.to_owned())),
        }
    }
}

impl std::str::FromStr for SmtpUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        match authority(text, &["smtp"]) {
            Some(authority) if authority.contains('@') => Err(BadAddress::Credentials),
            Some(authority) if text.len() == "smtp://".len() + authority.len() => Ok(Self(text.to_owned())),
            _ => Err(BadAddress::Smtp(text.to_owned())),
        }
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bare = text.split_once('<').map_or(Some(text), |(_, rest)| rest.strip_suffix('>'));
        let parts = bare.and_then(|bare| bare.rsplit_once('@'));
        let clean = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
        match parts {
            Some((user, host)) if clean(user) && clean(host) && !text.contains(['\r', '\n']) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(BadAddress::Email(text.to_owned())),
        }
    }
}
