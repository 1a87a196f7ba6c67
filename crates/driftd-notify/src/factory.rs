//! From the configuration of a receiver to what carries its messages: the one place where receivers register.

use std::sync::Arc;

use driftd_config::{Channel, EmailChannel, NotifyConfig, Receiver};
use driftd_model::{ReceiverName, Transport};

use crate::alertmanager::AlertmanagerTransport;
use crate::command::CommandTransport;
use crate::email::{EmailOptions, EmailTransport};
use crate::http::{AddressPolicy, HttpClient};
use crate::log::LogTransport;
use crate::pagerduty::PagerDutyTransport;
use crate::setup::{BuildError, SecretResolver, Setup};
use crate::slack::SlackTransport;
use crate::webhook::WebhookTransport;

/// Makes the transports of all receivers, which share one HTTP client.
pub struct TransportFactory<'a> {
    notify: &'a NotifyConfig,
    secrets: SecretResolver,
    http: HttpClient,
    email: EmailOptions,
}

impl<'a> TransportFactory<'a> {
    /// A factory for receivers that live by `notify` and get their secrets from `secrets`.
    #[must_use]
    pub fn new(notify: &'a NotifyConfig, secrets: SecretResolver) -> Self {
        let policy = AddressPolicy { allow_link_local: notify.allow_link_local };
        Self::over(HttpClient::new(policy), notify, secrets)
    }

    /// The same over a client of one's own.
    #[must_use]
    pub fn over(http: HttpClient, notify: &'a NotifyConfig, secrets: SecretResolver) -> Self {
        Self { notify, secrets, http, email: EmailOptions::default() }
    }

    /// The same with mail set up differently.
    #[must_use]
    pub fn with_email(self, email: EmailOptions) -> Self {
        Self { email, ..self }
    }

    /// What carries mails over `channel` to `receiver`.
    ///
    /// # Errors
    /// An address, the server, the password or a certificate cannot be used, or the password would cross a network in the
    /// clear.
    pub fn email(&self, receiver: &ReceiverName, channel: &EmailChannel) -> Result<EmailTransport, BuildError> {
        EmailTransport::configured(&self.setup(receiver, "email"), channel, &self.email)
    }

    /// What carries messages to `receiver`. Secrets are looked up now, so that a missing one is known at the start, and
    /// again for each message, so that one that was exchanged is used. Nothing is connected yet.
    ///
    /// # Errors
    /// A secret, an address, a template or a program cannot be used.
    pub fn transport(&self, receiver: &Receiver) -> Result<Arc<dyn Transport>, BuildError> {
        let setup = self.setup(&receiver.name, receiver.channel.kind());
        Ok(match &receiver.channel {
            Channel::Log => Arc::new(LogTransport),
            Channel::Email(channel) => Arc::new(EmailTransport::configured(&setup, channel, &self.email)?),
            Channel::Webhook(channel) => Arc::new(WebhookTransport::configured(&setup, channel)?),
            Channel::Slack(channel) => Arc::new(SlackTransport::configured(&setup, channel)?),
            Channel::PagerDuty(channel) => Arc::new(PagerDutyTransport::configured(&setup, channel)?),
            Channel::Alertmanager(channel) => Arc::new(AlertmanagerTransport::configured(&setup, channel)?),
            Channel::Command(channel) => Arc::new(CommandTransport::configured(&setup, channel)?),
        })
    }

    /// What holds for all receivers.
    pub(crate) const fn notify(&self) -> &NotifyConfig {
        self.notify
    }

    pub(crate) fn setup<'b>(&'b self, receiver: &'b ReceiverName, kind: &'static str) -> Setup<'b> {
        Setup { receiver, kind, notify: self.notify, secrets: &self.secrets, http: &self.http }
    }
}
