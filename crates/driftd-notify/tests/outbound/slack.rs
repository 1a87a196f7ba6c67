//! Slack's incoming webhooks.

use std::net::SocketAddr;

use driftd_config::{Channel, SlackChannel};
use driftd_model::{IncidentKind, SilenceId, Suppressed};
use driftd_window::{SegmentKey, Span};

use crate::fixtures::{four, full, incident, movement, psi};
use crate::server::{Reply, Server, answer};
use crate::setup::{build, env, now, opened, outbound, outcome, resolved};

const ADDRESS: &str = "https://hooks.slack.com/services/T0SECRET/B0SECRET/XXXXXXXXXXXXXXXXXXXXXXXX";

async fn posted(reply: Reply, told: &driftd_model::Notification) -> (Server, String) {
    let server = Server::https(vec![reply]).await;
    let names: [(&str, &[SocketAddr]); 1] = [("hooks.slack.com", &[server.address])];
    let channel = Channel::Slack(SlackChannel::Webhook(env("SLACK")));
    let transport = build(&outbound(&names), channel, &[("SLACK", ADDRESS)]).unwrap();
    assert_eq!(transport.schedule().spacing, Span::from_secs(1));
    let said = outcome(transport.deliver(told, now()).await);
    (server, said)
}

#[tokio::test]
async fn a_message_is_made_of_blocks() {
    let (server, said) = posted(answer("200 OK", &[], "ok"), &opened()).await;
    assert_eq!(said, "delivered");
    insta::assert_snapshot!(server.only().told(), @r#"
    POST /services/T0SECRET/B0SECRET/XXXXXXXXXXXXXXXXXXXXXXXX HTTP/1.1
    accept: */*
    connection: close
    content-length: …
    content-type: application/json; charset=utf-8
    host: hooks.slack.com
    user-agent: driftd/0.1.0

    {
      "blocks": [
        {
          "text": {
            "emoji": false,
            "text": "[CRITICAL] flight-delay (carrier=UA): 2 features drifted",
            "type": "plain_text"
          },
          "type": "header"
        },
        {
          "text": {
            "text": "flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.",
            "type": "mrkdwn"
          },
          "type": "section"
        },
        {
          "fields": [
            {
              "text": "*Why now*\nopened after its first bad window",
              "type": "mrkdwn"
            },
            {
              "text": "*Severity*\ncritical",
              "type": "mrkdwn"
            },
            {
              "text": "*Monitor*\nflight-delay",
              "type": "mrkdwn"
            },
            {
              "text": "*Segment*\ncarrier=UA",
              "type": "mrkdwn"
            },
            {
              "text": "*Environment*\nproduction",
              "type": "mrkdwn"
            },
            {
              "text": "*Model*\ndelay-gbm 3.2",
              "type": "mrkdwn"
            },
            {
              "text": "*Window*\nweek, 2013-07-01 – 2013-07-08 (UTC)",
              "type": "mrkdwn"
            },
            {
              "text": "*First seen*\n2013-07-01 00:00 UTC",
              "type": "mrkdwn"
            },
            {
              "text": "*Baseline*\nflight-delay@v1 (7a6d85963363)",
              "type": "mrkdwn"
            }
          ],
          "type": "section"
        },
        {
          "text": {
            "text": "*temp*: PSI 8.32 (critical at 0.25), n = 26,398, m = 6,402\n• (80.6, 95]: 0 % → 31 %\n• (-inf, 30]: 10 % → 0.2 %",
            "type": "mrkdwn"
          },
          "type": "section"
        },
        {
          "text": {
            "text": "*dewp*: PSI 1.5 (critical at 0.25), n = 26,398, m = 6,402\n• (80.6, 95]: 0 % → 31 %\n• (-inf, 30]: 10 % → 0.2 %",
            "type": "mrkdwn"
          },
          "type": "section"
        },
        {
          "text": {
            "text": "<https://driftd.example.com/incidents/428808045d0c|Incident>  <https://driftd.example.com/incidents/428808045d0c#silence|Silence>  <https://wiki.example.com/flight-delay|Runbook>",
            "type": "mrkdwn"
          },
          "type": "section"
        },
        {
          "elements": [
            {
              "text": "incident 428808045d0c, message 13d535a137af, schema 3",
              "type": "mrkdwn"
            }
          ],
          "type": "context"
        }
      ],
      "text": "[CRITICAL] flight-delay (carrier=UA): 2 features drifted",
      "unfurl_links": false,
      "unfurl_media": false
    }
    "#);
}

#[tokio::test]
async fn an_end_says_so_in_its_header() {
    let (server, _) = posted(answer("200 OK", &[], "ok"), &resolved()).await;
    assert_eq!(
        server.only().json()["blocks"][0]["text"]["text"],
        "[RESOLVED] flight-delay (carrier=UA): 2 features drifted"
    );
}

#[tokio::test]
async fn what_slack_reads_as_markup_is_escaped() {
    let mut evidence = psi("<!channel> & <@U1> \u{202e}", 0.4);
    evidence.moved = vec![movement("<http://evil.example|click>", 0.1, 0.2)];
    let mut found = incident(IncidentKind::Drift, vec![evidence]);
    found.key.segment = SegmentKey::from_labels([("tag", Some("<!here>"))]);
    let was = Suppressed::Silenced { silence: SilenceId(3) };
    let (server, _) =
        posted(answer("200 OK", &[], "ok"), &full(found, driftd_model::NotifyReason::Unmuted { was })).await;
    let body = server.only().json();
    let sections = body["blocks"].as_array().unwrap();
    for text in sections.iter().skip(1).filter_map(|block| block["text"]["text"].as_str()) {
        let ours = ["<https://driftd.example.com/", "<https://wiki.example.com/"];
        let rest = ours.iter().fold(text.to_owned(), |text, link| text.replace(link, ""));
        assert!(!rest.contains('<'), "{text}");
    }
    assert!(sections[1]["text"]["text"].as_str().unwrap().contains("&lt;!channel&gt; &amp; &lt;@U1&gt;"));
}

#[tokio::test]
async fn what_slack_refuses_is_told_without_the_address() {
    let mut table = String::new();
    for reply in [
        answer("400 Bad Request", &[], "invalid_payload"),
        answer("403 Forbidden", &[], "action_prohibited"),
        answer("404 Not Found", &[], "no_service /services/T0SECRET/B0SECRET/XXXXXXXXXXXXXXXXXXXXXXXX"),
        answer("410 Gone", &[], "channel_is_archived"),
        answer("429 Too Many Requests", &[("Retry-After", "30")], "rate_limited"),
        answer("500 Internal Server Error", &[], "rollup_error"),
        answer("302 Found", &[("Location", "https://slack.com/")], ""),
    ] {
        let (server, said) = posted(reply, &full(incident(IncidentKind::Drift, four()), crate::fixtures::told())).await;
        assert_eq!(server.asked().len(), 1);
        table += &format!("{said}\n");
    }
    assert!(!table.contains("SECRET") && !table.contains("XXXX"), "{table}");
    insta::assert_snapshot!(table, @"
    permanent: receiver refused the message: https://hooks.slack.com answered 400 Bad Request: invalid_payload; it does not take such a message; its own log may say why
    transient: receiver refused the message: https://hooks.slack.com answered 403 Forbidden: action_prohibited; check the token, key or address that driftd is given for it
    transient: receiver refused the message: https://hooks.slack.com answered 404 Not Found; check its address
    permanent: receiver refused the message: https://hooks.slack.com answered 410 Gone: channel_is_archived; it is gone: take it out of the configuration, or give it its new address
    transient after 30s: receiver not reached: https://hooks.slack.com answered 429 Too Many Requests: rate_limited
    transient: receiver not reached: https://hooks.slack.com answered 500 Internal Server Error: rollup_error
    transient: receiver refused the message: https://hooks.slack.com answered 302 Found; it redirects, which driftd does not follow: write the final address into the configuration
    ");
}
