use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

/// Longest wait for anything that must happen.
const DEADLINE: Duration = Duration::from_secs(20);

struct Process(Readiness);

impl Probes for Process {
    fn readiness(&self) -> Readiness {
        self.0.clone()
    }

    fn metrics(&self) -> String {
        "driftd_lanes 2\n".to_owned()
    }
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
    let readiness = Readiness::default().passed("store").failed("kafka", "no broker answers since 12:00:03");
    server_of(limits, Process(readiness)).await
}

async fn server_of(limits: Limits, process: impl Probes) -> Server {
    let mut listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    listener.limits = limits;
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(listener.serve(Arc::new(process), async {
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
        let answer = self.exchange(&format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
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
async fn a_living_process_answers() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/healthz").await, @r#"
    HTTP/1.1 200 OK
    content-type: text/plain; charset=utf-8
    cache-control: no-store
    x-content-type-options: nosniff
    content-length: 3
    connection: close

    ok
    "#);
    insta::assert_snapshot!(server.ask("HEAD", "/healthz").await, @r#"
    HTTP/1.1 200 OK
    content-type: text/plain; charset=utf-8
    cache-control: no-store
    x-content-type-options: nosniff
    content-length: 3
    connection: close
    "#);
    server.shut_down().await;
}

#[tokio::test]
async fn readiness_says_why_not() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/readyz").await, @r#"
    HTTP/1.1 503 Service Unavailable
    content-type: application/json
    cache-control: no-store
    x-content-type-options: nosniff
    content-length: 166
    connection: close

    {"ready":false,"reasons":["kafka: no broker answers since 12:00:03"],"checks":{"kafka":{"ok":false,"reason":"no broker answers since 12:00:03"},"store":{"ok":true}}}
    "#);
    server.shut_down().await;
    let ready = server_of(quick(), Process(Readiness::default().passed("store").checked("kafka", None))).await;
    insta::assert_snapshot!(ready.ask("GET", "/readyz").await, @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    cache-control: no-store
    x-content-type-options: nosniff
    content-length: 79
    connection: close

    {"ready":true,"reasons":[],"checks":{"kafka":{"ok":true},"store":{"ok":true}}}
    "#);
    ready.shut_down().await;
}

#[tokio::test]
async fn metrics_tell_of_readiness_too() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/metrics").await, @r#"
    HTTP/1.1 200 OK
    content-type: text/plain; version=0.0.4; charset=utf-8
    cache-control: no-store
    x-content-type-options: nosniff
    content-length: 123
    connection: close

    # HELP driftd_ready Whether every check of /readyz passes: 1 or 0.
    # TYPE driftd_ready gauge
    driftd_ready 0
    driftd_lanes 2
    "#);
    server.shut_down().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/nothing?x=%3Cscript%3E").await, @r#"
    HTTP/1.1 404 Not Found
    content-type: application/problem+json
    cache-control: no-store
    x-content-type-options: nosniff
    content-length: 125
    connection: close

    {"type":"about:blank","title":"Not Found","status":404,"detail":"nothing is here; there are /healthz, /readyz and /metrics"}
    "#);
    insta::assert_snapshot!(server.ask("DELETE", "/metrics").await, @r#"
    HTTP/1.1 405 Method Not Allowed
    content-type: application/problem+json
    cache-control: no-store
    x-content-type-options: nosniff
    allow: GET,HEAD
    content-length: 116
    connection: close

    {"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"this path is only read: use GET or HEAD"}
    "#);
    for method in ["POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        assert!(server.ask(method, "/healthz").await.starts_with("HTTP/1.1 405"), "{method}");
    }
    server.shut_down().await;
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
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(until(&mut stream, "\r\n\r\nok\n").await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(rest(&mut stream).await, "");
    server.shut_down().await;
}

#[tokio::test]
async fn a_body_is_not_waited_for() {
    let server = server(quick()).await;
    let endless = "GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\nsome of it";
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
        while requests.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.is_ok() {
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
    struct Huge;
    impl Probes for Huge {
        fn readiness(&self) -> Readiness {
            Readiness::default()
        }
        fn metrics(&self) -> String {
            "#\n".repeat(32 << 20)
        }
    }
    let limits = Limits { connections: 1, lifetime: Duration::from_millis(300), head: DEADLINE, ..quick() };
    let server = server_of(limits, Huge).await;
    let mut deaf = server.connect().await;
    deaf.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
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
async fn shutting_down_does_not_wait_for_idle_clients() {
    let server = server(Limits { head: DEADLINE * 10, lifetime: DEADLINE * 10, ..quick() }).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut idle, "ok\n").await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /heal").await.unwrap();
    let address = server.address;
    server.shut_down().await;
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn an_answer_in_flight_is_finished() {
    struct Slow {
        asked: tokio::sync::mpsc::UnboundedSender<()>,
        answer: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
    }
    impl Probes for Slow {
        fn readiness(&self) -> Readiness {
            Readiness::default()
        }
        fn metrics(&self) -> String {
            self.asked.send(()).unwrap();
            self.answer.lock().unwrap().recv().unwrap();
            "the_end 1\n".to_owned()
        }
    }
    let (asked, mut was_asked) = tokio::sync::mpsc::unbounded_channel();
    let (answer, answered) = std::sync::mpsc::channel();
    let process = Slow { asked, answer: answered.into() };
    let server = server_of(Limits { drain: DEADLINE, ..quick() }, process).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    within(was_asked.recv()).await.unwrap();
    server.stop.send(()).unwrap();
    answer.send(()).unwrap();
    assert!(rest(&mut stream).await.ends_with("driftd_ready 1\nthe_end 1\n"));
    within(server.task).await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_had_is_told_with_a_remedy() {
    let first = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = first.local_addr().unwrap();
    let error = Listener::bind(address).await.unwrap_err().to_string().replace(&address.to_string(), "127.0.0.1:8080");
    insta::assert_snapshot!(error, @"cannot listen on 127.0.0.1:8080: another process has this address; end it, give http.listen another port, or set http.enabled = false");
    let elsewhere = Listener::bind("192.0.2.1:8080".parse().unwrap()).await.unwrap_err();
    insta::assert_snapshot!(elsewhere, @"cannot listen on 192.0.2.1:8080: this machine has no such address; change http.listen");
}
