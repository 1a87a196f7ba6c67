//! `driftd partitions`, `topics` and `frontier`: what is put right by hand.

use driftd_model::{Checkpoint, Claimant, Offset, Partition, SharedStore, Topic};
use driftd_window::{PartitionMark, Timestamp, Watermark};
use insta::assert_snapshot;
use serde_json::json;

use crate::fixture::{CONFIG, Fixture};

/// The usual monitor, and no broker.
fn config() -> String {
    format!("[kafka]\nbrokers = ['127.0.0.1:1']\n{CONFIG}")
}

fn in_store(fixture: &Fixture, act: impl AsyncFnOnce(SharedStore)) {
    let url = format!("sqlite://{}", fixture.path("store.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = driftd_store::open(&url).await.unwrap();
        act(std::sync::Arc::clone(&store)).await;
        store.close().await;
    });
}

/// A moment in minutes.
fn clock(minutes: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + minutes * 60_000_000)
}

/// Two partitions of the monitor's topic: one read to offset 500, one claimed.
fn with_partitions() -> Fixture {
    let fixture = Fixture::with_monitor();
    fixture.write("driftd.toml", config());
    in_store(&fixture, async |store| {
        let topic = Topic::from("orders");
        let claim = store.claim(&topic, Partition(0), &Claimant::named("host-a/17"), clock(0)).await.unwrap();
        store.claim(&topic, Partition(1), &Claimant::named("host-b/23"), clock(1)).await.unwrap();
        let checkpoint = Checkpoint {
            topic,
            partition: Partition(0),
            epoch: claim.epoch,
            from: Offset(0),
            to: Offset(500),
            is_first: true,
            mark: PartitionMark::stored(Some(Watermark::at(clock(2).as_event_time())), None),
            deltas: Vec::new(),
            counted_on: Vec::new(),
            rejected: vec![("undecodable".to_owned(), 3)],
            samples: Vec::new(),
            log_mark: None,
            log_event: None,
        };
        store.checkpoint(&checkpoint, clock(3)).await.unwrap();
    });
    fixture
}

#[test]
fn partitions_are_listed_with_their_owners() {
    let fixture = with_partitions();
    assert_snapshot!(fixture.run("partitions list").shown(), @"
    exit 0
    --- out
    TOPIC   PARTITION  OWNER      EPOCH  NEXT OFFSET  WATERMARK (UTC)   END SINCE (UTC)  WRITTEN (UTC)
    orders          0  host-a/17      1          500  2023-11-14 22:15                   2023-11-14 22:16
    orders          1  host-b/23      1                                                  2023-11-14 22:14
    ");
    let listed = fixture.run("partitions list --topic orders --format json").json();
    assert_eq!(
        listed[0],
        json!({
            "topic": "orders", "partition": 0, "owner": "host-a/17", "epoch": 1, "next_offset": 500,
            "watermark": "2023-11-14T22:15:20Z", "end_since": null, "rejected": 3, "updated_at": "2023-11-14T22:16:20Z",
        })
    );
    assert_eq!(fixture.run("partitions list --topic carts --format json").json(), json!([]));
    assert_snapshot!(fixture.run("partitions list --topic carts").shown(), @"
    exit 0
    --- out
    no partitions: nothing was read yet
    ");
}

#[test]
fn an_offset_is_set_once_it_is_meant() {
    let fixture = with_partitions();
    let before = fixture.run("partitions list --format json").json();
    assert_snapshot!(fixture.run("partitions reset orders 0 --to 100").shown(), @"
    exit 2
    --- out
    orders/0 is to go on at offset 100 instead of 500.
    Counts of the records from there on are taken back where their pane is not sealed, and counted again as they are read; where it is sealed they are counted as late.
    Its owner, host-a/17, is fenced: a daemon ends by that within a minute, and goes on there when it is started again.
    --- err
    error: nothing was changed: add --yes to do it
    ");
    assert_eq!(fixture.run("partitions list --format json").json(), before);
    assert_snapshot!(fixture.run("partitions reset orders 0 --to 100 --by ada --yes").shown(), @r#"
    exit 0
    --- out
    orders/0 is to go on at offset 100 instead of 500.
    Counts of the records from there on are taken back where their pane is not sealed, and counted again as they are read; where it is sealed they are counted as late.
    Its owner, host-a/17, is fenced: a daemon ends by that within a minute, and goes on there when it is started again.
    orders/0 goes on at offset 100, epoch 2; 0 records are taken back
    --- err
    [NOW]  WARN driftd::commands::partitions: offset set by hand by="ada" partition=orders/0 from="500" to=100 epoch=2 undone=0
    "#);
    let after = &fixture.run("partitions list --format json").json()[0];
    assert_eq!(
        (&after["epoch"], &after["next_offset"], &after["owner"]),
        (&json!(2), &json!(100), &json!("set by ada"))
    );
    assert_eq!(after["watermark"], json!(null));
    assert_snapshot!(fixture.run("partitions reset orders 0 --to 900 --by ada --yes").out(), @"
    orders/0 is to go on at offset 900 instead of 100.
    Records before it that were not read yet are never counted.
    Its owner, set by ada, is fenced: a daemon ends by that within a minute, and goes on there when it is started again.
    orders/0 goes on at offset 900, epoch 3; 0 records are taken back
    ");
    assert_snapshot!(fixture.run("partitions reset orders 7 --to 1 --yes").refusal(), @"error: the store knows no partition orders/7; see `driftd partitions list`");
    assert_snapshot!(fixture.run("partitions reset orders 0 --to soon --yes").refusal(), @r#"error: "soon" is no place in a partition: write earliest, latest, an offset, or a time such as [NOW]"#);
    let unanswered = fixture.run("partitions reset orders 0 --to latest --yes").refusal();
    assert!(unanswered.contains("orders/0: "), "{unanswered}");
}

#[test]
fn a_partition_is_forgotten_when_it_is_gone_or_when_that_is_known_better() {
    let fixture = with_partitions();
    let refusal = fixture.run("partitions forget orders 1 --yes").refusal();
    assert!(
        refusal.starts_with("error: no broker says whether orders/1 is gone; --force forgets it all the same"),
        "{refusal}"
    );
    assert_snapshot!(fixture.run("partitions forget orders 1 --force --by ada --yes").out(), @"
    orders/1, last written by host-b/23 at 2023-11-14 22:14 UTC, is to be forgotten.
    What was counted of it stays, and monitors wait for it no longer.
    Should it come back, it begins where a partition begins that was never read.
    orders/1 is forgotten
    ");
    assert_eq!(fixture.run("partitions list --format json").json().as_array().unwrap().len(), 1);
}

#[test]
fn a_topic_begins_anew() {
    let fixture = with_partitions();
    assert_snapshot!(fixture.run("topics reset orders --by ada --yes").shown(), @r#"
    exit 0
    --- out
    orders is to begin anew in 2 partitions, where kafka.start says: earliest.
    What was counted stays: records that are there still, and are read again, are counted twice.
    Daemons that read them are fenced, end by that within a minute, and go on there when they are started again.
    orders begins anew in 2 partitions
    --- err
    [NOW]  WARN driftd::commands::topics: partition begun anew by hand by="ada" partition=orders/0 from="500" epoch=2
    [NOW]  WARN driftd::commands::topics: partition begun anew by hand by="ada" partition=orders/1 from="" epoch=2
    "#);
    let listed = fixture.run("partitions list --format json").json();
    let seen: Vec<_> = listed.as_array().unwrap().iter().map(|row| (&row["epoch"], &row["next_offset"])).collect();
    assert_eq!(seen, [(&json!(2), &json!(null)), (&json!(2), &json!(null))]);
    assert_snapshot!(fixture.run("topics reset carts --yes").refusal(), @"error: the store knows no partition of carts; see `driftd partitions list`");
}

#[test]
fn a_frontier_says_what_it_waits_for() {
    let fixture = with_partitions();
    assert_snapshot!(fixture.run("frontier show orders").out(), @"
    Nothing of monitor orders has been sealed yet.
    It waits: of orders/1 neither a record nor the end was seen since it was claimed or set.

    TOPIC   PARTITION  WATERMARK (UTC)   END SINCE (UTC)
    orders          0  2023-11-14 22:15
    orders          1                                     waited for
    ");
    fixture.run("partitions forget orders 1 --force --yes").ends(0);
    let shown = fixture.run("frontier show orders --format json").json();
    let expected = json!({
        "monitor": "orders", "sealed_through": null, "watermark": "2023-11-14T22:15:20Z", "waits_for": "partition",
        "partition": "orders/0", "missing": 0,
    });
    assert_eq!(shown, expected);
    assert!(fixture.run("frontier show others").refusal().contains("there is no monitor others"));
}

#[test]
fn a_frontier_is_set_back_and_its_windows_are_judged_again() {
    let fixture = Fixture::with_history();
    let history = fixture.run("history orders --format json").json();
    assert_snapshot!(fixture.run("frontier set orders 2024-02-04T10:30:00Z").shown(), @"
    exit 2
    --- out
    Monitor orders is to be sealed through 2024-02-04 10:00 UTC instead of 2024-02-08 00:00 UTC.
    What was sealed and judged from there on is forgotten, and done again with the records that came late; small changes that last are looked for from the beginning. Incidents stay, and people may be told again.
    --- err
    error: nothing was changed: add --yes to do it
    ");
    assert_eq!(fixture.run("history orders --format json").json(), history);
    assert_snapshot!(fixture.run("frontier set orders 2024-02-04T10:30:00Z --by ada --yes").shown(), @r#"
    exit 0
    --- out
    Monitor orders is to be sealed through 2024-02-04 10:00 UTC instead of 2024-02-08 00:00 UTC.
    What was sealed and judged from there on is forgotten, and done again with the records that came late; small changes that last are looked for from the beginning. Incidents stay, and people may be told again.
    monitor orders is sealed through 2024-02-04 10:00 UTC; 86 sealed panes are open again, 8 windows forgotten
    --- err
    [NOW]  WARN driftd::commands::frontier: frontier set by hand by="ada" monitor=orders from="2024-02-08 00:00 UTC" to=2024-02-04T10:00:00Z reopened=86 windows=8
    "#);
    let left = fixture.run("history orders --format json").json();
    assert!(left.as_array().unwrap().len() < history.as_array().unwrap().len());
    assert!(left.as_array().unwrap().iter().all(|row| row["window_end"].as_str().unwrap() <= "2024-02-04T10:00:00Z"));
    assert_snapshot!(fixture.run("frontier set orders 2024-03-01T00:00:00Z --by ada --yes").out(), @"
    Monitor orders is to be sealed through 2024-03-01 00:00 UTC instead of 2024-02-04 10:00 UTC.
    Windows that end in between are never judged, and their records count as late.
    monitor orders is sealed through 2024-03-01 00:00 UTC; 0 sealed panes are open again, 0 windows forgotten
    ");
    assert_snapshot!(fixture.run("frontier set orders 2024-03-01T00:00:00Z --yes").refusal(), @"error: monitor orders is sealed through 2024-03-01 00:00 UTC already");
}
