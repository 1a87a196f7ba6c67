//! Receivers: where notifications go.

use driftd_model::ReceiverName;
use driftd_window::Span;
use serde::Serialize;

use crate::{EmailAddress, HttpUrl, SecretRef, SmtpUrl, WebhookChannel};

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
    /// Where the token is kept that is sent as `Authorization: Bearer …`; no such header without.
    pub token: Option<SecretRef>,
    /// How often what is open is said again; longer than zero.
    pub interval: Span,
}

/// A local program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandChannel {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// How long it may take; longer than zero and no longer than any delivery may take.
    pub timeout: Span,
}
