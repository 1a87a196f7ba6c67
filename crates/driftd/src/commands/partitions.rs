//! `driftd partitions`.

use anyhow::{Context, ensure};
use driftd_config::{Config, StartPolicy};
use driftd_engine::{Clock, SystemClock};
use driftd_model::{Offset, OwnedPartition, Partition, ResetStart, SharedStore, Topic, TopicPartition};
use driftd_window::{Timestamp, Watermark};
use serde_json::{Value, json};

use crate::cli::{Confirmation, ListFormat, PartitionsCommand};
use crate::commands::Exit;
use crate::commands::readable;
use crate::commands::repair::{ask, confirmed};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Table, line, minutes, print};

pub(super) async fn run(command: PartitionsCommand, stores: &Stores) -> anyhow::Result<Exit> {
    match command {
        PartitionsCommand::List { topic, config, format } => {
            let store = stores.configured(&setup::config(&config)?).await?;
            let mut partitions = store.all_partitions().await?;
            partitions.retain(|one| topic.as_deref().is_none_or(|topic| one.row.topic.as_str() == topic));
            list(&partitions, format)?;
        }
        PartitionsCommand::Reset { topic, partition, to, confirmation, config } => {
            let config = setup::config(&config)?;
            let store = stores.configured(&config).await?;
            let place = TopicPartition::new(Topic::from(topic.as_str()), Partition(partition));
            reset(&config, &store, place, &to, confirmation).await?;
        }
        PartitionsCommand::Forget { topic, partition, force, confirmation, config } => {
            let config = setup::config(&config)?;
            let store = stores.configured(&config).await?;
            let place = TopicPartition::new(Topic::from(topic.as_str()), Partition(partition));
            forget(&config, &store, place, force, confirmation).await?;
        }
    }
    Ok(Exit::Ok)
}

fn list(partitions: &[OwnedPartition], format: ListFormat) -> anyhow::Result<()> {
    if format == ListFormat::Json {
        let objects: Vec<Value> = partitions.iter().map(object).collect::<Result<_, _>>()?;
        line(format_args!("{:#}", Value::Array(objects)))?;
        return Ok(());
    }
    if partitions.is_empty() {
        line("no partitions: nothing was read yet")?;
        return Ok(());
    }
    let header =
        ["topic", "partition", "owner", "epoch", "next offset", "watermark (UTC)", "end since (UTC)", "written (UTC)"];
    let mut table = Table::new(&header, &[1, 3, 4]);
    for OwnedPartition { row, owner } in partitions {
        table.row([
            row.topic.to_string(),
            row.partition.to_string(),
            owner.clone(),
            row.epoch.to_string(),
            row.next_offset.map_or_else(String::new, |offset| offset.to_string()),
            row.mark.watermark().map_or_else(String::new, watermark),
            row.mark.end().map_or_else(String::new, |end| minutes(end.since)),
            minutes(row.updated_at),
        ]);
    }
    print(table.text())?;
    Ok(())
}

/// A watermark as a table shows it.
pub(super) fn watermark(mark: Watermark) -> String {
    minutes(Timestamp::from_micros(mark.event_time().as_micros()))
}

fn object(OwnedPartition { row, owner }: &OwnedPartition) -> serde_json::Result<Value> {
    Ok(json!({
        "topic": row.topic,
        "partition": row.partition,
        "owner": owner,
        "epoch": row.epoch,
        "next_offset": row.next_offset,
        "watermark": readable::json(&row.mark.watermark().map(Watermark::event_time))?,
        "end_since": readable::json(&row.mark.end().map(|end| end.since))?,
        "rejected": row.rejected,
        "updated_at": readable::json(&row.updated_at)?,
    }))
}

/// The row of a partition.
async fn known(store: &SharedStore, place: &TopicPartition) -> anyhow::Result<OwnedPartition> {
    let partitions = store.all_partitions().await?;
    let found = partitions.into_iter().find(|one| one.row.topic == place.topic && one.row.partition == place.partition);
    found.with_context(|| format!("the store knows no partition {place}; see `driftd partitions list`"))
}

async fn reset(
    config: &Config,
    store: &SharedStore,
    place: TopicPartition,
    to: &str,
    confirmation: Confirmation,
) -> anyhow::Result<()> {
    let before = known(store, &place).await?;
    let offset = match to.parse::<i64>() {
        Ok(offset) => {
            ensure!(offset >= 0, "{offset} is no offset: records begin at 0");
            Offset(offset)
        }
        Err(_) => {
            let start: StartPolicy = to.parse().map_err(|_| {
                anyhow::anyhow!(
                    "{to:?} is no place in a partition: write earliest, latest, an offset, or a time such as \
                     2026-07-01T00:00:00Z"
                )
            })?;
            let asked = place.clone();
            ask(config, move |inspector| Ok(inspector.offset(&asked, start)?)).await?
        }
    };
    let was = before.row.next_offset.map_or_else(|| "the start policy's".to_owned(), |offset| offset.to_string());
    let mut consequences = vec![format!("{place} is to go on at offset {offset} instead of {was}.")];
    if before.row.next_offset.is_none_or(|next| offset <= next) {
        consequences.push(
            "Counts of the records from there on are taken back where their pane is not sealed, and counted again as \
             they are read; where it is sealed they are counted as late."
                .to_owned(),
        );
    } else {
        consequences.push("Records before it that were not read yet are never counted.".to_owned());
    }
    consequences.push(format!(
        "Its owner, {}, is fenced: a daemon ends by that within a minute, and goes on there when it is started again.",
        before.owner
    ));
    let by = confirmed(confirmation, &consequences)?;
    let done = store.reset_partition(&place, ResetStart::At(offset), &hand(&by), SystemClock.now()).await?;
    let done = done.with_context(|| format!("{place} was forgotten meanwhile"))?;
    let next = done.next_offset.unwrap_or(offset);
    tracing::warn!(by, partition = %place, from = was, to = %next, epoch = %done.epoch, undone = done.undone, "offset set by hand");
    let undone = driftd_model::words::counted(done.undone, "record is", "records are");
    line(format_args!("{place} goes on at offset {next}, epoch {}; {undone} taken back", done.epoch))?;
    Ok(())
}

/// The owner of a partition that was set, until it is claimed.
pub(super) fn hand(by: &str) -> String {
    format!("set by {by}")
}

async fn forget(
    config: &Config,
    store: &SharedStore,
    place: TopicPartition,
    force: bool,
    confirmation: Confirmation,
) -> anyhow::Result<()> {
    let before = known(store, &place).await?;
    let asked = place.topic.clone();
    let state = ask(config, move |inspector| Ok(inspector.topic(&asked)?)).await;
    let is_there = state
        .as_ref()
        .ok()
        .map(|state| state.as_ref().is_some_and(|state| state.partitions.contains(&place.partition)));
    match (is_there, state) {
        (Some(true), _) => {
            ensure!(force, "the brokers have {place}: it would be claimed again at once; nothing was changed");
        }
        (None, Err(error)) if !force => {
            return Err(
                error.context(format!("no broker says whether {place} is gone; --force forgets it all the same"))
            );
        }
        _ => {}
    }
    let consequences = [
        format!(
            "{place}, last written by {} at {} UTC, is to be forgotten.",
            before.owner,
            minutes(before.row.updated_at)
        ),
        "What was counted of it stays, and monitors wait for it no longer.".to_owned(),
        "Should it come back, it begins where a partition begins that was never read.".to_owned(),
    ];
    let by = confirmed(confirmation, &consequences)?;
    ensure!(store.forget_partition(&place).await?, "{place} was forgotten meanwhile");
    let next = before.row.next_offset.map_or_else(String::new, |offset| offset.to_string());
    tracing::warn!(by, partition = %place, epoch = %before.row.epoch, next_offset = next, "partition forgotten by hand");
    line(format_args!("{place} is forgotten"))?;
    Ok(())
}
