//! Streaming: a topic on a real broker, those who read it, and what that costs whom.
//!
//! Every contender is a process of its own, so that its processor time and memory are its own. Broker and database are
//! metered beside it: on one machine they take from the same cores.

pub mod daemon;
pub mod event;
pub mod leg;
pub mod meter;
pub mod peer;
pub mod raw;
pub mod servers;
pub mod topic;
