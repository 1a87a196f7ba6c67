//! Webhooks: where they are, and what is posted to them.

use std::path::PathBuf;

use driftd_window::Span;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::read::{Read, Required, expected, record};
use crate::tree::{Node, Value};
use crate::{HttpUrl, SecretRef};

/// An HTTP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookChannel {
    /// Where to post. An address with a secret in its path or query belongs into a reference.
    pub url: Address,
    /// Where the signing key (`whsec_…`) is kept; unsigned without.
    pub secret: Option<SecretRef>,
    /// Where the token is kept that is sent as `Authorization: Bearer …`; no such header without.
    pub token: Option<SecretRef>,
    /// How often to post while everything is healthy; never without.
    pub heartbeat: Option<Span>,
    /// What is posted, where not driftd's own message.
    pub template: Option<WebhookTemplate>,
}

/// An address that may itself be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Address {
    /// Said in the configuration, and shown by it.
    Plain(HttpUrl),
    /// Kept elsewhere.
    Secret(SecretRef),
}

/// What is posted instead of driftd's own message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookTemplate {
    /// A card for Microsoft Teams.
    Teams,
    /// What the template in this file makes of the message.
    File(PathBuf),
}

impl Read for Address {
    const EXPECTED: &'static str = "an address, such as \"https://example.com/hook\", or a reference to one: { env = \"VARIABLE\" } or { file = \"/path\" }";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(_) | Value::Loose(_) => HttpUrl::read(node, path, problems).map(Self::Plain),
            Value::Table(_) => SecretRef::read(node, path, problems).map(Self::Secret),
            _ => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [HttpUrl::schema(), SecretRef::schema()] })
    }
}

record! {
    /// A template of one's own.
    RawTemplate, "a template, such as { file = \"/etc/driftd/card.json\" }" {
        /// File that holds the template.
        file: Required<String>,
    }
}

impl Read for WebhookTemplate {
    const EXPECTED: &'static str = "a template: \"teams\" or { file = \"/path\" }";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) | Value::Loose(text) if text == "teams" => Some(Self::Teams),
            Value::Text(text) | Value::Loose(text) => {
                let message =
                    format!("{text:?} is no template: write \"teams\", or {{ file = \"/path\" }} for one of your own");
                problems.add(&node.place, path, message);
                None
            }
            Value::Table(_) => {
                let file = RawTemplate::read(node, path, problems)?.file.value()?;
                Some(Self::File(file.into()))
            }
            _ => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "teams" }, RawTemplate::schema()] })
    }
}
