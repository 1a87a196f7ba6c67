//! What is wrong where it is not a feature, in words.

use driftd_window::Span;

use crate::{Cause, Incident, IncidentState, Offset, words};

/// Characters of a topic's name in a sentence.
const TOPIC: usize = 40;
/// Characters of what a client says of an error.
const DETAIL: usize = 120;
/// Causes told in one sentence before the rest is counted.
const TOLD: usize = 3;

/// One cause in a few words, as it is or, once it is over, as it was: `partition flights/3 is 42 min behind the others`.
#[must_use]
pub fn cause(cause: &Cause, is_over: bool) -> String {
    let is = if is_over { "was" } else { "is" };
    let cannot = if is_over { "could not" } else { "cannot" };
    match cause {
        Cause::NoRows { expected } => {
            let about = expected.and_then(about).map(|about| format!(", about {about} expected"));
            format!("no records arrived{}", about.unwrap_or_default())
        }
        Cause::FewRows { rows, expected } => {
            let about = about(*expected).map(|about| format!(", about {about} expected"));
            let rows = words::counted(*rows, "record", "records");
            format!("only {rows} arrived{}", about.unwrap_or_default())
        }
        Cause::Standstill { lasted, elsewhere, .. } if *elsewhere > 0 => {
            let partitions = words::counted(u64::from(*elsewhere), "partition", "partitions");
            format!(
                "{partitions} counted by another deployment in the same kafka.group, into a store of its own, for {}; nothing \
                 could be sealed",
                lasting(*lasted)
            )
        }
        Cause::Standstill { lasted, missing, .. } => {
            let partitions = words::counted(u64::from(*missing), "partition", "partitions");
            format!(
                "{partitions} never read by a worker of this store in {}, nothing could be sealed",
                lasting(*lasted)
            )
        }
        Cause::Uncounted { lasted, partitions } => {
            let partitions = words::counted(u64::from(*partitions), "partition", "partitions");
            format!(
                "{partitions} {} read by workers that do not have this monitor, or have it otherwise, for {}; nothing could be \
                 sealed",
                if is_over { "were" } else { "are" },
                lasting(*lasted)
            )
        }
        Cause::Unread { topic, partition, at, detail, lasted, .. } => {
            let topic = words::name(&topic.to_string(), TOPIC);
            let detail = words::name(detail, DETAIL);
            format!("partition {topic}/{partition} {cannot} be read at offset {at} for {} ({detail})", lasting(*lasted))
        }
        Cause::Lost { topic, partition, from, to } => {
            let topic = words::name(&topic.to_string(), TOPIC);
            let records = records(*from, *to);
            format!("{records} of {topic}/{partition} deleted before driftd read them (offsets {from} to {to})")
        }
        Cause::Skipped { topic, partition, from, to } => {
            let topic = words::name(&topic.to_string(), TOPIC);
            let records = records(*from, *to);
            format!("{records} of {topic}/{partition} passed over as unreadable (offsets {from} to {to})")
        }
        Cause::Renewed { topic, partition, counted_to } => {
            let topic = words::name(&topic.to_string(), TOPIC);
            format!(
                "{topic}/{partition} has another log than the one that was counted to offset {counted_to}, and is \
                 counted from its beginning"
            )
        }
        Cause::Lag { behind } => format!("driftd {is} {} behind the clock", lasting(*behind)),
        Cause::Stalled { topic, partition, behind } => {
            let topic = words::name(&topic.to_string(), TOPIC);
            format!("partition {topic}/{partition} {is} {} behind the others", lasting(*behind))
        }
        Cause::Rejected { share, records } => {
            let share = words::percent(*share);
            format!("{share} of the records {cannot} be read ({} lately)", words::count(*records))
        }
        Cause::OverBudget { alarms, expected, span } => {
            let incidents = words::counted(*alarms, "incident", "incidents");
            let expected = words::number((expected * 10.0).round() / 10.0);
            format!("{incidents} of drift and data quality in {}, where the budget allows {expected}", lasting(*span))
        }
        Cause::StoreAway { lasted } => format!("the store was unreachable for {}", lasting(*lasted)),
    }
}

/// `3 000 records`, by the distance of their offsets.
fn records(from: Offset, to: Offset) -> String {
    let count = u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0);
    words::counted(count, "record", "records")
}

/// What is wrong with an incident besides its features, in one clause; nothing when nothing is.
pub(super) fn causes(incident: &Incident) -> Option<String> {
    let is_over = incident.state == IncidentState::Resolved;
    let mut told: Vec<String> = incident.causes.iter().take(TOLD).map(|c| cause(c, is_over)).collect();
    let rest = incident.causes.len().saturating_sub(TOLD);
    if rest > 0 {
        told.push(format!("{} more", words::count(rest as u64)));
    }
    let last = told.pop()?;
    Some(if told.is_empty() { last } else { format!("{} and {last}", told.join(", ")) })
}

/// A number of records that is an estimate, if it is one at all: whole from ten on.
fn about(expected: f64) -> Option<String> {
    let is_number = expected.is_finite() && expected > 0.0;
    is_number.then(|| if expected < 10.0 { words::number(expected) } else { words::count(expected.round() as u64) })
}

/// A length of time as people say it, in its two largest units: `1 h 10 min`, `42 min`, `3 d 4 h`, `30 s`.
#[must_use]
pub fn lasting(span: Span) -> String {
    let seconds = span.as_micros() / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let pair = |large: i64, unit: &str, small: i64, part: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {part}"),
    };
    match seconds {
        0 if span.is_zero() => "0 s".to_owned(),
        0 => "less than 1 s".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => pair(hours, "h", minutes, "min"),
        _ => pair(days, "d", hours, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_to_a_log_is_told_with_its_offsets() {
        use crate::{FetchFailure, Partition, Topic};
        let (topic, partition) = (Topic::from("flights"), Partition(3));
        let (from, to) = (Offset(1_000), Offset(4_000));
        let causes = [
            Cause::Unread {
                topic: topic.clone(),
                partition,
                at: from,
                failure: FetchFailure::Denied,
                detail: "Broker: Topic authorization failed".to_owned(),
                lasted: Span::from_minutes(70),
            },
            Cause::Lost { topic: topic.clone(), partition, from, to },
            Cause::Skipped { topic: topic.clone(), partition, from, to },
            Cause::Renewed { topic, partition, counted_to: from },
        ];
        insta::assert_snapshot!(causes.map(|told| cause(&told, false)).join("\n"), @r"
        partition flights/3 cannot be read at offset 1000 for 1 h 10 min (Broker: Topic authorization failed)
        3,000 records of flights/3 deleted before driftd read them (offsets 1000 to 4000)
        3,000 records of flights/3 passed over as unreadable (offsets 1000 to 4000)
        flights/3 has another log than the one that was counted to offset 1000, and is counted from its beginning
        ");
    }

    #[test]
    fn two_units_at_the_most() {
        let said = |text: &str| lasting(text.parse().unwrap());
        let texts = ["0s", "3ms", "30s", "42m 10s", "1h", "1h 10m", "23h 59m 59s", "1d", "3d 4h 30m"];
        let words = texts.map(said).join(", ");
        insta::assert_snapshot!(words, @"0 s, less than 1 s, 30 s, 42 min, 1 h, 1 h 10 min, 23 h 59 min, 1 d, 3 d 4 h");
    }
}
