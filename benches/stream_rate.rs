//! Records from Kafka to verdicts in Postgres: driftd beside a consumer that only counts bytes, and beside Python.
//!
//! `cargo bench --workspace --bench stream_rate`. Broker, database and contenders share one machine and one run; the
//! servers are started here. The Python peer runs on `DRIFTD_BENCH_PYTHON`, else on a virtual environment that is made
//! on first use. `DRIFTD_BENCH_EVENTS` sets the size of the largest topic, `DRIFTD_BENCH_SHAPES` picks shapes, such as
//! `12/25/1,1/25/1` for partitions, features and monitors.

use std::path::{Path, PathBuf};

use anyhow::Context;
use driftd_benches::report::{figure, figure_or_dash, headline, note, table, times};
use driftd_benches::stream::daemon::{DaemonLeg, Deployment};
use driftd_benches::stream::leg::{Leg, faster};
use driftd_benches::stream::servers::Servers;
use driftd_benches::stream::topic::{self, Topic};
use driftd_benches::stream::{peer, raw};
use driftd_benches::{child, proc};

/// Events of the largest topic.
const EVENTS: u64 = 4_000_000;
/// Rounds of each contender, of which the fastest counts. The peer, which is slow, has one.
const ROUNDS: usize = 3;
/// Legs at most that warm a broker up.
const WARM_UPS: usize = 6;
/// Partitions, features, monitors, and by how much less than the largest topic this one holds. The first is what the
/// others are compared with; each of them changes one thing.
const SHAPES: [Shape; 7] = [
    Shape { partitions: 12, features: 25, monitors: 1, part: 1 },
    Shape { partitions: 4, features: 25, monitors: 1, part: 2 },
    Shape { partitions: 1, features: 25, monitors: 1, part: 2 },
    Shape { partitions: 12, features: 10, monitors: 1, part: 2 },
    Shape { partitions: 12, features: 100, monitors: 1, part: 8 },
    Shape { partitions: 12, features: 25, monitors: 10, part: 4 },
    Shape { partitions: 12, features: 25, monitors: 100, part: 20 },
];

#[derive(Clone, Copy, Debug)]
struct Shape {
    partitions: u32,
    features: usize,
    monitors: usize,
    part: u64,
}

/// Everybody's best over one topic.
struct Outcome {
    shape: Shape,
    raw: Leg,
    driftd: DaemonLeg,
    peer: Option<Leg>,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((raw::MODE, rest)) = arguments.split_first().map(|(mode, rest)| (mode.as_str(), rest)) {
        return raw::main(rest);
    }
    let driftd = child::driftd()?;
    let python = peer::python().inspect_err(|error| note(&format!("=== NO PEER: {error:#}"))).ok();
    let servers = match Servers::start() {
        Ok(servers) => servers,
        Err(skip) => {
            skip.announce("stream_rate");
            return Ok(());
        }
    };
    let mut outcomes = Vec::new();
    let mut topics: Vec<Topic> = Vec::new();
    for shape in wanted()? {
        let events = events()? / shape.part;
        let fits = |topic: &&Topic| {
            (topic.partitions, topic.features, topic.events) == (shape.partitions, shape.features, events)
        };
        let topic = match topics.iter().find(fits) {
            Some(topic) => topic.clone(),
            None => topic::fill(&servers.kafka, shape.partitions, shape.features, events),
        };
        if outcomes.is_empty() {
            warm_up(&servers, &driftd, &topic)?;
        }
        outcomes.push(measure(&servers, &driftd, python.as_ref(), shape, &topic)?);
        topics.push(topic);
    }
    contenders(&outcomes);
    store(&outcomes);
    Ok(())
}

fn events() -> anyhow::Result<u64> {
    std::env::var("DRIFTD_BENCH_EVENTS")
        .map_or(Ok(EVENTS), |text| text.parse().with_context(|| format!("DRIFTD_BENCH_EVENTS={text} is no number")))
}

/// The shapes that were asked for, or all.
fn wanted() -> anyhow::Result<Vec<Shape>> {
    let Ok(text) = std::env::var("DRIFTD_BENCH_SHAPES") else { return Ok(SHAPES.to_vec()) };
    let shape = |word: &str| {
        let name = |shape: &&Shape| format!("{}/{}/{}", shape.partitions, shape.features, shape.monitors) == word;
        SHAPES.iter().find(name).copied().with_context(|| format!("DRIFTD_BENCH_SHAPES: there is no shape {word}"))
    };
    text.split(',').map(shape).collect()
}

/// Lets the broker compile what it runs often: one that has just started spends more on its compiler than on records.
/// Ends when a leg costs the broker hardly less than the one before.
fn warm_up(servers: &Servers, driftd: &Path, topic: &Topic) -> anyhow::Result<()> {
    headline("Warming the broker up");
    let mut before = f64::INFINITY;
    for _ in 0..WARM_UPS {
        let leg = Deployment::new(servers, driftd, topic, 1)?.run(servers)?.leg;
        let cost = leg.per_million(leg.spent.broker);
        note(&format!("{} processor seconds of the broker for a million events", figure(cost)));
        if cost > 0.9 * before {
            break;
        }
        before = cost;
    }
    Ok(())
}

/// All contenders in turn, a few times.
fn measure(
    servers: &Servers,
    driftd: &Path,
    python: Option<&PathBuf>,
    shape: Shape,
    topic: &Topic,
) -> anyhow::Result<Outcome> {
    let Shape { partitions, features, monitors, .. } = shape;
    headline(&format!(
        "{} events of {} bytes, {partitions} partitions, {features} features, {monitors} monitors",
        figure(topic.events as f64),
        figure(topic.bytes as f64 / topic.events as f64)
    ));
    let (mut best_raw, mut best_driftd, mut best_peer): (_, Option<DaemonLeg>, _) = (None, None, None);
    for round in 0..ROUNDS {
        let leg = raw::leg(servers, topic)?;
        note(&format!("raw     {} events/s", figure(leg.rate())));
        best_raw = Some(faster(best_raw, leg));
        let deployment = Deployment::new(servers, driftd, topic, monitors)?;
        let leg = deployment.run(servers)?;
        note(&format!("driftd  {} events/s", figure(leg.leg.rate())));
        if best_driftd.as_ref().is_none_or(|best| leg.leg.seconds < best.leg.seconds) {
            best_driftd = Some(leg);
        }
        if let Some(python) = python.filter(|_| round == 0 && monitors == 1 && partitions == 12) {
            let (leg, psi) = peer::leg(servers, python, topic)?;
            note(&format!("peer    {} events/s", figure(leg.rate())));
            note(&peer::agreement(&deployment.psi()?, &psi));
            best_peer = Some(leg);
        }
    }
    let raw = best_raw.context("no round")?;
    Ok(Outcome { shape, raw, driftd: best_driftd.context("no round")?, peer: best_peer })
}

fn contenders(outcomes: &[Outcome]) {
    headline(&format!("Reading a topic from end to end, best of {ROUNDS}"));
    let mut rows = Vec::new();
    for outcome in outcomes {
        let Shape { partitions, features, monitors, .. } = outcome.shape;
        let peer = outcome.peer.iter().map(|leg| ("Python", leg));
        for (name, leg) in [("raw", &outcome.raw), ("driftd", &outcome.driftd.leg)].into_iter().chain(peer) {
            rows.push(vec![
                name.to_owned(),
                partitions.to_string(),
                features.to_string(),
                monitors.to_string(),
                figure(leg.rate()),
                times(leg.rate(), outcome.raw.rate()),
                figure_or_dash(leg.cpu.map(|cpu| leg.per_million(cpu))),
                figure(leg.per_million(leg.spent.broker)),
                figure(leg.per_million(leg.spent.postgres)),
                figure_or_dash(leg.peak_mib),
                figure(leg.spent.strangers),
            ]);
        }
    }
    table(
        &[
            "contender",
            "partitions",
            "features",
            "monitors",
            "events/s",
            "of raw",
            "CPU s/M",
            "broker s/M",
            "Postgres s/M",
            "peak MiB",
            "strangers s",
        ],
        &rows,
    );
    note("s/M: processor seconds for a million events, start included; driftd's until its last offsets are committed");
    note(
        "strangers: processor seconds of programs that have no part in this, during the leg: near 0 on an idle machine",
    );
    if let Some(load) = proc::load() {
        note(&format!("load over the last fifteen minutes: {load}"));
    }
}

fn store(outcomes: &[Outcome]) {
    headline("driftd and its database");
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|Outcome { shape, driftd, .. }| {
            let leg = &driftd.leg;
            let megabytes = |bytes: f64| figure(leg.per_million(bytes) / 1e6);
            vec![
                format!("{}/{}/{}", shape.partitions, shape.features, shape.monitors),
                figure(leg.events as f64 / driftd.counted),
                figure(leg.rate()),
                figure(driftd.sealed),
                figure_or_dash(driftd.cpu_sealed.map(|cpu| leg.per_million(cpu))),
                figure(driftd.checkpoints),
                megabytes(leg.spent.log),
                megabytes(leg.spent.tables),
            ]
        })
        .collect();
    table(
        &[
            "partitions/features/monitors",
            "counted/s",
            "committed/s",
            "judged after s",
            "CPU s/M",
            "checkpoints",
            "log MB/M",
            "tables MB/M",
        ],
        &rows,
    );
    note(
        "counted: until every record was counted; committed: until the last offsets were, a checkpoint interval at most",
    );
    note("judged: until every day that is over was sealed, compared and judged; CPU here is until then");
    note("log, tables: what Postgres wrote to its write-ahead log and by how much its tables grew, by million events");
}
