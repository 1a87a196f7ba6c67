//! Whatever things are called, messages stay well-formed and within limits.

use driftd_config::{Channel, PagerDutyChannel, SlackChannel, WebhookChannel, WebhookTemplate};
use driftd_model::{Evidence, IncidentKind, Notification, NotifyReason};
use driftd_window::SegmentKey;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::fixtures::{full, incident, movement, psi};
use crate::server::{Server, answer};
use crate::setup::{alertmanager, build, env, now, outbound, url, webhook};

/// A name as nobody would want one.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        any::<String>(),
        Just("<!channel> & \"quotes\" \\ }} {{ driftd }} {% raw %}".to_owned()),
        Just("\u{202e}\u{0}\r\n\u{2028}".to_owned()),
        "[&<>]{200,400}",
        "😀{100,300}",
    ]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let number = prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::MAX), Just(f64::INFINITY), 0.0..1.0];
    (name(), number, prop::collection::vec((name(), 0.0..1.0, 0.0..1.0), 0..6)).prop_map(|(name, value, moved)| {
        let moved = moved.into_iter().map(|(label, before, after)| movement(&label, before, after)).collect();
        Evidence { value, effect: value, moved, ..psi(&name, 0.3) }
    })
}

fn notification() -> impl Strategy<Value = Notification> {
    let features = prop::collection::vec(evidence(), 0..30);
    (features, name(), name(), name(), name()).prop_map(|(features, segment, model, by, runbook)| {
        let mut found = incident(IncidentKind::Drift, features);
        found.key.segment = SegmentKey::from_stored(segment);
        let mut told = full(found, NotifyReason::Test { by });
        told.labels.set("model".parse().unwrap(), model);
        told.links.runbook = Some(format!("https://example.com/{runbook}"));
        told
    })
}

/// What each channel posts.
async fn posted(told: &Notification) -> Vec<Json> {
    let server = Server::http(vec![answer("200 OK", &[], "ok")]).await;
    let address = server.url("/");
    let pairs = [("SLACK", address.as_str()), ("PD", "key")];
    for channel in [
        Channel::Webhook(webhook(&address)),
        Channel::Webhook(WebhookChannel { template: Some(WebhookTemplate::Teams), ..webhook(&address) }),
        Channel::Slack(SlackChannel::Webhook(env("SLACK"))),
        alertmanager(std::slice::from_ref(&address)),
        Channel::PagerDuty(PagerDutyChannel { routing_key: env("PD"), url: url(&address) }),
    ] {
        build(&outbound(&[]), channel, &pairs).unwrap().deliver(told, now()).await.unwrap();
    }
    server.asked().iter().map(crate::server::Asked::json).collect()
}

fn length(text: &Json) -> usize {
    // As Slack counts.
    text.as_str().unwrap().encode_utf16().count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_name_makes_well_formed_messages_within_limits(told in notification()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bodies = runtime.block_on(posted(&told));
        // PagerDuty's test is opened and ended.
        prop_assert_eq!(bodies.len(), 6);
        let [webhook, teams, slack, alerts, event, _] = <[Json; 6]>::try_from(bodies).unwrap();

        let segment = told.incident.key.segment.as_str();
        prop_assert_eq!(webhook["driftd"]["segment"].as_str().unwrap_or(""), segment);
        prop_assert_eq!(&teams["type"], "message");
        prop_assert!(teams.to_string().len() < 28_000);
        prop_assert_eq!(&alerts[0]["labels"]["alertname"], "driftd_test");

        let blocks = slack["blocks"].as_array().unwrap();
        prop_assert!(blocks.len() <= 50);
        prop_assert!(slack["text"].as_str().unwrap().contains("[TEST]"));
        for block in blocks {
            let most = if block["type"] == "header" { 150 } else { 3000 };
            if block["text"].is_object() {
                prop_assert!((1..=most).contains(&length(&block["text"]["text"])), "{block}");
            }
            let fields = block["fields"].as_array().cloned().unwrap_or_default();
            prop_assert!(fields.len() <= 10);
            for field in &fields {
                prop_assert!((1..=2000).contains(&length(&field["text"])), "{field}");
            }
        }
        prop_assert!(!slack.to_string().contains("<!"));

        prop_assert!(event["payload"]["summary"].as_str().unwrap().chars().count() <= 1024);
        prop_assert!(event["dedup_key"].as_str().unwrap().len() <= 255);
        for text in ["component", "source", "group"] {
            let text = &event["payload"][text];
            prop_assert!(text.is_null() || text.as_str().unwrap().chars().count() <= 255);
        }
    }
}
