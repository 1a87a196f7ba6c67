//! A relay in front of a server, in a network of a test's own: it hands on what passes later than it came, and breaks
//! connections off in the middle of what they say. Kernels lose packets by rules, but few of them delay any.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use driftd_testkit::services::Skip;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Network;

/// Where the relay's own connections come from: these are not led through it.
pub(super) const SOURCE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Bytes that are handed on at once.
const CHUNK: usize = 16 * 1024;
/// Chunks of a direction that are on their way at once.
const ON_THE_WAY: usize = 256;

/// See the module. Connections end with it.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    // Whose tasks carry what passes.
    _runtime: Runtime,
}

#[derive(Debug, Default)]
struct Shared {
    /// For how many milliseconds everything is held.
    delay: AtomicU64,
    /// How often connections were to be broken off.
    breaks: AtomicU64,
    /// Connections that were.
    broken: AtomicU64,
    /// Bytes handed on.
    carried: AtomicU64,
}

impl Relay {
    /// Stands before the server at `port` of this machine, for every connection that is made from now on.
    ///
    /// # Errors
    /// The kernel leads no connection elsewhere.
    ///
    /// # Panics
    /// When there is no port left.
    pub fn before(network: &Network, port: u16) -> Result<Self, Skip> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        network.lead(port, listener.local_addr().expect("it listens").port())?;
        let shared = Arc::<Shared>::default();
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let accepting = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, Arc::clone(&accepting)));
            }
        });
        Ok(Self { shared, _runtime: runtime })
    }

    /// Hands everything on so much later from now on, in both directions.
    pub fn delay(&self, delay: Duration) {
        self.shared.delay.store(delay.as_millis() as u64, Ordering::Relaxed);
    }

    /// Breaks every connection off that says anything from now on: half of it is still handed on.
    pub fn break_off(&self) {
        self.shared.breaks.fetch_add(1, Ordering::Relaxed);
    }

    /// How many connections were broken off so far.
    #[must_use]
    pub fn broken(&self) -> u64 {
        self.shared.broken.load(Ordering::Relaxed)
    }

    /// How many bytes were handed on so far.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.shared.carried.load(Ordering::Relaxed)
    }
}

/// Carries what both sides say, until one of them has ended or the connection was broken off.
async fn connect(client: TcpStream, server: SocketAddr, shared: Arc<Shared>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from((SOURCE, 0))).expect("an address of every machine");
    // Nobody is there: the client sees its connection end.
    let Ok(server) = socket.connect(server).await else { return };
    drop((client.set_nodelay(true), server.set_nodelay(true)));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let born = shared.breaks.load(Ordering::Relaxed);
    let there = carry(from_client, to_server, &shared, born);
    let back = carry(from_server, to_client, &shared, born);
    // Whichever direction ends first takes the other with it, as the end of a process does.
    tokio::select! { () = there => {}, () = back => {} }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared, born: u64) {
    let (held, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let reading = async move {
        let mut chunk = vec![0; CHUNK];
        while let Ok(count @ 1..) = from.read(&mut chunk).await {
            let delay = Duration::from_millis(shared.delay.load(Ordering::Relaxed));
            if held.send((Instant::now() + delay, chunk[..count].to_vec())).await.is_err() {
                break;
            }
        }
    };
    let writing = async move {
        while let Some((at, chunk)) = due.recv().await {
            tokio::time::sleep_until(at).await;
            let is_broken = shared.breaks.load(Ordering::Relaxed) != born;
            let said = if is_broken { &chunk[..chunk.len() / 2] } else { &chunk[..] };
            if to.write_all(said).await.is_err() {
                break;
            }
            shared.carried.fetch_add(said.len() as u64, Ordering::Relaxed);
            if is_broken {
                shared.broken.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
    };
    tokio::pin!(writing);
    tokio::select! {
        () = &mut writing => {}
        // What it has read is still on its way.
        () = reading => writing.await,
    }
}
