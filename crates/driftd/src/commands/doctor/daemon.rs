//! The daemon of this configuration, if it runs on this machine: whether it is ready.

use driftd_config::Config;

use super::finding::Finding;

/// Nothing where nobody answers: it may run elsewhere, or not yet.
pub(super) async fn look(config: &Config) -> Option<Finding> {
    let address = config.http.readiness_address().filter(|address| address.port() != 0)?;
    let reasons = driftd_web::ask_readiness(address).await.ok()?;
    Some(if reasons.is_empty() {
        Finding::ok("daemon", format!("answers at {address} and is ready"))
    } else {
        let remedy = "docs/runbooks.md says what each reason means";
        Finding::fail("daemon", format!("answers at {address} and is not ready: {}", reasons.join("; ")), remedy)
    })
}
