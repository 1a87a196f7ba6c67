//! Who owns a partition.

use driftd_model::{Claimant, Epoch, Offset, Partition, Topic};
use driftd_window::PartitionMark;

use super::Place;
use crate::fixtures::{Feeder, Traffic, clock, plan, topic};

/// The first owner of a partition gets epoch 1 and no offset: the start policy decides.
pub async fn a_first_claim_starts_at_epoch_one_with_nothing_read(place: &dyn Place) {
    let store = place.open().await;
    let claim = store.claim(&topic(), Partition(3), &Claimant::named("a"), clock(1)).await.unwrap();
    assert_eq!(claim.epoch, Epoch(1));
    assert_eq!(claim.next_offset, None);
    assert_eq!(claim.mark, PartitionMark::default());
}

/// The next owner goes on at the offset and the mark of the last one, with the next epoch; the same owner included.
pub async fn every_claim_takes_over_where_the_last_owner_stopped(place: &dyn Place) {
    let store = place.open().await;
    let mut first = Feeder::claim(&*store, 0).await;
    first.feed(&*store, &plan(), &[Traffic::at(5)], 6).await;
    for epoch in 2..5 {
        let claim = store.claim(&topic(), Partition(0), &Claimant::named("feeder"), clock(1)).await.unwrap();
        assert_eq!(claim.epoch, Epoch(epoch));
        assert_eq!(claim.next_offset, Some(first.next));
        assert_eq!(claim.mark.watermark(), first.mark.watermark());
    }
}

/// A new owner has not seen the end of the partition. Were the old owner's word kept, a partition that grew while
/// nobody read it would pass for idle, the clock would move the mark, and everything in it would be late.
pub async fn a_claim_forgets_that_the_end_was_reached(place: &dyn Place) {
    let store = place.open().await;
    let mut feeder = Feeder::claim(&*store, 0).await;
    let mut checkpoint = feeder.checkpoint(&[&plan()], &[Traffic::at(5)], 6);
    checkpoint.mark.reached_end(clock(7));
    feeder.write(&*store, &checkpoint).await.unwrap();
    assert_eq!(store.partitions(&topic()).await.unwrap()[0].mark.end().map(|end| end.since), Some(clock(7)));
    let claim = store.claim(&topic(), Partition(0), &Claimant::named("b"), clock(100)).await.unwrap();
    assert_eq!(claim.mark.end(), None);
    assert_eq!(store.partitions(&topic()).await.unwrap()[0].mark.end(), None);
}

/// Partitions of one topic, and equal partitions of two topics, have nothing to do with each other.
pub async fn partitions_and_topics_are_apart(place: &dyn Place) {
    let store = place.open().await;
    let other = Topic::from("payments");
    let mut feeder = Feeder::claim(&*store, 0).await;
    Feeder::claim(&*store, 1).await;
    Feeder::claim_of(&*store, other.clone(), 0).await;
    feeder.feed(&*store, &plan(), &[Traffic::at(5)], 6).await;
    let rows = store.partitions(&topic()).await.unwrap();
    let seen: Vec<_> = rows.iter().map(|row| (row.partition, row.epoch, row.next_offset)).collect();
    assert_eq!(seen, [(Partition(0), Epoch(1), Some(feeder.next)), (Partition(1), Epoch(1), None)]);
    let rows = store.partitions(&other).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].epoch, rows[0].next_offset), (Epoch(1), None::<Offset>));
    assert_eq!(store.partitions(&Topic::from("nobody")).await.unwrap(), []);
}

/// However many claim at once, no two of them get the same epoch.
pub async fn concurrent_claims_get_epochs_of_their_own(place: &dyn Place) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..8)
        .map(|i| {
            let store = store.clone();
            tokio::spawn(async move {
                store.claim(&topic(), Partition(0), &Claimant::named(&format!("w{i}")), clock(1)).await.unwrap().epoch
            })
        })
        .collect();
    let mut epochs = Vec::new();
    for task in tasks {
        epochs.push(task.await.unwrap());
    }
    epochs.sort();
    assert_eq!(epochs, (1..=8).map(Epoch).collect::<Vec<_>>());
}
