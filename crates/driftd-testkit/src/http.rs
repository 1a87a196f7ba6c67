//! The little of HTTP that a test asks a server with, and what it reads out of an answer.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for an answer to go on.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Status code and body of a GET at `address`, a host and port; nothing while nobody answers.
#[must_use]
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    request(address, "GET", path, "").ok()
}

/// One request on a connection of its own, with `body`, which is said to be JSON; gives status code and body of the answer.
///
/// # Errors
/// Nobody answers, or not in HTTP.
pub fn request(address: &str, method: &str, path: &str, body: impl AsRef<[u8]>) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let body = body.as_ref();
    let length = body.len();
    // In this version of the protocol no answer comes in chunks, and it ends with the connection.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let parsed = answer.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    });
    parsed.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, answer))
}

/// Sum of the samples of the metric `name` whose labels contain `labels`, in a scrape for Prometheus; nothing where
/// there is none.
#[must_use]
pub fn sum_of_samples(scrape: &str, name: &str, labels: &str) -> Option<f64> {
    let is_ours =
        |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(labels));
    let values = scrape.lines().filter(is_ours).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_name_add_up() {
        let text = "# TYPE a counter\na{x=\"1\"} 2\na{x=\"2\"} 3\nab 7\n";
        assert_eq!(sum_of_samples(text, "a", ""), Some(5.0));
        assert_eq!(sum_of_samples(text, "a", "x=\"2\""), Some(3.0));
        assert_eq!(sum_of_samples(text, "c", ""), None);
    }
}
