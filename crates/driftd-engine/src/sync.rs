//! Atomics and locks of the run queue, in one place: the model checker compiles `run_queue.rs` with its own instead.

pub(crate) use std::sync::atomic::{AtomicU8, Ordering};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
