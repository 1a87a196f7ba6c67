//! Baselines: immutable versions, and when each is judged against.

use driftd_model::{BaselineName, BaselineRef, ErrorClass, Store, StoredBaseline};

use super::Place;
use crate::fixtures::{baseline, clock, id_of, plan};

fn name(text: &str) -> BaselineName {
    text.parse().unwrap()
}

pub(super) fn version(text: &str) -> BaselineRef {
    text.parse().unwrap()
}

async fn put(store: &dyn Store, text: &str, salt: usize, at: i64) -> StoredBaseline {
    store.put_baseline(&name(text), baseline(salt), clock(at)).await.unwrap()
}

/// Nothing is nothing, not an error.
pub async fn what_was_never_stored_is_not_found(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.baseline(&version("a@v1")).await.unwrap(), None);
    assert_eq!(store.newest_baseline(&name("a")).await.unwrap(), None);
    assert_eq!(store.baselines().await.unwrap(), []);
    assert_eq!(store.activations(&id_of(&plan())).await.unwrap(), []);
    put(&*store, "a", 0, 1).await;
    assert_eq!(store.baseline(&version("a@v2")).await.unwrap(), None);
    assert_eq!(store.newest_baseline(&name("b")).await.unwrap(), None);
}

/// Every layout and every count comes back bit for bit, under the hash of its content.
pub async fn a_baseline_reads_back_as_it_was(place: &dyn Place) {
    let store = place.open().await;
    let stored = put(&*store, "a", 3, 5).await;
    assert_eq!(stored, StoredBaseline::new(version("a@v1"), clock(5), baseline(3)));
    assert_eq!(store.baseline(&version("a@v1")).await.unwrap(), Some(stored.clone()));
    assert_eq!(store.newest_baseline(&name("a")).await.unwrap(), Some(stored.clone()));
    assert_eq!(store.baselines().await.unwrap(), [stored.summary()]);
}

/// Building the same baseline again gives the version that is there.
pub async fn equal_content_is_not_stored_twice(place: &dyn Place) {
    let store = place.open().await;
    let first = put(&*store, "a", 0, 1).await;
    let mut same = baseline(0);
    "another-file.parquet".clone_into(&mut same.source);
    let again = store.put_baseline(&name("a"), same, clock(2)).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(put(&*store, "b", 0, 3).await.reference, version("b@v1"), "another name is another baseline");
    assert_eq!(store.baselines().await.unwrap().len(), 2);
}

/// Going back to older content is a new decision and a new version.
pub async fn only_the_newest_version_is_compared(place: &dyn Place) {
    let store = place.open().await;
    for (salt, expected) in [(0, 1), (1, 2), (0, 3), (0, 3), (2, 4)] {
        assert_eq!(put(&*store, "a", salt, 1).await.reference.version, expected);
    }
    let newest = store.newest_baseline(&name("a")).await.unwrap().unwrap();
    assert_eq!(newest.reference, version("a@v4"));
    let (one, three) = (version("a@v1"), version("a@v3"));
    let (one, three) = (store.baseline(&one).await.unwrap().unwrap(), store.baseline(&three).await.unwrap().unwrap());
    assert_eq!(one.hash, three.hash);
}

/// By name, then by version as a number.
pub async fn versions_are_listed_by_name(place: &dyn Place) {
    let store = place.open().await;
    put(&*store, "b", 0, 1).await;
    for salt in 0..11 {
        put(&*store, "a", salt, 1).await;
    }
    let listed: Vec<String> = store.baselines().await.unwrap().iter().map(|b| b.reference.to_string()).collect();
    let expected: Vec<String> = (1..=11).map(|v| format!("a@v{v}")).chain(["b@v1".to_owned()]).collect();
    assert_eq!(listed, expected);
}

/// A version that does not exist cannot be judged against; nothing is written.
pub async fn only_stored_versions_are_activated(place: &dyn Place) {
    let (store, monitor, width) = (place.open().await, id_of(&plan()), plan().monitor().pane);
    put(&*store, "a", 0, 1).await;
    for missing in ["a@v2", "b@v1"] {
        let error = store.activate_baseline(&monitor, &version(missing), width).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        assert!(error.to_string().contains(missing), "{error}");
    }
    assert_eq!(store.activations(&monitor).await.unwrap(), []);
}
