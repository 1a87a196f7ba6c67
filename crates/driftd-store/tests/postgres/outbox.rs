//! Two outboxes on one database.

use driftd_model::{MonitorPlan, Settlement, SharedStore};
use driftd_testkit::fixtures::{
    CRITICAL, Feeder, Traffic, clock, monitor, plan, plan_of, receivers, reconcile, seal_all, topic,
};
use sqlx::query;

use super::Database;

/// Opens an incident in each of so many monitors, and tells it to one receiver.
async fn told(store: &SharedStore, count: usize) -> Vec<MonitorPlan> {
    let plans: Vec<MonitorPlan> = (0..count).map(|i| plan_of(monitor(&format!("m{i}"), &[("hour", 1, 1)]))).collect();
    let mut feeder = Feeder::claim_of(&**store, topic(), 0).await;
    let checkpoint = feeder.checkpoint(&plans.iter().collect::<Vec<_>>(), &[Traffic::at(1).shifted(CRITICAL)], 3);
    feeder.write(&**store, &checkpoint).await.unwrap();
    for plan in &plans {
        seal_all(&**store, plan, &receivers(1), clock(1)).await;
    }
    plans
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_outboxes_never_hold_the_same_message() {
    let Some(database) = Database::new("two_outboxes_never_hold_the_same_message") else { return };
    let (here, there) = (database.open().await, database.open().await);
    told(&here, 40).await;
    let take = |store: SharedStore, owner: &'static str| {
        tokio::spawn(async move {
            let mut settled = Vec::new();
            loop {
                let held = store.lease(owner, &receivers(1)[0], 3, clock(1), clock(2)).await.unwrap();
                if held.is_empty() {
                    return settled;
                }
                for entry in held {
                    assert!(store.settle(owner, entry.id, &Settlement::Delivered, clock(1)).await.unwrap());
                    settled.push(entry.id);
                }
            }
        })
    };
    let (a, b) = tokio::join!(take(here.clone(), "here"), take(there.clone(), "there"));
    let mut all: Vec<i64> = a.unwrap().into_iter().chain(b.unwrap()).collect();
    // Whoever finds every free row just being leased by the other one leaves early; nothing is left behind for all that.
    all.extend(take(here.clone(), "here").await.unwrap());
    all.sort_unstable();
    all.dedup();
    assert_eq!((all.len(), here.outbox_depth().await.unwrap()), (40, 0));
    assert_eq!(database.count("deliveries").await, 40, "each was tried once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_is_settled_by_whoever_holds_it_now() {
    let Some(database) = Database::new("a_message_is_settled_by_whoever_holds_it_now") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, r0) = (plan(), &receivers(1)[0]);
    Feeder::claim(&*here, 0).await.feed(&*here, &plan, &[Traffic::at(1).shifted(CRITICAL)], 3).await;
    seal_all(&*here, &plan, &receivers(1), clock(1)).await;
    let id = here.lease("here", r0, 1, clock(1), clock(2)).await.unwrap()[0].id;
    assert_eq!(there.lease("there", r0, 1, clock(1), clock(2)).await.unwrap(), []);
    assert_eq!(there.lease("there", r0, 1, clock(2), clock(3)).await.unwrap()[0].id, id);
    let given_up = Settlement::Dead { error: "timed out".to_owned() };
    let (late, timely) = tokio::join!(
        here.settle("here", id, &given_up, clock(2)),
        there.settle("there", id, &Settlement::Delivered, clock(2)),
    );
    assert_eq!((late.unwrap(), timely.unwrap()), (false, true));
    assert_eq!(database.count("deliveries WHERE outcome = 'delivered'").await, 1);
    assert_eq!(database.count("incident_events WHERE transition = 'undelivered'").await, 0);
}

/// What another worker is just leasing is passed over, and what stands behind it is not taken in its stead.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_that_is_being_leased_holds_up_its_incident_only() {
    let Some(database) = Database::new("a_message_that_is_being_leased_holds_up_its_incident_only") else { return };
    let (store, r0) = (database.open().await, &receivers(1)[0]);
    let plans = told(&store, 2).await;
    for plan in &plans {
        assert_eq!(reconcile(&*store, plan, &receivers(1), clock(9)).await.notifications.len(), 1);
    }
    let mut held = database.outside.begin().await.unwrap();
    query("SELECT 1 FROM notification_outbox WHERE id = (SELECT min(id) FROM notification_outbox) FOR UPDATE")
        .execute(&mut *held)
        .await
        .unwrap();
    let leased = store.lease("here", r0, 9, clock(9), clock(10)).await.unwrap();
    assert_eq!(leased.len(), 1, "{leased:?}");
    assert_eq!(leased[0].notification.incident.key.monitor.as_str(), "m1");
    assert_eq!(leased[0].notification.reason.as_str(), "opened");
    held.rollback().await.unwrap();
    let leased = store.lease("here", r0, 9, clock(9), clock(10)).await.unwrap();
    assert_eq!(leased[0].notification.incident.key.monitor.as_str(), "m0");
    assert_eq!(leased[0].notification.reason.as_str(), "opened");
}
