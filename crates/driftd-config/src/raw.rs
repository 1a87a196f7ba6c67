//! The configuration as it is written: every key once, with the words the JSON Schema explains it by.

mod feature;
mod monitor;
mod receiver;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use driftd_window::Span;

use crate::kafka::{Broker, KafkaProperty};
use crate::read::{Field, Located, record};
use crate::section::ByteSize;
use crate::store::StoreUrl;

pub(crate) use feature::{RawFeature, RawThreshold, RawThresholds};
pub(crate) use monitor::{RawBaselineOptions, RawIncidents, RawModel, RawMonitor, RawSegments, RawWindow};
pub(crate) use receiver::{RawCommand, RawEmail, RawPagerDuty, RawReceiver, RawRoute, RawSlack, RawWebhook};

record! {
    /// A whole configuration.
    RawConfig, "a configuration" {
        /// Where results are kept.
        store: Field<RawStore>,
        /// Where records come from.
        kafka: Field<RawKafka>,
        /// The dashboard and the API.
        http: Field<RawHttp>,
        /// When counts are written down.
        engine: Field<RawEngine>,
        /// What holds for all receivers.
        notify: Field<RawNotify>,
        /// Monitors: each watches one model's traffic against one baseline.
        monitor: Field<Vec<Located<RawMonitor>>>,
        /// Receivers: where notifications go.
        receiver: Field<Vec<Located<RawReceiver>>>,
        /// Routes: who hears what. Tried in order; the first that matches is the last, unless it continues.
        route: Field<Vec<Located<RawRoute>>>,
    }
}

record! {
    /// `[store]`.
    RawStore, "a table" {
        /// Database: sqlite://FILE or postgres://USER@HOST/DATABASE. Default sqlite://driftd.db.
        url: Field<StoreUrl>,
    }
}

record! {
    /// `[kafka]`.
    RawKafka, "a table" {
        /// Brokers to begin with, as host:port. Default "localhost:9092" alone.
        brokers: Field<Vec<Located<Broker>>>,
        /// Consumer group. Default "driftd".
        group: Field<String>,
        /// Any librdkafka property; secrets as { env = "VARIABLE" } or { file = "/path" }.
        properties: Field<BTreeMap<String, Located<KafkaProperty>>>,
    }
}

record! {
    /// `[http]`.
    RawHttp, "a table" {
        /// Address and port to listen on; a loopback address. Default "127.0.0.1:8080".
        listen: Field<SocketAddr>,
    }
}

record! {
    /// `[engine]`.
    RawEngine, "a table" {
        /// Memory of uncommitted counts from which a checkpoint is taken early. Default "64MiB", at least "1MiB".
        checkpoint_bytes: Field<ByteSize>,
        /// Longest time between two checkpoints. Default "10s".
        checkpoint_interval: Field<Span>,
    }
}

record! {
    /// `[notify]`.
    RawNotify, "a table" {
        /// Whether receivers may run local programs. Default false.
        allow_commands: Field<bool>,
    }
}
