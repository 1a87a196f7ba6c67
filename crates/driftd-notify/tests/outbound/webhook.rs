//! Webhooks.

use driftd_config::{Channel, WebhookChannel};
use driftd_model::NotifyReason;
use driftd_notify::test_notification;
use driftd_window::{Span, Timestamp};

use crate::fixtures::labels;
use crate::server::{Server, answer};
use crate::setup::{build, env, now, opened, outbound, outcome, resolved, webhook};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn signed(server: &Server) -> WebhookChannel {
    WebhookChannel {
        secret: Some(env("KEY")),
        token: Some(env("TOKEN")),
        heartbeat: Some(Span::from_minutes(5)),
        ..webhook(&server.url("/hook?from=driftd"))
    }
}

#[tokio::test]
async fn a_message_is_what_alertmanager_posts_and_more_and_signed() {
    let server = Server::http(vec![answer("202 Accepted", &[], "")]).await;
    let pairs = [("KEY", KEY), ("TOKEN", "tok\n")];
    let transport = build(&outbound(&[]), Channel::Webhook(signed(&server)), &pairs).unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    insta::assert_snapshot!(server.only().told(), @r#"
    POST /hook?from=driftd HTTP/1.1
    accept: */*
    authorization: Bearer tok
    connection: close
    content-length: …
    content-type: application/json; charset=utf-8
    host: 127.0.0.1
    user-agent: driftd/0.1.0
    webhook-id: 13d535a137af391a0b0c533c089b5ae4301d5d6c5cfa743f63bdbc348efa87dc
    webhook-signature: …
    webhook-timestamp: 1373241902

    {
      "alerts": [
        {
          "annotations": {
            "description": "…",
            "incident": "428808045d0c",
            "incident_url": "https://driftd.example.com/incidents/428808045d0c",
            "runbook_url": "https://wiki.example.com/flight-delay",
            "sentence": "flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.",
            "silence_url": "https://driftd.example.com/incidents/428808045d0c#silence",
            "summary": "[CRITICAL] flight-delay (carrier=UA): 2 features drifted"
          },
          "endsAt": "0001-01-01T00:00:00Z",
          "fingerprint": "428808045d0c",
          "generatorURL": "https://driftd.example.com/incidents/428808045d0c",
          "labels": {
            "alertname": "driftd_drift",
            "environment": "production",
            "kind": "drift",
            "model": "delay-gbm",
            "model_version": "3.2",
            "monitor": "flight-delay",
            "segment": "carrier=UA",
            "severity": "critical",
            "team": "ml"
          },
          "startsAt": "2013-07-08T00:05:00Z",
          "status": "firing"
        }
      ],
      "commonAnnotations": {
        "description": "…",
        "incident": "428808045d0c",
        "incident_url": "https://driftd.example.com/incidents/428808045d0c",
        "runbook_url": "https://wiki.example.com/flight-delay",
        "sentence": "flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.",
        "silence_url": "https://driftd.example.com/incidents/428808045d0c#silence",
        "summary": "[CRITICAL] flight-delay (carrier=UA): 2 features drifted"
      },
      "commonLabels": {
        "alertname": "driftd_drift",
        "environment": "production",
        "kind": "drift",
        "model": "delay-gbm",
        "model_version": "3.2",
        "monitor": "flight-delay",
        "segment": "carrier=UA",
        "severity": "critical",
        "team": "ml"
      },
      "driftd": {
        "acknowledged": null,
        "at": "2013-07-08T00:05:00Z",
        "baseline": {
          "hash": "7a6d85963363d1c23f410a9b01708742d7694efb7fb8b46a277786a0a7e9309d",
          "name": "flight-delay@v1"
        },
        "basis": null,
        "causes": [],
        "dedup_key": "428808045d0c",
        "environment": "production",
        "feature_count": 2,
        "features": [
          {
            "effect": 8.3214,
            "feature": "temp",
            "m": 6402,
            "moved": [
              {
                "after": 0.31,
                "before": 0.0,
                "bin": "(80.6, 95]"
              },
              {
                "after": 0.002,
                "before": 0.1,
                "bin": "(-inf, 30]"
              }
            ],
            "n": 26398,
            "outcome": "critical",
            "q_value": 0.0,
            "statistic": "psi",
            "threshold": {
              "critical": 0.25,
              "warn": 0.1
            },
            "value": 8.3214
          },
          {
            "effect": 1.5,
            "feature": "dewp",
            "m": 6402,
            "moved": [
              {
                "after": 0.31,
                "before": 0.0,
                "bin": "(80.6, 95]"
              },
              {
                "after": 0.002,
                "before": 0.1,
                "bin": "(-inf, 30]"
              }
            ],
            "n": 26398,
            "outcome": "critical",
            "q_value": 0.0,
            "statistic": "psi",
            "threshold": {
              "critical": 0.25,
              "warn": 0.1
            },
            "value": 1.5
          }
        ],
        "first_seen": "2013-07-01T00:00:00Z",
        "incident": "428808045d0c",
        "key": "13d535a137af391a0b0c533c089b5ae4301d5d6c5cfa743f63bdbc348efa87dc",
        "kind": "drift",
        "labels": {
          "environment": "production",
          "kind": "drift",
          "model": "delay-gbm",
          "model_version": "3.2",
          "monitor": "flight-delay",
          "segment": "carrier=UA",
          "severity": "critical",
          "team": "ml"
        },
        "links": {
          "incident": "https://driftd.example.com/incidents/428808045d0c",
          "runbook": "https://wiki.example.com/flight-delay",
          "silence": "https://driftd.example.com/incidents/428808045d0c#silence"
        },
        "model": "delay-gbm",
        "model_version": "3.2",
        "monitor": "flight-delay",
        "opened_at": "2013-07-08T00:05:00Z",
        "reason": "opened",
        "resolved_at": null,
        "resolved_by": null,
        "schema": "driftd.notification/1",
        "segment": "carrier=UA",
        "sentence": "flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.",
        "severity": "critical",
        "state": "open",
        "status": "firing",
        "subject": "[CRITICAL] flight-delay (carrier=UA): 2 features drifted",
        "why": "opened after its first bad window",
        "window": {
          "end": "2013-07-08T00:00:00Z",
          "name": "week",
          "start": "2013-07-01T00:00:00Z"
        },
        "windows": 1
      },
      "externalURL": "https://driftd.example.com",
      "groupKey": "driftd:428808045d0c",
      "groupLabels": {
        "alertname": "driftd_drift",
        "kind": "drift",
        "monitor": "flight-delay",
        "segment": "carrier=UA"
      },
      "receiver": "ops",
      "status": "firing",
      "truncatedAlerts": 0,
      "version": "4"
    }
    "#);
}

#[tokio::test]
async fn an_end_is_told_with_its_time() {
    let server = Server::http(vec![answer("204 No Content", &[], "")]).await;
    let transport = build(&outbound(&[]), Channel::Webhook(webhook(&server.url("/"))), &[]).unwrap();
    transport.deliver(&resolved(), now()).await.unwrap();
    let asked = server.only();
    assert!(!asked.headers.contains_key("webhook-signature") && !asked.headers.contains_key("authorization"));
    let body = asked.json();
    assert_eq!((&body["status"], &body["alerts"][0]["status"]), (&"resolved".into(), &"resolved".into()));
    assert_eq!(body["alerts"][0]["endsAt"], "2013-07-22T00:05:00Z");
    assert_eq!(body["driftd"]["resolved_by"], "2 good windows");
    assert_eq!(body["driftd"]["reason"], "resolved");
}

#[tokio::test]
async fn the_key_of_a_message_is_the_same_every_time_and_its_time_is_not() {
    let server = Server::http(vec![answer("500 Internal Server Error", &[], ""), answer("200 OK", &[], "")]).await;
    let pairs = [("KEY", KEY), ("TOKEN", "tok")];
    let transport = build(&outbound(&[]), Channel::Webhook(signed(&server)), &pairs).unwrap();
    let told = opened();
    transport.deliver(&told, now()).await.unwrap_err();
    transport.deliver(&told, now().plus(Span::from_minutes(1))).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].header("webhook-id"), told.key.as_str());
    assert_eq!(asked[0].header("webhook-id"), asked[1].header("webhook-id"));
    assert_eq!(asked[0].body, asked[1].body);
    assert_eq!(asked[0].header("webhook-timestamp"), "1373241902");
    assert_eq!(asked[1].header("webhook-timestamp"), "1373241962");
    assert_ne!(asked[0].header("webhook-signature"), asked[1].header("webhook-signature"));
}

#[tokio::test]
async fn a_sign_of_life_is_signed_the_same_way() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let pairs = [("KEY", KEY), ("TOKEN", "tok")];
    let transport = build(&outbound(&[]), Channel::Webhook(signed(&server)), &pairs).unwrap();
    assert_eq!(transport.schedule().heartbeat, Some(Span::from_minutes(5)));
    transport.heartbeat(now()).await.unwrap();
    insta::assert_snapshot!(server.only().told(), @r#"
    POST /hook?from=driftd HTTP/1.1
    accept: */*
    authorization: Bearer tok
    connection: close
    content-length: …
    content-type: application/json; charset=utf-8
    host: 127.0.0.1
    user-agent: driftd/0.1.0
    webhook-id: heartbeat-1373241902000000
    webhook-signature: …
    webhook-timestamp: 1373241902

    {
      "alerts": [
        {
          "annotations": {
            "summary": "driftd in production is well: this comes regularly, and its absence is the alarm"
          },
          "endsAt": "0001-01-01T00:00:00Z",
          "fingerprint": "heartbeat",
          "generatorURL": "",
          "labels": {
            "alertname": "driftd_heartbeat",
            "environment": "production"
          },
          "startsAt": "2013-07-08T00:05:02Z",
          "status": "firing"
        }
      ],
      "commonAnnotations": {
        "summary": "driftd in production is well: this comes regularly, and its absence is the alarm"
      },
      "commonLabels": {
        "alertname": "driftd_heartbeat",
        "environment": "production"
      },
      "driftd": {
        "at": "2013-07-08T00:05:02Z",
        "environment": "production",
        "schema": "driftd.heartbeat/1"
      },
      "externalURL": "https://driftd.example.com",
      "groupKey": "driftd:heartbeat",
      "groupLabels": {
        "alertname": "driftd_heartbeat",
        "environment": "production"
      },
      "receiver": "ops",
      "status": "firing",
      "truncatedAlerts": 0,
      "version": "4"
    }
    "#);
}

#[tokio::test]
async fn who_is_gone_is_not_asked_again() {
    let server = Server::http(vec![answer("410 Gone", &[], "moved away"), answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), Channel::Webhook(webhook(&server.url("/hook"))), &[]).unwrap();
    let said = outcome(transport.deliver(&opened(), now()).await);
    insta::assert_snapshot!(said.replace(&server.address.to_string(), "HOST"), @"permanent: receiver refused the message: http://HOST answered 410 Gone: moved away; it is gone: take it out of the configuration, or give it its new address");
    insta::assert_snapshot!(outcome(transport.deliver(&opened(), now()).await), @"permanent: receiver refused the message: it answered 410 Gone before and is not asked again: take it out of the configuration, or start driftd again once it is back");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_test_is_marked() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), Channel::Webhook(webhook(&server.url("/hook"))), &[]).unwrap();
    let told = test_notification(&"ops".parse().unwrap(), "ana", labels(&[("environment", "lab")]), now());
    assert_eq!(told.reason, NotifyReason::Test { by: "ana".to_owned() });
    transport.deliver(&told, now()).await.unwrap();
    let body = server.only().json();
    assert_eq!(body["alerts"][0]["labels"]["alertname"], "driftd_test");
    let summary = body["commonAnnotations"]["summary"].as_str().unwrap();
    assert!(summary.starts_with("[TEST]"), "{summary}");
    assert_eq!(body["driftd"]["reason"], "test");
}

#[tokio::test]
async fn secrets_are_looked_up_each_time() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    std::fs::write(file.path(), "first\n").unwrap();
    let token = Some(driftd_config::SecretRef::File(file.path().to_owned()));
    let channel = WebhookChannel { token, ..webhook(&server.url("/")) };
    let transport = build(&outbound(&[]), Channel::Webhook(channel), &[]).unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    std::fs::write(file.path(), "second\n").unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    std::fs::remove_file(file.path()).unwrap();
    let said = outcome(transport.deliver(&opened(), now()).await);
    assert!(said.starts_with("transient: receiver not reached: its secret is gone: file "), "{said}");
    let asked = server.asked();
    assert_eq!(asked.iter().map(|a| a.header("authorization")).collect::<Vec<_>>(), ["Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_said_so() {
    let channel = WebhookChannel { token: Some(env("TOKEN")), ..webhook("http://127.0.0.1:9/") };
    let transport = build(&outbound(&[]), Channel::Webhook(channel), &[("TOKEN", "a\nb")]).unwrap();
    insta::assert_snapshot!(outcome(transport.deliver(&opened(), now()).await), @"permanent: receiver refused the message: no request for http://127.0.0.1:9 can be made: a token or key has characters that no header can carry; write it without line breaks and in plain ASCII");
}

#[test]
fn the_time_of_a_test_is_part_of_its_key() {
    let at = Timestamp::from_micros(1);
    let receiver = "ops".parse().unwrap();
    let key = |by: &str, at| test_notification(&receiver, by, labels(&[]), at).key;
    assert_ne!(key("ana", at), key("ana", Timestamp::from_micros(2)));
}
