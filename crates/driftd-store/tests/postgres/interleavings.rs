//! Two stores on one database, in the orders that matter. Locks and pauses make the order certain.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use driftd_model::{
    Claimant, ContentHash, Epoch, ErrorClass, IncidentState, MonitorId, MonitorPlan, MonitorSealer, Routing, SealOrder,
    SealStep, SealTime, SealView, Sealer, Store, Topic, acknowledge,
};
use driftd_testkit::fixtures::{
    CRITICAL, Feeder, NOBODY, ROWS, Traffic, clock, hour, id_of, plan, receivers, seal_all, topic,
};
use sqlx::query;

use super::{Database, TIMEOUT};

/// A sealer that, once its snapshot is taken, says so and waits to be told to go on; the first time only.
struct Paused<'a> {
    inner: MonitorSealer<'a>,
    seen: SyncSender<()>,
    go_on: Mutex<Receiver<()>>,
    decided: &'a AtomicU32,
}

impl Sealer for Paused<'_> {
    fn decide(&self, view: &SealView) -> Option<SealOrder<'_>> {
        if self.decided.fetch_add(1, Ordering::SeqCst) == 0 {
            self.seen.send(()).unwrap();
            self.go_on.lock().unwrap().recv_timeout(TIMEOUT).unwrap();
        }
        self.inner.decide(view)
    }

    fn monitor(&self) -> &MonitorId {
        self.inner.monitor()
    }

    fn topics(&self) -> &[Topic] {
        self.inner.topics()
    }

    fn plan_hash(&self) -> &ContentHash {
        self.inner.plan_hash()
    }
}

/// Seals one step of `plan` in `store`, and does `meanwhile` between the snapshot and everything else. Returns the step
/// and how often it was decided.
async fn seal_around(
    store: &dyn Store,
    plan: &MonitorPlan,
    meanwhile: impl Future<Output = ()>,
) -> (driftd_model::Sealed, u32) {
    let (seen, pauses) = sync_channel(1);
    let (release, go_on) = sync_channel(1);
    let (routing, decided) = (Routing::to(receivers(1)), AtomicU32::new(0));
    let inner = MonitorSealer::new(plan, 1, &routing, SealTime::Clock(clock(50)));
    let sealer = Paused { inner, seen, go_on: Mutex::new(go_on), decided: &decided };
    let between = async {
        tokio::task::block_in_place(|| pauses.recv_timeout(TIMEOUT).unwrap());
        meanwhile.await;
        release.send(()).unwrap();
    };
    // The sealer blocks its thread while it waits, so it has one of its own.
    let sealed = std::thread::scope(|scope| {
        let handle = tokio::runtime::Handle::current();
        let sealing = scope.spawn(move || handle.block_on(store.seal(&sealer)));
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(between));
        sealing.join().unwrap()
    });
    (sealed.unwrap().unwrap(), decided.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_claim_and_a_checkpoint_the_first_one_decides() {
    let Some(database) = Database::new("of_a_claim_and_a_checkpoint_the_first_one_decides") else { return };
    let (here, there) = (database.open().await, database.open().await);
    for claim_first in [true, false] {
        let feeder = Feeder::claim(&*here, i32::from(claim_first)).await;
        let checkpoint = feeder.checkpoint(&[&plan()], &[Traffic::at(1)], 3);
        let partition = feeder.partition;
        let mut held = database.outside.begin().await.unwrap();
        query("SELECT 1 FROM source_partitions WHERE partition = $1 FOR UPDATE")
            .bind(partition.0)
            .execute(&mut *held)
            .await
            .unwrap();
        let claim = {
            let there = there.clone();
            async move { there.claim(&topic(), partition, &Claimant::named("there"), clock(1)).await }
        };
        let write = {
            let (here, checkpoint) = (here.clone(), checkpoint.clone());
            async move { here.checkpoint(&checkpoint, clock(1)).await }
        };
        let (claiming, writing);
        if claim_first {
            claiming = tokio::spawn(claim);
            database.until_waiting(1).await;
            writing = tokio::spawn(write);
        } else {
            writing = tokio::spawn(write);
            database.until_waiting(1).await;
            claiming = tokio::spawn(claim);
        }
        database.until_waiting(2).await;
        let before = database.count("pane_partials").await;
        held.rollback().await.unwrap();
        let (claimed, written) = (claiming.await.unwrap().unwrap(), writing.await.unwrap());
        assert_eq!(claimed.epoch, Epoch(2));
        let landed = database.count("pane_partials").await - before;
        if claim_first {
            assert_eq!(written.unwrap_err().class(), ErrorClass::Fenced);
            assert_eq!((claimed.next_offset, landed), (None, 0), "nothing of the old owner is left");
        } else {
            written.unwrap();
            assert_eq!((claimed.next_offset, landed), (Some(checkpoint.to), 1), "the new owner goes on behind it");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_checkpoints_of_one_epoch_one_lands() {
    let Some(database) = Database::new("of_two_checkpoints_of_one_epoch_one_lands") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, mut feeder) = (plan(), Feeder::claim(&*here, 0).await);
    for h in 0..20 {
        let a = feeder.checkpoint(&[&plan], &[Traffic::at(h)], h);
        // Another range of the same beginning, as a task would send that has read on.
        let b = feeder.checkpoint(&[&plan], &[Traffic::at(h), Traffic::at(h).rows(7)], h);
        let (first, second) = tokio::join!(here.checkpoint(&a, clock(0)), there.checkpoint(&b, clock(0)));
        let landed = match (first, second) {
            (Ok(()), Err(fenced)) if fenced.class() == ErrorClass::Fenced => &a,
            (Err(fenced), Ok(())) if fenced.class() == ErrorClass::Fenced => &b,
            other => panic!("{other:?}"),
        };
        feeder.next = landed.to;
    }
    feeder.feed(&*here, &plan, &[], 30).await;
    let rows: u64 = seal_all(&*there, &plan, &[], clock(0)).await.iter().map(|s| s.rows).sum();
    assert_eq!(rows, feeder.next.0 as u64, "every offset is counted once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_checkpoint_that_lands_while_a_pane_is_sealed_is_late_or_in_the_next() {
    let name = "a_checkpoint_that_lands_while_a_pane_is_sealed_is_late_or_in_the_next";
    let Some(database) = Database::new(name) else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, mut feeder) = (plan(), Feeder::claim(&*here, 0).await);
    feeder.feed(&*here, &plan, &[Traffic::at(1)], 3).await;
    let traffic = [Traffic::at(1).rows(7), Traffic::at(2).rows(30)];
    let (sealed, decided) = seal_around(&*here, &plan, async { feeder.feed(&*there, &plan, &traffic, 9).await }).await;
    assert_eq!((sealed.rows, decided), (ROWS as u64, 1), "the snapshot is older than the checkpoint");
    assert_eq!(there.sweep_late(&id_of(&plan)).await.unwrap(), 7);
    let steps = seal_all(&*there, &plan, &[], clock(0)).await;
    assert_eq!(steps[0].rows, 30);
    assert_eq!(here.sweep_late(&id_of(&plan)).await.unwrap(), 0);
    let panes = here.sealed_panes(&id_of(&plan), hour(0), hour(9)).await.unwrap();
    let counted: u64 = panes.iter().map(|pane| pane.rows + pane.late_rows).sum();
    assert_eq!(counted, feeder.next.0 as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_finds_a_monitor_being_sealed_goes_away_at_once() {
    let Some(database) = Database::new("who_finds_a_monitor_being_sealed_goes_away_at_once") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, mut feeder) = (plan(), Feeder::claim(&*here, 0).await);
    feeder.feed(&*here, &plan, &[Traffic::at(1), Traffic::at(2)], 9).await;
    // The very first seal of a monitor, whose row nobody has made yet.
    let meanwhile = async {
        let other = MonitorSealer::new(&plan, 1, &NOBODY, SealTime::Clock(clock(0)));
        assert_eq!(there.seal(&other).await.unwrap(), None);
        assert_eq!(there.sealed_through(&id_of(&plan)).await.unwrap(), None);
    };
    let (sealed, _) = seal_around(&*here, &plan, meanwhile).await;
    assert!(matches!(sealed.step, SealStep::Pane { pane } if pane.start() == hour(1)), "{sealed:?}");
    let steps = seal_all(&*there, &plan, &[], clock(0)).await;
    assert!(matches!(steps[0].step, SealStep::Pane { pane } if pane.start() == hour(2)), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seal_that_a_person_overtakes_is_taken_anew() {
    let Some(database) = Database::new("a_seal_that_a_person_overtakes_is_taken_anew") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, mut feeder) = (plan(), Feeder::claim(&*here, 0).await);
    feeder.feed(&*here, &plan, &[Traffic::at(1).shifted(CRITICAL), Traffic::at(2).shifted(CRITICAL)], 3).await;
    seal_all(&*here, &plan, &receivers(1), clock(10)).await;
    feeder.feed(&*here, &plan, &[], 9).await;
    let row = there.incidents(None).await.unwrap().remove(0);
    assert_eq!(row.state, IncidentState::Open);
    let meanwhile = async {
        let (open, _) = there.incident(&row.incident_id).await.unwrap().unwrap();
        assert!(there.amend_incident(row.state, &acknowledge(open, "ana", clock(11)), false, clock(11)).await.unwrap());
    };
    let (sealed, decided) = seal_around(&*here, &plan, meanwhile).await;
    assert_eq!(decided, 2, "the snapshot of the first try did not know of the acknowledgement");
    assert_eq!(sealed.rows, ROWS as u64);
    let row = there.incidents(None).await.unwrap().remove(0);
    assert_eq!((row.state, row.windows), (IncidentState::Acknowledged, 2), "neither is lost");
    let (taken, _) = there.incident(&row.incident_id).await.unwrap().unwrap();
    assert!(taken.notification_log.get(&receivers(1)[0]).unwrap().acknowledged, "and it was told by the second try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_person_waits_for_a_seal_and_keeps_what_it_found() {
    let Some(database) = Database::new("a_person_waits_for_a_seal_and_keeps_what_it_found") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, mut feeder) = (plan(), Feeder::claim(&*here, 0).await);
    feeder.feed(&*here, &plan, &[Traffic::at(1).shifted(CRITICAL)], 3).await;
    seal_all(&*here, &plan, &[], clock(10)).await;
    let row = there.incidents(None).await.unwrap().remove(0);
    let (open, _) = there.incident(&row.incident_id).await.unwrap().unwrap();
    feeder.feed(&*here, &plan, &[Traffic::at(2).shifted(CRITICAL)], 9).await;
    let step = acknowledge(open, "ana", clock(11));
    let (sealing, amending) = tokio::join!(
        seal_all(&*here, &plan, &[], clock(11)),
        there.amend_incident(row.state, &step, false, clock(11)),
    );
    assert!(!sealing.is_empty() && amending.unwrap());
    let row = there.incidents(None).await.unwrap().remove(0);
    assert_eq!((row.state, row.windows), (IncidentState::Acknowledged, 2));
}
