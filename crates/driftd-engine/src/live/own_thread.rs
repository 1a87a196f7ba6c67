//! Threads beside the runtime, for what computes longer than a task on it should.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::EngineError;

/// Drives what `work` makes on a thread of its own; sockets and timers stay the runtime's. A seal judges for tens of milliseconds
/// and a checkpoint encodes for some, and probes must be answered meanwhile.
///
/// When the returned future is dropped, so is the work, where it waits next.
///
/// # Errors
/// The system gives no thread, or `work` panicked.
pub(super) async fn on_own_thread<F>(
    name: &'static str,
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<F::Output, EngineError>
where
    F: Future,
    F::Output: Send + 'static,
{
    let (done, outcome) = oneshot::channel();
    let (wanted, unwanted) = oneshot::channel::<()>();
    let runtime = Handle::current();
    let drive = move || {
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = work() => Some(outcome),
                _ = unwanted => None,
            }
        });
        if let Some(outcome) = outcome {
            // Whoever does not want it any more has gone between the two.
            let _ = done.send(outcome);
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(drive).map_err(EngineError::Threads)?;
    let outcome = outcome.await.map_err(|_| EngineError::Panicked { what: format!("the thread of {name}") });
    drop(wanted);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_waits_and_ends_there_as_on_the_runtime() {
        let pause = std::time::Duration::from_millis(1);
        let named = on_own_thread("numbers", move || async move {
            tokio::time::sleep(pause).await;
            std::thread::current().name().map(str::to_owned)
        });
        assert_eq!(named.await.unwrap().as_deref(), Some("numbers"));
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let error = on_own_thread("seals", || async { panic!("as ordered") }).await.unwrap_err();
        assert!(error.to_string().starts_with("the thread of seals panicked"), "{error}");
    }

    #[tokio::test]
    async fn work_that_nobody_wants_any_more_is_dropped() {
        let (held, dropped) = oneshot::channel::<()>();
        let work = on_own_thread("idle", move || async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        assert!(tokio::time::timeout(std::time::Duration::from_millis(5), work).await.is_err());
        assert!(dropped.await.is_err());
    }
}
