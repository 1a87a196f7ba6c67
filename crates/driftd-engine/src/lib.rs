//! *Order of doing*: partition tasks, checkpoints, seals, the outbox and replays.
//!
//! Floor 3 of driftd. Everything goes through the ports of `driftd-model`; no SQL, HTTP or SMTP stands here. A partition task
//! reads like one sentence, `accumulator.absorb(&chunk, now); if due { accumulator.checkpoint(store, now) }`, and owns nothing that a
//! crash could lose: what is not checkpointed is read again from the offset in the store.
//!
//! ```
//! use driftd_engine::CheckpointPolicy;
//!
//! let policy = CheckpointPolicy::default();
//! assert!(policy.is_due(64 << 20, 10));
//! assert!(!policy.is_due(1, 10));
//! ```

#![forbid(unsafe_code)]

mod accumulator;
mod clock;
mod error;
mod live;
pub mod metrics;
mod outbox;
mod replay;
mod seal;

pub use accumulator::{CheckpointPolicy, PartitionAccumulator, RecordCounts};
pub use clock::{Clock, FixedClock, SystemClock};
pub use error::EngineError;
pub use live::{Ended, Live, LiveSettings, MonitorProgress, Status, plans_by_topic};
pub use outbox::{Backoff, DeliveryReport, Outbox};
pub use replay::{Progress, Replay, ReplaySummary, replay_topic};
pub use seal::{SealAll, seal_all};
