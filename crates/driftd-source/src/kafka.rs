//! Kafka: the group, its partitions, and a producer for what is put aside.
//!
//! Membership of the group is for assignment only. Where a partition goes on is asked of whoever runs the source, before
//! the first record is fetched, and what was read is told to the group for lag tools and never read back.
//!
//! ```text
//! client thread:  poll (main queue) --> callbacks --> Assigned?  Started!  Revoked?  Trouble!     (events)
//!                                            ^ answers: offsets, "written down"
//! any thread:     feed.pull --> partition's own queue --> decoder --> Chunk
//! asker thread:   partition_count, ends, "are brokers back?"            on a connection of its own
//! ```
//!
//! Not pulling is how a lane pauses: a partition's queue fills up to its share of `kafka.fetch_bytes` and librdkafka
//! stops to fetch for it, while the client thread goes on serving the group. What was found out about librdkafka on the
//! way is in `docs/adr/0013-kafka-runtime.md`.

mod ask;
mod client;
mod context;
mod dead_letter;
mod decoder;
mod feed;
mod lines;
mod producer;
mod rebalance;
mod refusal;
mod secrets;
mod settings;
mod slot;
mod source;
mod trouble;

pub use dead_letter::{DeadLetterSink, RejectedRecord};
pub use decoder::{MakeDecoder, RecordDecoder};
pub use producer::{DeadLetterProducer, Outgoing, Producer};
pub use source::KafkaSource;
