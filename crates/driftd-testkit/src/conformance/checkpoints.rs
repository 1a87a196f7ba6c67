//! Counts, offset and watermark: together or not at all.

use driftd_model::{Claimant, DeadLetter, ErrorClass, Offset, Partition, SealedPane, Store, StoreError};

use super::Place;
use crate::fixtures::{Feeder, ROWS, Traffic, clock, hour, id_of, plan, seal_all, topic};

/// Whether the sealed panes of `m` hold that many records in all.
async fn sealed_rows(store: &dyn Store) -> u64 {
    panes(store).await.iter().map(|pane| pane.rows).sum()
}

async fn panes(store: &dyn Store) -> Vec<SealedPane> {
    store.sealed_panes(&id_of(&plan()), hour(-1000), hour(1000)).await.unwrap()
}

async fn fenced(store: &dyn Store, checkpoint: &driftd_model::Checkpoint) {
    let error = store.checkpoint(checkpoint, clock(0)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fenced, "{error}");
}

/// After a takeover the old owner's checkpoints are refused, whatever their offsets.
pub async fn a_lost_epoch_is_fenced(place: &dyn Place) {
    let store = place.open().await;
    let old = Feeder::claim(&*store, 0).await;
    let stale = old.checkpoint(&[&plan()], &[Traffic::at(1)], 2);
    let mut new = Feeder::claim(&*store, 0).await;
    fenced(&*store, &stale).await;
    new.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    fenced(&*store, &stale).await;
    let mut from_the_future = new.checkpoint(&[&plan()], &[Traffic::at(2)], 3);
    from_the_future.epoch.0 += 1;
    fenced(&*store, &from_the_future).await;
}

/// A checkpoint starts exactly where the last one ended.
pub async fn gaps_and_overlaps_are_fenced(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    for shift in [-1, 1, -(ROWS as i64)] {
        let mut wrong = feeder.checkpoint(&[&plan()], &[Traffic::at(2)], 3);
        wrong.from.0 += shift;
        fenced(&*store, &wrong).await;
    }
    feeder.feed(&*store, &plan(), &[Traffic::at(2)], 3).await;
    assert_eq!(feeder.next, Offset(2 * ROWS as i64));
}

/// Ownership is never taken for granted.
pub async fn a_partition_nobody_claimed_is_fenced(place: &dyn Place) {
    let store = place.open().await;
    let mut stranger = Feeder::claim(&*store, 0).await;
    stranger.partition.0 = 7;
    fenced(&*store, &stranger.checkpoint(&[&plan()], &[Traffic::at(1)], 2)).await;
    assert_eq!(store.partitions(&topic()).await.unwrap().len(), 1);
}

/// Epochs and offsets never shrink in a store that keeps what it was given. Where they did, nobody else is to blame, and
/// nothing is written until somebody claims the partition as it is now.
pub async fn a_store_that_went_back_says_so(place: &dyn Place) {
    let store = place.open().await;
    let went_back = async |checkpoint: &driftd_model::Checkpoint| {
        let error = store.checkpoint(checkpoint, clock(0)).await.unwrap_err();
        assert!(matches!(error, StoreError::WentBack(_)), "{error}");
    };
    let mut feeder = Feeder::claim(&*store, 0).await;
    // What the owner of a later time would write into the store of an earlier one: before anything was read,
    let mut later = feeder.clone();
    (later.next, later.is_new) = (Offset(1000), false);
    went_back(&later.checkpoint(&[&plan()], &[Traffic::at(2)], 3)).await;
    // with less read,
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    went_back(&later.checkpoint(&[&plan()], &[Traffic::at(2)], 3)).await;
    // before its claim,
    (later.next, later.epoch) = (feeder.next, driftd_model::Epoch(feeder.epoch.0 + 1));
    went_back(&later.checkpoint(&[&plan()], &[Traffic::at(2)], 3)).await;
    // and before the partition was known.
    later.partition.0 = 7;
    went_back(&later.checkpoint(&[&plan()], &[Traffic::at(2)], 3)).await;
    // Whoever is behind has been overtaken, and says nothing about the store.
    let mut earlier = feeder.clone();
    earlier.next.0 -= 1;
    let error = store.checkpoint(&earlier.checkpoint(&[&plan()], &[], 3), clock(0)).await.unwrap_err();
    assert!(matches!(error, StoreError::Fenced(_)), "{error}");
    let mut again = Feeder::claim(&*store, 0).await;
    again.feed(&*store, &plan(), &[Traffic::at(2)], 4).await;
    seal_all(&*store, &plan(), &[], clock(0)).await;
    assert_eq!(sealed_rows(&*store).await, 2 * ROWS as u64);
}

/// Since the first claim of the oldest partition that was counted, whoever owns it by now; another topic does not matter.
pub async fn a_claim_says_since_when_its_topic_is_read(place: &dyn Place) {
    let store = place.open().await;
    let since = async |topic: &str, partition: i32, at: i64| {
        let claim = store.claim(&topic.into(), Partition(partition), &Claimant::named("w"), clock(at)).await.unwrap();
        (claim.next_offset.is_some(), claim.topic_since)
    };
    assert_eq!(since(topic().as_str(), 1, 1).await, (false, None));
    assert_eq!(since(topic().as_str(), 0, 2).await, (false, None), "a claim alone reads nothing");
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    assert_eq!(since(topic().as_str(), 0, 3).await, (true, Some(clock(2))));
    assert_eq!(since(topic().as_str(), 2, 4).await, (false, Some(clock(2))));
    assert_eq!(since("another", 0, 5).await, (false, None));
}

/// A partition never read starts where the start policy says, not at offset 0.
pub async fn a_first_checkpoint_may_start_anywhere(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.next = Offset(1_000_000_000_000);
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    let claim = store.claim(&topic(), feeder.partition, &Claimant::named("b"), clock(1)).await.unwrap();
    assert_eq!(claim.next_offset, Some(Offset(1_000_000_000_000 + ROWS as i64)));
}

/// After an ambiguous commit the task tries again: if the first try landed, the second is fenced, and the offset says so.
pub async fn a_checkpoint_that_landed_cannot_land_twice(place: &dyn Place) {
    let store = place.open().await;
    let feeder = Feeder::claim(&*store, 0).await;
    let checkpoint = feeder.checkpoint(&[&plan()], &[Traffic::at(1)], 3);
    store.checkpoint(&checkpoint, clock(4)).await.unwrap();
    fenced(&*store, &checkpoint).await;
    let row = &store.partitions(&topic()).await.unwrap()[0];
    assert_eq!((row.epoch, row.next_offset, row.updated_at), (checkpoint.epoch, Some(checkpoint.to), clock(4)));
    seal_all(&*store, &plan(), &[], clock(0)).await;
    assert_eq!(sealed_rows(&*store).await, ROWS as u64);
}

/// Neither counts nor offset, mark, rejects or samples of a refused checkpoint stay behind.
pub async fn a_fenced_checkpoint_leaves_no_trace(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    let before = store.partitions(&topic()).await.unwrap();
    let mut wrong = feeder.checkpoint(&[&plan()], &[Traffic::at(2)], 50);
    wrong.from.0 += 1;
    wrong.mark.reached_end(clock(3));
    wrong.rejected.push(("undecodable".to_owned(), 5));
    wrong.samples.push(DeadLetter { offset: Offset(1), reason: "undecodable".to_owned(), detail: "byte 0".to_owned() });
    fenced(&*store, &wrong).await;
    assert_eq!(store.partitions(&topic()).await.unwrap(), before);
    feeder.feed(&*store, &plan(), &[], 50).await;
    seal_all(&*store, &plan(), &[], clock(0)).await;
    assert_eq!(sealed_rows(&*store).await, ROWS as u64);
}

/// Offsets that run backwards are a mistake of the caller; no other owner is to blame, and nothing is written.
pub async fn a_checkpoint_cannot_go_back(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    let mut wrong = feeder.checkpoint(&[&plan()], &[], 2);
    wrong.to.0 -= 1;
    let error = store.checkpoint(&wrong, clock(0)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
    assert_eq!(store.partitions(&topic()).await.unwrap()[0].next_offset, Some(feeder.next));
}

/// A mark is a promise: a later checkpoint with an earlier mark does not take it back.
pub async fn a_mark_never_moves_back(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    for (mark, stored) in [(5, 5), (3, 5), (9, 9), (-4, 9)] {
        feeder.feed(&*store, &plan(), &[Traffic::at(1).rows(1)], mark).await;
        let row = &store.partitions(&topic()).await.unwrap()[0];
        assert_eq!(row.mark.watermark().unwrap().event_time(), hour(stored));
    }
    let mut silent = feeder.checkpoint(&[&plan()], &[], 0);
    silent.mark = driftd_window::PartitionMark::default();
    feeder.write(&*store, &silent).await.unwrap();
    let row = &store.partitions(&topic()).await.unwrap()[0];
    assert_eq!(row.mark.watermark().unwrap().event_time(), hour(9));
}

/// The moment the end was reached is written without any record, kept, and cleared by the next records.
pub async fn the_end_of_a_partition_is_remembered_until_records_come(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan(), &[Traffic::at(1)], 2).await;
    let mut end = feeder.checkpoint(&[&plan()], &[], 2);
    end.mark.reached_end(clock(8));
    assert_eq!(end.from, end.to);
    feeder.write(&*store, &end).await.unwrap();
    end.mark.reached_end(clock(9));
    feeder.write(&*store, &end).await.unwrap();
    let seen = store.partitions(&topic()).await.unwrap()[0].mark.end().unwrap();
    assert_eq!((seen.since, seen.confirmed), (clock(8), clock(9)));
    feeder.feed(&*store, &plan(), &[Traffic::at(2)], 3).await;
    assert_eq!(store.partitions(&topic()).await.unwrap()[0].mark.end(), None);
}

/// Rejects are counted for each partition over all reasons and checkpoints.
pub async fn rejects_add_up(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    Feeder::claim(&*store, 1).await;
    for (reason, records) in [("undecodable", 2), ("in_future", 3), ("undecodable", 4)] {
        let mut checkpoint = feeder.checkpoint(&[&plan()], &[], 0);
        checkpoint.to.0 += records as i64;
        checkpoint.rejected.push((reason.to_owned(), records));
        let detail = "at byte 3".to_owned();
        checkpoint.samples.push(DeadLetter { offset: checkpoint.from, reason: reason.to_owned(), detail });
        feeder.write(&*store, &checkpoint).await.unwrap();
    }
    let rejected: Vec<u64> = store.partitions(&topic()).await.unwrap().iter().map(|row| row.rejected).collect();
    assert_eq!(rejected, [9, 0]);
}

/// Two writers with the same right to the same offsets: one of them counts.
pub async fn of_two_concurrent_checkpoints_one_wins(place: &dyn Place) {
    let store = place.open().await;
    let feeder = Feeder::claim(&*store, 0).await;
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (store, checkpoint) = (store.clone(), feeder.checkpoint(&[&plan()], &[Traffic::at(1)], 3));
            tokio::spawn(async move { store.checkpoint(&checkpoint, clock(0)).await.is_ok() })
        })
        .collect();
    let mut landed = 0;
    for task in tasks {
        landed += usize::from(task.await.unwrap());
    }
    assert_eq!(landed, 1);
    seal_all(&*store, &plan(), &[], clock(0)).await;
    assert_eq!(sealed_rows(&*store).await, ROWS as u64);
}

/// The same records in one checkpoint or in many, from one partition or from several, in any order of arrival: the
/// sealed counts are equal (the floats of the moments up to rounding).
pub async fn splitting_and_order_do_not_change_sealed_panes(place: &dyn Place) {
    let traffic: Vec<Traffic> =
        (0..6).flat_map(|h| [Traffic::at(h), Traffic::at(h).shifted(300.0).rows(30 + h as usize)]).collect();
    let store = place.open().await;
    // One monitor a way of splitting, because a store is needed once only.
    let ways: [(&str, usize, usize); 4] = [("whole", 12, 1), ("single", 1, 1), ("pairs", 2, 3), ("threes", 3, 2)];
    let mut sealed: Vec<Vec<SealedPane>> = Vec::new();
    for (way, chunk, partitions) in ways {
        let mut monitor = crate::fixtures::monitor(way, &[("hour", 1, 1)]);
        monitor.topics = vec![way.into()];
        let plan = crate::fixtures::plan_of(monitor);
        let mut feeders = Vec::new();
        for partition in 0..partitions {
            feeders.push(Feeder::claim_of(&*store, way.into(), partition as i32).await);
        }
        // Backwards, so that later hours arrive first.
        for (i, part) in traffic.chunks(chunk).rev().enumerate() {
            feeders[i % partitions].feed(&*store, &plan, part, 0).await;
        }
        for feeder in &mut feeders {
            feeder.feed(&*store, &plan, &[], 7).await;
        }
        seal_all(&*store, &plan, &[], clock(0)).await;
        sealed.push(store.sealed_panes(&id_of(&plan), hour(0), hour(6)).await.unwrap());
    }
    let whole = &sealed[0];
    assert_eq!(whole.len(), 6);
    for other in &sealed[1..] {
        assert_eq!(other.len(), whole.len());
        for (a, b) in whole.iter().zip(other) {
            assert_eq!((a.pane, &a.segment, a.rows, a.late_rows), (b.pane, &b.segment, b.rows, b.late_rows));
            assert_eq!(a.aggregates.len(), 2);
            assert!(a.aggregates.iter().zip(&b.aggregates).all(|(a, b)| a.same_counts(b)), "pane {}", a.pane.start());
        }
    }
}
