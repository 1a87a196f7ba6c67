use super::*;

fn reject(offset: i64, reason: &str) -> DeadLetter {
    DeadLetter { offset: Offset(offset), reason: reason.to_owned(), detail: String::new() }
}

#[test]
fn records_that_are_gone_are_counted_as_such() {
    let claim = Claim {
        epoch: Epoch(1),
        next_offset: Some(Offset(10)),
        mark: PartitionMark::default(),
        topic_since: None,
        log_mark: None,
    };
    let mut accumulator = PartitionAccumulator::start("t".into(), Partition(0), Vec::new(), &claim, Offset(10));
    let deleted = LogEvent::Deleted { from: Offset(10), to: Offset(20) };
    let skipped = LogEvent::Skipped { from: Offset(25), to: Offset(28) };
    let mark = Some(LogMark { offset: Offset(24), fingerprint: 7 });
    let chunks = [
        Chunk { from: Offset(10), to: Offset(25), event: Some(deleted), mark, ..Chunk::default() },
        Chunk { from: Offset(25), to: Offset(28), event: Some(skipped), ..Chunk::default() },
        Chunk { from: Offset(28), to: Offset(30), ..Chunk::default() },
    ];
    for chunk in &chunks {
        accumulator.absorb(chunk, Timestamp::from_micros(0)).unwrap();
    }
    assert_eq!((accumulator.counts().deleted, accumulator.counts().undecodable), (10, 3));
    let checkpoint = accumulator.take().unwrap();
    assert_eq!(checkpoint.rejected, [("deleted".to_owned(), 10), ("unreadable_batch".to_owned(), 3)]);
    assert_eq!((checkpoint.log_event, checkpoint.log_mark), (Some(skipped), mark));
}

#[test]
fn what_a_source_passes_over_is_told_apart() {
    let claim = Claim {
        epoch: Epoch(1),
        next_offset: Some(Offset(10)),
        mark: PartitionMark::default(),
        topic_since: None,
        log_mark: None,
    };
    let mut accumulator = PartitionAccumulator::start("t".into(), Partition(0), Vec::new(), &claim, Offset(10));
    let reasons = ["malformed_json", "no_event_time", "bad_event_time", "no_event_time", "tombstone"];
    let chunk = Chunk {
        from: Offset(10),
        to: Offset(20),
        batches: Vec::new(),
        rejects: (10..).zip(reasons).map(|(offset, reason)| reject(offset, reason)).collect(),
        filtered: 4,
        ..Chunk::default()
    };
    accumulator.absorb(&chunk, Timestamp::from_micros(0)).unwrap();
    accumulator
        .absorb(&Chunk { from: Offset(20), to: Offset(21), filtered: 1, ..chunk.clone() }, Timestamp::from_micros(0))
        .unwrap();
    let account = accumulator.counts();
    assert_eq!((account.read, account.undecodable, account.without_time, account.filtered), (11, 4, 6, 5));
    let rejected = accumulator.take().unwrap().rejected;
    let expected = [("bad_event_time", 2), ("malformed_json", 2), ("no_event_time", 4), ("tombstone", 2)];
    assert_eq!(rejected, expected.map(|(reason, count)| (reason.to_owned(), count)));
}
