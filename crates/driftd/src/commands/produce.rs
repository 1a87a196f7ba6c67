//! `driftd produce`: files become a stream, for trying the daemon out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use driftd_config::KafkaConfig;
use driftd_dataset::{JsonRows, RawRecords, ReadOptions, Table};
use driftd_model::{Topic, words};
use driftd_source::kafka::{Outgoing, Producer};
use serde_json::{Map, Value, json};

use crate::cli::ProduceArgs;
use crate::commands::Exit;
use crate::setup;
use crate::terminal::Bar;

/// Records handed to the producer at once when there is no rate to keep.
const BATCH: usize = 50_000;

/// Payloads of one file.
type Payloads = Box<dyn Iterator<Item = anyhow::Result<Vec<u8>>>>;

pub(super) async fn run(args: ProduceArgs) -> anyhow::Result<Exit> {
    let config = setup::config(&args.config)?;
    let read = args.read.over(&config.files);
    let mut kafka = config.kafka;
    if !args.brokers.is_empty() {
        kafka.brokers = args.brokers.iter().map(|broker| broker.parse()).collect::<Result<_, _>>()?;
    }
    // The producer waits for brokers; nothing else has to go on meanwhile but signals.
    let sent = tokio::task::spawn_blocking(move || send(&args, &read, &kafka)).await??;
    eprintln!("{} sent", words::counted(sent, "record", "records"));
    Ok(Exit::Ok)
}

fn send(args: &ProduceArgs, read: &ReadOptions, kafka: &KafkaConfig) -> anyhow::Result<u64> {
    let producer = Producer::new(kafka, setup::secret)?;
    let topic = Topic::from(args.topic.as_str());
    let rows = total(&args.files, read)?;
    let bar =
        Bar::rows((!args.files.iter().any(|file| is_lines(file))).then_some(rows), &format!("producing to {topic}"));
    // A tenth of a second's worth keeps a rate closely enough.
    let most = args.rate.map_or(BATCH, |rate| (rate as usize / 10).clamp(1, BATCH));
    let started = Instant::now();
    let mut sent = 0;
    for file in &args.files {
        let mut payloads = payloads(file, read, args.event_time.as_deref())?;
        loop {
            let batch: Vec<Vec<u8>> = payloads.by_ref().take(most).collect::<anyhow::Result<_>>()?;
            if batch.is_empty() {
                break;
            }
            sent += producer.send_all(batch.into_iter().map(|payload| outgoing(&topic, payload)))?;
            bar.at(sent);
            if let Some(rate) = args.rate {
                let due = Duration::from_secs_f64(sent as f64 / f64::from(rate));
                std::thread::park_timeout(due.saturating_sub(started.elapsed()));
            }
        }
    }
    bar.done();
    Ok(sent)
}

fn outgoing(topic: &Topic, payload: Vec<u8>) -> Outgoing {
    Outgoing {
        topic: topic.clone(),
        partition: None,
        key: None,
        payload: Some(payload),
        headers: Vec::new(),
        timestamp: None,
    }
}

/// Whether a file holds records that are sent as they are, by its name, whatever it is compressed with.
fn is_lines(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.split('.').skip(1).any(|part| matches!(part, "ndjson" | "jsonl"))
}

/// Rows of the files that know their number.
fn total(files: &[PathBuf], read: &ReadOptions) -> anyhow::Result<u64> {
    let mut rows = 0;
    for file in files.iter().filter(|file| !is_lines(file)) {
        let table = Table::open_all(std::slice::from_ref(file), read)?;
        for note in table.notes() {
            eprintln!("note: {note}");
        }
        rows += table.rows();
    }
    Ok(rows)
}

fn payloads(file: &Path, read: &ReadOptions, event_time: Option<&str>) -> anyhow::Result<Payloads> {
    if is_lines(file) {
        return Ok(Box::new(RawRecords::open(file, read)?.map(|record| Ok(record?))));
    }
    let table = Table::open_all(&[file.to_owned()], read)?;
    if let Some(column) = event_time
        && !table.schema().columns().iter().any(|known| known.name == column)
    {
        anyhow::bail!("{} has no column {column}; name the one of the event time with --event-time", file.display());
    }
    let event_time = event_time.map(str::to_owned);
    let rows = JsonRows::new(&table)?;
    Ok(Box::new(rows.map(move |row| Ok(shape(row?, event_time.as_deref()).to_string().into_bytes()))))
}

/// The record of a row: native when the event time is known, else as flat as the row.
fn shape(mut row: Map<String, Value>, event_time: Option<&str>) -> Value {
    match event_time {
        None => Value::Object(row),
        Some(column) => {
            let ts = row.remove(column);
            json!({ "ts": ts, "features": row })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_the_native_shape_once_its_event_time_is_known() {
        let row = || json!({"at": "2013-01-01T00:00:00Z", "x": 1.5}).as_object().cloned().unwrap_or_default();
        assert_eq!(shape(row(), None).to_string(), r#"{"at":"2013-01-01T00:00:00Z","x":1.5}"#);
        let native = shape(row(), Some("at"));
        assert_eq!(native, json!({"ts": "2013-01-01T00:00:00Z", "features": {"x": 1.5}}));
    }
}
