//! The question of a probe that runs beside the daemon: is it ready?

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Time for the whole exchange; the daemon answers from what it knows.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const MOST_BYTES: u64 = 1 << 20;

/// What is asked. The name is one that every listener answers to.
const REQUEST: &[u8] = b"GET /readyz HTTP/1.0\r\nhost: localhost\r\n\r\n";

/// Asks the listener at `address` for `/readyz`: the reasons for which its process is not ready, none when it is. An
/// address that stands for all of a machine's is asked on loopback.
///
/// # Errors
/// Nobody listens there, or what answers is no driftd.
pub async fn ask_readiness(address: SocketAddr) -> io::Result<Vec<String>> {
    let answer = timeout(ANSWER_TIMEOUT, exchange(on_this_machine(address)));
    read(&answer.await.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer within 5 seconds"))??)
}

fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn exchange(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer).await?;
    String::from_utf8(answer).map_err(|_| foreign())
}

/// The reasons in an answer.
fn read(answer: &str) -> io::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Answer {
        ready: bool,
        reasons: Vec<String>,
    }
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(foreign)?;
    match serde_json::from_str(body) {
        Ok(Answer { ready: true, .. }) => Ok(Vec::new()),
        // A reason is what makes it not ready; without one it would pass for the opposite.
        Ok(Answer { reasons, .. }) if !reasons.is_empty() => Ok(reasons),
        _ => Err(foreign()),
    }
}

fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what answers there is no driftd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_asked_on_loopback() {
        for (given, asked) in
            [("0.0.0.0:8081", "127.0.0.1:8081"), ("[::]:8081", "[::1]:8081"), ("10.0.0.7:8081", "10.0.0.7:8081")]
        {
            assert_eq!(on_this_machine(given.parse().unwrap()), asked.parse().unwrap());
        }
    }

    #[test]
    fn only_an_answer_of_driftd_says_anything() {
        let answer = |body: &str| read(&format!("HTTP/1.1 200 OK\r\n\r\n{body}\n")).ok();
        assert_eq!(answer(r#"{"ready":true,"reasons":[],"checks":{}}"#), Some(vec![]));
        assert_eq!(
            answer(r#"{"ready":false,"reasons":["store: away"],"checks":{}}"#),
            Some(vec!["store: away".to_owned()])
        );
        for foreign in ["", "<html>", "{}", r#"{"ready":false,"reasons":[]}"#] {
            assert_eq!(answer(foreign), None, "{foreign}");
        }
        assert!(read("SSH-2.0").is_err());
    }
}
