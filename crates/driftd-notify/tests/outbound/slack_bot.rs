//! Slack's bots.

use std::net::SocketAddr;
use std::sync::Arc;

use driftd_config::{Channel, SlackChannel};
use driftd_model::{IncidentState, Notification, NotifyReason, Transport};

use crate::fixtures::{full, wall};
use crate::server::{Asked, Reply, Server, answer};
use crate::setup::{build, env, now, opened, outbound, outcome, resolved};

const FIRST: &str = r#"{"ok":true,"channel":"C024BE91L","ts":"1373241902.000100","message":{"type":"message"}}"#;
const REPLY: &str = r#"{"ok":true,"channel":"C024BE91L","ts":"1373241999.000200"}"#;

fn ok(body: &str) -> Reply {
    answer("200 OK", &[("Content-Type", "application/json")], body)
}

async fn bot(script: Vec<Reply>) -> (Server, Arc<dyn Transport>) {
    let server = Server::https(script).await;
    let names: [(&str, &[SocketAddr]); 1] = [("slack.com", &[server.address])];
    let channel = SlackChannel::Bot { token: env("BOT"), channel: "#drift".to_owned() };
    let transport = build(&outbound(&names), Channel::Slack(channel), &[("BOT", "xoxb-5ecret")]).unwrap();
    (server, transport)
}

fn acknowledged() -> Notification {
    let mut found = opened().incident;
    found.state = IncidentState::Acknowledged;
    found.acknowledged = Some((wall("2013-07-08T01:00:00Z"), "ana".to_owned()));
    full(found, NotifyReason::Acknowledged { by: "ana".to_owned() })
}

/// What matters for the order of things.
fn brief(asked: &[Asked]) -> String {
    let line = |asked: &Asked| {
        let body = asked.json();
        format!(
            "{} channel={} ts={} thread={} broadcast={} {}\n",
            asked.line, body["channel"], body["ts"], body["thread_ts"], body["reply_broadcast"], body["text"]
        )
    };
    asked.iter().map(line).collect()
}

#[tokio::test]
async fn an_incident_is_a_thread_and_its_first_message_has_the_last_word() {
    let (server, transport) = bot(vec![ok(FIRST), ok(REPLY), ok(FIRST), ok(REPLY), ok(FIRST)]).await;
    transport.deliver(&opened(), now()).await.unwrap();
    transport.deliver(&acknowledged(), now()).await.unwrap();
    transport.deliver(&resolved(), now()).await.unwrap();
    // It is over; the next message about it, were there one, would stand for itself.
    transport.deliver(&opened(), now()).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].header("authorization"), "Bearer xoxb-5ecret");
    insta::assert_snapshot!(brief(&asked), @r##"
    POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[CRITICAL] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.postMessage HTTP/1.1 channel="C024BE91L" ts=null thread="1373241902.000100" broadcast=false "[ACKNOWLEDGED] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.update HTTP/1.1 channel="C024BE91L" ts="1373241902.000100" thread=null broadcast=null "[RESOLVED] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.postMessage HTTP/1.1 channel="C024BE91L" ts=null thread="1373241902.000100" broadcast=true "[RESOLVED] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[CRITICAL] flight-delay (carrier=UA): 2 features drifted"
    "##);
}

#[tokio::test]
async fn a_first_message_that_was_deleted_is_done_without() {
    let lost = r#"{"ok":false,"error":"message_not_found"}"#;
    let (server, transport) = bot(vec![ok(FIRST), ok(lost), ok(REPLY)]).await;
    transport.deliver(&opened(), now()).await.unwrap();
    transport.deliver(&resolved(), now()).await.unwrap();
    insta::assert_snapshot!(brief(&server.asked()), @r##"
    POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[CRITICAL] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.update HTTP/1.1 channel="C024BE91L" ts="1373241902.000100" thread=null broadcast=null "[RESOLVED] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[RESOLVED] flight-delay (carrier=UA): 2 features drifted"
    "##);
    let lost = r#"{"ok":false,"error":"thread_not_found"}"#;
    let (server, transport) = bot(vec![ok(FIRST), ok(lost), ok(REPLY)]).await;
    transport.deliver(&opened(), now()).await.unwrap();
    transport.deliver(&acknowledged(), now()).await.unwrap();
    insta::assert_snapshot!(brief(&server.asked()), @r##"
    POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[CRITICAL] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.postMessage HTTP/1.1 channel="C024BE91L" ts=null thread="1373241902.000100" broadcast=false "[ACKNOWLEDGED] flight-delay (carrier=UA): 2 features drifted"
    POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[ACKNOWLEDGED] flight-delay (carrier=UA): 2 features drifted"
    "##);
}

#[tokio::test]
async fn without_a_first_message_the_end_is_a_message_of_its_own() {
    let (server, transport) = bot(vec![ok(FIRST)]).await;
    transport.deliver(&resolved(), now()).await.unwrap();
    insta::assert_snapshot!(brief(&server.asked()), @r##"POST /api/chat.postMessage HTTP/1.1 channel="#drift" ts=null thread=null broadcast=null "[RESOLVED] flight-delay (carrier=UA): 2 features drifted""##);
}

#[tokio::test]
async fn what_slack_refuses_in_a_200_is_a_failure() {
    let mut table = String::new();
    for error in [
        "ratelimited",
        "internal_error",
        "service_unavailable",
        "invalid_auth",
        "token_revoked",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "missing_scope",
        "restricted_action",
        "msg_too_long",
        "something_new",
    ] {
        let (_server, transport) = bot(vec![ok(&format!(r#"{{"ok":false,"error":"{error}"}}"#))]).await;
        table += &format!("{}\n", outcome(transport.deliver(&opened(), now()).await));
    }
    for reply in [
        answer("200 OK", &[("Retry-After", "7")], r#"{"ok":false,"error":"ratelimited"}"#),
        answer("429 Too Many Requests", &[("Retry-After", "7")], r#"{"ok":false,"error":"ratelimited"}"#),
        ok("<html>a login page"),
        ok(r#"{"ok":false}"#),
        ok(""),
    ] {
        let (_server, transport) = bot(vec![reply]).await;
        table += &format!("{}\n", outcome(transport.deliver(&opened(), now()).await));
    }
    insta::assert_snapshot!(table, @r#"
    transient: receiver not reached: Slack's chat.postMessage said ratelimited
    transient: receiver not reached: Slack's chat.postMessage said internal_error
    transient: receiver not reached: Slack's chat.postMessage said service_unavailable
    permanent: receiver refused the message: Slack's chat.postMessage said invalid_auth: give driftd the bot's present token
    permanent: receiver refused the message: Slack's chat.postMessage said token_revoked: give driftd the bot's present token
    permanent: receiver refused the message: Slack's chat.postMessage said channel_not_found: check the channel, and invite the bot when it is a private one
    permanent: receiver refused the message: Slack's chat.postMessage said not_in_channel: invite the bot to the channel
    permanent: receiver refused the message: Slack's chat.postMessage said is_archived: the channel is archived: choose another
    permanent: receiver refused the message: Slack's chat.postMessage said missing_scope: the bot's token needs the scope chat:write
    permanent: receiver refused the message: Slack's chat.postMessage said restricted_action: the workspace forbids the bot to post there
    permanent: receiver refused the message: Slack's chat.postMessage said msg_too_long: it does not take such a message
    permanent: receiver refused the message: Slack's chat.postMessage said something_new: it does not take such a message
    transient after 7s: receiver not reached: Slack's chat.postMessage said ratelimited
    transient after 7s: receiver not reached: https://slack.com answered 429 Too Many Requests: {"ok":false,"error":"ratelimited"}
    transient: receiver not reached: https://slack.com answered 200 OK: <html>a login page; that is none of Slack's answers
    permanent: receiver refused the message: Slack's chat.postMessage said nothing: it does not take such a message
    transient: receiver not reached: https://slack.com answered 200 OK; that is none of Slack's answers
    "#);
}

#[tokio::test]
async fn an_answer_that_repeats_the_whole_message_is_read() {
    let long = format!(r#"{{"message":"{}","ok":true,"channel":"C1","ts":"1.2"}}"#, "x".repeat(100_000));
    let (server, transport) = bot(vec![ok(&long), ok(REPLY)]).await;
    transport.deliver(&opened(), now()).await.unwrap();
    transport.deliver(&acknowledged(), now()).await.unwrap();
    assert_eq!(server.asked()[1].json()["thread_ts"], "1.2");
}
