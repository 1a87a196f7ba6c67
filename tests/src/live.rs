//! `driftd run` against a real Kafka and a real Postgres.
//!
//! A [`Site`] is a topic on a broker. A [`Deployment`] is a database, a configuration and a consumer group that read it,
//! as often as a test wants: what two deployments make of one topic must be the same. [`Worker`]s are processes of the
//! very program that ships, to be killed at will. [`Traffic`] is what a model's callers send, a function of its seed, and
//! [`Producer`] brings it to the topic exactly once. A [`Hook`] is who hears of it.

mod apart;
mod clock;
mod deployment;
mod history;
mod hook;
mod hours;
mod laws;
mod ledger;
mod letters;
mod monitors;
mod network;
mod outbox;
mod producer;
mod program;
mod relay;
mod simple;
mod site;
mod small_disk;
mod stage;
mod traffic;
mod worker;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use apart::Apart;
pub use clock::{Deadline, is_long};
pub use deployment::{Deployment, Settings};
pub use history::History;
pub use hook::{ClosedPort, Hook, Posted};
pub use hours::{Hours, hourly_monitor_of_rejects, hourly_monitors};
pub use laws::{assert_conserved, assert_same_as_replay, wait_until_sealed};
pub use ledger::Ledger;
pub use letters::{Letter, dead_letters, letters_in};
pub use monitors::{MONITORS, three_monitors};
pub use network::{Calm, Disturbance, Network, Trouble};
pub use outbox::{a_minute_passes, assert_holds, storm};
pub use producer::Producer;
pub use program::{Ran, driftd};
pub use relay::Relay;
pub use simple::{minute_of, record, record_at, second, simple_monitors, write_numbers};
pub use site::{BROKER_SETTINGS, Site};
pub use small_disk::{Full, SmallDisk};
pub use stage::Stage;
pub use traffic::{Event, START, Traffic};
pub use worker::Worker;

/// One heavy test at a time: two brokers' worth of load on two cores is a test of patience.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
