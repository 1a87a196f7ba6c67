use driftd_config::WebhookTemplate;
use serde_json::Value as Json;

use super::*;

fn sender() -> Sender {
    Sender { receiver: "ops".parse().unwrap(), external_url: String::new(), environment: None }
}

fn read(source: &str, heartbeat: bool) -> Result<BodyTemplate, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), source).unwrap();
    BodyTemplate::read(&WebhookTemplate::File(file.path().to_owned()), &sender(), heartbeat)
}

fn refused(source: &str) -> String {
    read(source, true).err().unwrap()
}

#[test]
fn what_a_template_prints_is_json() {
    let template = read(r#"{"a": {{ title }}, "b": {{ driftd.features }}, "c": {{ text|tojson }}}"#, false).unwrap();
    for (_, mut notification) in samples() {
        notification.incident.key.segment = driftd_window::SegmentKey::from_stored("\"}\n\u{202e}\\<&>".to_owned());
        let view = IncidentView::of(&notification);
        let body: Json = serde_json::from_slice(&template.body(&view).unwrap()).unwrap();
        assert_eq!(body["a"], view.subject);
        assert_eq!(body["c"], text(&view));
    }
}

#[test]
fn the_card_for_teams_makes_every_message() {
    let template = BodyTemplate::read(&WebhookTemplate::Teams, &sender(), true).unwrap();
    for (_, notification) in samples() {
        let view = IncidentView::of(&notification);
        let body: Json = serde_json::from_slice(&template.body(&view).unwrap()).unwrap();
        let card = &body["attachments"][0]["content"];
        assert_eq!(card["body"][0]["inlines"][0]["text"], view.subject);
    }
    let body: Json =
        serde_json::from_slice(&template.heartbeat(Timestamp::from_micros(0), &sender()).unwrap()).unwrap();
    assert_eq!(body["attachments"][0]["content"]["body"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_wrong_with_a_template_is_said_with_its_line() {
    insta::assert_snapshot!(refused("{\n{{ nobody }}}"), @"makes no body of a message: line 2: undefined value");
    insta::assert_snapshot!(refused("{{ driftd."), @"line 1: syntax error: unexpected end of input, expected identifier or integer");
    insta::assert_snapshot!(refused("{ title: {{ title }} }"), @"makes no body of a message: it is no JSON: key must be a string at line 1 column 3");
    insta::assert_snapshot!(refused("[{{ driftd.features[0].feature }}]"), @"makes no body of a message without features, links and labels: line 1: undefined value");
    insta::assert_snapshot!(refused("[{{ driftd.sentence }}]"), @r#"makes no body of a heartbeat, for which driftd.schema is "driftd.heartbeat/1": line 1: undefined value"#);
}

#[test]
fn a_template_that_does_not_end_is_stopped() {
    assert!(refused("[{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}]").contains("fuel"));
    assert!(refused("[{% for a in range(9999) %}{{ text }}{% endfor %}]").contains("1 MiB"));
}

#[test]
fn a_file_that_is_none_is_named() {
    let error = BodyTemplate::read(&WebhookTemplate::File("/none/card.json".into()), &sender(), false).err().unwrap();
    insta::assert_snapshot!(error, @"file /none/card.json cannot be read: No such file or directory (os error 2)");
}
