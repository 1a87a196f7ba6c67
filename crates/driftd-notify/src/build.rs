//! From the configuration of a receiver to what carries its messages.

mod kept;
mod maker;
mod place;

use std::sync::Arc;

use driftd_config::{Channel, NotifyConfig, Receiver, SecretError};
use driftd_model::Transport;

use crate::http::{AddressPolicy, Outbound};
use crate::{
    AlertmanagerTransport, CommandTransport, EmailTransport, LogTransport, PagerDutyTransport, SecretSource,
    SlackTransport, WebhookTransport,
};

pub(crate) use kept::Kept;
pub(crate) use maker::Maker;
pub(crate) use place::Place;

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

/// What carries messages to `receiver`. Secrets are looked up now, so that a missing one is known at the start, and
/// again for each message, so that one that was exchanged is used.
///
/// # Errors
/// A secret, an address, a template or a program cannot be used.
pub fn transport(
    receiver: &Receiver,
    notify: &NotifyConfig,
    secrets: SecretSource,
) -> Result<Arc<dyn Transport>, BuildError> {
    let outbound = Outbound::new(AddressPolicy { allow_link_local: notify.allow_link_local });
    transport_over(&outbound, receiver, notify, secrets)
}

/// The same over a client of one's own.
///
/// # Errors
/// As [`transport`].
pub fn transport_over(
    outbound: &Outbound,
    receiver: &Receiver,
    notify: &NotifyConfig,
    secrets: SecretSource,
) -> Result<Arc<dyn Transport>, BuildError> {
    let kind = receiver.channel.kind();
    let maker = Maker { receiver: &receiver.name, kind, notify, secrets: &secrets, outbound };
    Ok(match &receiver.channel {
        Channel::Log => Arc::new(LogTransport),
        Channel::Email(channel) => {
            let made = EmailTransport::new(channel, secrets.clone()).map_err(|error| maker.email(error))?;
            Arc::new(made)
        }
        Channel::Webhook(channel) => Arc::new(WebhookTransport::make(&maker, channel)?),
        Channel::Slack(channel) => Arc::new(SlackTransport::make(&maker, channel)?),
        Channel::PagerDuty(channel) => Arc::new(PagerDutyTransport::make(&maker, channel)?),
        Channel::Alertmanager(channel) => Arc::new(AlertmanagerTransport::make(&maker, channel)?),
        Channel::Command(channel) => Arc::new(CommandTransport::make(&maker, channel)?),
    })
}
