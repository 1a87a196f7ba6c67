//! What Slack's answers to a bot mean.

use driftd_model::{DeliveryError, words};
use driftd_window::Span;
use serde::Deserialize;

/// Characters of an error that are shown.
const SHOWN: usize = 80;

/// What a method answers, of which most is of no interest.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    pub(super) ok: bool,
    pub(super) error: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) ts: Option<String>,
}

/// Whether a message that was to be changed or answered is not there any more, or cannot be changed.
pub(super) fn is_lost(error: &str) -> bool {
    matches!(
        error,
        "message_not_found"
            | "cant_update_message"
            | "edit_window_closed"
            | "thread_not_found"
            | "cannot_reply_to_message"
    )
}

/// What an error of a method means for the message.
pub(super) fn refusal(method: &str, error: &str, wait: Option<Span>) -> DeliveryError {
    let shown = words::name(error, SHOWN);
    let is_transient = matches!(
        error,
        "ratelimited"
            | "rate_limited"
            | "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "team_added_to_org"
    );
    if is_transient {
        return DeliveryError::transient(format!("Slack's {method} said {shown}"), wait);
    }
    let remedy = match error {
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "give driftd the bot's present token"
        }
        "channel_not_found" => "check the channel, and invite the bot when it is a private one",
        "not_in_channel" => "invite the bot to the channel",
        "is_archived" => "the channel is archived: choose another",
        "missing_scope" | "no_permission" | "not_allowed_token_type" => "the bot's token needs the scope chat:write",
        "restricted_action" | "restricted_action_read_only_channel" | "restricted_action_thread_only_channel" => {
            "the workspace forbids the bot to post there"
        }
        _ => "it does not take such a message",
    };
    DeliveryError::permanent(format!("Slack's {method} said {shown}: {remedy}"))
}
