//! From the configuration of a receiver to what carries its messages: the one place where receivers register.

use std::sync::Arc;

use driftd_config::{Channel, HttpUrl, NotifyConfig, Receiver, Secret, SecretError, SecretRef};
use driftd_model::{DeliveryError, ReceiverName, Transport};

use crate::alertmanager::AlertmanagerTransport;
use crate::command::CommandTransport;
use crate::email::EmailTransport;
use crate::http::{AddressPolicy, HttpClient, Target};
use crate::log::LogTransport;
use crate::pagerduty::PagerDutyTransport;
use crate::slack::SlackTransport;
use crate::webhook::WebhookTransport;

/// Resolves a reference to a secret, in the environment or a file, whenever it is called: a receiver asks when it is
/// built, so that a secret which is not there is told at once, and again when it needs it, so that one which was
/// renewed is taken up.
pub type SecretResolver = Arc<dyn Fn(&SecretRef) -> Result<Secret, SecretError> + Send + Sync>;

/// A receiver that cannot be spoken to as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A secret is not where the configuration says.
    #[error("{path}: {source}")]
    Secret {
        /// The key, such as `receiver[ops].webhook.token`.
        path: String,
        /// What is the matter with it.
        source: SecretError,
    },
    /// A value that cannot be used.
    #[error("{path}: {what}")]
    Unusable {
        /// The key, such as `receiver[ops].webhook.url`.
        path: String,
        /// Why not, and what to do about it.
        what: String,
    },
}

/// Makes the transports of all receivers, which share one HTTP client.
pub struct TransportFactory<'a> {
    notify: &'a NotifyConfig,
    secrets: SecretResolver,
    http: HttpClient,
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
        Self { notify, secrets, http }
    }

    /// What carries messages to `receiver`. Secrets are looked up now, so that a missing one is known at the start, and
    /// again for each message, so that one that was exchanged is used. Nothing is connected yet.
    ///
    /// # Errors
    /// A secret, an address, a template or a program cannot be used.
    pub fn transport(&self, receiver: &Receiver) -> Result<Arc<dyn Transport>, BuildError> {
        let setup = Setup { receiver: &receiver.name, kind: receiver.channel.kind(), factory: self };
        Ok(match &receiver.channel {
            Channel::Log => Arc::new(LogTransport),
            Channel::Email(channel) => Arc::new(EmailTransport::configured(&setup, channel)?),
            Channel::Webhook(channel) => Arc::new(WebhookTransport::configured(&setup, channel)?),
            Channel::Slack(channel) => Arc::new(SlackTransport::configured(&setup, channel)?),
            Channel::PagerDuty(channel) => Arc::new(PagerDutyTransport::configured(&setup, channel)?),
            Channel::Alertmanager(channel) => Arc::new(AlertmanagerTransport::configured(&setup, channel)?),
            Channel::Command(channel) => Arc::new(CommandTransport::configured(&setup, channel)?),
        })
    }
}

/// What every receiver is made with, and errors that say which of its keys they are about.
pub(crate) struct Setup<'a> {
    pub(crate) receiver: &'a ReceiverName,
    kind: &'static str,
    factory: &'a TransportFactory<'a>,
}

impl Setup<'_> {
    /// What holds for all receivers.
    pub(crate) const fn notify(&self) -> &NotifyConfig {
        self.factory.notify
    }

    /// The client that all receivers share.
    pub(crate) fn http(&self) -> HttpClient {
        self.factory.http.clone()
    }

    /// Where secrets come from.
    pub(crate) fn secrets(&self) -> SecretResolver {
        Arc::clone(&self.factory.secrets)
    }

    /// The value of `key` cannot be used.
    pub(crate) fn unusable(&self, key: &str, what: impl Into<String>) -> BuildError {
        BuildError::Unusable { path: self.path(key), what: what.into() }
    }

    /// The value of `key` is a secret that is not there.
    pub(crate) fn missing(&self, key: &str, source: SecretError) -> BuildError {
        BuildError::Secret { path: self.path(key), source }
    }

    /// A secret, which is there now.
    pub(crate) fn secret(&self, key: &str, reference: &SecretRef) -> Result<SecretSource, BuildError> {
        let source = SecretSource { reference: reference.clone(), resolver: self.secrets() };
        (source.resolver)(reference).map_err(|error| self.missing(key, error))?;
        Ok(source)
    }

    /// A secret, where there is to be one.
    pub(crate) fn optional_secret(
        &self,
        key: &str,
        reference: Option<&SecretRef>,
    ) -> Result<Option<SecretSource>, BuildError> {
        reference.map(|reference| self.secret(key, reference)).transpose()
    }

    /// An address that stands in the configuration.
    pub(crate) fn target(&self, key: &str, url: &HttpUrl) -> Result<Target, BuildError> {
        self.checked(key, Target::parse(url.as_str()).map_err(|bad| bad.to_string()))
    }

    /// An address that is kept as a secret.
    pub(crate) fn secret_endpoint(&self, key: &str, reference: &SecretRef) -> Result<Endpoint, BuildError> {
        let source = self.secret(key, reference)?;
        let now = (source.resolver)(reference).map_err(|error| self.missing(key, error))?;
        let target = Target::parse(now.expose().trim()).map_err(|bad| format!("what is kept in {reference} {bad}"));
        self.checked(key, target)?;
        Ok(Endpoint::Secret(source))
    }

    fn checked(&self, key: &str, target: Result<Target, String>) -> Result<Target, BuildError> {
        let target = target.map_err(|what| self.unusable(key, what))?;
        self.factory.http.check(&target).map_err(|what| self.unusable(key, what))?;
        Ok(target)
    }

    fn path(&self, key: &str) -> String {
        format!("receiver[{}].{}.{key}", self.receiver, self.kind)
    }
}

/// A secret that is looked up whenever it is used.
#[derive(Clone)]
pub(crate) struct SecretSource {
    reference: SecretRef,
    resolver: SecretResolver,
}

impl SecretSource {
    /// The secret as it is now. It was there when the daemon started, so one that is missing may be on its way: a file
    /// that is being exchanged.
    pub(crate) fn get(&self) -> Result<Secret, DeliveryError> {
        (self.resolver)(&self.reference).map_err(|error| DeliveryError::Transient {
            what: format!("its secret is gone: {error}"),
            retry_after: None,
            source: Some(Box::new(error)),
        })
    }
}

/// Where messages go: an address that is written in the configuration, or kept as a secret.
#[derive(Clone)]
pub(crate) enum Endpoint {
    /// Always there.
    Fixed(Target),
    /// Wherever the secret says.
    Secret(SecretSource),
}

impl Endpoint {
    /// Where to, as it is now.
    pub(crate) fn target(&self) -> Result<Target, DeliveryError> {
        match self {
            Self::Fixed(target) => Ok(target.clone()),
            Self::Secret(source) => Target::parse(source.get()?.expose().trim())
                .map_err(|bad| DeliveryError::permanent(format!("what is kept in {} {bad}", source.reference))),
        }
    }
}
