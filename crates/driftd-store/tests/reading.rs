//! A SQLite file that somebody only reads.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use driftd_model::{HistoryQuery, Silence, SilenceId};
use driftd_store::StoreOptions;
use driftd_testkit::fixtures::{CRITICAL, Feeder, Traffic, clock, plan, seal_all};

fn url(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("driftd.db").display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let refused = driftd_store::open_to_read(&url(&folder), &StoreOptions::default()).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("there is no SQLite database"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    assert!(driftd_store::open_to_read("sqlite::memory:", &StoreOptions::default()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_what_is_written_beside_it_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let writer = driftd_store::open(&url(&folder)).await.unwrap();
    let reader = driftd_store::open_to_read(&url(&folder), &StoreOptions::default()).await.unwrap();
    let plan = plan();
    let mut feeder = Feeder::claim(&*writer, 0).await;
    for hour in 0..3 {
        feeder.feed(&*writer, &plan, &[Traffic::at(hour).shifted(CRITICAL)], hour + 2).await;
        seal_all(&*writer, &plan, &[], clock(hour)).await;
        let seen = reader.history(&HistoryQuery::default()).await.unwrap();
        assert!(!seen.is_empty());
        assert_eq!(seen, writer.history(&HistoryQuery::default()).await.unwrap());
    }
    assert_eq!(reader.incidents(None).await.unwrap().len(), 1);
    assert!(!reader.sizes().await.unwrap().is_empty());
    let silence = Silence {
        id: SilenceId(0),
        matchers: Vec::new(),
        starts_at: clock(0),
        ends_at: clock(1),
        author: "ana".to_owned(),
        comment: String::new(),
    };
    assert!(reader.add_silence(&silence).await.is_err(), "it cannot write");
    // Whoever writes ends first, and everything is still there to be read.
    writer.close().await;
    assert_eq!(reader.silences(None).await.unwrap(), []);
    reader.close().await;
    let again = driftd_store::open_to_read(&url(&folder), &StoreOptions::default()).await.unwrap();
    assert_eq!(again.incidents(None).await.unwrap().len(), 1);
    again.close().await;
    let writer = driftd_store::open(&url(&folder)).await.unwrap();
    assert_eq!(writer.add_silence(&silence).await.unwrap(), SilenceId(1), "it is written again as ever");
    writer.close().await;
}
