//! Webhooks: where they are, and what is posted to them.

use std::path::PathBuf;

use driftd_window::Span;
use schemars::JsonSchema;
use serde::de::Unexpected;
use serde::{Deserialize, Deserializer, Serialize};

use crate::secret::SecretKeys;
use crate::shape::shaped;
use crate::{HttpUrl, SecretRef};

/// An HTTP endpoint. Posts are signed by Standard Webhooks when there is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChannel {
    /// Where to post. An address with a secret in it, in its path or its query, belongs into a reference: { env =
    /// "WEBHOOK_URL" }.
    #[schemars(example = &"https://example.com/hook")]
    pub url: Address,
    /// Where the signing key (whsec_…) is kept; unsigned without.
    #[schemars(example = SecretRef::Env("WEBHOOK_SECRET".to_owned()))]
    pub secret: Option<SecretRef>,
    /// Where the token is kept that is sent as "Authorization: Bearer …"; no such header without.
    #[schemars(example = SecretRef::Env("WEBHOOK_TOKEN".to_owned()))]
    pub token: Option<SecretRef>,
    /// How often to post while everything is healthy; never without.
    #[schemars(example = &"5m", extend("x-longer-than" = "0s"))]
    pub heartbeat: Option<Span>,
    /// What is posted instead of driftd's message: "teams" for a Microsoft Teams card, or { file = "/path" } for a
    /// template of one's own.
    #[schemars(example = &"teams")]
    pub template: Option<WebhookTemplate>,
}

/// An address that may itself be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Address {
    /// Said in the configuration, and shown by it.
    Plain(HttpUrl),
    /// Kept elsewhere.
    Secret(SecretRef),
}

/// What is posted instead of driftd's own message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookTemplate {
    /// A card for Microsoft Teams.
    Teams,
    /// What the template in this file makes of the message.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an address, such as \"https://example.com/hook\", or a reference to one: { env = \"VARIABLE\" } or \
                        { file = \"/path\" }";
        let plain = |value: Unexpected<'_>| match value {
            Unexpected::Str(text) => Some(text.parse().map(Self::Plain).map_err(|e: crate::BadAddress| e.to_string())),
            _ => None,
        };
        shaped(deserializer, expected, plain, Some(|keys: SecretKeys| keys.try_into().map(Self::Secret)))
    }
}

impl<'de> Deserialize<'de> for WebhookTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Keys {
            file: PathBuf,
        }

        let named = |value: Unexpected<'_>| match value {
            Unexpected::Str("teams") => Some(Ok(Self::Teams)),
            Unexpected::Str(text) => Some(Err(format!(
                "{text:?} is no template: write \"teams\", or {{ file = \"/path\" }} for one of your own"
            ))),
            _ => None,
        };
        let expected = "a template: \"teams\" or { file = \"/path\" }";
        shaped(deserializer, expected, named, Some(|keys: Keys| Ok(Self::File(keys.file))))
    }
}
