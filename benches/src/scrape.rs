//! Metrics of a running driftd, asked for as Prometheus does.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sum of all samples of a metric whose line begins with `series`, which is a name with all, some or none of its labels.
/// Nothing while nobody answers, or where there is no such metric yet.
#[must_use]
pub fn sum(address: &str, series: &str) -> Option<f64> {
    sum_in(&get(address, "/metrics")?, series)
}

fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}

fn sum_in(text: &str, series: &str) -> Option<f64> {
    let is_ours = |line: &&str| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let values = text.lines().filter(is_ours).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_name_add_up() {
        let text = "# TYPE a counter\na{x=\"1\"} 2\na{x=\"2\"} 3\nab 7\n";
        assert_eq!(sum_in(text, "a"), Some(5.0));
        assert_eq!(sum_in(text, "a{x=\"2\"}"), Some(3.0));
        assert_eq!(sum_in(text, "c"), None);
    }
}
