//! The little of Kafka's protocol that a fixture needs: asking whether a broker serves, and for topics.
//!
//! The tools that come with Kafka start a Java of their own for this, two seconds each.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::services::wait_until;

const METADATA: i16 = 3;
const CREATE_TOPICS: i16 = 19;
const CREATE_PARTITIONS: i16 = 37;

/// A request being written.
struct Request(Vec<u8>);

/// An answer being read.
struct Reply(io::Cursor<Vec<u8>>);

/// Whether the broker is there and takes part in the cluster.
pub(super) fn serves(broker: &str, deadline: Instant) -> bool {
    leaders(broker, None, deadline).is_ok_and(|(brokers, _)| brokers > 0)
}

/// Creates a topic.
pub(super) fn create_topic(broker: &str, name: &str, partitions: u32, settings: &[(&str, &str)], deadline: Instant) {
    let mut body = Request::new(CREATE_TOPICS, 2);
    body.int32(1);
    body.text(name);
    body.int32(partitions as i32);
    body.int16(1);
    body.int32(0);
    body.int32(settings.len() as i32);
    for (setting, value) in settings {
        body.text(setting);
        body.text(value);
    }
    body.int32(30_000);
    body.0.push(0);
    change(broker, &body, deadline);
    wait_for_leaders(broker, name, partitions, deadline);
}

/// Adds partitions to a topic.
pub(super) fn grow_topic(broker: &str, name: &str, partitions: u32, deadline: Instant) {
    let mut body = Request::new(CREATE_PARTITIONS, 0);
    body.int32(1);
    body.text(name);
    body.int32(partitions as i32);
    body.int32(-1);
    body.int32(30_000);
    body.0.push(0);
    change(broker, &body, deadline);
    wait_for_leaders(broker, name, partitions, deadline);
}

/// Sends a request about one topic and sees to it that it was done.
fn change(broker: &str, request: &Request, deadline: Instant) {
    let mut reply = request.send(broker, deadline).expect("the broker answers");
    let _throttled = reply.int32();
    let _topics = reply.int32();
    let name = reply.text();
    let error = reply.int16();
    assert_eq!(error, 0, "kafka refuses topic {name:?}: {:?}", reply.text());
}

fn wait_for_leaders(broker: &str, name: &str, partitions: u32, deadline: Instant) {
    let all = || leaders(broker, Some(name), deadline).is_ok_and(|(_, leaders)| leaders == partitions as usize);
    assert!(wait_until(deadline, all), "topic {name} has no leaders in time");
}

/// How many brokers there are, and how many partitions of the topic have a leader.
fn leaders(broker: &str, topic: Option<&str>, deadline: Instant) -> io::Result<(usize, usize)> {
    let mut request = Request::new(METADATA, 4);
    request.int32(topic.map_or(0, |_| 1));
    if let Some(name) = topic {
        request.text(name);
    }
    request.0.push(0);
    let mut reply = request.send(broker, deadline)?;
    let _throttled = reply.int32();
    let brokers = reply.int32();
    for _ in 0..brokers {
        let _id = reply.int32();
        let _host = reply.text();
        let _port = reply.int32();
        let _rack = reply.text();
    }
    let _cluster = reply.text();
    let _controller = reply.int32();
    let mut led = 0;
    for _ in 0..reply.int32() {
        let _error = reply.int16();
        let _name = reply.text();
        let _internal = reply.byte();
        for _ in 0..reply.int32() {
            let error = reply.int16();
            let _partition = reply.int32();
            let leader = reply.int32();
            led += usize::from(error == 0 && leader >= 0);
            for _ in 0..2 {
                for _ in 0..reply.int32() {
                    let _replica = reply.int32();
                }
            }
        }
    }
    Ok((brokers.max(0) as usize, led))
}

impl Request {
    /// Begins with the header every request has.
    fn new(kind: i16, version: i16) -> Self {
        let mut request = Self(Vec::new());
        request.int16(kind);
        request.int16(version);
        request.int32(1);
        request.text("driftd-testkit");
        request
    }

    fn int16(&mut self, value: i16) {
        self.0.extend(value.to_be_bytes());
    }

    fn int32(&mut self, value: i32) {
        self.0.extend(value.to_be_bytes());
    }

    fn text(&mut self, value: &str) {
        self.int16(value.len() as i16);
        self.0.extend(value.as_bytes());
    }

    fn send(&self, broker: &str, deadline: Instant) -> io::Result<Reply> {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let mut stream = TcpStream::connect(broker)?;
        stream.set_read_timeout(Some(left))?;
        stream.write_all(&(self.0.len() as i32).to_be_bytes())?;
        stream.write_all(&self.0)?;
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut bytes)?;
        let mut reply = Reply(io::Cursor::new(bytes));
        let _of_request = reply.int32();
        Ok(reply)
    }
}

impl Reply {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes).expect("a whole answer");
        bytes
    }

    fn byte(&mut self) -> u8 {
        u8::from_be_bytes(self.bytes())
    }

    fn int16(&mut self) -> i16 {
        i16::from_be_bytes(self.bytes())
    }

    fn int32(&mut self) -> i32 {
        i32::from_be_bytes(self.bytes())
    }

    /// Text, or nothing where the broker says nothing.
    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.int16()).ok()?;
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).expect("a whole answer");
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}
