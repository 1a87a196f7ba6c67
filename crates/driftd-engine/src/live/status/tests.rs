use super::*;

#[test]
fn it_is_ready_once_it_has_joined_and_nothing_is_in_the_way() {
    let status = Status::default();
    assert_eq!(status.reasons(), ["source: waiting for the consumer group to assign partitions"]);
    status.joined();
    assert!(status.reasons().is_empty());
    let away = StoreError::Transient { what: "checkpoint".to_owned(), source: None };
    status.failing(StoreOperation::Checkpoint, &away);
    status.working(StoreOperation::Seal);
    status.source_trouble(SourceQuery::Records, Some("no broker answers".to_owned()));
    status.source_trouble(SourceQuery::Partitions, None);
    assert_eq!(status.reasons(), ["store: store unavailable: checkpoint", "source: no broker answers"]);
    status.working(StoreOperation::Checkpoint);
    status.source_trouble(SourceQuery::Records, None);
    status.overdue(vec!["t/0".to_owned()]);
    assert_eq!(status.reasons(), ["checkpoints: overdue for t/0"]);
    status.overdue(Vec::new());
    status.lost();
    assert_eq!(status.reasons(), ["source: waiting for the consumer group to assign partitions"]);
    status.joined();
    assert!(status.reasons().is_empty());
}

#[test]
fn a_partition_that_cannot_be_read_is_in_the_way_once_it_lasts() {
    use driftd_model::{FetchFailure, FetchTrouble, Offset, Partition};
    let status = Status::default();
    status.joined();
    let partition = |number| TopicPartition::new("t".into(), Partition(number));
    let unread = |at| {
        let trouble = FetchTrouble { at: Offset(at), failure: FetchFailure::Denied, detail: "no".to_owned() };
        Some(Unread { trouble, since: Timestamp::from_micros(0) })
    };
    let now = Instant::now();
    let minutes_ago = |minutes: u64| now.checked_sub(Duration::from_secs(60 * minutes)).unwrap();
    status.fetching_since(&partition(0), unread(7), now);
    assert!(status.reasons().is_empty());
    status.fetching_since(&partition(0), unread(8), minutes_ago(2));
    status.fetching_since(&partition(0), unread(8), now);
    status.fetching_since(&partition(1), unread(5), minutes_ago(1));
    let said = "source: partition t/0 cannot be read at offset 8: no: grant its user READ on the topic (and 1 \
                partition more)";
    assert_eq!(status.reasons(), [said]);
    let later = Timestamp::from_micros(60_000_000);
    assert_eq!(status.readable(&partition(0), later), Readable::No(unread(8).unwrap()));
    assert_eq!(
        status.readable(&partition(0), Timestamp::from_micros(59_000_000)),
        Readable::Unknown,
        "it may be a hiccup"
    );
    status.fetching(&partition(0), None);
    status.partition_gone(&partition(1));
    assert!(status.reasons().is_empty());
    assert_eq!(status.readable(&partition(0), later), Readable::Yes);
    assert_eq!(status.readable(&partition(1), later), Readable::Unknown);
}

#[test]
fn a_monitor_that_gets_nowhere_is_in_the_way_once_it_lasts() {
    let (status, monitor) = (Status::default(), "m".parse().unwrap());
    status.joined();
    let limit = Some(Span::from_hours(1));
    let found = |hours| Some(Standstill { lasted: Span::from_hours(hours), missing: 2, uncounted: 0, elsewhere: 0 });
    status.stands_still(&monitor, found(1), limit);
    assert!(status.reasons().is_empty() && status.standstill(&monitor).is_some());
    status.stands_still(&monitor, found(2), limit);
    let reason = status.reasons().remove(0);
    assert!(reason.starts_with("progress: monitor m: nothing can be sealed: 2 partitions"), "{reason}");
    status.stands_still(&monitor, None, limit);
    assert!(status.reasons().is_empty());
}
