//! Workers of one group whose configurations differ, as in a rolling update or after a forgotten file: a monitor is judged
//! on panes only that were counted whole for it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert by panicking")]

use driftd_tests::live::{
    Deadline, Deployment, Ledger, Producer, Site, Worker, minute_of, record, second, simple_monitors, turn,
};

const MINUTE: i64 = 60;
/// Records a minute and partition.
const A_MINUTE: i64 = 30;
const PARTITIONS: i32 = 4;

struct Scene {
    site: Site,
    /// Whose configuration has both monitors.
    whole: Deployment,
    ledger: Ledger,
    producer: Producer,
    number: u64,
}

impl Scene {
    fn set(name: &str, test: &str) -> Option<Self> {
        let site = Site::new(name, PARTITIONS).map_err(|skip| skip.announce(test)).ok()?;
        let mut settings = simple_monitors(&[("always", "1h"), ("added", "1h")], site.folder());
        settings.monitors = settings.monitors.replace("min_samples", "pipeline = { lag = \"5s\" }\nmin_samples");
        let whole = site.deployment("whole", &settings);
        let (ledger, producer) = (whole.ledger(), Producer::new(&site));
        Some(Self { site, whole, ledger, producer, number: 0 })
    }

    /// Regular traffic of all partitions in minutes `from` to `to`, until it is written down.
    fn minutes(&mut self, from: i64, to: i64) {
        for tick in from * A_MINUTE..to * A_MINUTE {
            for partition in 0..PARTITIONS {
                self.number += 1;
                self.producer.send(partition, Some(&record(tick * MINUTE / A_MINUTE, self.number)));
            }
        }
        let sent = self.producer.finish();
        Deadline::secs(60).wait("every record to be written down", || self.ledger.records() == Some(sent));
    }

    fn sealed_through(&self, monitor: &str, minute: i64) {
        let what = format!("{monitor} to be sealed through minute {minute}");
        let is_sealed = || self.ledger.sealed_through(monitor) >= Some(second(minute * MINUTE));
        Deadline::secs(60).wait(&what, is_sealed);
    }

    /// Minutes with the records that were counted in them.
    fn counted(&self, monitor: &str) -> Vec<(i64, u64)> {
        let panes = self.ledger.panes(monitor, second(0), second(1_000 * MINUTE));
        let counted = panes.into_iter().filter(|(_, rows, _)| *rows > 0);
        counted.map(|(at, rows, _)| (minute_of(at), rows)).collect()
    }
}

/// Waits until each of them reads partitions.
fn shared(workers: [&Worker; 2]) {
    let reads =
        |worker: &Worker| worker.get("/metrics").is_some() && worker.metric("driftd_partition_tasks", "") >= 1.0;
    Deadline::secs(60).wait("both to read partitions", || workers.iter().all(|worker| reads(worker)));
}

/// Records of a minute, all of them.
const WHOLE: u64 = PARTITIONS as u64 * A_MINUTE as u64;

#[test]
fn a_monitor_waits_while_a_worker_does_not_have_it_and_is_never_judged_on_a_part() {
    let test = "a_monitor_waits_while_a_worker_does_not_have_it_and_is_never_judged_on_a_part";
    let Some(mut scene) = Scene::set("mixed", test) else { return };
    let _turn = turn();
    let new = scene.whole.worker("new");
    scene.minutes(0, 4);
    scene.sealed_through("added", 3);
    let without = |whole: &str| whole.split_at(whole.rfind("[[monitor]]").unwrap()).0.to_owned();
    let old = scene.whole.configured("part", without).worker("old");
    shared([&new, &old]);
    scene.minutes(4, 9);
    scene.sealed_through("always", 8);
    let reason = Deadline::secs(60).find("it to say that it waits", || {
        let (status, said) = new.get("/readyz")?;
        (status == 503 && said.contains("added") && said.contains("do not have the monitor")).then_some(said)
    });
    println!("{reason}");
    assert!(scene.ledger.sealed_through("added") < Some(second(5 * MINUTE)), "half of minute 4 was counted for it");

    old.stop();
    Deadline::secs(60).wait("the other to read everything", || new.is_ready());
    scene.minutes(9, 16);
    scene.sealed_through("added", 15);
    scene.sealed_through("always", 15);
    new.stop();

    let every: Vec<(i64, u64)> = (0..15).map(|minute| (minute, WHOLE)).collect();
    assert_eq!(scene.counted("always"), every, "it was there all the time");
    let added = scene.counted("added");
    assert!(added.iter().all(|(_, rows)| *rows == WHOLE), "whole panes only: {added:?}");
    let minutes: Vec<i64> = added.iter().map(|(minute, _)| *minute).collect();
    assert!(minutes.starts_with(&[0, 1, 2]) && minutes.ends_with(&[10, 11, 12, 13, 14]), "{minutes:?}");
    assert!(!minutes.contains(&5) && !minutes.contains(&6) && !minutes.contains(&7), "{minutes:?}");
    // The window from minute 5 to 10 has a part only of its panes, and says how much.
    for row in scene.whole.history("added").objects() {
        let end: driftd_window::EventTime = row["window_end"].as_str().unwrap().parse().unwrap();
        let rows = row["m"].as_u64().unwrap();
        let whole = minutes.iter().filter(|minute| (minute_of(end) - 5..minute_of(end)).contains(*minute)).count();
        assert_eq!(rows, whole as u64 * WHOLE, "what was counted, and nothing beside it: {row}");
    }
    drop(scene.site);
}
