//! PagerDuty's events.

use std::net::SocketAddr;

use driftd_config::{Channel, PagerDutyChannel};
use driftd_model::{IncidentKind, IncidentState, Notification, NotifyReason};
use driftd_notify::test_notification;

use crate::fixtures::{full, incident, labels, movement, psi, told, wall};
use crate::server::{Reply, Server, answer};
use crate::setup::{build, env, now, opened, outbound, outcome, resolved, url, webhook as webhook_at};

const QUEUED: &str = r#"{"status":"success","message":"Event processed","dedup_key":"x"}"#;

async fn sent(script: Vec<Reply>, told: &Notification) -> (Server, String) {
    let server = Server::https(script).await;
    let names: [(&str, &[SocketAddr]); 1] = [("events.pagerduty.com", &[server.address])];
    let channel = PagerDutyChannel { routing_key: env("PD"), url: url("https://events.pagerduty.com") };
    let pairs = [("PD", "R0UTINGKEY0000000000000000000000")];
    let transport = build(&outbound(&names), Channel::PagerDuty(channel), &pairs).unwrap();
    assert_eq!(transport.schedule().spacing.to_string(), "500ms");
    let said = outcome(transport.deliver(told, now()).await);
    (server, said)
}

fn queued() -> Reply {
    answer("202 Accepted", &[], QUEUED)
}

#[tokio::test]
async fn an_incident_that_opens_triggers() {
    let (server, said) = sent(vec![queued()], &opened()).await;
    assert_eq!(said, "delivered");
    insta::assert_snapshot!(server.only().told(), @r#"
    POST /v2/enqueue HTTP/1.1
    accept: */*
    connection: close
    content-length: …
    content-type: application/json; charset=utf-8
    host: events.pagerduty.com
    user-agent: driftd/0.1.0

    {
      "client": "driftd",
      "client_url": "https://driftd.example.com",
      "dedup_key": "428808045d0c",
      "event_action": "trigger",
      "links": [
        {
          "href": "https://driftd.example.com/incidents/428808045d0c",
          "text": "Incident"
        },
        {
          "href": "https://driftd.example.com/incidents/428808045d0c#silence",
          "text": "Silence"
        },
        {
          "href": "https://wiki.example.com/flight-delay",
          "text": "Runbook"
        }
      ],
      "payload": {
        "class": "drift",
        "component": "delay-gbm",
        "custom_details": "…",
        "group": "production",
        "severity": "critical",
        "source": "flight-delay",
        "summary": "flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.",
        "timestamp": "2013-07-08T00:05:00Z"
      },
      "routing_key": "R0UTINGKEY0000000000000000000000"
    }
    "#);
    // Whole in the test of the webhook.
    let webhook = Server::http(vec![answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), Channel::Webhook(webhook_at(&webhook.url("/"))), &[]).unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    assert_eq!(server.only().json()["payload"]["custom_details"], webhook.only().json()["driftd"]);
}

#[tokio::test]
async fn taking_and_ending_it_need_nothing_but_its_key() {
    let mut found = opened().incident;
    found.state = IncidentState::Acknowledged;
    found.acknowledged = Some((wall("2013-07-08T01:00:00Z"), "ana".to_owned()));
    let (server, _) = sent(vec![queued()], &full(found, NotifyReason::Acknowledged { by: "ana".to_owned() })).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&server.only().json()).unwrap(), @r#"
    {
      "client": "driftd",
      "client_url": "https://driftd.example.com",
      "dedup_key": "428808045d0c",
      "event_action": "acknowledge",
      "links": [
        {
          "href": "https://driftd.example.com/incidents/428808045d0c",
          "text": "Incident"
        },
        {
          "href": "https://driftd.example.com/incidents/428808045d0c#silence",
          "text": "Silence"
        },
        {
          "href": "https://wiki.example.com/flight-delay",
          "text": "Runbook"
        }
      ],
      "routing_key": "R0UTINGKEY0000000000000000000000"
    }
    "#);
    let (server, _) = sent(vec![queued()], &resolved()).await;
    let body = server.only().json();
    assert_eq!((&body["event_action"], &body["dedup_key"]), (&"resolve".into(), &opened().incident.id.as_str().into()));
}

#[tokio::test]
async fn a_test_opens_and_ends_an_alert_of_its_own() {
    let told = test_notification(&"ops".parse().unwrap(), "ana", labels(&[]), now());
    let (server, said) = sent(vec![queued()], &told).await;
    assert_eq!(said, "delivered");
    let asked: Vec<_> = server.asked().iter().map(crate::server::Asked::json).collect();
    assert_eq!(
        (asked.len(), &asked[0]["event_action"], &asked[1]["event_action"]),
        (2, &"trigger".into(), &"resolve".into())
    );
    assert_eq!(asked[0]["dedup_key"], asked[1]["dedup_key"]);
    assert!(asked[0]["dedup_key"].as_str().unwrap().starts_with("test-"));
    assert!(asked[0]["payload"]["summary"].as_str().unwrap().starts_with("[TEST] "));
}

#[tokio::test]
async fn a_huge_incident_loses_its_lesser_features() {
    let evidence = (0..400).map(|number| {
        let mut evidence = psi(&format!("feature {number} {}", "é".repeat(600)), f64::from(number));
        evidence.moved = vec![movement(&"λ".repeat(400), 0.0, 1.0); 4];
        evidence
    });
    let (server, said) = sent(vec![queued()], &full(incident(IncidentKind::Drift, evidence.collect()), told())).await;
    assert_eq!(said, "delivered");
    let asked = server.only();
    assert!(asked.body.len() <= 512_000, "{}", asked.body.len());
    let details = &asked.json()["payload"]["custom_details"];
    assert_eq!(details["feature_count"], 400);
    let kept = details["features"].as_array().unwrap();
    assert!(!kept.is_empty() && kept.len() < 400, "{}", kept.len());
    assert!(kept[0]["feature"].as_str().unwrap().starts_with("feature 399"));
    // A single feature can be too long by itself.
    let monster = psi(&"z".repeat(600_000), 1.0);
    let (server, said) = sent(vec![queued()], &full(incident(IncidentKind::Drift, vec![monster]), told())).await;
    assert_eq!(said, "delivered");
    assert!(server.only().body.len() < 10_000);
}

#[tokio::test]
async fn answers_are_told_without_the_key() {
    let mut table = String::new();
    for reply in [
        answer("400 Bad Request", &[], r#"{"status":"invalid event","errors":["'payload.severity' is invalid"]}"#),
        answer("400 Bad Request", &[], "unknown key R0UTINGKEY0000000000000000000000"),
        answer("429 Too Many Requests", &[("Retry-After", "9")], ""),
        answer("500 Internal Server Error", &[], "oops"),
    ] {
        let (_server, said) = sent(vec![reply], &opened()).await;
        table += &format!("{said}\n");
    }
    assert!(!table.contains("R0UTING"), "{table}");
    insta::assert_snapshot!(table, @r#"
    permanent: receiver refused the message: https://events.pagerduty.com answered 400 Bad Request: {"status":"invalid event","errors":["'payload.severity' is invalid"]}; it does not take such a message; its own log may say why
    permanent: receiver refused the message: https://events.pagerduty.com answered 400 Bad Request; it does not take such a message; its own log may say why
    transient after 9s: receiver not reached: https://events.pagerduty.com answered 429 Too Many Requests
    transient: receiver not reached: https://events.pagerduty.com answered 500 Internal Server Error: oops
    "#);
}

#[tokio::test]
async fn what_somebody_has_and_becomes_critical_is_news_again() {
    let mut found = opened().incident;
    found.state = IncidentState::Acknowledged;
    let (server, _) = sent(vec![queued()], &full(found, NotifyReason::Escalated)).await;
    assert_eq!(server.only().json()["event_action"], "trigger");
}
