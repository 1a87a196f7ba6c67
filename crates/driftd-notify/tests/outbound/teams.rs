//! Microsoft Teams, by a template.

use driftd_config::{Address, Channel, WebhookChannel, WebhookTemplate};

use crate::server::{Server, answer};
use crate::setup::{build, env, now, opened, outbound, webhook};

#[tokio::test]
async fn teams_gets_a_card_at_an_address_that_is_a_secret() {
    let server = Server::http(vec![answer("202 Accepted", &[], "")]).await;
    let channel = WebhookChannel {
        url: Address::Secret(env("TEAMS")),
        template: Some(WebhookTemplate::Teams),
        ..webhook("http://unused.example")
    };
    let address = format!("{}\n", server.url("/workflows/1/triggers/manual?sig=s3cret"));
    let transport = build(&outbound(&[]), Channel::Webhook(channel), &[("TEAMS", &address)]).unwrap();
    transport.deliver(&opened(), now()).await.unwrap();
    let asked = server.only();
    assert_eq!(asked.line, "POST /workflows/1/triggers/manual?sig=s3cret HTTP/1.1");
    insta::assert_snapshot!(serde_json::to_string_pretty(&asked.json()).unwrap(), @r#"
    {
      "attachments": [
        {
          "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "actions": [
              {
                "title": "Incident",
                "type": "Action.OpenUrl",
                "url": "https://driftd.example.com/incidents/428808045d0c"
              },
              {
                "title": "Silence",
                "type": "Action.OpenUrl",
                "url": "https://driftd.example.com/incidents/428808045d0c#silence"
              },
              {
                "title": "Runbook",
                "type": "Action.OpenUrl",
                "url": "https://wiki.example.com/flight-delay"
              }
            ],
            "body": [
              {
                "inlines": [
                  {
                    "color": "Attention",
                    "size": "Large",
                    "text": "[CRITICAL] flight-delay (carrier=UA): 2 features drifted",
                    "type": "TextRun",
                    "weight": "Bolder"
                  }
                ],
                "type": "RichTextBlock"
              },
              {
                "inlines": [
                  {
                    "text": "flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.",
                    "type": "TextRun"
                  }
                ],
                "type": "RichTextBlock"
              },
              {
                "inlines": [
                  {
                    "isSubtle": true,
                    "text": "Why now: opened after its first bad window",
                    "type": "TextRun"
                  }
                ],
                "type": "RichTextBlock"
              },
              {
                "facts": [
                  {
                    "title": "State",
                    "value": "firing, critical"
                  },
                  {
                    "title": "Monitor",
                    "value": "flight-delay"
                  },
                  {
                    "title": "Environment",
                    "value": "production"
                  },
                  {
                    "title": "Model",
                    "value": "delay-gbm 3.2"
                  },
                  {
                    "title": "Window",
                    "value": "week, 2013-07-01T00:00:00Z until before 2013-07-08T00:00:00Z"
                  },
                  {
                    "title": "First seen",
                    "value": "2013-07-01T00:00:00Z"
                  },
                  {
                    "title": "Baseline",
                    "value": "flight-delay@v1 (7a6d85963363)"
                  },
                  {
                    "title": "Incident",
                    "value": "428808045d0c"
                  }
                ],
                "type": "FactSet"
              },
              {
                "inlines": [
                  {
                    "text": "temp",
                    "type": "TextRun",
                    "weight": "Bolder"
                  },
                  {
                    "text": ": psi 8.32 (critical)",
                    "type": "TextRun"
                  },
                  {
                    "isSubtle": true,
                    "text": "; (80.6, 95] 0 % → 31 %",
                    "type": "TextRun"
                  },
                  {
                    "isSubtle": true,
                    "text": "; (-inf, 30] 10 % → 0.2 %",
                    "type": "TextRun"
                  }
                ],
                "type": "RichTextBlock"
              },
              {
                "inlines": [
                  {
                    "text": "dewp",
                    "type": "TextRun",
                    "weight": "Bolder"
                  },
                  {
                    "text": ": psi 1.5 (critical)",
                    "type": "TextRun"
                  },
                  {
                    "isSubtle": true,
                    "text": "; (80.6, 95] 0 % → 31 %",
                    "type": "TextRun"
                  },
                  {
                    "isSubtle": true,
                    "text": "; (-inf, 30] 10 % → 0.2 %",
                    "type": "TextRun"
                  }
                ],
                "type": "RichTextBlock"
              }
            ],
            "msteams": {
              "width": "Full"
            },
            "type": "AdaptiveCard",
            "version": "1.4"
          },
          "contentType": "application/vnd.microsoft.card.adaptive",
          "contentUrl": null
        }
      ],
      "type": "message"
    }
    "#);
}
