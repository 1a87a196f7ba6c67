//! Records that are none, among records that are: each is rejected for its reason and kept for people to look at, the
//! rest is judged as if they had never been there, and memory stays where it was. Fifty megabytes of junk; a gigabyte
//! with `DRIFTD_LONG=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use driftd_model::RejectReason;
use driftd_tests::live::{
    Deadline, Event, Producer, Site, Traffic, assert_conserved, assert_same_as_replay, dead_letters, is_long,
    letters_in, three_monitors, turn, wait_until_sealed,
};
use fastrand::Rng;

const PARTITIONS: i32 = 4;
const EVENTS: u64 = 40_000;
/// Bytes of one piece of junk.
const PIECE: usize = 100_000;
/// Memory that a daemon may take that fetches 16 MiB ahead, in MiB.
const MEMORY: u64 = 250;
/// Room in a topic for records that are larger than Kafka's usual megabyte.
const LARGE: [(&str, &str); 1] = [("max.message.bytes", "20000000")];

/// What is wrong, and the reason it is rejected for.
fn poison() -> Vec<(Option<Vec<u8>>, &'static str)> {
    let deep = format!("{{\"ts\":0,\"pad\":{}", "[".repeat(100_000));
    let large = format!("{{\"ts\":0,\"pad\":\"{}\"}}", "x".repeat(9 << 20));
    // Two hundred kilobytes that would open five thousand panes of every monitor.
    let days =
        (0..5_000_i64).map(|day| format!("{{\"ts\":{},\"features\":{{}}}}\n", 946_684_800_000 + day * 86_400_000));
    let days: String = days.collect();
    let texts = [
        ("{\"ts\":1735689600000,\"features\":{\"amount\":", "malformed_json"),
        ("{\"ts\":1735689600000,\"features\":{\"amount\":12,}}", "malformed_json"),
        ("amount=12", "malformed_json"),
        ("", "malformed_json"),
        ("[1,2,3]", "not_an_object"),
        ("42", "not_an_object"),
        ("\"ts\"", "not_an_object"),
        ("{}", "no_event_time"),
        ("{\"ts\":null,\"features\":{\"amount\":12}}", "no_event_time"),
        ("{\"ts\":\"yesterday\",\"features\":{\"amount\":12}}", "bad_event_time"),
        ("{\"ts\":{\"at\":1},\"features\":{\"amount\":12}}", "bad_event_time"),
        (deep.as_str(), "malformed_json"),
        (large.as_str(), "too_large"),
        (days.as_str(), "too_many_panes"),
    ];
    let mut poison: Vec<(Option<Vec<u8>>, &str)> =
        texts.iter().map(|(text, reason)| (Some(text.as_bytes().to_vec()), *reason)).collect();
    poison.push((None, "tombstone"));
    poison.push((Some(b"{\"ts\":0,\"features\":{\"country\":\"\xc3\x28\"}}".to_vec()), "not_utf8"));
    poison
}

/// The same stream with a change of schema in the middle: a number becomes text, a field goes and another comes. And one
/// record is five megabytes long, another five thousand brackets deep where nobody looks.
fn evolved(traffic: &Traffic) -> Vec<Event> {
    let change = |number: u64| {
        let mut event = traffic.event(number);
        if number >= EVENTS / 2 {
            let json = event.json.replacen("\"age\":", "\"age\":\"about \",\"was\":", 1);
            event.json = json.replacen("\"depth\":", "\"depth_in_metres\":", 1);
        }
        let pad = match number {
            _ if number == EVENTS / 4 => format!("\"{}\"", "é".repeat(2_500_000)),
            _ if number == EVENTS / 5 => format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
            _ => return event,
        };
        event.json = event.json.replacen("\"trace\":", &format!("\"pad\":{pad},\"trace\":"), 1);
        event
    };
    (0..EVENTS).map(change).chain(traffic.closing()).collect()
}

#[test]
fn poison_is_put_aside_and_the_rest_is_judged() {
    let site = match Site::with_topic("credit", PARTITIONS, &LARGE) {
        Ok(site) => site,
        Err(skip) => return skip.announce("poison_is_put_aside_and_the_rest_is_judged"),
    };
    let _turn = turn();
    let began = Instant::now();
    let dead = format!("{}-dead", site.topic());
    site.kafka.create_topic_with(&dead, 1, &LARGE);
    let traffic = Traffic::new(37, EVENTS, 360, PARTITIONS);
    let records = evolved(&traffic);
    let mut settings = three_monitors(&traffic, site.folder(), "15m");
    settings.kafka.push_str("\nfetch_bytes = \"16MiB\"");
    settings.kafka.push_str(&["\ndead_letter_topic = \"", &dead, "\""].concat());
    let group = site.deployment("group", &settings);
    let worker = group.worker("only");

    let mut rng = Rng::with_seed(41);
    let junk = if is_long() { 1_000_000_000 } else { 50_000_000 } / PIECE as u64;
    let mut bad = poison();
    rng.shuffle(&mut bad);
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, reason) in &bad {
        *expected.entry(reason).or_default() += 1;
    }
    *expected.entry("not_utf8").or_default() += junk;
    let rejected: u64 = expected.values().sum();

    // First what is wrong in many ways, a little at a time: every piece is kept as it came.
    let mut producer = Producer::new(&site);
    let (first, rest) = records.split_at(records.len() / 2);
    let mut poison = bad.iter();
    for (event, number) in first.iter().zip(0..) {
        if number % (first.len() / bad.len()) == 0
            && let Some((payload, _)) = poison.next()
        {
            producer.send(rng.i32(0..PARTITIONS), payload.as_deref());
        }
        producer.send(event.partition, Some(event.json.as_bytes()));
    }
    poison.for_each(|(payload, _)| producer.send(0, payload.as_deref()));
    producer.finish();
    // All but the one that is larger than what a producer of Kafka sends unless it is told to.
    let kept: Vec<_> = bad.iter().filter(|(_, reason)| *reason != "too_large").collect();
    let letters = dead_letters(&site, &dead, kept.len(), Deadline::secs(60));
    for (payload, reason) in &kept {
        let found = letters.iter().any(|letter| letter.reason == *reason && letter.payload == *payload);
        assert!(found, "a letter for {reason} as it came");
    }

    // Then what is wrong in one way, as fast as it comes.
    let mut piece = vec![0; PIECE];
    let mut thrown = 0;
    for (event, number) in rest.iter().zip(1..) {
        while thrown < junk * number / rest.len() as u64 {
            rng.fill(&mut piece);
            // No text begins like this.
            piece[0] = 0xff;
            producer.send(rng.i32(0..PARTITIONS), Some(&piece));
            thrown += 1;
        }
        producer.send(event.partition, Some(event.json.as_bytes()));
    }
    let sent = producer.finish();
    let ledger = group.ledger();
    Deadline::secs(300).wait("every record to be read", || ledger.records() == Some(sent));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    assert_eq!(ledger.rejected(), rejected);
    let timeless = bad.iter().filter(|(_, reason)| RejectReason::is_want_of_time(reason)).count() as u64;
    assert!(timeless > 0);
    for (outcome, records) in [("undecodable", rejected - timeless), ("no_event_time", timeless)] {
        let labels = format!("outcome=\"{outcome}\"");
        assert_eq!(worker.metric("driftd_records_total", &labels), records as f64, "{outcome}");
    }
    // Counting is exact. Copies are a convenience with little room, which a flood leaves behind rather than wait.
    let copied = letters_in(&site, &dead);
    assert!(copied > kept.len() as u64 && copied < rejected, "{copied} letters for {rejected} rejects");
    let peak = worker.peak_memory();
    println!(
        "{} MB of junk and {} records in {:.1} s, {rejected} rejected, {copied} of them copied, {peak} MiB at most",
        junk * PIECE as u64 / 1_000_000,
        records.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(peak <= MEMORY, "{peak} MiB");
    worker.stop();
    assert_conserved(&ledger, traffic.end(), &records);
    schema_change_was_seen(&group.history("credit").objects().collect::<Vec<_>>());
    assert_same_as_replay(&site, &settings, &group, records, traffic.end());
}

/// What became of the schema shows in the features it touched, from the middle on.
fn schema_change_was_seen(history: &[serde_json::Value]) {
    let last = |feature: &str, statistic: &str| {
        let of = |row: &&serde_json::Value| {
            row["feature"] == feature && row["statistic"] == statistic && row["window_name"] == "hour"
        };
        let rows: Vec<_> = history.iter().filter(of).collect();
        let outcome = |row: &serde_json::Value| row["outcome"].as_str().unwrap_or("none").to_owned();
        (outcome(rows[0]), outcome(rows[rows.len() - 1]))
    };
    let changed = ("stable".to_owned(), "critical".to_owned());
    let same = ("stable".to_owned(), "stable".to_owned());
    assert_eq!(last("age", "mistyped"), changed, "a number that became text");
    assert_eq!(last("age", "missing"), same, "text is not missing");
    assert_eq!(last("depth", "missing"), changed, "a field that went away");
    assert_eq!(last("amount", "missing"), same);
}
