//! The thread that talks to stores.

use std::future::Future;
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime};

/// Begins `work`; its answer can be waited for from any thread, one of another runtime too.
pub(super) fn begin<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<Receiver<T>> {
    let (answer, waiting) = sync_channel(1);
    handle()?.spawn(async move {
        // Nobody waits any more: then the answer is of no use.
        let _ = answer.send(work.await);
    });
    Ok(waiting)
}

/// Does `work`, and waits for it.
pub(super) fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    answer(&begin(work)?)
}

/// Waits for work that was begun.
pub(super) fn answer<T>(waiting: &Receiver<T>) -> io::Result<T> {
    waiting.recv().map_err(|_| io::Error::other("the connection to the store ended without an answer"))
}

fn handle() -> io::Result<Handle> {
    static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = runtime.as_ref() {
        return Ok(runtime.handle().clone());
    }
    let built = Builder::new_multi_thread().worker_threads(1).thread_name("objects").enable_all().build()?;
    Ok(runtime.insert(built).handle().clone())
}
