//! The configuration as it is written: every key once, with the words the JSON Schema explains it by.

mod feature;
mod label;
mod monitor;
mod receiver;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use driftd_model::Topic;
use driftd_window::Span;

use crate::HttpUrl;
use crate::kafka::{Broker, KafkaProperty};
use crate::optional::{OrEmpty, OrNever};
use crate::read::{Field, Located, record};
use crate::section::ByteSize;
use crate::start::StartPolicy;
use crate::store::StoreUrl;

pub(crate) use feature::{RawFeature, RawThreshold, RawThresholds};
pub(crate) use label::{BAD_VALUE, RawLabels, is_label_value, is_taken};
pub(crate) use monitor::{
    RawBaselineOptions, RawFilter, RawIncidents, RawModel, RawMonitor, RawPipeline, RawSegments, RawWindow,
};
pub(crate) use receiver::{
    RawAlertmanager, RawCommand, RawEmail, RawPagerDuty, RawReceiver, RawRoute, RawSlack, RawWebhook,
};

record! {
    /// A whole configuration.
    RawConfig, "a configuration" {
        /// Where results are kept.
        store: Field<RawStore>,
        /// Where records come from.
        kafka: Field<RawKafka>,
        /// The dashboard and the API.
        http: Field<RawHttp>,
        /// How long what was counted and judged is kept.
        retention: Field<RawRetention>,
        /// When counts are written down, and by how many threads they are made.
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
        /// Connections to Postgres at most, 2 to 100. Default 10.
        max_connections: Field<u64>,
    }
}

record! {
    /// `[kafka]`.
    RawKafka, "a table" {
        /// Brokers to begin with, as host:port. Default "localhost:9092" alone.
        brokers: Field<Vec<Located<Broker>>>,
        /// Consumer group. Default "driftd".
        group: Field<String>,
        /// Where a partition starts that was never read: "earliest", "latest" or a time. Default "earliest".
        start: Field<StartPolicy>,
        /// Topic that records which cannot be read are copied to; no monitor's topic. None by default.
        dead_letter_topic: Field<Topic>,
        /// Memory for records fetched ahead, of all partitions together. Default "64MiB", at least "1MiB".
        fetch_bytes: Field<ByteSize>,
        /// Time to write down what was read of a partition that goes to another process; shorter than librdkafka's
        /// session.timeout.ms. Default "20s".
        drain_timeout: Field<Span>,
        /// Any librdkafka property; secrets as { env = "VARIABLE" } or { file = "/path" }.
        properties: Field<BTreeMap<String, Located<KafkaProperty>>>,
    }
}

record! {
    /// `[http]`.
    RawHttp, "a table" {
        /// Whether to listen at all. Default true.
        enabled: Field<bool>,
        /// Address and port to listen on; a loopback address. Default "127.0.0.1:8080".
        listen: Field<SocketAddr>,
    }
}

record! {
    /// `[retention]`.
    RawRetention, "a table" {
        /// How long counts of sealed panes are kept, to tell late records from counted ones. Default "2d", at least "1h".
        partials: Field<Span>,
        /// How long windows, verdicts, resolved incidents and deliveries are kept. Default "never" dropped; else at
        /// least "1d" and the longest window.
        history: Field<OrNever<Span>>,
    }
}

record! {
    /// `[engine]`.
    RawEngine, "a table" {
        /// Threads that decode and count, at most 256. Default 0: one for each core.
        threads: Field<u64>,
        /// Memory of uncommitted counts from which a checkpoint is taken early. Default "64MiB", at least "1MiB".
        checkpoint_bytes: Field<ByteSize>,
        /// Longest time between two checkpoints. Default "10s".
        checkpoint_interval: Field<Span>,
        /// Time to finish when asked to end; what is not written down by then is read again. Default "30s".
        shutdown_timeout: Field<Span>,
    }
}

record! {
    /// `[notify]`.
    RawNotify, "a table" {
        /// Whether receivers may run local programs. Default false.
        allow_commands: Field<bool>,
        /// Whether receivers may be at link-local and metadata addresses, such as 169.254.169.254. Default false.
        allow_link_local: Field<bool>,
        /// The label environment of every incident, such as "production". Default "": there is none.
        environment: Field<OrEmpty<String>>,
        /// Where people reach the dashboard, for the links of messages. Default "": there are none.
        external_url: Field<OrEmpty<HttpUrl>>,
    }
}
