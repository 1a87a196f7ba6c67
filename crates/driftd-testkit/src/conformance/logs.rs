//! What is known of the logs of partitions: by what they are known again, what has happened to them, whether they can be
//! read.

use driftd_model::{
    Claimant, FetchFailure, FetchTrouble, LogEvent, LogMark, Offset, Partition, PartitionRow, RejectReason, Store,
    Unread,
};

use super::Place;
use crate::fixtures::{Feeder, ROWS, Traffic, clock, hour, id_of, plan, seal_all, topic};

async fn row(store: &dyn Store) -> PartitionRow {
    store.partitions(&topic()).await.unwrap().remove(0)
}

/// The next owner is told the last record that was counted, also when nothing was read since.
pub async fn the_last_counted_record_is_remembered(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mark = LogMark { offset: Offset(3), fingerprint: u64::MAX };
    let mut checkpoint = feeder.checkpoint(&[&plan()], &[Traffic::at(1)], 2);
    checkpoint.log_mark = Some(mark);
    feeder.write(&*store, &checkpoint).await.unwrap();
    feeder.feed(&*store, &plan(), &[], 3).await;
    let claim = store.claim(&topic(), Partition(0), &Claimant::named("b"), clock(1)).await.unwrap();
    assert_eq!(claim.log_mark, Some(mark));
    assert_eq!(claim.start(clock(1)).unwrap().mark, Some(mark));
}

/// Another log begins at its beginning, and its offsets have nothing to do with those before: the same ones are counted
/// again. What was counted of the log before stays.
pub async fn another_log_is_counted_from_its_beginning(place: &dyn Place) {
    let store = place.open().await;
    let mut before = Feeder::claim(&*store, 0).await;
    let mut checkpoint = before.checkpoint(&[&plan()], &[Traffic::at(1)], 1);
    checkpoint.log_mark = Some(LogMark { offset: Offset(3), fingerprint: 1 });
    before.write(&*store, &checkpoint).await.unwrap();
    let stood_at = before.next;
    for elsewhere in [Offset(0), Offset(stood_at.0 + 1)] {
        store.renew(&topic(), Partition(0), elsewhere, clock(2)).await.unwrap();
        assert_eq!((row(&*store).await.next_offset, row(&*store).await.log_event), (Some(stood_at), None));
    }
    store.renew(&topic(), Partition(0), stood_at, clock(2)).await.unwrap();
    let stale = before.checkpoint(&[&plan()], &[Traffic::at(1)], 1);
    assert!(store.checkpoint(&stale, clock(2)).await.is_err(), "its offsets are of the log before");
    let claim = store.claim(&topic(), Partition(0), &Claimant::named("b"), clock(2)).await.unwrap();
    assert_eq!((claim.next_offset, claim.log_mark), (Some(Offset(0)), None));
    let renewed = LogEvent::Renewed { counted_to: stood_at };
    assert_eq!(row(&*store).await.log_event, Some((renewed, clock(2))));
    let mut after = Feeder::claim(&*store, 0).await;
    after.feed(&*store, &plan(), &[Traffic::at(1)], 20).await;
    seal_all(&*store, &plan(), &[], clock(100)).await;
    let panes = store.sealed_panes(&id_of(&plan()), hour(0), hour(10)).await.unwrap();
    assert_eq!(panes.iter().map(|pane| pane.rows).sum::<u64>(), 2 * ROWS as u64);
}

/// The last thing that happened to a log is kept with its moment. Records that were deleted unread are no records that
/// could not be read.
pub async fn what_happened_to_a_log_is_kept(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    let deleted = LogEvent::Deleted { from: Offset(0), to: Offset(ROWS as i64) };
    let mut checkpoint = feeder.checkpoint(&[&plan()], &[Traffic::at(1)], 2);
    checkpoint.log_event = Some(deleted);
    checkpoint.rejected = [(RejectReason::Deleted, 7), (RejectReason::NotUtf8, 2)]
        .map(|(reason, records)| (reason.as_str().to_owned(), records))
        .to_vec();
    feeder.write(&*store, &checkpoint).await.unwrap();
    feeder.feed(&*store, &plan(), &[Traffic::at(2)], 3).await;
    let row = row(&*store).await;
    // A feeder writes at that hour.
    assert_eq!((row.log_event, row.rejected), (Some((deleted, clock(0))), 2));
}

/// Whether a partition can be read is known to every process.
pub async fn a_partition_that_cannot_be_read_is_noted(place: &dyn Place) {
    let store = place.open().await;
    Feeder::claim(&*store, 0).await;
    assert_eq!(row(&*store).await.unread, None);
    let trouble = FetchTrouble { at: Offset(7), failure: FetchFailure::Denied, detail: "no \u{0} right".to_owned() };
    let unread = Unread { trouble, since: clock(3) };
    store.note_unread(&topic(), Partition(0), Some(&unread)).await.unwrap();
    // Text that a database does not take may come back as something like it.
    let noted = row(&*store).await.unread.unwrap();
    assert_eq!((noted.trouble.at, noted.trouble.failure, noted.since), (Offset(7), FetchFailure::Denied, clock(3)));
    store.note_unread(&topic(), Partition(0), None).await.unwrap();
    assert_eq!(row(&*store).await.unread, None);
}

/// Partitions that brokers do not have any more hold nothing back, until somebody reads them again.
pub async fn partitions_that_are_gone_hold_nothing_back(place: &dyn Place) {
    let store = place.open().await;
    let mut stays = Feeder::claim(&*store, 0).await;
    let gone = Feeder::claim(&*store, 1).await;
    stays.feed(&*store, &plan(), &[Traffic::at(1)], 20).await;
    assert!(seal_all(&*store, &plan(), &[], clock(100)).await.is_empty(), "the other partition has no mark");
    assert_eq!(store.retire_partitions(&topic(), 1, clock(3)).await.unwrap(), 1);
    assert_eq!(store.retire_partitions(&topic(), 1, clock(4)).await.unwrap(), 0);
    assert_eq!(store.partitions(&topic()).await.unwrap().len(), 1);
    assert!(!seal_all(&*store, &plan(), &[], clock(100)).await.is_empty());
    // Whoever still counts it knows better, and so does whoever claims it.
    let still = gone.checkpoint(&[], &[], 20);
    store.checkpoint(&still, clock(5)).await.unwrap();
    assert_eq!(store.partitions(&topic()).await.unwrap().len(), 2);
    store.retire_partitions(&topic(), 1, clock(6)).await.unwrap();
    Feeder::claim(&*store, 1).await;
    assert_eq!(store.partitions(&topic()).await.unwrap().len(), 2);
}
