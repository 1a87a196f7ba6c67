//! Receivers: where notifications go.

use driftd_model::ReceiverName;
use driftd_window::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problems;
use crate::section::defaults;
use crate::shape::has_schema;
use crate::tree::At;
use crate::{Address, EmailAddress, HttpUrl, NotifyConfig, SecretRef, SmtpUrl, WebhookChannel, is_link_local};

/// A receiver is a name and one kind. There is none by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// Its name.
    #[schemars(example = &"ml-oncall")]
    pub name: ReceiverName,
    /// What it is.
    #[serde(rename = "*")]
    pub channel: Channel,
}

/// How a receiver is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// E-mail over SMTP.
    Email(EmailChannel),
    /// Any HTTP endpoint, signed by Standard Webhooks.
    Webhook(WebhookChannel),
    /// Slack, by an incoming webhook or by a bot.
    Slack(SlackChannel),
    /// PagerDuty Events v2.
    PagerDuty(PagerDutyChannel),
    /// Prometheus Alertmanager v2.
    Alertmanager(AlertmanagerChannel),
    /// A local program that reads JSON from its standard input; needs notify.allow_commands = true.
    Command(CommandChannel),
    /// driftd's own log: nothing to set.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailChannel {
    /// Who gets it.
    #[schemars(length(min = 1), example = ["oncall@example.com"])]
    pub to: Vec<EmailAddress>,
    /// Who sends it, bare or with a name: "driftd <driftd@example.com>".
    #[schemars(example = &"driftd@example.com")]
    pub from: EmailAddress,
    /// The mail server, as smtp://HOST:PORT.
    #[schemars(example = &"smtp://mail.example.com:587")]
    pub smtp: SmtpUrl,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// User and password, where the server asks for them.
    #[serde(rename = "*")]
    pub login: Option<SmtpLogin>,
}

/// User and password of a mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpLogin {
    /// The user, where the server asks for one; needs password.
    #[schemars(example = &"driftd")]
    pub username: String,
    /// Where the password is kept.
    #[schemars(example = SecretRef::Env("SMTP_PASSWORD".to_owned()))]
    pub password: SecretRef,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SlackKeys", into = "SlackKeys")]
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

/// The keys of Slack.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SlackKeys {
    /// Where the address of an incoming webhook is kept, which is a secret. Either this, or token and channel.
    #[schemars(example = SecretRef::Env("SLACK_URL".to_owned()), extend("x-usual" = true))]
    webhook: Option<SecretRef>,
    /// Where the token of a bot is kept.
    #[schemars(example = SecretRef::Env("SLACK_TOKEN".to_owned()))]
    token: Option<SecretRef>,
    /// Channel the bot posts to.
    #[schemars(example = &"ml-alerts")]
    channel: Option<String>,
}

impl TryFrom<SlackKeys> for SlackChannel {
    type Error = &'static str;

    fn try_from(keys: SlackKeys) -> Result<Self, Self::Error> {
        match (keys.webhook, keys.token, keys.channel) {
            (Some(webhook), None, None) => Ok(Self::Webhook(webhook)),
            (None, Some(token), Some(channel)) => Ok(Self::Bot { token, channel }),
            _ => Err("names no single way in: write either webhook, or token and channel"),
        }
    }
}

impl From<SlackChannel> for SlackKeys {
    fn from(channel: SlackChannel) -> Self {
        match channel {
            SlackChannel::Webhook(webhook) => Self { webhook: Some(webhook), ..Self::default() },
            SlackChannel::Bot { token, channel } => Self { webhook: None, token: Some(token), channel: Some(channel) },
        }
    }
}

has_schema!(SlackChannel, SlackKeys::json_schema);

/// PagerDuty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagerDutyChannel {
    /// Where the integration's routing key is kept.
    #[schemars(example = SecretRef::File("/run/secrets/pagerduty".into()))]
    pub routing_key: SecretRef,
    /// The Events API; another host in the EU.
    #[serde(default = "default::pagerduty_url")]
    pub url: HttpUrl,
}

/// Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerChannel {
    /// Every replica, not a load balancer.
    #[schemars(length(min = 1), example = ["http://am-0:9093", "http://am-1:9093"])]
    pub urls: Vec<HttpUrl>,
    /// Where the token is kept that is sent as "Authorization: Bearer …"; no such header without.
    #[schemars(example = SecretRef::Env("ALERTMANAGER_TOKEN".to_owned()))]
    pub token: Option<SecretRef>,
    /// How often what is open is said again: Alertmanager forgets what it does not hear of.
    #[serde(default = "default::alertmanager_interval")]
    #[schemars(extend("x-longer-than" = "0s"))]
    pub interval: Span,
}

/// A local program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandChannel {
    /// The program.
    #[schemars(example = &"/usr/local/bin/retrain")]
    pub program: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// How long it may take: long work is for it to start, not to wait for.
    // A delivery ends within that time: the lease of its outbox row outlasts it, so that nobody else begins it anew.
    #[serde(default = "default::command_timeout")]
    #[schemars(extend("x-longer-than" = "0s", "x-at-most" = "30s"))]
    pub timeout: Span,
}

defaults! {
    pagerduty_url: HttpUrl = HttpUrl::fixed("https://events.pagerduty.com");
    alertmanager_interval: Span = Span::from_minutes(1);
    command_timeout: Span = Span::from_secs(30);
}

impl Receiver {
    pub(crate) fn check(&self, notify: &NotifyConfig, at: &At<'_>, problems: &mut Problems) {
        let at = at.key(self.channel.kind());
        let elsewhere = |url: &HttpUrl, at: At<'_>, problems: &mut Problems| {
            if let Some(address) = url.literal().filter(|address| !notify.allow_link_local && is_link_local(*address)) {
                // Where clouds hand out the machine's own credentials: nobody's receiver, but a place to be tricked into
                // asking.
                let message = format!(
                    "{address} is a link-local or metadata address: name another, or set notify.allow_link_local = true"
                );
                at.problem(problems, message);
            }
        };
        match &self.channel {
            Channel::Webhook(WebhookChannel { url: Address::Plain(url), .. }) => {
                elsewhere(url, at.key("url"), problems);
            }
            Channel::PagerDuty(pager) => elsewhere(&pager.url, at.key("url"), problems),
            Channel::Alertmanager(alertmanager) => {
                for (url, at) in alertmanager.urls.iter().zip(at.key("urls").items()) {
                    elsewhere(url, at, problems);
                }
            }
            Channel::Command(_) if !notify.allow_commands => {
                at.problem(problems, "would run a local program: set notify.allow_commands = true to allow that");
            }
            _ => {}
        }
    }
}
