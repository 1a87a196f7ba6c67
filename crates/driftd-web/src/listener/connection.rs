//! One connection from its first byte to its end, and the places that connections share.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// Bounds that hold for every client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at a time. One more takes the place of the one that has waited longest for a request; while every one
    /// is being answered, further ones wait in the system's queue.
    pub(super) connections: usize,
    /// Time for the head of a request to arrive, and for a connection to be idle.
    pub(super) head: Duration,
    /// Bytes of a request's head.
    pub(super) head_bytes: usize,
    /// Time a connection may last, whatever it does.
    pub(super) lifetime: Duration,
    /// Time for the answer in flight when a connection is to end.
    pub(super) drain: Duration,
    /// Pause after the system refused a connection.
    pub(super) after_refusal: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            head: Duration::from_secs(5),
            head_bytes: 16 << 10,
            lifetime: Duration::from_mins(1),
            drain: Duration::from_secs(2),
            after_refusal: Duration::from_millis(200),
        }
    }
}

/// Connections that wait for a request, or for the rest of its head: the first to go when there are too many.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    queue: Mutex<Queue>,
    /// A connection waits that did not before.
    joined: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    /// By when they began to wait.
    connections: BTreeMap<u64, Arc<Notify>>,
}

impl Waiting {
    /// Asks the one that has waited longest to go.
    pub(super) fn evict(&self) {
        if let Some((_, connection)) = self.lock().connections.pop_first() {
            connection.notify_one();
        }
    }

    /// Whether one waits.
    pub(super) fn has_any(&self) -> bool {
        !self.lock().connections.is_empty()
    }

    /// Waits until one waits that did not before.
    pub(super) async fn joined(&self) {
        self.joined.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection among those that wait, while no request of it is answered.
#[derive(Debug)]
struct Place {
    waiting: Arc<Waiting>,
    evicted: Arc<Notify>,
    ticket: Mutex<Option<u64>>,
}

impl Place {
    fn join(&self) {
        let mut queue = self.waiting.lock();
        let ticket = queue.next;
        queue.next += 1;
        queue.connections.insert(ticket, Arc::clone(&self.evicted));
        drop(queue);
        *self.ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some(ticket);
        self.waiting.joined.notify_one();
    }

    fn leave(&self) {
        let ticket = self.ticket.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ticket) = ticket {
            self.waiting.lock().connections.remove(&ticket);
        }
    }
}

/// The end of a connection.
impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A request from its head to the last byte of its answer: its connection does not wait meanwhile.
#[derive(Debug)]
struct Busy(Arc<Place>);

impl Busy {
    fn of(place: &Arc<Place>) -> Self {
        place.leave();
        Self(Arc::clone(place))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.join();
    }
}

/// The body of an answer.
struct AnswerBody {
    body: Body,
    _busy: Busy,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Serves `stream` until its client has enough, its time is over, its place is taken while it waits, or the sender of
/// `stopped` is gone.
pub(super) async fn serve_connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    waiting: Arc<Waiting>,
    mut stopped: watch::Receiver<()>,
) {
    let evicted = Arc::new(Notify::new());
    let place = Arc::new(Place { waiting, evicted: Arc::clone(&evicted), ticket: Mutex::default() });
    place.join();
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let busy = Busy::of(&place);
        let answer = router.call(request);
        async move { Ok::<_, std::convert::Infallible>(answer.await?.map(|body| AnswerBody { body, _busy: busy })) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // A client that breaks off or talks nonsense is its own business: nothing is logged, so that nobody fills the log.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = evicted.notified() => return,
        _ = stopped.changed() => {}
        () = sleep(limits.lifetime) => {}
    }
    connection.as_mut().graceful_shutdown();
    // Whoever does not take the answer in this time has gone away, and the connection is dropped.
    tokio::select! {
        _ = timeout(limits.drain, connection) => {}
        () = evicted.notified() => {}
    }
}
