//! Two deployments that share a consumer group and not a store, such as staging beside production with the group's default
//! name: each counts a part of the partitions, neither can complete a window, and both say so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert by panicking")]

use driftd_model::IncidentKind;
use driftd_tests::live::{Deadline, Deployment, Producer, Site, Worker, record, simple_monitors, turn};

const PARTITIONS: i32 = 4;
/// Seconds between two records of a partition.
const APART: i64 = 2;

struct Traffic {
    producer: Producer,
    number: u64,
}

impl Traffic {
    /// So many records in each partition; how many there are in all.
    fn send(&mut self, count: u64) -> u64 {
        for _ in 0..count {
            for partition in 0..PARTITIONS {
                let at = i64::try_from(self.number).unwrap() / i64::from(PARTITIONS) * APART;
                self.producer.send(partition, Some(&record(at, self.number)));
                self.number += 1;
            }
        }
        self.producer.finish()
    }
}

/// Whether the worker says why it cannot be trusted.
fn says_so(worker: &Worker) -> bool {
    worker.get("/readyz").is_some_and(|(status, body)| {
        status == 503 && body.contains("counted by another deployment in the same kafka.group")
    })
}

/// Whether an incident of the deployment says so, and what to do.
fn is_told(deployment: &Deployment) -> bool {
    let mut rows = deployment.ledger().incidents("watched").into_iter();
    rows.find(|row| row.kind == IncidentKind::Pipeline).is_some_and(|row| {
        let shown = deployment.run(&["incidents", "show", row.incident_id.as_str()]).stdout;
        shown.contains("another deployment in the same kafka.group") && shown.contains("Give each a group of its own")
    })
}

#[test]
fn deployments_that_share_a_group_say_so_until_one_of_them_leaves() {
    let test = "deployments_that_share_a_group_say_so_until_one_of_them_leaves";
    let Ok(site) = Site::new("shared-group", PARTITIONS).map_err(|skip| skip.announce(test)) else { return };
    let _turn = turn();
    let mut settings = simple_monitors(&[("watched", "1h")], site.folder());
    settings.monitors = settings
        .monitors
        .replace("min_samples", "pipeline = { lag = \"5s\" }\nincidents = { open_after = 1 }\nmin_samples");
    let production = site.deployment("production", &settings);
    let group = format!("group = \"{}-production\"", site.topic());
    let staging = site.deployment("staging", &settings);
    let staging = staging
        .configured("staging-shared", |text| text.replace(&format!("group = \"{}-staging\"", site.topic()), &group));
    let mut traffic = Traffic { producer: Producer::new(&site), number: 0 };

    let first = production.worker("production");
    let sent = traffic.send(300);
    let counted = |deployment: &Deployment, sent| deployment.ledger().records() == Some(sent);
    Deadline::secs(60).wait("all to be counted", || counted(&production, sent));
    Deadline::secs(60).wait("it to be ready", || first.is_ready());

    // This one has never read half of the partitions, the other has read all of them.
    let second = staging.worker("staging");
    Deadline::secs(120).wait("both to say so", || {
        traffic.send(10);
        says_so(&first) && says_so(&second)
    });
    assert!(first.metric("driftd_watermark_lag_seconds", "watched") > 0.0);
    Deadline::secs(120).wait("incidents of both to say so", || {
        traffic.send(10);
        is_told(&production) && is_told(&staging)
    });

    second.stop();
    let sent = traffic.send(10);
    Deadline::secs(60).wait("all to be counted", || counted(&production, sent));
    Deadline::secs(60).wait("it to be ready again", || first.is_ready());
    first.stop();
}
