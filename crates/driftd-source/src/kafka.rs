//! Kafka: the group, its partitions, and a producer for what is put aside.
//!
//! Membership of the group is for assignment only. Where a partition goes on is asked of whoever runs the source, before
//! the first record is fetched, and what was read is told to the group for lag tools and never read back.
//!
//! ```text
//! client thread:  poll (main queue) --> callbacks --> Assigned?  Started!  Revoked?  Trouble!     (one event channel)
//!                                            ^ replies: offsets, "written down"
//! any thread:     reader.poll --> partition's own queue --> decoder --> Chunk
//! query thread:   partition_count, log_end_offsets, "are brokers back?"   on a connection of its own
//! ```
//!
//! Not polling is how a partition pauses: its queue fills up to its share of `kafka.fetch_bytes` and librdkafka
//! stops to fetch for it, while the client thread goes on serving the group. What was found out about librdkafka on the
//! way is in `docs/adr/0013-kafka-runtime.md`.

mod client;
mod context;
mod events;
mod fetch_errors;
mod inspector;
mod known_log;
mod log;
mod log_identity;
mod positions;
mod producer;
mod query;
mod queue;
mod reader;
mod rebalance;
mod renewal;
mod settings;
mod source;
mod unreadable;

pub use inspector::{Inspector, TopicContent, TopicState};
pub use producer::{DeadLetterProducer, Outgoing, Producer};
pub use reader::{DeadLetterSink, MakeDecoder, RejectedRecord};
pub use source::KafkaSource;
