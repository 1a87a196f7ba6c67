//! A server that driftd posts messages to, and that keeps them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::Deadline;

/// Longest wait for a request to go on: who is killed in the middle of one says nothing more.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A port at which connections are refused until somebody listens there.
#[derive(Clone, Copy, Debug)]
pub struct ClosedPort(u16);

/// An HTTP server that says yes to everything. It ends with this value.
#[derive(Debug)]
pub struct Hook {
    port: u16,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

/// A request it got.
#[derive(Clone, Debug)]
pub struct Posted {
    /// When it had been read; the answer came afterwards.
    pub at: Instant,
    /// The same by the clock.
    pub time: SystemTime,
    /// Names, in lower case, and values of the headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_over: bool,
    is_holding: bool,
    posted: Vec<Posted>,
}

impl ClosedPort {
    /// A port that is free now.
    #[must_use]
    pub fn find() -> Self {
        Self(listen(0).local_addr().expect("a listener has an address").port())
    }

    /// Where that is.
    #[must_use]
    pub fn url(self) -> String {
        format!("http://127.0.0.1:{}/hook", self.0)
    }

    /// Listens there from now on.
    #[must_use]
    pub fn open(self) -> Hook {
        Hook::on(listen(self.0))
    }
}

impl Hook {
    /// A server on any free port.
    #[must_use]
    pub fn start() -> Self {
        Self::on(listen(0))
    }

    fn on(listener: TcpListener) -> Self {
        let port = listener.local_addr().expect("a listener has an address").port();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.state().is_over {
                    return;
                }
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        Self { port, shared, listening: Some(listening) }
    }

    /// Where to post.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Its address without a path.
    #[must_use]
    pub fn root(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether requests are kept waiting for their answers from now on. Those that wait when that ends get none.
    pub fn hold(&self, hold: bool) {
        self.shared.state().is_holding = hold;
        self.shared.changed.notify_all();
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.shared.state().posted.clone()
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.state().posted.len()
    }

    /// What it was told of incidents, in order: all but signs of life.
    #[must_use]
    pub fn told(&self) -> Vec<Posted> {
        self.posted().into_iter().filter(|posted| !posted.is_heartbeat()).collect()
    }

    /// Waits for the message about `monitor` that is told because of `reason`.
    #[track_caller]
    #[must_use]
    pub fn wait_for(&self, monitor: &str, reason: &str, deadline: Deadline) -> Posted {
        let wanted = |posted: &Posted| posted.says("monitor") == monitor && posted.says("reason") == reason;
        deadline.find(&format!("{reason} of {monitor}"), || self.told().into_iter().find(wanted))
    }

    /// What it heard of each incident, in order.
    #[must_use]
    pub fn stories(&self) -> BTreeMap<String, Vec<String>> {
        let mut stories: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for posted in self.told() {
            stories.entry(posted.says("monitor")).or_default().push(posted.says("reason"));
        }
        stories
    }
}

impl Posted {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A text of its `driftd` object.
    #[must_use]
    pub fn says(&self, key: &str) -> String {
        self.json()["driftd"][key].as_str().unwrap_or_default().to_owned()
    }

    /// Its idempotency key.
    #[must_use]
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").map_or("", String::as_str)
    }

    /// Whether it is a sign of life.
    #[must_use]
    pub fn is_heartbeat(&self) -> bool {
        self.id().starts_with("heartbeat-")
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one request and answers it.
    fn serve(&self, mut stream: TcpStream) {
        let Some(posted) = read(&stream) else { return };
        let mut state = self.state();
        state.posted.push(posted);
        let was_held = state.is_holding;
        while state.is_holding && !state.is_over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        if !was_held {
            // Whoever asked may be gone.
            drop(stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        }
    }
}

/// The request, if it comes as a whole.
fn read(stream: &TcpStream) -> Option<Posted> {
    stream.set_read_timeout(Some(READ_TIMEOUT)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: u64 = headers.get("content-length")?.parse().ok()?;
    let mut body = String::new();
    let read = reader.take(length).read_to_string(&mut body).ok()?;
    (read as u64 == length).then(|| Posted { at: Instant::now(), time: SystemTime::now(), headers, body })
}

fn listen(port: u16) -> TcpListener {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).expect("a free port")
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.changed.notify_all();
        // It waits for somebody to come.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}
