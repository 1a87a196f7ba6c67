//! Activations against checkpoints, each waiting for the other: whoever is first decides, and no pane mixes two plans.

use std::sync::Arc;

use driftd_model::{Activation, BaselineRef, PlanOrigin, PlanSchedule, SharedStore, StoreError};
use driftd_testkit::fixtures::{Feeder, Traffic, baseline, clock, hour, id_of, plan};
use sqlx::{AssertSqlSafe, Postgres, Transaction, query};
use tokio::task::JoinHandle;

use super::Database;

/// A store with two versions of a baseline, and a partition whose hour 3 was counted on the configured one.
struct Scene {
    here: SharedStore,
    there: SharedStore,
    feeder: Feeder,
    configured: PlanSchedule,
}

impl Scene {
    async fn set(database: &Database) -> Self {
        let (here, there) = (database.open().await, database.open().await);
        let mut stored = Vec::new();
        for salt in 0..2 {
            stored.push(here.put_baseline(&"a".parse().unwrap(), baseline(salt), clock(0)).await.unwrap());
        }
        let configured = (PlanOrigin::Configured, stored.remove(0));
        let configured = PlanSchedule::bind(plan().monitor(), Vec::new(), configured).unwrap();
        let mut feeder = Feeder::claim(&*here, 0).await;
        feeder.feed(&*here, configured.newest(), &[Traffic::at(3)], 3).await;
        Self { here, there, feeder, configured }
    }

    /// Counts hour 4 on the plan that is configured.
    fn count(&self) -> JoinHandle<Result<(), StoreError>> {
        let checkpoint = self.feeder.checkpoint(&[self.configured.newest()], &[Traffic::at(4)], 4);
        let store = Arc::clone(&self.here);
        tokio::spawn(async move { store.checkpoint(&checkpoint, clock(0)).await })
    }

    /// Activates the other version.
    fn activate(&self) -> JoinHandle<Result<Activation, StoreError>> {
        let store = Arc::clone(&self.there);
        let reference: BaselineRef = "a@v2".parse().unwrap();
        let plan = plan();
        tokio::spawn(async move { store.activate_baseline(&id_of(&plan), &reference, plan.monitor().pane).await })
    }
}

/// A lock that somebody else holds.
async fn hold(database: &Database, table: &str, mode: &str) -> Transaction<'static, Postgres> {
    let mut held = database.outside.begin().await.unwrap();
    query(AssertSqlSafe(format!("LOCK TABLE {table} IN {mode} MODE"))).execute(&mut *held).await.unwrap();
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_activation_waits_for_a_checkpoint_that_has_looked_and_begins_behind_it() {
    let name = "an_activation_waits_for_a_checkpoint_that_has_looked_and_begins_behind_it";
    let Some(database) = Database::new(name) else { return };
    let scene = Scene::set(&database).await;
    let held = hold(&database, "pane_partials", "SHARE").await;
    let counting = scene.count();
    database.until_waiting(1).await;
    let activating = scene.activate();
    database.until_waiting(2).await;
    held.rollback().await.unwrap();
    counting.await.unwrap().unwrap();
    assert_eq!(activating.await.unwrap().unwrap().since, hour(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_checkpoint_waits_for_an_activation_under_way_and_is_refused() {
    let Some(database) = Database::new("a_checkpoint_waits_for_an_activation_under_way_and_is_refused") else { return };
    let scene = Scene::set(&database).await;
    let held = hold(&database, "monitor_frontiers", "ACCESS EXCLUSIVE").await;
    let activating = scene.activate();
    database.until_waiting(1).await;
    let counting = scene.count();
    database.until_waiting(2).await;
    held.rollback().await.unwrap();
    assert_eq!(activating.await.unwrap().unwrap().since, hour(4));
    let refused = counting.await.unwrap().unwrap_err();
    assert!(matches!(refused, StoreError::Superseded(_)), "{refused}");
    let partition = scene.here.partitions(&scene.feeder.topic).await.unwrap().remove(0);
    assert_eq!(partition.next_offset, Some(scene.feeder.next), "nothing was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_activation_that_fails_holds_nobody_up() {
    let Some(database) = Database::new("an_activation_that_fails_holds_nobody_up") else { return };
    let scene = Scene::set(&database).await;
    let plan = plan();
    let missing = "a@v9".parse().unwrap();
    scene.there.activate_baseline(&id_of(&plan), &missing, plan.monitor().pane).await.unwrap_err();
    let again = scene.activate().await.unwrap().unwrap();
    assert_eq!(scene.activate().await.unwrap().unwrap(), again, "it holds already");
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_locks WHERE relation = 'active_baselines'::regclass")
        .fetch_one(&database.outside)
        .await
        .unwrap();
    assert_eq!(held, 0, "no lock outlives its call");
}
