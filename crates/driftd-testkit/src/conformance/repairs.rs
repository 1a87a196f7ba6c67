//! What is put right by hand.

use driftd_model::{
    Claimant, Epoch, HistoryQuery, MonitorPlan, Offset, Partition, ResetStart, Retention, SealedPane, Store,
    StoreError, Topic, TopicPartition,
};
use driftd_window::{PartitionMark, Span};

use super::Place;
use crate::fixtures::{Feeder, ROWS, Traffic, clock, hour, id_of, plan, seal_all, split_plan, topic};

fn first() -> TopicPartition {
    TopicPartition::new(topic(), Partition(0))
}

async fn panes(store: &dyn Store, plan: &MonitorPlan) -> Vec<(i64, u64, u64)> {
    let panes: Vec<SealedPane> = store.sealed_panes(&id_of(plan), hour(-1000), hour(1000)).await.unwrap();
    let hours = |pane: &SealedPane| pane.pane.start().as_micros() / Span::from_hours(1).as_micros();
    panes.iter().map(|pane| (hours(pane), pane.rows, pane.late_rows)).collect()
}

/// Sets the first partition to that offset, and claims it.
async fn set(store: &dyn Store, offset: i64) -> Feeder {
    let reset =
        store.reset_partition(&first(), ResetStart::At(Offset(offset)), "ada", clock(1)).await.unwrap().unwrap();
    let feeder = Feeder::claim(store, 0).await;
    assert_eq!((Some(feeder.next), feeder.epoch), (reset.next_offset, Epoch(reset.epoch.0 + 1)));
    feeder
}

/// By topic and number, and whoever set one is its owner until it is claimed.
pub async fn every_partition_is_listed_with_its_owner(place: &dyn Place) {
    let store = place.open().await;
    for (topic, partition, owner) in [("orders", 1, "b/2"), ("orders", 0, "a/1"), ("carts", 10, "c/3")] {
        store.claim(&Topic::from(topic), Partition(partition), &Claimant::named(owner), clock(1)).await.unwrap();
    }
    let carts = TopicPartition::new(Topic::from("carts"), Partition(10));
    store.reset_partition(&carts, ResetStart::At(Offset(7)), "ada", clock(2)).await.unwrap().unwrap();
    let found = store.all_partitions().await.unwrap();
    let seen: Vec<_> = found
        .iter()
        .map(|p| (p.row.topic.as_str(), p.row.partition.0, p.owner.as_str(), p.row.epoch.0, p.row.next_offset))
        .collect();
    assert_eq!(
        seen,
        [("carts", 10, "ada", 2, Some(Offset(7))), ("orders", 0, "a/1", 1, None), ("orders", 1, "b/2", 1, None)]
    );
    assert_eq!(found[0].row.updated_at, clock(2));
}

/// A daemon may run meanwhile: what it has not written is refused, and its watermark counts no more.
pub async fn who_reads_a_partition_that_is_set_is_fenced(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    for start in [ResetStart::At(Offset(0)), ResetStart::At(Offset(1_000_000)), ResetStart::Anew] {
        let mut feeder = Feeder::claim(&*store, 0).await;
        let reset = store.reset_partition(&first(), start, "ada", clock(1)).await.unwrap().unwrap();
        assert_eq!(reset.epoch, Epoch(feeder.epoch.0 + 1));
        let checkpoint = feeder.checkpoint(&[&plan], &[Traffic::at(5)], 6);
        let refused = feeder.write(&*store, &checkpoint).await.unwrap_err();
        assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
        assert_eq!(store.partitions(&topic()).await.unwrap()[0].mark, PartitionMark::default());
    }
}

/// Counts of records that are read again are taken back; so are those of segments.
pub async fn going_back_counts_open_panes_once(place: &dyn Place) {
    let (store, plan) = (place.open().await, split_plan());
    let traffic = [Traffic::at(1).of("a"), Traffic::at(1).of("b").rows(7), Traffic::at(2).rows(5)];
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &traffic, 1).await;
    let end = feeder.next;
    let before = store.reset_partition(&first(), ResetStart::At(Offset(0)), "ada", clock(1)).await.unwrap().unwrap();
    assert_eq!((before.next_offset, before.undone), (Some(Offset(0)), ROWS as u64 + 12));
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &traffic, 9).await;
    assert_eq!(feeder.next, end);
    seal_all(&*store, &plan, &[], clock(0)).await;
    let found = panes(&*store, &plan).await;
    assert_eq!(found.iter().filter(|(hour, ..)| *hour == 1).map(|(_, rows, _)| *rows).sum::<u64>(), ROWS as u64 + 7);
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0);
}

/// Of a checkpoint's records nobody knows which were counted where: it goes back to its first one.
pub async fn going_back_into_a_checkpoint_takes_all_of_it_back(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(10)], 1).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(10), Traffic::at(2).rows(10)], 1).await;
    let reset = store.reset_partition(&first(), ResetStart::At(Offset(17)), "ada", clock(1)).await.unwrap().unwrap();
    assert_eq!((reset.next_offset, reset.undone), (Some(Offset(10)), 20));
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(10), Traffic::at(2).rows(10)], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(panes(&*store, &plan).await, [(1, 20, 0), (2, 10, 0)]);
}

/// What is passed over is not counted, and that is all.
pub async fn going_forward_takes_nothing_back(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(10)], 1).await;
    let mut feeder = set(&*store, 50).await;
    assert_eq!(feeder.next, Offset(50));
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(3)], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(panes(&*store, &plan).await, [(1, 13, 0)]);
}

/// A seal is final: whatever is read again for its pane is late, and takes no other record's place.
pub async fn records_of_sealed_panes_are_late_when_they_are_read_again(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let traffic = [Traffic::at(1).rows(10), Traffic::at(20).rows(5)];
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &traffic, 3).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    for (late, mark) in [(10, 3), (20, 3), (30, 30)] {
        let mut feeder = set(&*store, 0).await;
        feeder.feed(&*store, &plan, &traffic, mark).await;
        assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 10);
        assert_eq!(panes(&*store, &plan).await[0], (1, 10, late));
    }
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(panes(&*store, &plan).await, [(1, 10, 30), (20, 5, 0)]);
}

/// Its offsets are those of other records, which are counted beside those of before.
pub async fn a_topic_begun_anew_keeps_what_was_counted(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    for _ in 0..3 {
        let mut feeder = Feeder::claim(&*store, 0).await;
        assert_eq!(feeder.next, Offset(0));
        feeder.feed(&*store, &plan, &[Traffic::at(1).rows(10)], 1).await;
        feeder.feed(&*store, &plan, &[Traffic::at(1).rows(5)], 1).await;
        let reset = store.reset_partition(&first(), ResetStart::Anew, "ada", clock(1)).await.unwrap().unwrap();
        assert_eq!((reset.next_offset, reset.undone), (None, 0));
        let claim = store.claim(&topic(), Partition(0), &Claimant::named("b"), clock(1)).await.unwrap();
        assert_eq!((claim.next_offset, claim.topic_since), (None, None), "the start policy decides");
    }
    // Nor does going back take counts of other records back.
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(2)], 1).await;
    let mut feeder = set(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(2)], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(panes(&*store, &plan).await, [(1, 47, 0)]);
}

/// What was counted of it is sealed; should it come back, it is a partition nobody has read.
pub async fn nothing_waits_for_a_partition_that_is_forgotten(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut rejecting = Feeder::claim(&*store, 1).await;
    let mut checkpoint = rejecting.checkpoint(&[&plan], &[Traffic::at(1).rows(3)], 1);
    checkpoint.rejected = vec![("undecodable".to_owned(), 4)];
    rejecting.write(&*store, &checkpoint).await.unwrap();
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &[Traffic::at(1).rows(10)], 9).await;
    assert!(seal_all(&*store, &plan, &[], clock(0)).await.is_empty(), "the second partition holds it back");
    let second = TopicPartition::new(topic(), Partition(1));
    assert!(store.forget_partition(&second).await.unwrap());
    assert!(!store.forget_partition(&second).await.unwrap());
    assert_eq!(store.partitions(&topic()).await.unwrap().len(), 1);
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(panes(&*store, &plan).await, [(1, 13, 0)]);
    let checkpoint = rejecting.checkpoint(&[&plan], &[Traffic::at(1)], 1);
    let refused = rejecting.write(&*store, &checkpoint).await.unwrap_err();
    assert!(matches!(refused, StoreError::WentBack(_)), "{refused:?}");
    let mut again = Feeder::claim(&*store, 1).await;
    assert_eq!((again.next, again.epoch), (Offset(0), Epoch(1)));
    again.feed(&*store, &plan, &[Traffic::at(1).rows(3)], 1).await;
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 3);
    assert_eq!(store.partitions(&topic()).await.unwrap()[1].rejected, 0);
}

/// As after a clock that ran ahead: what came late is sealed as if it never had been, and nothing is there twice.
pub async fn a_frontier_set_back_seals_anew_with_what_came_late(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let history = async || store.history(&HistoryQuery::default()).await.unwrap().len();
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1), Traffic::at(2)], 100).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    feeder.feed(&*store, &plan, &[Traffic::at(2).rows(7), Traffic::at(3).rows(5)], 100).await;
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 12);
    let all = history().await;
    let moved = store.move_frontier(&id_of(&plan), hour(2)).await.unwrap();
    assert_eq!(moved.reopened, 2, "the second hour, and the third with late records only");
    assert!(moved.before.is_some() && moved.windows > 0 && history().await < all);
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(hour(2)));
    assert_eq!(panes(&*store, &plan).await, [(1, ROWS as u64, 0)]);
    assert_eq!(store.sweep_late(&id_of(&plan)).await.unwrap(), 0, "they are late no more");
    seal_all(&*store, &plan, &[], clock(0)).await;
    assert_eq!(panes(&*store, &plan).await, [(1, ROWS as u64, 0), (2, ROWS as u64 + 7, 0), (3, 5, 0)]);
    assert!(history().await >= all);
}

/// What lies between is late once somebody looks.
pub async fn a_frontier_set_forward_leaves_what_is_between_unjudged(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1).rows(9), Traffic::at(5).rows(4)], 0).await;
    let moved = store.move_frontier(&id_of(&plan), hour(5)).await.unwrap();
    assert_eq!((moved.before, moved.reopened, moved.windows), (None, 0, 0));
    feeder.feed(&*store, &plan, &[], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    store.sweep_late(&id_of(&plan)).await.unwrap();
    assert_eq!(panes(&*store, &plan).await, [(1, 0, 9), (5, 4, 0)]);
}

/// Sealed anew without them, a pane would be judged on what is left.
pub async fn a_frontier_is_not_set_back_behind_counts_that_were_dropped(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(1), Traffic::at(2)], 9).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    store.retain(&Retention::new(Span::from_hours(1), None, [plan.monitor()]), clock(10_000)).await.unwrap();
    let before = (panes(&*store, &plan).await, store.sealed_through(&id_of(&plan)).await.unwrap());
    let refused = store.move_frontier(&id_of(&plan), hour(1)).await.unwrap_err();
    assert!(refused.to_string().contains("have been dropped"), "{refused}");
    assert_eq!((panes(&*store, &plan).await, store.sealed_through(&id_of(&plan)).await.unwrap()), before);
    store.move_frontier(&id_of(&plan), hour(3)).await.unwrap();
}

/// Nor does it make anything.
pub async fn a_repair_of_what_is_not_there_changes_nothing(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.reset_partition(&first(), ResetStart::Anew, "ada", clock(1)).await.unwrap(), None);
    assert_eq!(store.reset_partition(&first(), ResetStart::At(Offset(1)), "ada", clock(1)).await.unwrap(), None);
    assert!(!store.forget_partition(&first()).await.unwrap());
    assert!(store.all_partitions().await.unwrap().is_empty());
    Feeder::claim(&*store, 0).await;
    let refused = store.reset_partition(&first(), ResetStart::At(Offset(-1)), "ada", clock(1)).await.unwrap_err();
    assert!(refused.to_string().contains("no offset"), "{refused}");
    assert_eq!(store.partitions(&topic()).await.unwrap()[0].epoch, Epoch(1), "all or nothing");
}
