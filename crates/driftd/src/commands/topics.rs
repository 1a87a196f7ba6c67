//! `driftd topics`.

use anyhow::ensure;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{ResetStart, Topic, TopicPartition, words};

use crate::cli::TopicsCommand;
use crate::commands::Exit;
use crate::commands::partitions::hand;
use crate::commands::repair::confirmed;
use crate::setup;
use crate::stores::Stores;
use crate::terminal::line;

pub(super) async fn run(command: TopicsCommand, stores: &Stores) -> anyhow::Result<Exit> {
    let TopicsCommand::Reset { topic, confirmation, config } = command;
    let config = setup::config(&config)?;
    let store = stores.configured(&config).await?;
    let topic = Topic::from(topic.as_str());
    let partitions = store.partitions(&topic).await?;
    ensure!(!partitions.is_empty(), "the store knows no partition of {topic}; see `driftd partitions list`");
    let count = words::counted(partitions.len() as u64, "partition", "partitions");
    let consequences = [
        format!("{topic} is to begin anew in {count}, where kafka.start says: {}.", config.kafka.start),
        "What was counted stays: records that are there still, and are read again, are counted twice.".to_owned(),
        "Daemons that read them are fenced, end by that within a minute, and go on there when they are started again."
            .to_owned(),
    ];
    let by = confirmed(confirmation, &consequences)?;
    for row in partitions {
        let place = TopicPartition::new(topic.clone(), row.partition);
        let Some(done) = store.reset_partition(&place, ResetStart::Anew, &hand(&by), SystemClock.now()).await? else {
            continue;
        };
        let was = row.next_offset.map_or_else(String::new, |offset| offset.to_string());
        tracing::warn!(by, partition = %place, from = was, epoch = %done.epoch, "partition begun anew by hand");
    }
    line(format_args!("{topic} begins anew in {count}"))?;
    Ok(Exit::Ok)
}
