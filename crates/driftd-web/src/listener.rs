//! The HTTP listener: sockets, and what a client may take of them. What is answered stands in [`crate::routes`].
//!
//! No request is trusted with more than a place among [`Limits::connections`] and a while: heads must arrive in time,
//! bodies are not read, and connections end. Whoever only holds a place gives way to whoever comes after.

mod connection;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{AppState, Reach, routes};
use connection::{Limits, Waiting, serve_connection};

/// An address that is listened on, before anything is answered there.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    reach: Reach,
    limits: Limits,
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {remedy}")]
pub struct ListenError {
    listen: SocketAddr,
    remedy: String,
    source: io::Error,
}

impl ListenError {
    fn new(listen: SocketAddr, reach: Reach, source: io::Error) -> Self {
        let (key, off) = match reach {
            Reach::Machine => ("http.listen", "http.enabled = false"),
            Reach::Network { .. } => ("http.probes", "http.probes = \"\""),
        };
        let remedy = match source.kind() {
            io::ErrorKind::AddrInUse => {
                format!("another process has this address; end it, give {key} another port, or set {off}")
            }
            io::ErrorKind::AddrNotAvailable => format!("this machine has no such address; change {key}"),
            io::ErrorKind::PermissionDenied => format!("the system refuses it; give {key} a port above 1023"),
            _ => format!("change {key}"),
        };
        Self { listen, remedy, source }
    }
}

impl Listener {
    /// Takes the address, for whoever `reach` says; connections wait until [`Listener::serve`].
    ///
    /// # Errors
    /// The address is in use, not of this machine, or not permitted.
    pub async fn bind(listen: SocketAddr, reach: Reach) -> Result<Self, ListenError> {
        let socket = TcpListener::bind(listen).await.map_err(|error| ListenError::new(listen, reach, error))?;
        Ok(Self { socket, reach, limits: Limits::default() })
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
    pub async fn serve(self, state: AppState, shutdown: impl Future<Output = ()>) {
        let Self { socket, reach, limits } = self;
        let router = routes::router(state, reach);
        let waiting = Arc::new(Waiting::default());
        let (stop, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let is_full = connections.len() >= limits.connections;
            let has_place = !is_full || waiting.has_any();
            let event = tokio::select! {
                () = &mut shutdown => Event::Shutdown,
                Some(_) = connections.join_next() => Event::Place,
                () = waiting.joined(), if !has_place => Event::Place,
                accepted = socket.accept(), if has_place => Event::Accepted(accepted.map(|(stream, _)| stream)),
            };
            match event {
                Event::Shutdown => break,
                Event::Place => {}
                Event::Accepted(Ok(stream)) => {
                    if is_full {
                        waiting.evict();
                    }
                    let (router, waiting) = (router.clone(), Arc::clone(&waiting));
                    connections.spawn(serve_connection(stream, router, limits, waiting, stopped.clone()));
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
    /// A connection has ended, or can be ended.
    Place,
    Accepted(io::Result<TcpStream>),
}

#[cfg(test)]
mod tests;
