//! Slack, by an incoming webhook or as a bot.

mod blocks;
mod refusal;
mod threads;

use std::sync::{Mutex, PoisonError};

use driftd_config::{Secret, SlackChannel};
use driftd_model::{
    BoxFuture, DeliveryError, DeliverySchedule, IncidentId, IncidentState, Notification, NotifyReason, Transport,
};
use driftd_window::{Span, Timestamp};
use serde_json::{Value as Json, json};

use blocks::message;
use refusal::{Said, is_lost, refusal};
use threads::{Post, Threads};

use crate::factory::{BuildError, Endpoint, SecretSource, Setup};
use crate::http::{HttpClient, Request, Target};
use crate::webhook::is_test;

/// Where Slack's methods are.
const API: &str = "https://slack.com/api";
/// Bytes of a method's response, which repeats the message.
const RESPONSE_BYTES: usize = 256 << 10;
/// Slack takes about a message a second in a channel.
const SPACING: Span = Span::from_secs(1);

/// Posts messages to a channel.
///
/// A bot's first message about an incident begins a thread, the later ones are replies in it. Those that somebody must
/// hear of, and the end, are shown in the channel too, and the first message is changed into the last word when the
/// incident is over.
pub struct SlackTransport {
    http: HttpClient,
    way: Way,
}

enum Way {
    Webhook(Endpoint),
    Bot(Bot),
}

struct Bot {
    api: Target,
    token: SecretSource,
    channel: String,
    threads: Mutex<Threads>,
}

/// What came of a method that was called.
enum Outcome {
    Done(Said),
    Lost,
}

impl SlackTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &SlackChannel) -> Result<Self, BuildError> {
        let way = match channel {
            SlackChannel::Webhook(place) => Way::Webhook(setup.secret_endpoint("webhook", place)?),
            SlackChannel::Bot { token, channel } => {
                let api = Target::parse(API).map_err(|bad| setup.unusable("token", bad.to_string()))?;
                setup.http().check(&api).map_err(|what| setup.unusable("token", what))?;
                let (token, channel) = (setup.secret("token", token)?, channel.clone());
                Way::Bot(Bot { api, token, channel, threads: Mutex::default() })
            }
        };
        Ok(Self { http: setup.http(), way })
    }

    async fn say(&self, notification: &Notification, now: Timestamp) -> Result<(), DeliveryError> {
        match &self.way {
            Way::Webhook(place) => {
                let request = Request::json(place.target()?, message(notification).to_string());
                self.http.post(&request, now).await.map(drop)
            }
            Way::Bot(bot) => bot.say(&self.http, notification, now).await,
        }
    }
}

impl Bot {
    async fn say(&self, http: &HttpClient, told: &Notification, now: Timestamp) -> Result<(), DeliveryError> {
        let token = self.token.get()?;
        let incident = &told.incident.id;
        let mut first = self.threads(|threads| threads.get(incident));
        let is_over = told.incident.state == IncidentState::Resolved;
        if let Some(post) = first.clone().filter(|_| is_over) {
            // Said first: changing it twice does no harm when the reply has to be tried again.
            let mut body = message(told);
            put(&mut body, [("channel", json!(post.channel)), ("ts", json!(post.ts))]);
            if matches!(self.call(http, "chat.update", &token, &body, now).await?, Outcome::Lost) {
                first = None;
            }
        }
        let said = match self.post(http, told, first.as_ref(), &token, now).await? {
            Outcome::Lost if first.is_some() => {
                first = None;
                self.post(http, told, None, &token, now).await?
            }
            said => said,
        };
        let Outcome::Done(said) = said else {
            return Err(refusal("chat.postMessage", "message_not_found", None));
        };
        self.threads(|threads| self.note(threads, incident, first.is_some(), said, is_over || is_test(told)));
        Ok(())
    }

    fn note(&self, threads: &mut Threads, incident: &IncidentId, is_reply: bool, said: Said, is_over: bool) {
        if is_over {
            threads.forget(incident);
        } else if let (false, Some(ts)) = (is_reply, said.ts) {
            let channel = said.channel.unwrap_or_else(|| self.channel.clone());
            threads.remember(incident, Post { channel, ts });
        }
    }

    /// Posts a message, below `first` if there is one.
    async fn post(
        &self,
        http: &HttpClient,
        told: &Notification,
        first: Option<&Post>,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Outcome, DeliveryError> {
        let mut body = message(told);
        match first {
            Some(post) => {
                let is_loud = !matches!(told.reason, NotifyReason::Acknowledged { .. });
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
        let said: Option<Said> = response.body().and_then(|body| serde_json::from_slice(body).ok());
        let Some(said) = said else {
            return Err(DeliveryError::transient(response.described("that is none of Slack's answers"), None));
        };
        match said.error.as_deref() {
            _ if said.ok => Ok(Outcome::Done(said)),
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

impl Transport for SlackTransport {
    fn kind(&self) -> &'static str {
        "slack"
    }

    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { spacing: SPACING, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(self.say(notification, now))
    }
}
