//! What an operator does beside running daemons: the doctor on a real broker and database, offsets set by hand, and how
//! soon others take over from a process that was killed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert")]

use std::time::{Duration, Instant};

use driftd_model::{Claimant, Partition, SharedStore, Topic};
use driftd_tests::live::{Deadline, Deployment, Producer, Settings, Site, Worker, record, second, simple_monitors};
use driftd_window::Timestamp;
use tokio::runtime::Runtime;

const RECORDS: u64 = 600;

fn site(name: &str, partitions: i32) -> Option<Site> {
    match Site::new(name, partitions) {
        Ok(site) => Some(site),
        Err(skip) => {
            skip.announce(&format!("live_operating::{name}"));
            None
        }
    }
}

/// Sends records number `from` to `to`, a second apart, to the first partition.
fn produce(site: &Site, from: u64, to: u64) {
    let mut producer = Producer::new(site);
    for number in from..to {
        producer.send(0, Some(&record(number as i64, number)));
    }
    producer.finish();
}

/// A runtime, and the store of the deployment.
fn store(deployment: &Deployment) -> (Runtime, SharedStore) {
    let runtime = Runtime::new().unwrap();
    let store = runtime.block_on(driftd_store::open(deployment.url())).unwrap();
    (runtime, store)
}

/// What the doctor says, without what differs from run to run, and how it ends.
fn doctor(deployment: &Deployment, site: &Site) -> (i32, String) {
    let (code, ran) = deployment.ended(&["doctor"]);
    let mut text = ran.stdout.replace(site.topic(), "TOPIC").replace(&site.kafka.bootstrap(), "BROKER");
    for (digits, word) in [("PostgreSQL ", "[V]"), ("tables of version ", "[N]"), ("driftd ", "[VERSION]")] {
        text = without_version(&text, digits, word);
    }
    (code, text)
}

/// `text` with the number behind `before` put as `word`.
fn without_version(text: &str, before: &str, word: &str) -> String {
    text.lines().fold(String::new(), |all, line| {
        let line = match line.split_once(before) {
            Some((head, tail)) if tail.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{head}{before}{word}{}", tail.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
            }
            _ => line.to_owned(),
        };
        all + &line + "\n"
    })
}

#[test]
fn a_doctor_finds_all_well_and_names_what_is_not() {
    let Some(site) = site("doctor", 2) else { return };
    let deployment = site.deployment("doctor", &simple_monitors(&[("m", "1s")], site.folder()));
    produce(&site, 0, 10);
    let (code, text) = doctor(&deployment, &site);
    insta::assert_snapshot!(text, @"
    ok    version         driftd [VERSION]
    ok    configuration   1 monitor, 0 receivers
    ok    store           PostgreSQL [V], tables of version [N]
    ok    clock           within 2 s of the store's
    ok    monitor m       baseline simple@v1
    ok    kafka           1 broker: BROKER
    ok    topic TOPIC  2 partitions, 10 records to be read
    ");
    assert_eq!(code, 0);

    // A partition that the topic has not got, and an offset behind the end of one that it has.
    let (runtime, store) = store(&deployment);
    let topic = Topic::from(site.topic());
    let now = Timestamp::from_micros(1_700_000_000_000_000);
    runtime.block_on(store.claim(&topic, Partition(7), &Claimant::named("gone"), now)).unwrap();
    runtime.block_on(store.claim(&topic, Partition(0), &Claimant::named("here"), now)).unwrap();
    deployment.run(&["partitions", "reset", site.topic(), "0", "--to", "999", "--yes"]);
    let (code, text) = doctor(&deployment, &site);
    assert_eq!(code, 2, "{text}");
    let wrong: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("FAIL")).collect();
    insta::assert_snapshot!(wrong.join("\n"), @"
    FAIL  topic TOPIC  has no partition 7 any more, and its monitors wait for it
                          → driftd partitions forget TOPIC 7 --yes
    FAIL  topic TOPIC  TOPIC/0 ends at offset 10, and the store goes on at 999: the topic was created anew or has lost records
                          → driftd topics reset TOPIC --yes
    ");
    let (_, told) = deployment.ended(&["frontier", "show", "m"]);
    assert!(told.stdout.contains("neither a record nor the end was seen"), "{}", told.stdout);

    // What it says helps; and it is not done to a partition that is there.
    let (code, refused) = deployment.ended(&["partitions", "forget", site.topic(), "0", "--yes"]);
    assert!(code == 2 && refused.stderr.contains("it would be claimed again at once"), "{}", refused.stderr);
    deployment.run(&["partitions", "forget", site.topic(), "7", "--yes"]);
    deployment.run(&["topics", "reset", site.topic(), "--yes"]);
    assert_eq!(doctor(&deployment, &site).0, 0);
}

#[test]
fn a_partition_that_is_set_back_beside_a_daemon_is_read_again_and_counted_once() {
    let Some(site) = site("reset", 1) else { return };
    let deployment = site.deployment("reset", &simple_monitors(&[("m", "1h")], site.folder()));
    let mut worker = deployment.worker("w");
    let (runtime, store) = store(&deployment);
    let topic = Topic::from(site.topic());
    let position = || {
        let rows = runtime.block_on(store.partitions(&topic)).unwrap();
        rows.first().map(|row| (row.epoch.0, row.next_offset.map_or(0, |offset| offset.0)))
    };
    produce(&site, 0, RECORDS);
    Deadline::secs(60).wait("all is counted", || position().is_some_and(|(_, next)| next == RECORDS as i64));
    let (epoch, _) = position().unwrap();
    deployment.run(&["partitions", "reset", site.topic(), "0", "--to", "earliest", "--yes"]);
    // The daemon is fenced with its next checkpoint and ends; the one that is started again reads what is there.
    produce(&site, RECORDS, RECORDS + 60);
    assert_eq!(worker.wait(Deadline::secs(120)).code(), Some(2));
    let worker = deployment.worker("again");
    let end = RECORDS as i64 + 60;
    Deadline::secs(60)
        .wait("it is read again", || position().is_some_and(|(now, next)| now > epoch + 1 && next == end));
    // Far behind everything, so that all of it is sealed.
    produce(&site, RECORDS + 600, RECORDS + 601);
    let monitor = "m".parse().unwrap();
    let last = second(RECORDS as i64);
    Deadline::secs(60).wait("it is sealed", || {
        runtime.block_on(store.sealed_through(&monitor)).unwrap().is_some_and(|through| through > last)
    });
    let begin = second(0);
    let panes = runtime.block_on(store.sealed_panes(&monitor, begin, second(end))).unwrap();
    let sealed: u64 = panes.iter().map(|pane| pane.rows).sum();
    let late: u64 = panes.iter().map(|pane| pane.late_rows).sum();
    assert!(sealed >= RECORDS, "{sealed} sealed, {late} late");
    assert!(panes.iter().all(|pane| pane.rows <= 60), "a minute has sixty records: {panes:?}");
    worker.stop();
}

/// One worker more than there are partitions has nothing to do, and stands by: a rolling update waits for it to be ready.
#[test]
fn a_worker_that_is_left_without_partitions_is_ready_and_takes_over() {
    let Some(site) = site("standby", 1) else { return };
    let deployment = site.deployment("standby", &simple_monitors(&[("m", "1s")], site.folder()));
    let workers = [deployment.worker("one"), deployment.worker("two")];
    Deadline::secs(60).wait("both are ready", || workers.iter().all(Worker::is_ready));
    let (runtime, store) = store(&deployment);
    let owner = || runtime.block_on(store.all_partitions()).unwrap().into_iter().map(|one| one.owner).next();
    let is_owner = |worker: &Worker| owner().is_some_and(|owner| owner.ends_with(&format!("/{}", worker.id())));
    Deadline::secs(60).wait("one of them has the partition", || workers.iter().any(is_owner));
    let (busy, idle): (Vec<Worker>, Vec<Worker>) = workers.into_iter().partition(is_owner);
    assert!(idle.iter().all(Worker::is_ready));
    for worker in busy {
        worker.stop();
    }
    Deadline::secs(60)
        .wait("the other takes it over", || idle.iter().all(|worker| is_owner(worker) && worker.is_ready()));
    for worker in idle {
        worker.stop();
    }
}

#[test]
fn others_take_over_from_a_killed_process_within_ten_seconds() {
    let Some(site) = site("takeover", 4) else { return };
    // The defaults of [kafka], which the other tests shorten.
    let settings = Settings { kafka: String::new(), ..simple_monitors(&[("m", "1s")], site.folder()) };
    let deployment = site.deployment("takeover", &settings);
    let (runtime, store) = store(&deployment);
    let owners = || {
        let rows = runtime.block_on(store.all_partitions()).unwrap();
        rows.into_iter().map(|one| one.owner).collect::<Vec<String>>()
    };
    let first = deployment.worker("first");
    let other = deployment.worker("other");
    let of = |worker: u32| move |owner: &String| owner.ends_with(&format!("/{worker}"));
    let share = |worker: u32| owners().iter().filter(|owner| of(worker)(owner)).count();
    let (killed, stays) = (first.id(), other.id());
    Deadline::secs(60).wait("both have partitions", || share(killed) == 2 && share(stays) == 2);
    let since = Instant::now();
    first.kill();
    Deadline::secs(30).wait("the other has all of them", || share(stays) == 4);
    let took = since.elapsed();
    eprintln!("takeover after kill -9: {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(10), "{took:?}");
    other.stop();
}
