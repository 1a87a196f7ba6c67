use serde_json::json;

use super::Alertmanager;

#[test]
fn it_takes_alerts_and_is_back_after_a_stop() {
    let mut alertmanager = match Alertmanager::start() {
        Ok(alertmanager) => alertmanager,
        Err(skip) => return skip.announce("it_takes_alerts_and_is_back_after_a_stop"),
    };
    alertmanager.post("alerts", &json!([{ "labels": { "alertname": "x" } }]));
    assert_eq!(alertmanager.get("alerts")[0]["labels"]["alertname"], "x");
    let url = alertmanager.url();
    alertmanager.stop();
    assert!(std::net::TcpStream::connect(url.trim_start_matches("http://")).is_err());
    alertmanager.start_again();
    assert_eq!((alertmanager.url(), alertmanager.get("alerts")), (url, json!([])));
}
