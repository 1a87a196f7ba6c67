//! Slack, by an incoming webhook or as a bot.

mod blocks;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use driftd_config::{Secret, SlackChannel};
use driftd_model::{
    BoxFuture, DeliveryError, DeliverySchedule, IncidentId, IncidentState, Notification, NotifyReason, Transport, words,
};
use driftd_window::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::http::{HttpClient, Request, Target};
use crate::setup::{BuildError, Endpoint, SecretSource, Setup};
use crate::view::IncidentView;
use blocks::message;

/// Where Slack's methods are.
pub(crate) const API: &str = "https://slack.com/api";
/// Bytes of a method's response, which repeats the message.
const RESPONSE_BYTES: usize = 256 << 10;
/// Characters of an error that are shown.
const ERROR: usize = 80;
/// Slack takes about a message a second in a channel.
const SPACING: Span = Span::from_secs(1);
/// Incidents whose first message is remembered; the oldest are forgotten first.
const REMEMBERED: usize = 1000;

/// Posts messages to a channel.
///
/// A bot's first message about an incident begins a thread, the later ones are replies in it. Those that somebody must
/// hear of, and the end, are shown in the channel too, and the first message is changed into the last word when the
/// incident is over.
pub(crate) struct SlackTransport {
    http: HttpClient,
    access: Access,
}

enum Access {
    Webhook(Endpoint),
    Bot(Bot),
}

struct Bot {
    api: Target,
    token: SecretSource,
    channel: String,
    threads: Mutex<Threads>,
}

impl SlackTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &SlackChannel) -> Result<Self, BuildError> {
        let http = setup.http.clone();
        let access = match channel {
            SlackChannel::Webhook(reference) => Access::Webhook(setup.secret_endpoint("webhook", reference)?),
            SlackChannel::Bot { token, channel } => {
                let api = Target::parse(API).map_err(|bad| setup.unusable("token", bad.to_string()))?;
                http.check(&api).map_err(|what| setup.unusable("token", what))?;
                let (token, channel) = (setup.secret("token", token)?, channel.clone());
                Access::Bot(Bot { api, token, channel, threads: Mutex::default() })
            }
        };
        Ok(Self { http, access })
    }

    async fn send(&self, view: &IncidentView<'_>, now: Timestamp) -> Result<(), DeliveryError> {
        match &self.access {
            Access::Webhook(endpoint) => {
                let request = Request::json(endpoint.target()?, message(view).to_string());
                self.http.post(&request, now).await.map(drop)
            }
            Access::Bot(bot) => bot.send(&self.http, view, now).await,
        }
    }
}

impl Transport for SlackTransport {
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { spacing: SPACING, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move { self.send(&IncidentView::of(notification), now).await })
    }
}

impl Bot {
    async fn send(&self, http: &HttpClient, view: &IncidentView<'_>, now: Timestamp) -> Result<(), DeliveryError> {
        let token = self.token.get()?;
        let incident = &view.notification.incident.id;
        let mut first = self.threads(|threads| threads.get(incident));
        let is_over = view.notification.incident.state == IncidentState::Resolved;
        if let Some(post) = first.clone().filter(|_| is_over) {
            let mut body = message(view);
            put(&mut body, [("channel", json!(post.channel)), ("ts", json!(post.ts))]);
            if matches!(self.call(http, "chat.update", &token, &body, now).await?, Outcome::Lost) {
                first = None;
            }
        }
        let outcome = match self.post(http, view, first.as_ref(), &token, now).await? {
            Outcome::Lost if first.is_some() => {
                first = None;
                self.post(http, view, None, &token, now).await?
            }
            outcome => outcome,
        };
        let Outcome::Done(response) = outcome else {
            return Err(refusal("chat.postMessage", "message_not_found", None));
        };
        self.threads(|threads| {
            if is_over || view.is_test() {
                threads.forget(incident);
            } else if let (None, Some(ts)) = (&first, response.ts) {
                let channel = response.channel.unwrap_or_else(|| self.channel.clone());
                threads.remember(incident, Post { channel, ts });
            }
        });
        Ok(())
    }

    /// Posts a message, below `first` if there is one.
    async fn post(
        &self,
        http: &HttpClient,
        view: &IncidentView<'_>,
        first: Option<&Post>,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Outcome, DeliveryError> {
        let mut body = message(view);
        match first {
            Some(post) => {
                let is_loud = !matches!(view.notification.reason, NotifyReason::Acknowledged { .. });
                let thread = [("thread_ts", json!(post.ts)), ("reply_broadcast", json!(is_loud))];
                put(&mut body, [("channel", json!(post.channel))]);
                put(&mut body, thread);
            }
            None => put(&mut body, [("channel", json!(self.channel))]),
        }
        self.call(http, "chat.postMessage", token, &body, now).await
    }

    /// Calls a method. Slack says `200 OK` to what it refuses, and why in the body.
    async fn call(
        &self,
        http: &HttpClient,
        method: &str,
        token: &Secret,
        body: &Json,
        now: Timestamp,
    ) -> Result<Outcome, DeliveryError> {
        let target = self.api.below(&format!("/{method}"));
        let request = Request::json(target, body.to_string()).bearer(Some(token))?.response_bytes(RESPONSE_BYTES);
        let response = http.post(&request, now).await?;
        let answer: Option<SlackResponse> = response.body().and_then(|body| serde_json::from_slice(body).ok());
        let Some(answer) = answer else {
            return Err(DeliveryError::transient(response.described("that is none of Slack's answers"), None));
        };
        match answer.error.as_deref() {
            _ if answer.ok => Ok(Outcome::Done(answer)),
            Some(error) if is_lost(error) => Ok(Outcome::Lost),
            error => Err(refusal(method, error.unwrap_or("nothing"), response.retry_after())),
        }
    }

    fn threads<T>(&self, look: impl FnOnce(&mut Threads) -> T) -> T {
        look(&mut self.threads.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn put<const N: usize>(body: &mut Json, keys: [(&str, Json); N]) {
    if let Json::Object(body) = body {
        body.extend(keys.map(|(key, value)| (key.to_owned(), value)));
    }
}

/// What a method answers, of which most is of no interest.
#[derive(Debug, Default, Deserialize)]
struct SlackResponse {
    ok: bool,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
}

/// What came of a method that was called.
enum Outcome {
    Done(SlackResponse),
    /// The message that was to be changed or answered is not there any more, or cannot be changed.
    Lost,
}

fn is_lost(error: &str) -> bool {
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
fn refusal(method: &str, error: &str, wait: Option<Span>) -> DeliveryError {
    let shown = words::name(error, ERROR);
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

/// Where a message is: a channel, by its id, and the message's time in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Post {
    channel: String,
    ts: String,
}

/// The first message about each incident, as far as this process has sent it. After a restart the next message about
/// an incident begins a thread of its own: reading a channel's history would take more rights than posting does.
#[derive(Debug, Default)]
struct Threads {
    first: BTreeMap<IncidentId, Post>,
    order: VecDeque<IncidentId>,
}

impl Threads {
    fn get(&self, incident: &IncidentId) -> Option<Post> {
        self.first.get(incident).cloned()
    }

    fn remember(&mut self, incident: &IncidentId, post: Post) {
        if self.first.insert(incident.clone(), post).is_none() {
            self.order.push_back(incident.clone());
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.first.remove(&oldest);
            }
        }
    }

    fn forget(&mut self, incident: &IncidentId) {
        if self.first.remove(incident).is_some() {
            self.order.retain(|known| known != incident);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> IncidentId {
        IncidentId::from_stored(format!("{number}"))
    }

    fn post(ts: &str) -> Post {
        Post { channel: "C1".to_owned(), ts: ts.to_owned() }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut threads = Threads::default();
        for number in 0..=REMEMBERED {
            threads.remember(&id(number), post("1"));
            threads.remember(&id(number), post("2"));
        }
        assert_eq!(threads.get(&id(0)), None);
        assert_eq!(threads.get(&id(1)), Some(post("2")));
        assert_eq!(threads.order.len(), REMEMBERED);
        threads.forget(&id(1));
        assert_eq!(
            (threads.get(&id(1)), threads.first.len(), threads.order.len()),
            (None, REMEMBERED - 1, REMEMBERED - 1)
        );
    }
}
