//! *Order of doing*: partition tasks, checkpoints, seals, the outbox and replays.
//!
//! Floor 3 of driftd. Everything goes through the ports of `driftd-model`; no SQL, HTTP or SMTP stands here. A partition
//! task reads like one sentence: `accumulator.absorb(&chunk, now); if policy.is_due(..) { accumulator.take() }`, and owns
//! nothing that a crash could lose: what is not checkpointed is read again from the offset in the store.
//!
//! ```
//! use driftd_engine::{CheckpointPolicy, Uncommitted};
//!
//! let policy = CheckpointPolicy::default();
//! let little = Uncommitted { bytes: 1, least_bytes: 1, records: 10, has_moved: true };
//! assert!(!policy.is_full(&little));
//! assert!(policy.is_full(&Uncommitted { bytes: 64 << 20, ..little }));
//! ```

#![forbid(unsafe_code)]

mod accumulator;
mod checkpoint_policy;
mod clock;
mod commit;
mod error;
mod live;
pub mod metrics;
mod outage;
mod outbox;
mod replay;
mod run_queue;
mod seal;
mod sync;
mod task;

pub use accumulator::{PartitionAccumulator, RecordCounts};
pub use checkpoint_policy::{CheckpointPolicy, CheckpointTimer, Uncommitted};
pub use clock::{Clock, FixedClock, Moment, SystemClock};
pub use commit::Commit;
pub use error::EngineError;
pub use live::{Ended, Live, LiveSettings, MonitorProgress, Status, plans_by_topic};
pub use outbox::{Backoff, DeliveryReport, Outbox};
pub use replay::{Progress, Replay, ReplaySummary, replay_topic};
pub use run_queue::{RunQueue, RunState, Runnable, WakeProtocol};
pub use seal::{SealAll, seal_all};
pub use task::{
    CheckpointOutcome, Consuming, Drain, Draining, PartitionTask, Release, Released, TaskEvent, TaskHandle, TaskId,
    TaskSpec, TaskState, Turn,
};
