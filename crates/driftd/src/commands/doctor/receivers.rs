//! Receivers: whether they can be reached, without telling them anything.

use driftd_config::Config;
use driftd_model::words;
use driftd_notify::{TransportFactory, Unreached};

use super::finding::Finding;
use crate::setup;

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let factory = TransportFactory::new(&config.notify, setup::secrets());
    let mut findings = Vec::new();
    for receiver in &config.receivers {
        let subject = format!("receiver {}", receiver.name);
        let kind = receiver.channel.kind();
        findings.push(match factory.reach(receiver).await {
            Ok(sites) if sites.is_empty() => Finding::ok(subject, format!("{kind}, on this machine")),
            Ok(sites) => Finding::ok(subject, format!("{kind}, {} takes connections", sites.join(" and "))),
            Err(error @ Unreached::Unusable(_)) => {
                Finding::fail(subject, words::with_causes(&error), "change what it names")
            }
            Err(error) => Finding::fail(
                subject,
                words::with_causes(&error),
                format!("see to it and the way to it, then try `driftd receivers test {}`", receiver.name),
            ),
        });
    }
    findings
}
