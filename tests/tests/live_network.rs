//! The network between the daemons, the broker and the database loses packets, is cut, and lets no answer through: two
//! daemons come back by themselves each time, every record is in a sealed pane once, and the history is that of a
//! replay. Two and a half minutes; seven with `DRIFTD_LONG=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use driftd_tests::live::{
    Apart, Calm, Deadline, Event, Ledger, Network, Producer, Site, Traffic, Trouble, Worker, assert_conserved,
    assert_same_as_replay, is_long, three_monitors, wait_until_sealed,
};

const PARTITIONS: i32 = 6;
/// Records a second while the network is disturbed: slow enough for a cut to meet checkpoints and seals.
const RATE: u64 = 750;
/// Records a second once it is not any more.
const RATE_OF_THE_REST: u64 = 20_000;
/// Of so many packets one is lost.
const ONE_IN: u32 = 5;
/// For how many seconds they are.
const LOSSES: u64 = 6;
/// How long daemons may take to come back. TCP sends again after ever longer pauses, up to as long as the cut lasted.
const RECOVERY: u64 = 90;

/// Who is at the other end of the connections that are disturbed.
struct Server {
    name: &'static str,
    port: u16,
    /// What a daemon names as the reason, once it hears nothing of it.
    check: &'static str,
    /// For how many seconds it is silent.
    silence: u64,
}

/// What is looked at while the network is disturbed.
struct Scene<'a> {
    network: &'a Network,
    workers: &'a [Worker],
    ledger: &'a Ledger,
    sent: &'a AtomicU64,
}

#[test]
fn a_bad_network_costs_time_and_no_record() {
    if let Err(skip) = Apart::Network.run("in_a_network_of_its_own") {
        skip.announce("a_bad_network_costs_time_and_no_record");
    }
}

#[test]
#[ignore = "disturbs its network, so the test above runs it in one of its own"]
fn in_a_network_of_its_own() {
    let prepared = Network::own().and_then(|network| Ok((network, Site::new("credit", PARTITIONS)?)));
    let (network, site) = match prepared {
        Ok(prepared) => prepared,
        Err(skip) => return skip.announce("a_bad_network_costs_time_and_no_record"),
    };
    let began = Instant::now();
    let seconds = if is_long() { 600 } else { 200 };
    let traffic = Traffic::new(57, RATE * seconds, 16 * 60, PARTITIONS);
    let records: Vec<Event> = (0..traffic.len()).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    let settings = three_monitors(&traffic, site.folder(), "30m");
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let workers = ["first", "second"].map(|name| group.worker(name));
    let (sent, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let calm = Calm::of(&is_over);
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            producer.send_until(&is_over, &records, [RATE, RATE_OF_THE_REST], &sent);
            assert_eq!(producer.finish(), records.len() as u64, "records in the topic");
        });
        let scene = Scene { network: &network, workers: &workers, ledger: &ledger, sent: &sent };
        Deadline::secs(60).wait("both to be ready and seals to be made", || {
            scene.are_ready() && ledger.sealed_through("credit").is_some()
        });
        println!("{:.0} s to begin with", began.elapsed().as_secs_f64());
        let port = site.kafka.bootstrap().rsplit(':').next().unwrap().parse().unwrap();
        // Longer than members may be silent, and than a new connection is waited for; in the long version than any call
        // of the store may take, and as long as the producer has patience.
        let [of_broker, of_database] = if is_long() { [45, 100] } else { [20, 20] };
        let servers = [
            Server { name: "broker", port, check: "source", silence: of_broker },
            Server { name: "database", port: site.postgres.port(), check: "store", silence: of_database },
        ];
        for server in &servers {
            for trouble in [Trouble::Losses(ONE_IN), Trouble::Cut, Trouble::Mute] {
                scene.disturb(server, trouble);
                assert!(!producing.is_finished(), "records flow all the while");
            }
        }
        drop(calm);
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    Deadline::secs(90).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    for worker in workers {
        worker.stop();
    }
    println!("{} claims of {PARTITIONS} partitions", ledger.claims());
    assert!(ledger.claims() > PARTITIONS as u64, "members were missed, and nobody noticed");
    assert_eq!(ledger.rejected(), 0);
    assert_conserved(&ledger, traffic.end(), &records);
    let rows = assert_same_as_replay(&site, &settings, &group, records, traffic.end());
    println!("{rows} rows of history, the same twice; {:.0} s in all", began.elapsed().as_secs_f64());
}

impl Scene<'_> {
    /// Disturbs the connections to `server` for a while, and waits until nothing is left of it.
    fn disturb(&self, server: &Server, trouble: Trouble) {
        let name = server.name;
        let is_silent = !matches!(trouble, Trouble::Losses(_));
        let lasts = if is_silent { server.silence } else { LOSSES };
        Deadline::secs(10).wait("work to be on its way", || self.ledger.records() < Some(self.sent()));
        let (began, from) = (Instant::now(), self.sent());
        let disturbance = self.network.disturb(server.port, trouble);
        let reason = is_silent.then(|| {
            let reason = Deadline::secs(lasts).find("503 with the reason", || self.complaint(server));
            format!("; after {:.1} s: {reason}", began.elapsed().as_secs_f64())
        });
        Deadline::secs(lasts + 1)
            .wait("the disturbance to have lasted", || began.elapsed() >= Duration::from_secs(lasts));
        let lost = disturbance.lost();
        drop(disturbance);
        let (healed, sent) = (Instant::now(), self.sent());
        println!("{name}, {trouble:?}: {lasts} s, {lost} packets{}", reason.unwrap_or_default());
        assert!(lost > 0, "nobody has sent anything that could be lost");
        assert!(sent > from, "records flow meanwhile");

        let recovery = Deadline::secs(RECOVERY);
        recovery.wait(&format!("both to be ready after {trouble:?} of the {name}"), || self.are_ready());
        let ready = healed.elapsed();
        recovery.wait(&format!("records to be written down after {trouble:?} of the {name}"), || {
            self.ledger.records() >= Some(sent)
        });
        let written = healed.elapsed();
        println!("    ready {:.1} s later, up to date {:.1} s", ready.as_secs_f64(), written.as_secs_f64());
    }

    fn are_ready(&self) -> bool {
        self.workers.iter().all(Worker::is_ready)
    }

    /// Why a worker is not ready, if `server` is the reason.
    fn complaint(&self, server: &Server) -> Option<String> {
        let of = |(status, body): (u16, String)| {
            let said: serde_json::Value = serde_json::from_str(&body).unwrap();
            let mut reasons = said["reasons"].as_array().unwrap().iter().filter_map(|reason| reason.as_str());
            let reason = reasons.find(|reason| reason.starts_with(server.check))?;
            (status == 503).then(|| reason.to_owned())
        };
        self.workers.iter().find_map(|worker| worker.get("/readyz").and_then(of))
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}
