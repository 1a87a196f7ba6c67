//! The page of the system: how driftd and its store are.

use std::collections::BTreeSet;

use askama::Template;
use driftd_model::words::incident::lasting;
use driftd_model::{LogEvent, PartitionRow, StoreSize, Topic, words};
use driftd_window::Timestamp;

use super::address::Address;
use super::asked::Asked;
use super::failure::Failure;
use super::frame::{Frame, Html, When};
use crate::Readiness;
use crate::figures::Badge;

/// Partitions and parts of the store that are listed.
const LISTED: usize = 1_000;
/// Characters of a name, and of a reason.
const SHORT: usize = 80;
const LONG: usize = 300;

#[derive(Template)]
#[template(path = "pages/system.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    headline: &'static str,
    checks: Vec<Check>,
    partitions: Vec<Line>,
    left_out: u64,
    topics: usize,
    sizes: Vec<(String, String)>,
    all_sizes: String,
    clocks: Option<String>,
}

/// One thing that has to be so for the process to be ready.
struct Check {
    name: String,
    badge: Badge,
    reason: String,
}

/// One partition.
struct Line {
    name: String,
    next_offset: String,
    watermark: Option<When>,
    behind: String,
    rejected: String,
    trouble: String,
    updated: When,
}

pub(super) async fn page(asked: Asked) -> Result<Html, Failure> {
    let store = &*asked.store;
    let topics: BTreeSet<&Topic> = asked.monitors.iter().flat_map(|monitor| &monitor.topics).collect();
    let mut partitions = Vec::new();
    for topic in &topics {
        partitions.extend(store.partitions(topic).await?);
    }
    let sizes = store.sizes().await?;
    let clocks = store.clock().await?.and_then(|clock| apart(clock, asked.now));
    let (badge, headline) = if asked.readiness.is_ready() {
        (Badge { class: "stable", word: "ready" }, "Ready")
    } else {
        (Badge { class: "critical", word: "not ready" }, "Not ready")
    };
    let page = Page {
        frame: Frame::of(&format!("{headline}: system"), Address::of("/system")),
        badge,
        headline,
        checks: checks(&asked.readiness),
        left_out: partitions.len().saturating_sub(LISTED) as u64,
        partitions: partitions.iter().take(LISTED).map(|row| Line::of(row, asked.now)).collect(),
        topics: topics.len(),
        all_sizes: bytes(sizes.iter().map(|size| size.bytes).sum()),
        sizes: largest(sizes),
        clocks,
    };
    Ok(Html::of(&page))
}

fn checks(readiness: &Readiness) -> Vec<Check> {
    let check = |(name, reason): (&str, Option<&str>)| Check {
        name: words::name(name, SHORT),
        badge: match reason {
            None => Badge { class: "stable", word: "passes" },
            Some(_) => Badge { class: "critical", word: "fails" },
        },
        reason: reason.map(|reason| words::name(reason, LONG)).unwrap_or_default(),
    };
    readiness.checks().map(check).collect()
}

/// By how much two clocks differ, where that is more than reading them takes.
fn apart(store: Timestamp, here: Timestamp) -> Option<String> {
    let (ahead, behind) = (store.since(here), here.since(store));
    match (ahead.as_micros() >= 1_000_000, behind.as_micros() >= 1_000_000) {
        (true, _) => Some(format!("the store's clock is {} ahead of this machine's", lasting(ahead))),
        (_, true) => Some(format!("the store's clock is {} behind this machine's", lasting(behind))),
        _ => None,
    }
}

/// The parts of the store, largest first.
fn largest(mut sizes: Vec<StoreSize>) -> Vec<(String, String)> {
    sizes.sort_by_key(|size| std::cmp::Reverse(size.bytes));
    sizes.into_iter().take(LISTED).map(|size| (words::name(&size.part, SHORT), bytes(size.bytes))).collect()
}

/// `16.1 MiB`.
fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => format!("{} {unit}", words::number(count as f64 / *size as f64)),
        None => words::counted(count, "byte", "bytes"),
    }
}

impl Line {
    fn of(row: &PartitionRow, now: Timestamp) -> Self {
        let watermark = row.mark.watermark().map(driftd_window::Watermark::event_time);
        // Of a partition at its end there is nothing to come, however old the last record is.
        let behind = watermark.filter(|_| row.mark.end().is_none()).map(|at| now.as_event_time().since(at));
        Self {
            name: format!("{}/{}", words::name(row.topic.as_str(), SHORT), row.partition),
            next_offset: row.next_offset.map(|offset| offset.to_string()).unwrap_or_default(),
            watermark: watermark.map(When::from),
            behind: match (behind, row.mark.end()) {
                (_, Some(_)) => "at its end".to_owned(),
                (Some(behind), None) => format!("{} behind the clock", lasting(behind)),
                (None, None) => String::new(),
            },
            rejected: words::count(row.rejected),
            trouble: trouble(row, now),
            updated: row.updated_at.into(),
        }
    }
}

/// What is wrong with a partition, or was.
fn trouble(row: &PartitionRow, now: Timestamp) -> String {
    let unread = row.unread.as_ref().map(|unread| {
        format!(
            "cannot be read for {}: {}",
            lasting(now.since(unread.since)),
            words::name(&unread.trouble.detail, LONG)
        )
    });
    let happened = row.log_event.as_ref().map(|(event, at)| {
        let what = match event {
            LogEvent::Deleted { from, to } => format!("offsets {from} to {to} were deleted before they were read"),
            LogEvent::Skipped { from, to } => format!("offsets {from} to {to} were passed over as unreadable"),
            LogEvent::Renewed { counted_to } => format!("another log since offset {counted_to}"),
        };
        format!("{what} ({} UTC)", words::minutes(&at.to_string()))
    });
    unread.into_iter().chain(happened).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_in_its_largest_unit() {
        let said = [0, 1, 1023, 1024, 16_900_096, 5 << 30, 3 << 40].map(bytes);
        insta::assert_snapshot!(said.join(", "), @"0 bytes, 1 byte, 1,023 bytes, 1 KiB, 16.1 MiB, 5 GiB, 3 TiB");
    }
}
