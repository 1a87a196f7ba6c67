//! Alertmanager, by script; tests/alertmanager.rs asks a real one.

use driftd_model::{Notification, NotifyReason, Severity};
use driftd_window::Span;

use crate::fixtures::full;
use crate::server::{Server, answer};
use crate::setup::{alertmanager, build, now, opened, outbound, outcome, resolved};

#[tokio::test]
async fn an_alert_is_what_the_incident_is_and_ends_by_itself() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), alertmanager(&[server.url("/am/")]), &[]).unwrap();
    assert_eq!(transport.schedule().resend, Some(Span::from_minutes(1)));
    transport.deliver(&opened(), now()).await.unwrap();
    insta::assert_snapshot!(server.only().told(), @r#"
    POST /am/api/v2/alerts HTTP/1.1
    accept: */*
    connection: close
    content-length: …
    content-type: application/json; charset=utf-8
    host: 127.0.0.1
    user-agent: driftd/0.1.0

    [
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
        "endsAt": "2013-07-08T00:09:02Z",
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
        "startsAt": "2013-07-08T00:05:00Z"
      }
    ]
    "#);
}

#[tokio::test]
async fn an_end_has_its_time_and_the_same_labels() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), alertmanager(&[server.url("")]), &[]).unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    transport.resend(&[resolved()], now()).await.unwrap();
    let asked: Vec<_> = server.asked().iter().map(crate::server::Asked::json).collect();
    assert_eq!(asked[0][0]["labels"], asked[1][0]["labels"]);
    assert_eq!(asked[1][0]["endsAt"], "2013-07-22T00:05:00Z");
}

#[tokio::test]
async fn what_becomes_critical_ends_as_a_warning_in_the_same_breath() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), alertmanager(&[server.url("")]), &[]).unwrap();
    let told = full(opened().incident, NotifyReason::Escalated);
    transport.deliver(&told, now()).await.unwrap();
    transport.resend(&[told], now()).await.unwrap();
    let asked: Vec<_> = server.asked().iter().map(crate::server::Asked::json).collect();
    let brief = |at: usize| {
        let alerts = asked[at].as_array().unwrap().iter();
        alerts.map(|a| format!("{} until {}", a["labels"]["severity"], a["endsAt"])).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(brief(0), @r#"
    "warning" until "2013-07-08T00:05:02Z"
    "critical" until "2013-07-08T00:09:02Z"
    "#);
    insta::assert_snapshot!(brief(1), @r#""critical" until "2013-07-08T00:09:02Z""#);
}

#[tokio::test]
async fn one_replica_is_enough_and_all_are_asked() {
    let good = Server::http(vec![answer("200 OK", &[], "")]).await;
    let bad = Server::http(vec![answer("503 Service Unavailable", &[], "starting")]).await;
    let urls = [bad.url(""), good.url(""), "http://none.example".to_owned()];
    let transport = build(&outbound(&[]), alertmanager(&urls), &[]).unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    assert_eq!((good.asked().len(), bad.asked().len()), (1, 1));
}

#[tokio::test]
async fn when_all_fail_the_message_waits_unless_all_refuse() {
    let busy = Server::http(vec![answer("429 Too Many Requests", &[("Retry-After", "20")], "")]).await;
    let wrong = Server::http(vec![answer("400 Bad Request", &[], r#"{"code":400,"message":"bad label"}"#)]).await;
    let say = async |urls: &[String]| {
        let transport = build(&outbound(&[]), alertmanager(urls), &[]).unwrap();
        let said = outcome(transport.deliver(&opened(), now()).await);
        said.replace(&busy.address.to_string(), "BUSY").replace(&wrong.address.to_string(), "WRONG")
    };
    let said = say(&[busy.url(""), wrong.url("")]).await;
    assert!(said.starts_with("transient after 20s: "), "{said}");
    insta::assert_snapshot!(say(&[wrong.url("")]).await, @r#"permanent: receiver refused the message: http://WRONG answered 400 Bad Request: {"code":400,"message":"bad label"}; the good alerts among them may have been stored all the same"#);
}

#[tokio::test]
async fn everything_is_said_again_in_batches() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let transport = build(&outbound(&[]), alertmanager(&[server.url("")]), &[]).unwrap();
    let many: Vec<Notification> = (0..150)
        .map(|number| {
            let mut told = opened();
            told.incident.severity = Severity::Warning;
            told.labels.set("segment".parse().unwrap(), format!("n={number}"));
            told
        })
        .collect();
    transport.resend(&many, now()).await.unwrap();
    let sizes: Vec<_> = server.asked().iter().map(|asked| asked.json().as_array().unwrap().len()).collect();
    assert_eq!(sizes, [64, 64, 22]);
    transport.resend(&[], now()).await.unwrap();
    assert_eq!(server.asked().len(), 3);
}
