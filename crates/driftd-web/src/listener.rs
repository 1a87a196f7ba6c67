//! The HTTP listener: whether the process lives, whether it can do its work, and its metrics.
//!
//! | path | answers |
//! |---|---|
//! | `/healthz` | 200 as long as the process answers at all |
//! | `/readyz` | 200 when every check passes, else 503; JSON with the reasons |
//! | `/metrics` | Prometheus text |
//!
//! What goes wrong is told as problem details (RFC 9457). No request is trusted with more than a place among
//! [`Limits::connections`] and a while: heads must arrive in time, bodies are not read, and connections end.

mod connection;
mod limits;
mod probes;
mod problem;
mod routes;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use connection::serve_connection;
use limits::Limits;

pub use probes::{Probes, Readiness};

/// An address that is listened on, before anything is answered there.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    limits: Limits,
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {remedy}")]
pub struct ListenError {
    listen: SocketAddr,
    remedy: &'static str,
    source: io::Error,
}

impl ListenError {
    fn new(listen: SocketAddr, source: io::Error) -> Self {
        let remedy = match source.kind() {
            io::ErrorKind::AddrInUse => {
                "another process has this address; end it, give http.listen another port, or set http.enabled = false"
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address; change http.listen",
            io::ErrorKind::PermissionDenied => "the system refuses it; give http.listen a port above 1023",
            _ => "change http.listen",
        };
        Self { listen, remedy, source }
    }
}

impl Listener {
    /// Takes the address; connections wait until [`Listener::serve`].
    ///
    /// # Errors
    /// The address is in use, not of this machine, or not permitted.
    pub async fn bind(listen: SocketAddr) -> Result<Self, ListenError> {
        let socket = TcpListener::bind(listen).await.map_err(|error| ListenError::new(listen, error))?;
        Ok(Self { socket, limits: Limits::default() })
    }

    /// The address taken, with the port that the system chose where port 0 was asked for.
    ///
    /// # Errors
    /// The system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers until `shutdown` is over; then takes no more connections, and ends those there are once their request
    /// in flight is answered, or after the drain time of its limits.
    pub async fn serve(self, probes: Arc<dyn Probes>, shutdown: impl Future<Output = ()>) {
        let Self { socket, limits } = self;
        let router = routes::router(probes);
        let (stop, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let is_full = connections.len() >= limits.connections;
            let event = tokio::select! {
                () = &mut shutdown => Event::Shutdown,
                Some(_) = connections.join_next() => Event::Ended,
                accepted = socket.accept(), if !is_full => Event::Accepted(accepted.map(|(stream, _)| stream)),
            };
            match event {
                Event::Shutdown => break,
                Event::Ended => {}
                Event::Accepted(Ok(stream)) => {
                    connections.spawn(serve_connection(stream, router.clone(), limits, stopped.clone()));
                }
                Event::Accepted(Err(error)) => {
                    tracing::warn!(error = %error, "connection not accepted");
                    // Out of file descriptors, most likely: asking again at once would only spin.
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(limits.after_refusal) => {}
                    }
                }
            }
        }
        drop(socket);
        drop(stop);
        // Every connection ends by itself within the drain time.
        while connections.join_next().await.is_some() {}
    }
}

/// What the listener waits for.
enum Event {
    Shutdown,
    Ended,
    Accepted(io::Result<TcpStream>),
}

#[cfg(test)]
mod tests;
