//! The Kafka source against a real broker.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops by panicking"
)]

mod closing;
mod dead_letters;
mod denied;
mod gaps;
mod group;
mod outage;
mod reader;
mod records;
mod recreated;
mod refusals;
mod security;
mod starts;
mod unreadable;

/// The broker that the tests share, or the end of a test that cannot run without one.
macro_rules! broker {
    ($test:literal) => {
        match driftd_testkit::services::kafka::Kafka::shared() {
            Ok(kafka) => kafka,
            Err(skip) => return skip.announce($test),
        }
    };
    ($test:literal, $options:expr) => {
        match driftd_testkit::services::kafka::Kafka::start(&$options) {
            Ok(kafka) => kafka,
            Err(skip) => return skip.announce($test),
        }
    };
}
use broker;
