//! What happens to the logs of partitions beneath a daemon: records deleted unread, topics made anew, topics that may not
//! be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

use driftd_model::{IncidentKind, LogEvent, Offset};
use driftd_tests::live::{Deadline, Deployment, Ledger, Producer, Site, record, simple_monitors, turn};

const MINUTE: i64 = 60;

/// A topic of one partition, and a deployment whose incidents open with the first bad check.
struct Scene {
    site: Site,
    group: Deployment,
    ledger: Ledger,
}

impl Scene {
    fn set(name: &str, test: &str) -> Option<Self> {
        let site = Site::new(name, 1).map_err(|skip| skip.announce(test)).ok()?;
        let mut settings = simple_monitors(&[("watched", "1h")], site.folder());
        settings.monitors = settings.monitors.replace("min_samples", "incidents = { open_after = 1 }\nmin_samples");
        let group = site.deployment("group", &settings);
        let ledger = group.ledger();
        Some(Self { site, group, ledger })
    }

    /// Writes `count` records, ten a minute from `minute` on.
    fn send(&self, minute: i64, count: i64) {
        let mut producer = Producer::new(&self.site);
        for number in 0..count {
            producer.send(0, Some(&record(minute * MINUTE + number * 6, number as u64)));
        }
        producer.finish();
    }

    fn counted(&self, next: i64) {
        Deadline::secs(60).wait("every record to be counted", || self.next() == Some(next));
    }

    fn next(&self) -> Option<i64> {
        Some(self.ledger.partitions()?.first()?.next_offset?.0)
    }

    fn event(&self) -> Option<LogEvent> {
        self.ledger.partitions()?.first()?.log_event.map(|(event, _)| event)
    }

    /// Waits until the pipeline's incident says so. What lags, as old records do, may have opened it before.
    fn told(&self, all: &[&str]) {
        Deadline::secs(120).wait(&all.join(", "), || {
            let mut rows = self.ledger.incidents("watched").into_iter();
            let Some(row) = rows.find(|row| row.kind == IncidentKind::Pipeline) else { return false };
            let shown = self.group.run(&["incidents", "show", row.incident_id.as_str()]).stdout;
            all.iter().all(|said| shown.contains(said))
        });
    }
}

#[test]
fn records_that_were_deleted_unread_are_told_as_a_number() {
    let Some(scene) = Scene::set("deleted", "records_that_were_deleted_unread_are_told_as_a_number") else { return };
    let _turn = turn();
    let worker = scene.group.worker("first");
    scene.send(0, 100);
    scene.counted(100);
    worker.stop();
    scene.send(10, 500);
    scene.site.kafka.delete_records(scene.site.topic(), 0, 400);

    let worker = scene.group.worker("second");
    scene.counted(600);
    assert_eq!(worker.metric("driftd_records_lost_total", scene.site.topic()), 300.0);
    assert_eq!(scene.event(), Some(LogEvent::Deleted { from: Offset(100), to: Offset(400) }));
    scene.told(&["300 records of", "offsets 100 to 400"]);
    assert!(worker.is_ready(), "nothing is in its way any more");
    worker.stop();
}

#[test]
fn a_topic_that_was_made_anew_is_counted_from_its_beginning_and_told() {
    let Some(scene) = Scene::set("anew", "a_topic_that_was_made_anew_is_counted_from_its_beginning_and_told") else {
        return;
    };
    let _turn = turn();
    let make_anew = || {
        scene.site.kafka.delete_topic(scene.site.topic());
        scene.site.kafka.create_topic(scene.site.topic(), 1);
    };
    let worker = scene.group.worker("first");
    scene.send(0, 100);
    scene.counted(100);
    worker.stop();
    make_anew();
    scene.send(5, 150);

    let mut worker = scene.group.worker("longer");
    scene.counted(150);
    assert_eq!(worker.metric("driftd_records_total", "counted"), 150.0, "none is passed over");
    assert_eq!(scene.event(), Some(LogEvent::Renewed { counted_to: Offset(100) }));
    scene.told(&["another log than the one that was counted to offset 100"]);
    // Shorter than before, and while it is read.
    make_anew();
    scene.send(30, 40);
    scene.counted(40);
    assert_eq!(scene.event(), Some(LogEvent::Renewed { counted_to: Offset(150) }));
    // Longer than before at once, and while it is read: only the topic's id tells.
    make_anew();
    scene.send(60, 200);
    scene.counted(200);
    assert_eq!(scene.event(), Some(LogEvent::Renewed { counted_to: Offset(40) }));
    assert_eq!(worker.metric("driftd_records_total", "counted"), 390.0, "none is passed over or counted twice");
    assert!(worker.is_running(), "one topic is not the process");
    Deadline::secs(30).wait("it to be ready", || worker.is_ready());
    worker.stop();
}

#[test]
fn a_topic_that_may_not_be_read_is_no_ready_daemon() {
    let Some(scene) = Scene::set("denied", "a_topic_that_may_not_be_read_is_no_ready_daemon") else { return };
    let _turn = turn();
    scene.send(0, 100);
    scene.site.kafka.deny_reads(scene.site.topic());
    let worker = scene.group.worker("only");
    let reason = Deadline::secs(120).find("it to say why", || {
        let (status, body) = worker.get("/readyz")?;
        (status == 503 && body.contains("cannot be read at offset 0")).then_some(body)
    });
    assert!(reason.contains(scene.site.topic()) && reason.contains("grant its user READ"), "{reason}");
    scene.told(&["cannot be read at offset 0"]);
    scene.site.kafka.allow_reads(scene.site.topic());
    scene.counted(100);
    Deadline::secs(30).wait("it to be ready", || worker.is_ready());
    worker.stop();
}
