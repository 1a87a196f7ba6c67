use driftd_dataset::{BaselineOptions, Table, build_baseline};
use driftd_window::Timestamp;

use super::*;
use crate::stores::Stores;

/// A store, and a monitor that follows the newest version of a baseline.
async fn following(stores: &Stores) -> (SharedStore, Monitor) {
    let mut monitor = Monitor::new("orders".parse().unwrap(), "orders".into());
    monitor.baseline = "orders".parse().unwrap();
    (stores.open("sqlite::memory:").await.unwrap(), monitor)
}

/// Stores one more version.
async fn build(store: &SharedStore, shift: usize) -> BaselineRef {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.csv");
    let rows = (0..500).map(|i| format!("{}\n", (i * 37) % 211 + shift)).collect::<Vec<_>>().concat();
    std::fs::write(&path, format!("x\n{rows}")).unwrap();
    let built = build_baseline(&Table::open(&path).unwrap(), &BaselineOptions::default(), &|_| ()).unwrap();
    store.put_baseline(&"orders".parse().unwrap(), built, Timestamp::from_micros(0)).await.unwrap().reference
}

/// What a worker does when it starts.
async fn take_up_newest(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<()> {
    let succession = succession(store, monitor).await?;
    activated(store, succession.into_iter().collect()).await
}

async fn judged_against(store: &SharedStore, monitor: &Monitor) -> BaselineRef {
    schedule(store, monitor).await.unwrap().newest().baseline().reference.clone()
}

#[tokio::test]
async fn workers_that_start_one_after_the_other_count_on_one_plan() {
    let stores = Stores::default();
    let (store, monitor) = following(&stores).await;
    let first = build(&store, 0).await;
    take_up_newest(&store, &monitor).await.unwrap();
    let of_the_first_worker = schedule(&store, &monitor).await.unwrap();
    assert_eq!(of_the_first_worker.newest().baseline().reference, first);

    // Another version is nothing to a worker that runs, until one is started.
    let second = build(&store, 5).await;
    assert_eq!(judged_against(&store, &monitor).await, first);
    take_up_newest(&store, &monitor).await.unwrap();
    assert_eq!(judged_against(&store, &monitor).await, second);
    let now = origins(&store, &monitor).await.unwrap();
    assert_ne!(now, of_the_first_worker.origins(), "the first worker finds out that it is outdated");
    assert!(now.iter().all(|origin| origin.activation().is_some()), "nobody counts on what the configuration says");
    take_up_newest(&store, &monitor).await.unwrap();
    assert_eq!(store.activations(&monitor.id).await.unwrap().len(), 1, "what holds is not activated again");
}

#[tokio::test]
async fn a_replay_begins_with_the_newest_and_stores_no_decision() {
    let stores = Stores::default();
    let (store, monitor) = following(&stores).await;
    let first = build(&store, 0).await;
    assert_eq!(plan(&store, &monitor).await.unwrap().baseline().reference, first);
    take_up_newest(&store, &monitor).await.unwrap();
    let second = build(&store, 5).await;
    assert_eq!(plan(&store, &monitor).await.unwrap().baseline().reference, second);
    assert_eq!(judged_against(&store, &monitor).await, first);
}

#[tokio::test]
async fn what_cannot_serve_is_refused_by_name() {
    let stores = Stores::default();
    let (store, mut monitor) = following(&stores).await;
    let missing = take_up_newest(&store, &monitor).await.unwrap_err();
    assert_eq!(missing.to_string(), "monitor orders has no baseline to be judged against");
    build(&store, 0).await;
    monitor.features.insert("y".into(), driftd_model::FeatureRules::default());
    assert!(
        take_up_newest(&store, &monitor).await.unwrap_err().to_string().contains("\"y\" is not in baseline orders@v1")
    );
    assert!(store.activations(&monitor.id).await.unwrap().is_empty());
    monitor.baseline = "orders@v1".parse().unwrap();
    monitor.features.clear();
    take_up_newest(&store, &monitor).await.unwrap();
    assert!(store.activations(&monitor.id).await.unwrap().is_empty(), "a version that is named needs no activation");
}
