//! The yardstick: a librdkafka consumer that reads a topic from end to end and only counts bytes.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value, json};

use super::leg::Leg;
use super::meter::Meter;
use super::servers::Servers;
use super::topic::Topic;
use crate::child;

/// First argument that makes a bench's own program the yardstick.
pub const MODE: &str = "raw";
/// Longest wait for the next record.
const POLL_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the bench's own program as the yardstick.
///
/// # Errors
/// A program that fails, or that did not read everything.
pub fn leg(servers: &Servers, topic: &Topic) -> anyhow::Result<Leg> {
    let program = std::env::current_exe().context("the bench does not know where it stands")?;
    let mut command = Command::new(program);
    command.args([MODE, &servers.kafka.bootstrap(), &topic.name, &topic.partitions.to_string()]);
    let meter = Meter::start(servers)?;
    let run = child::run(&mut command, &[0])?;
    let spent = meter.stop(servers, run.cpu)?;
    let counted: Value = serde_json::from_str(&run.output).context("the yardstick wrote no JSON")?;
    let number = |name: &str| counted.get(name).and_then(Value::as_f64).context("the yardstick left a figure out");
    if number("bytes")? as u64 != topic.bytes {
        bail!("the yardstick read {counted}, but {topic:?}");
    }
    Ok(Leg { events: topic.events, seconds: number("seconds")?, cpu: run.cpu, peak_mib: run.peak_mib, spent })
}

/// What the yardstick does, given its arguments: prints what it counted as JSON.
///
/// # Errors
/// Arguments that are none of ours, or a broker that stops to answer.
#[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
pub fn main(arguments: &[String]) -> anyhow::Result<()> {
    let [brokers, topic, partitions] = arguments else { bail!("usage: {MODE} BROKERS TOPIC PARTITIONS") };
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", MODE).set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create()?;
    let mut assignment = TopicPartitionList::new();
    let mut left = 0;
    for partition in 0..partitions.parse()? {
        let (low, high) = consumer.fetch_watermarks(topic, partition, POLL_TIMEOUT)?;
        left += high - low;
        assignment.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    let records = left;
    let mut bytes = 0;
    let mut first = None;
    consumer.assign(&assignment)?;
    while left > 0 {
        let message = consumer.poll(POLL_TIMEOUT).context("the broker has stopped to answer")??;
        first.get_or_insert_with(Instant::now);
        bytes += message.payload_len();
        left -= 1;
    }
    let seconds = first.map_or(0.0, |first| first.elapsed().as_secs_f64());
    println!("{}", json!({ "records": records, "bytes": bytes, "seconds": seconds }));
    Ok(())
}
