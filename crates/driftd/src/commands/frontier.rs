//! `driftd frontier`.

use anyhow::ensure;
use driftd_config::Config;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{Hold, Monitor, PartitionRow, SharedStore, words};
use driftd_window::{EventTime, GlobalMark, Timestamp};
use serde_json::{Value, json};

use crate::cli::{Confirmation, FrontierCommand, ListFormat};
use crate::commands::Exit;
use crate::commands::partitions::watermark;
use crate::commands::readable;
use crate::commands::repair::{ask, confirmed};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Table, line, minutes, print};

pub(super) async fn run(command: FrontierCommand, stores: &Stores) -> anyhow::Result<Exit> {
    match command {
        FrontierCommand::Show { monitor, config, format } => {
            let config = setup::config(&config)?;
            let store = stores.configured(&config).await?;
            show(&config, &store, setup::monitor(&config, &monitor)?, format).await?;
        }
        FrontierCommand::Set { monitor, time, confirmation, config } => {
            let config = setup::config(&config)?;
            let store = stores.configured(&config).await?;
            set(&store, setup::monitor(&config, &monitor)?, time.parse()?, confirmation).await?;
        }
    }
    Ok(Exit::Ok)
}

/// Where a monitor stands.
struct Standing {
    sealed_through: Option<EventTime>,
    partitions: Vec<PartitionRow>,
    hold: Hold,
}

async fn standing(config: &Config, store: &SharedStore, monitor: &Monitor, now: Timestamp) -> anyhow::Result<Standing> {
    let mut partitions = Vec::new();
    for topic in &monitor.topics {
        partitions.extend(store.partitions(topic).await?);
    }
    let topics = monitor.topics.clone();
    let counted = ask(config, move |inspector| {
        let states = topics.iter().map(|topic| Ok(inspector.topic(topic)?.map_or(0, |state| state.partitions.len())));
        states.sum::<anyhow::Result<usize>>()
    });
    let expected = match counted.await {
        Ok(expected) => Some(expected),
        Err(error) => {
            eprintln!("note: how many partitions there should be is not known: {error:#}");
            None
        }
    };
    let hold = Hold::of(&partitions, expected, now, monitor.idle_timeout);
    Ok(Standing { sealed_through: store.sealed_through(&monitor.id).await?, partitions, hold })
}

async fn show(config: &Config, store: &SharedStore, monitor: &Monitor, format: ListFormat) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let standing = standing(config, store, monitor, now).await?;
    if format == ListFormat::Json {
        line(format_args!("{:#}", object(&standing, monitor)?))?;
        return Ok(());
    }
    line(sentence(&standing, monitor))?;
    line(words::sentence(&holding(&standing.hold)))?;
    if standing.partitions.is_empty() {
        return Ok(());
    }
    line("")?;
    let mut table = Table::new(&["topic", "partition", "watermark (UTC)", "end since (UTC)", ""], &[1]);
    for row in &standing.partitions {
        let holds = matches!(&standing.hold, Hold::Unread(place) | Hold::Partition(place, _)
            if place.topic == row.topic && place.partition == row.partition);
        let idle = row.mark.is_idle(now, monitor.idle_timeout);
        table.row([
            row.topic.to_string(),
            row.partition.to_string(),
            row.mark.watermark().map_or_else(String::new, watermark),
            row.mark.end().map_or_else(String::new, |end| minutes(end.since)),
            if holds {
                "waited for"
            } else if idle {
                "quiet"
            } else {
                ""
            }
            .to_owned(),
        ]);
    }
    print(table.text())?;
    Ok(())
}

fn sentence(standing: &Standing, monitor: &Monitor) -> String {
    let Some(through) = standing.sealed_through else {
        return format!("Nothing of monitor {} has been sealed yet.", monitor.id);
    };
    let next = through.plus(monitor.pane.span()).plus(monitor.allowed_lateness);
    format!(
        "Monitor {} is sealed through {}. The next pane is sealed when the watermark has passed {}.",
        monitor.id,
        utc(through),
        utc(next)
    )
}

fn utc(at: EventTime) -> String {
    format!("{} UTC", minutes(Timestamp::from_micros(at.as_micros())))
}

fn holding(hold: &Hold) -> String {
    match hold {
        Hold::Missing(missing) => {
            let partitions = words::counted(*missing as u64, "partition has", "partitions have");
            format!("it waits: {partitions} been read by no worker of this store")
        }
        Hold::Unread(place) => {
            format!("it waits: of {place} neither a record nor the end was seen since it was claimed or set")
        }
        Hold::Partition(place, mark) => format!("the watermark is {}, that of {place}", utc(mark.event_time())),
        Hold::Clock(mark) => {
            format!("every partition is quiet, and the clock moves the watermark: it is {}", utc(mark.event_time()))
        }
    }
}

fn object(standing: &Standing, monitor: &Monitor) -> serde_json::Result<Value> {
    let (waits_for, place) = match &standing.hold {
        Hold::Missing(_) => ("missing_partitions", None),
        Hold::Unread(place) => ("unread_partition", Some(place.to_string())),
        Hold::Partition(place, _) => ("partition", Some(place.to_string())),
        Hold::Clock(_) => ("clock", None),
    };
    let mark = match standing.hold.mark() {
        GlobalMark::HeldBack => None,
        GlobalMark::Events(mark) | GlobalMark::Clock(mark) => Some(mark.event_time()),
    };
    Ok(json!({
        "monitor": monitor.id,
        "sealed_through": readable::json(&standing.sealed_through)?,
        "watermark": readable::json(&mark)?,
        "waits_for": waits_for,
        "partition": place,
        "missing": if let Hold::Missing(missing) = standing.hold { missing } else { 0 },
    }))
}

async fn set(
    store: &SharedStore,
    monitor: &Monitor,
    time: EventTime,
    confirmation: Confirmation,
) -> anyhow::Result<()> {
    let to = monitor.pane.pane_of(time).start();
    let before = store.sealed_through(&monitor.id).await?;
    let was = before.map_or_else(|| "nowhere".to_owned(), utc);
    ensure!(before != Some(to), "monitor {} is sealed through {} already", monitor.id, utc(to));
    let is_back = before.is_some_and(|before| to < before);
    let newest = store.activations(&monitor.id).await?.pop();
    if let Some(newest) = newest.filter(|newest| is_back && to < newest.since) {
        anyhow::bail!(
            "baseline {} holds from {} on, and a daemon judges by no older one: choose that time or a later one",
            newest.reference,
            utc(newest.since)
        );
    }
    let mut consequences =
        vec![format!("Monitor {} is to be sealed through {} instead of {was}.", monitor.id, utc(to))];
    if is_back {
        consequences.push(
            "What was sealed and judged from there on is forgotten, and done again with the records that came late; \
             small changes that last are looked for from the beginning. Incidents stay, and people may be told again."
                .to_owned(),
        );
    } else {
        consequences.push("Windows that end in between are never judged, and their records count as late.".to_owned());
    }
    let by = confirmed(confirmation, &consequences)?;
    let moved = store.move_frontier(&monitor.id, to).await?;
    tracing::warn!(
        by, monitor = %monitor.id, from = was, to = %to, reopened = moved.reopened, windows = moved.windows,
        "frontier set by hand"
    );
    let panes = words::counted(moved.reopened, "sealed pane is", "sealed panes are");
    let windows = words::counted(moved.windows, "window", "windows");
    line(format_args!(
        "monitor {} is sealed through {}; {panes} open again, {windows} forgotten",
        monitor.id,
        utc(to)
    ))?;
    Ok(())
}
