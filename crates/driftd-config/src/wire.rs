//! Notes on weak wires: what others could read or change on its way, and what weakens the counts themselves. All of it may
//! be meant, so none of it is refused.

use std::net::IpAddr;

use crate::problem::Problems;
use crate::tree::At;
use crate::{Address, Broker, Channel, HttpUrl, KafkaConfig, KafkaProperty, Receiver};

/// Notes on the way to the brokers.
pub(crate) fn note_kafka(kafka: &KafkaConfig, at: &At<'_>, notes: &mut Problems) {
    let at = at.key("properties");
    let said = |name: &str| match kafka.properties.get(name) {
        Some(KafkaProperty::Text(text)) => Some(text.trim().to_ascii_lowercase()),
        _ => None,
    };
    let protocol = said("security.protocol").unwrap_or_default();
    let is_near = kafka.brokers.iter().all(is_loopback);
    let mechanism = ["sasl.mechanism", "sasl.mechanisms"].into_iter().find_map(|name| Some((name, said(name)?)));
    if let Some((name, mechanism)) = mechanism
        && matches!(mechanism.as_str(), "plain" | "oauthbearer")
        && protocol == "sasl_plaintext"
        && !is_near
    {
        let what = if mechanism == "plain" { "the password" } else { "the token" };
        at.key(name).problem(
            notes,
            format!("{what} crosses the network in the clear: use \"security.protocol\" = \"SASL_SSL\""),
        );
    }
    let is_off =
        |name: &str| said(name).is_some_and(|value| matches!(value.as_str(), "false" | "f" | "0" | "off" | "no"));
    let is_tls = protocol.ends_with("ssl");
    if is_tls && is_off("enable.ssl.certificate.verification") {
        at.key("enable.ssl.certificate.verification").problem(
            notes,
            "anybody on the way can pose as a broker, and gets the password: leave it out, and name the certificates to \
             trust in \"ssl.ca.location\"",
        );
    }
    if is_tls && said("ssl.endpoint.identification.algorithm").is_some_and(|value| value == "none") {
        at.key("ssl.endpoint.identification.algorithm").problem(
            notes,
            "whoever has a certificate for any other host can pose as a broker: leave it out, and have the brokers' \
             names in their certificates",
        );
    }
    let endpoint = said("sasl.oauthbearer.token.endpoint.url").and_then(|url| url.parse::<HttpUrl>().ok());
    if endpoint.is_some_and(|url| is_clear(&url)) {
        at.key("sasl.oauthbearer.token.endpoint.url")
            .problem(notes, "the client's secret and the token cross the network in the clear: use https://");
    }
    if said("isolation.level").is_some_and(|value| value == "read_uncommitted") {
        at.key("isolation.level").problem(
            notes,
            "records of transactions that were aborted are counted as if they had happened: leave it out",
        );
    }
    if is_off("check.crcs") {
        at.key("check.crcs")
            .problem(notes, "batches that were damaged on their way are counted as they are: leave it out");
    }
}

/// Notes on the way to a receiver.
pub(crate) fn note_receiver(receiver: &Receiver, at: &At<'_>, notes: &mut Problems) {
    let at = at.key(receiver.channel.kind());
    let clear = |url: &HttpUrl, what: &str, at: At<'_>, notes: &mut Problems| {
        if is_clear(url) {
            at.problem(notes, format!("{what}: use https://"));
        }
    };
    match &receiver.channel {
        Channel::Webhook(webhook) => {
            let Address::Plain(url) = &webhook.url else { return };
            if webhook.token.is_some() {
                clear(url, "the token crosses the network in the clear", at.key("url"), notes);
            } else if webhook.secret.is_some() {
                let what = "messages are signed, but cross the network in the clear for anybody to read";
                clear(url, what, at.key("url"), notes);
            }
        }
        Channel::PagerDuty(pager) => {
            clear(&pager.url, "the routing key crosses the network in the clear", at.key("url"), notes);
        }
        Channel::Alertmanager(alertmanager) if alertmanager.token.is_some() => {
            for (url, at) in alertmanager.urls.iter().zip(at.key("urls").items()) {
                clear(url, "the token crosses the network in the clear", at, notes);
            }
        }
        // Slack's addresses are secrets and looked at when the receiver is built; mail is never sent with a password in
        // the clear.
        _ => {}
    }
}

/// Whether what is sent there crosses a network for anybody to read.
fn is_clear(url: &HttpUrl) -> bool {
    let is_loopback = match url.literal() {
        Some(address) => address.is_loopback(),
        None => url.url().host_str().is_some_and(is_local_name),
    };
    url.url().scheme() == "http" && !is_loopback
}

fn is_loopback(broker: &Broker) -> bool {
    let host = broker.as_str().rsplit_once(':').map_or(broker.as_str(), |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().map_or_else(|_| is_local_name(host), |address| address.is_loopback())
}

/// Names that mean this machine wherever they are looked up.
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}
