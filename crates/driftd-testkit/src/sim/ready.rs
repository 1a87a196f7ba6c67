//! Driving futures without a runtime.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The future's result, or nothing when it has to wait: in a simulation that is a process that died right there.
pub(super) fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The result of a future that never waits.
///
/// # Panics
/// When it does wait: the in-memory store answers at once.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    poll_once(future).expect("the in-memory store answers at once")
}
