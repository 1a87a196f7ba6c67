use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::*;
use crate::Readiness;

mod answers;

/// Longest wait for anything that must happen.
const DEADLINE: Duration = Duration::from_secs(20);

/// A process with one metric.
fn process(readiness: Readiness) -> AppState {
    let mut registry = Registry::default();
    registry.register("driftd_partition_tasks", "Partitions that this process reads", ConstGauge::new(2));
    AppState::new(move || readiness.clone(), [Arc::new(registry)], of_features(), None)
}

/// Metrics that name features.
fn of_features() -> Arc<Registry> {
    let mut registry = Registry::default();
    let value = Family::<[(&str, &str); 1], Gauge>::default();
    value.get_or_create(&[("feature", "dep_delay")]).set(1);
    registry.register("driftd_feature_drift", "Statistics that decide", value);
    Arc::new(registry)
}

/// A process that is ready, with metrics that are collected so.
fn process_with(collector: impl Collector) -> AppState {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(collector));
    AppState::new(Readiness::default, [Arc::new(registry)], Arc::default(), None)
}

/// Short where a test waits for the end, long where it must not come.
fn quick() -> Limits {
    Limits {
        head: Duration::from_millis(200),
        lifetime: DEADLINE,
        drain: Duration::from_millis(200),
        ..Limits::default()
    }
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn server(limits: Limits) -> Server {
    let readiness =
        Readiness::default().checked("store", None).checked("kafka", Some("no broker answers since 12:00:03".into()));
    server_of(limits, process(readiness)).await
}

async fn server_of(limits: Limits, state: AppState) -> Server {
    server_for(Reach::Machine, limits, state).await
}

async fn server_for(reach: Reach, limits: Limits, state: AppState) -> Server {
    let mut listener = Listener::bind("127.0.0.1:0".parse().unwrap(), reach).await.unwrap();
    listener.limits = limits;
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(listener.serve(state, async {
        let _ = stopped.await;
    }));
    Server { address, stop, task }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("in time")
}

impl Server {
    async fn connect(&self) -> TcpStream {
        within(TcpStream::connect(self.address)).await.unwrap()
    }

    /// All that is answered to `request` until the connection ends.
    async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }

    /// The answer to a request that asks for the connection's end, without the date.
    async fn ask(&self, method: &str, path: &str) -> String {
        let answer =
            self.exchange(&format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")).await;
        answer.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n")
    }

    async fn shut_down(self) {
        self.stop.send(()).unwrap();
        within(self.task).await.unwrap();
    }
}

/// What still comes; a connection that is reset has come to its end, too.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = within(stream.read_to_end(&mut bytes)).await;
    String::from_utf8(bytes).unwrap()
}

/// What comes until `end` was read.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = String::new();
    let mut buffer = [0; 1024];
    while !read.ends_with(end) {
        let length = within(stream.read(&mut buffer)).await.unwrap();
        assert_ne!(length, 0, "{read}");
        read.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    read
}

#[tokio::test]
async fn a_probe_beside_the_daemon_hears_why_it_is_not_ready() {
    let server = server(quick()).await;
    assert_eq!(crate::ask_readiness(server.address).await.unwrap(), ["kafka: no broker answers since 12:00:03"]);
    server.shut_down().await;
    let server = server_for(Reach::Network { features: false }, quick(), process(Readiness::default())).await;
    assert!(crate::ask_readiness(server.address).await.unwrap().is_empty());
    let address = server.address;
    server.shut_down().await;
    assert!(crate::ask_readiness(address).await.is_err());
}

#[tokio::test]
async fn nonsense_is_refused() {
    let server = server(quick()).await;
    assert!(server.exchange("\u{1}\u{2}\u{3}\r\n\r\n").await.starts_with("HTTP/1.1 400"));
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    let mut stream = server.connect().await;
    // The server hangs up before it has taken all of it.
    let _ = within(stream.write_all(long.as_bytes())).await;
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let headers = "a: b\r\n".repeat(200);
    assert!(server.exchange(&format!("GET / HTTP/1.1\r\n{headers}\r\n")).await.starts_with("HTTP/1.1 431"));
    server.shut_down().await;
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_cut_off() {
    let server = server(quick()).await;
    let mut silent = server.connect().await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").await.unwrap();
    let answer = rest(&mut slow).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(rest(&mut silent).await, "");
    server.shut_down().await;
}

#[tokio::test]
async fn a_connection_may_be_used_again_but_not_be_idle() {
    let server = server(quick()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert!(until(&mut stream, "\r\n\r\nok\n").await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(rest(&mut stream).await, "");
    server.shut_down().await;
}

#[tokio::test]
async fn a_body_is_not_waited_for() {
    let server = server(quick()).await;
    let endless = "GET /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\nsome of it";
    let answer = server.exchange(endless).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    server.shut_down().await;
}

#[tokio::test]
async fn a_connection_ends_however_busy_it_is() {
    let server = server(Limits { lifetime: Duration::from_millis(300), head: DEADLINE, ..quick() }).await;
    let mut stream = server.connect().await;
    let (mut answers, mut requests) = stream.split();
    let asking = async {
        while requests.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let reading = async {
        let mut buffer = [0; 512];
        while answers.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
    };
    within(async {
        tokio::select! { () = asking => (), () = reading => () }
    })
    .await;
    server.shut_down().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    #[derive(Debug)]
    struct Huge;
    impl Collector for Huge {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
            let gauge = ConstGauge::new(1);
            let help = "x".repeat(64 << 20);
            gauge.encode(encoder.encode_descriptor("huge", &help, None, gauge.metric_type())?)
        }
    }
    let limits = Limits { connections: 1, lifetime: Duration::from_millis(300), head: DEADLINE, ..quick() };
    let server = server_of(limits, process_with(Huge)).await;
    let mut deaf = server.connect().await;
    deaf.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    // There is one place, and the one who sits on it neither reads nor leaves.
    assert!(server.ask("GET", "/healthz").await.starts_with("HTTP/1.1 200"));
    drop(deaf);
    server.shut_down().await;
}

#[tokio::test]
async fn there_are_no_more_connections_than_places() {
    let server = server(Limits { connections: 2, head: Duration::from_millis(400), ..quick() }).await;
    let held: Vec<TcpStream> = vec![server.connect().await, server.connect().await];
    // The third is answered once the first two have lost their places.
    assert!(server.ask("GET", "/healthz").await.starts_with("HTTP/1.1 200"));
    drop(held);
    server.shut_down().await;
}

#[tokio::test]
async fn clients_that_only_hold_places_lock_nobody_out() {
    let (slow, mut was_asked, answer) = slow();
    // Nothing ends by itself in the time of this test.
    let limits = Limits { connections: 8, head: DEADLINE * 10, lifetime: DEADLINE * 10, ..quick() };
    let server = server_of(limits, slow).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    within(was_asked.recv()).await.unwrap();
    let mut half_open = Vec::new();
    for _ in 0..300 {
        let mut stream = server.connect().await;
        // One that lost its place already cannot be written to.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").await;
        half_open.push(stream);
    }
    assert!(server.ask("GET", "/healthz").await.starts_with("HTTP/1.1 200"));
    // The oldest went first, and the one that is being answered not at all.
    assert_eq!(rest(&mut half_open[0]).await, "");
    let newest = half_open.last_mut().unwrap();
    newest.write_all(b"localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(newest).await.starts_with("HTTP/1.1 200"));
    answer.send(()).unwrap();
    assert!(rest(&mut busy).await.ends_with("the_end 1\n"));
    drop(half_open);
    server.shut_down().await;
}

#[tokio::test]
async fn a_place_is_free_once_its_answer_is_read() {
    let (slow, mut was_asked, answer) = slow();
    let limits = Limits { connections: 1, head: DEADLINE * 10, lifetime: DEADLINE * 10, ..quick() };
    let server = server_of(limits, slow).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    within(was_asked.recv()).await.unwrap();
    // There is one place, and its connection stays; it waits only when its answer is through.
    let next = tokio::spawn({
        let mut stream = server.connect().await;
        async move {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
            rest(&mut stream).await
        }
    });
    answer.send(()).unwrap();
    assert!(until(&mut busy, "the_end 1\n").await.starts_with("HTTP/1.1 200"));
    assert!(within(next).await.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(rest(&mut busy).await, "");
    server.shut_down().await;
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_idle_clients() {
    let server = server(Limits { head: DEADLINE * 10, lifetime: DEADLINE * 10, ..quick() }).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    until(&mut idle, "ok\n").await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /heal").await.unwrap();
    let address = server.address;
    server.shut_down().await;
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

/// A process whose metrics are collected while it is said so, who is told when they are asked for, and who says so.
fn slow() -> (AppState, UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
    #[derive(Debug)]
    struct Slow {
        asked: UnboundedSender<()>,
        answer: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
    }
    impl Collector for Slow {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
            self.asked.send(()).unwrap();
            self.answer.lock().unwrap().recv().unwrap();
            let gauge = ConstGauge::new(1);
            gauge.encode(encoder.encode_descriptor("the_end", "", None, gauge.metric_type())?)
        }
    }
    let (asked, was_asked) = unbounded_channel();
    let (answer, answered) = std::sync::mpsc::channel();
    (process_with(Slow { asked, answer: answered.into() }), was_asked, answer)
}

#[tokio::test]
async fn an_answer_in_flight_is_finished() {
    let (slow, mut was_asked, answer) = slow();
    let server = server_of(Limits { drain: DEADLINE, ..quick() }, slow).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    within(was_asked.recv()).await.unwrap();
    server.stop.send(()).unwrap();
    answer.send(()).unwrap();
    assert!(rest(&mut stream).await.ends_with("driftd_ready 1\n# HELP the_end \n# TYPE the_end gauge\nthe_end 1\n"));
    within(server.task).await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_had_is_told_with_a_remedy() {
    let first = Listener::bind("127.0.0.1:0".parse().unwrap(), Reach::Machine).await.unwrap();
    let address = first.local_addr().unwrap();
    let refused = async |reach| {
        let error = Listener::bind(address, reach).await.unwrap_err().to_string();
        error.replace(&address.to_string(), "127.0.0.1:8080")
    };
    insta::assert_snapshot!(refused(Reach::Machine).await, @"cannot listen on 127.0.0.1:8080: another process has this address; end it, give http.listen another port, or set http.enabled = false");
    insta::assert_snapshot!(refused(Reach::Network { features: false }).await, @r#"cannot listen on 127.0.0.1:8080: another process has this address; end it, give http.probes another port, or set http.probes = """#);
    let elsewhere = Listener::bind("192.0.2.1:8080".parse().unwrap(), Reach::Machine).await.unwrap_err();
    insta::assert_snapshot!(elsewhere, @"cannot listen on 192.0.2.1:8080: this machine has no such address; change http.listen");
}
