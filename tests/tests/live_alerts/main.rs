//! What people are told, and when, by the real daemon: from a drift in Kafka to a mail server, an Alertmanager and
//! whoever listens to webhooks, over deaths at the worst moments, silences, receivers that are down, and storms.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and these tell what they did"
)]

mod crash;
mod down;
mod life;
mod pipeline;
mod silence;
mod storm;

use driftd_testkit::services::Skip;
use driftd_tests::live::{Deadline, Site, Worker};

/// A topic with one partition, on which hours follow one another.
fn site(test: &str) -> Result<Site, Skip> {
    Site::new("hourly", 1).inspect_err(|skip| skip.announce(test))
}

/// Reconciling, which is every 15 s, a look into the outbox, and room for a machine with other things to do.
fn soon() -> Deadline {
    Deadline::secs(60)
}

/// Waits until the daemon has its partition and says that it is ready.
fn ready(worker: &Worker) {
    soon().wait("readiness", || worker.is_ready());
}
