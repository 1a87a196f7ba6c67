//! The brokers and the topics: whether they are there and may be read, and whether the store's offsets are theirs.

use std::collections::BTreeSet;

use driftd_config::Config;
use driftd_model::{PartitionRow, SharedStore, SourceError, Topic, TopicPartition, words};
use driftd_source::kafka::{Inspector, TopicContent, TopicState};
use driftd_window::{Span, Timestamp};

use super::finding::Finding;
use crate::setup;

/// A record that is dated further ahead is of a clock that is wrong.
const FUTURE: Span = Span::from_minutes(5);

/// A topic as the brokers have it: nothing where there is none.
type Seen = Option<(TopicState, Result<TopicContent, SourceError>)>;

/// First offset and the one behind the last.
type Range = Result<(i64, i64), SourceError>;

/// What is asked of the brokers, in one go on a thread that may wait.
struct Answers {
    brokers: Vec<String>,
    topics: Vec<(Topic, Result<Seen, SourceError>)>,
    /// Offsets of the store that the brokers were asked about, with the range there is.
    ranges: Vec<(TopicPartition, i64, Range)>,
}

pub(super) async fn look(config: &Config, store: Option<&SharedStore>, now: Timestamp) -> Vec<Finding> {
    let read: BTreeSet<Topic> = config.monitors.iter().flat_map(|monitor| monitor.topics.clone()).collect();
    let mut rows = Vec::new();
    if let Some(store) = store {
        for topic in &read {
            rows.extend(store.partitions(topic).await.unwrap_or_default());
        }
    }
    let mut topics: Vec<Topic> = read.iter().cloned().collect();
    topics.extend(config.kafka.dead_letter_topic.clone());
    let inspector = match Inspector::new(&config.kafka, setup::secret) {
        Ok(inspector) => inspector,
        Err(error) => {
            return vec![Finding::fail("kafka", words::with_causes(&error), "change [kafka] properties as it says")];
        }
    };
    let known = rows.clone();
    let answers = match tokio::task::spawn_blocking(move || ask(&inspector, topics, &known)).await {
        Ok(Ok(answers)) => answers,
        Ok(Err(error)) => {
            let remedy = "start the brokers, or see to the way to them; [kafka] brokers says where they should be";
            return vec![Finding::fail("kafka", words::with_causes(&error), remedy)];
        }
        Err(error) => return vec![Finding::fail("kafka", error.to_string(), "please report this")],
    };
    let count = words::counted(answers.brokers.len() as u64, "broker", "brokers");
    let mut findings = vec![Finding::ok("kafka", format!("{count}: {}", answers.brokers.join(", ")))];
    for (topic, seen) in &answers.topics {
        findings.push(if read.contains(topic) { self::topic(topic, seen, now) } else { dead_letters(topic, seen) });
        if let Ok(Some((state, _))) = seen {
            findings.extend(gone(topic, state, &rows));
        }
    }
    findings.extend(answers.ranges.iter().filter_map(|(place, next, range)| misplaced(place, *next, range)));
    findings
}

fn ask(inspector: &Inspector, topics: Vec<Topic>, rows: &[PartitionRow]) -> Result<Answers, SourceError> {
    let brokers = inspector.brokers()?;
    let mut answers = Answers { brokers, topics: Vec::new(), ranges: Vec::new() };
    for topic in topics {
        let seen = inspector.topic(&topic).map(|state| {
            state.map(|state| {
                let content = inspector.content(&topic, &state);
                (state, content)
            })
        });
        if let Ok(Some((state, _))) = &seen {
            let there = rows.iter().filter(|row| row.topic == topic && state.partitions.contains(&row.partition));
            for (row, next) in there.filter_map(|row| Some((row, row.next_offset?))) {
                let place = TopicPartition::new(topic.clone(), row.partition);
                let range = inspector.range(&place).map(|(low, high)| (low.0, high.0));
                answers.ranges.push((place, next.0, range));
            }
        }
        answers.topics.push((topic, seen));
    }
    Ok(answers)
}

fn topic(topic: &Topic, seen: &Result<Seen, SourceError>, now: Timestamp) -> Finding {
    let subject = format!("topic {topic}");
    let (state, content) = match seen {
        Err(error) => return Finding::fail(subject, words::with_causes(error), "see to the brokers"),
        Ok(None) => {
            return Finding::fail(
                subject,
                "Kafka has no such topic, or not for this client",
                "create it, mend its name in the monitor, or give the client the right to DESCRIBE it",
            );
        }
        Ok(Some(seen)) => seen,
    };
    let partitions = words::counted(state.partitions.len() as u64, "partition", "partitions");
    match content {
        Err(error) => Finding::fail(
            subject,
            format!("{partitions}, and cannot be read: {}", words::with_causes(error)),
            "give the client the right to READ the topic and the group; see to the leaders of its partitions",
        ),
        Ok(TopicContent { records: 0, .. }) => Finding::warn(
            subject,
            format!("{partitions}, no records"),
            "nothing to mend if the producer has yet to begin",
        ),
        Ok(TopicContent { newest: Some(newest), .. }) if *newest > now.plus(FUTURE) => Finding::warn(
            subject,
            format!("{partitions}; its last record is dated {newest}, which is in the future"),
            "synchronise the clocks of producers, brokers and this machine by NTP",
        ),
        Ok(TopicContent { records, .. }) => {
            Finding::ok(subject, format!("{partitions}, {} to be read", words::counted(*records, "record", "records")))
        }
    }
}

fn dead_letters(topic: &Topic, seen: &Result<Seen, SourceError>) -> Finding {
    let subject = format!("topic {topic}");
    match seen {
        Err(error) => Finding::fail(subject, words::with_causes(error), "see to the brokers"),
        Ok(None) => Finding::warn(
            subject,
            "Kafka has no such topic, or not for this client: rejected records are not copied",
            "create it, or take kafka.dead_letter_topic out",
        ),
        Ok(Some(_)) => Finding::ok(subject, "is there for rejected records"),
    }
}

/// Partitions that the store waits for and the topic has no more.
fn gone(topic: &Topic, state: &TopicState, rows: &[PartitionRow]) -> Vec<Finding> {
    let gone = rows.iter().filter(|row| row.topic == *topic && !state.partitions.contains(&row.partition));
    gone.map(|row| {
        Finding::fail(
            format!("topic {topic}"),
            format!("has no partition {} any more, and its monitors wait for it", row.partition),
            format!("driftd partitions forget {topic} {} --yes", row.partition),
        )
    })
    .collect()
}

/// An offset of the store that the partition has not got.
fn misplaced(place: &TopicPartition, next: i64, range: &Range) -> Option<Finding> {
    let (low, high) = *range.as_ref().ok()?;
    let subject = format!("topic {}", place.topic);
    if next > high {
        return Some(Finding::fail(
            subject,
            format!(
                "{place} ends at offset {high}, and the store goes on at {next}: the topic was created anew or has lost records"
            ),
            format!("driftd topics reset {} --yes", place.topic),
        ));
    }
    (next < low).then(|| {
        Finding::warn(
            subject,
            format!("{place} begins at offset {low}, and the store goes on at {next}: records were deleted before they were read"),
            "raise the topic's retention, or add processes; they are gone",
        )
    })
}

#[cfg(test)]
mod tests {
    use driftd_model::Partition;

    use super::super::finding::State;
    use super::*;

    fn state() -> TopicState {
        TopicState { partitions: vec![Partition(0), Partition(1)] }
    }

    #[test]
    fn a_topic_is_there_readable_and_of_this_time() {
        let now = Timestamp::from_micros(0);
        let of = |content| topic(&"t".into(), &Ok(Some((state(), content))), now).state;
        let content = TopicContent { records: 3, newest: Some(now) };
        assert_eq!(of(Ok(content)), State::Ok);
        assert_eq!(of(Ok(TopicContent { newest: Some(now.plus(Span::from_hours(1))), ..content })), State::Warn);
        assert_eq!(of(Ok(TopicContent::default())), State::Warn);
        assert_eq!(of(Err(SourceError::transient("denied"))), State::Fail);
        assert_eq!(topic(&"t".into(), &Ok(None), now).state, State::Fail);
    }

    #[test]
    fn offsets_that_a_partition_has_not_got_are_told_with_the_command_that_helps() {
        let place = TopicPartition::new("t".into(), Partition(1));
        let of = |next| misplaced(&place, next, &Ok((10, 20)));
        assert_eq!((of(10), of(20)), (None, None));
        assert_eq!(of(9).unwrap().state, State::Warn);
        assert_eq!(of(21).unwrap().remedy.unwrap(), "driftd topics reset t --yes");
    }
}
