//! A web server that answers as a script says and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Bytes on a connection; nothing to keep it open in silence.
pub(crate) type Reply = Option<Vec<u8>>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// A whole answer.
#[expect(clippy::unnecessary_wraps, reason = "scripts are made of answers and of silence")]
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers: String = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    Some(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

impl Server {
    /// Answers one connection after the other; the last answer is for all that follow.
    pub(crate) async fn http(script: Vec<Reply>) -> Self {
        Self::start(script, None).await
    }

    /// The same over TLS, as `localhost`, `slack.com`, `hooks.slack.com` and `events.pagerduty.com`.
    pub(crate) async fn https(script: Vec<Reply>) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::start(script, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start(script: Vec<Reply>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, script) = (Arc::clone(&asked), Arc::new(Mutex::new(VecDeque::from(script))));
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, script, tls) = (Arc::clone(&seen), Arc::clone(&script), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &script, &seen).await,
                        // A client that does not trust us hangs up.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &script, &seen).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { address, asked, serving }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The one thing that was asked.
    pub(crate) fn only(&self) -> Asked {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked[0].clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Asked {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Line, headers and body as a person reads them, without what depends on the port, the wording of the long text and
    /// the data in an event, which have tests of their own.
    pub(crate) fn told(&self) -> String {
        let mut text = format!("{}\n", self.line);
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "host" => value.split(':').next().unwrap(),
                "content-length" | "webhook-signature" => "…",
                _ => value,
            };
            text.extend([name, ": ", value, "\n"]);
        }
        let mut body = self.json();
        for place in [
            "/commonAnnotations/description",
            "/alerts/0/annotations/description",
            "/0/annotations/description",
            "/payload/custom_details",
        ] {
            if let Some(long) = body.pointer_mut(place) {
                *long = "…".into();
            }
        }
        text + "\n" + &serde_json::to_string_pretty(&body).unwrap()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Mutex<VecDeque<Reply>>,
    seen: &Mutex<Vec<Asked>>,
) -> Option<()> {
    let asked = read(&mut stream).await?;
    seen.lock().unwrap().push(asked);
    let reply = {
        let mut script = script.lock().unwrap();
        if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
    };
    match reply.flatten() {
        Some(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.shutdown().await.ok()?;
        }
        // Until the client has had enough.
        None => {
            stream.read_to_end(&mut Vec::new()).await.ok()?;
        }
    }
    Some(())
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let headers: BTreeMap<String, String> = lines.map(pair).collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Asked { line, headers, body })
}
