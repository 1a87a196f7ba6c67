//! Messages per second from JSON to batches, and from there to counts, one core.
//!
//! `cargo bench --workspace --bench decode_rate`. Beside them: the same messages as trees of values, which is what a
//! decoder made of those would begin with.

use std::hint::black_box;
use std::sync::Arc;

use driftd_benches::messages::{self, Look};
use driftd_benches::monitor::NOW;
use driftd_benches::race::{Best, Race};
use driftd_benches::report::{figure, headline, note, table, times};
use driftd_decode::Decoder;
use driftd_model::{MonitorPlan, Offset};
use driftd_window::Reducer;
use sonic_rs::JsonValueTrait as _;

/// Messages of a chunk, as a partition task takes them from its partition.
const MESSAGES: usize = 4096;
/// Values decoded in a round at most: fewer messages where many monitors want them.
const VALUES: usize = 1 << 20;
/// Rounds of every contender.
const ROUNDS: usize = 15;

fn main() -> anyhow::Result<()> {
    alone()?;
    many_monitors()?;
    absorbing()
}

/// One monitor; messages of one look, and of looks that the fast path does not serve.
fn alone() -> anyhow::Result<()> {
    headline("decoding for one monitor that wants every feature, messages per second");
    let mut rows = Vec::new();
    for features in [10, 25, 100] {
        let plan = Arc::new(messages::plan("bench", features, None)?);
        for look in [Look::Same, Look::Gaps, Look::Shuffled] {
            let messages = messages::messages(features, MESSAGES, look, 1);
            let bytes = messages.iter().map(Vec::len).sum::<usize>() / messages.len();
            let (mut decoder, mut counted) = (Decoder::new(&[Arc::clone(&plan)]), Decoder::new(&[Arc::clone(&plan)]));
            let mut reducer = Reducer::new(Arc::clone(plan.reducer()));
            let mut race = Race::new(ROUNDS);
            race.enter("decode", MESSAGES, || decode(&mut decoder, &messages));
            race.enter("decode and count", MESSAGES, || {
                count(&mut counted, std::slice::from_mut(&mut reducer), &messages)
            });
            race.enter("serde_json", MESSAGES, || {
                let parsed = messages.iter().filter_map(|m| serde_json::from_slice::<serde_json::Value>(m).ok());
                parsed.map(|value| black_box(value).as_object().map_or(0, serde_json::Map::len) as u64).sum()
            });
            race.enter("sonic-rs", MESSAGES, || {
                let parsed = messages.iter().filter_map(|m| sonic_rs::from_slice::<sonic_rs::Value>(m).ok());
                parsed.map(|value| u64::from(black_box(value).is_object())).sum()
            });
            let best = race.run();
            let rate = |at: usize| best.get(at).map_or(f64::NAN, per_second);
            rows.push(vec![
                format!("{features} features, {bytes} bytes, {}", look.name()),
                figure(rate(0)),
                figure(rate(1)),
                figure(rate(2)),
                figure(rate(3)),
                times(rate(0), rate(2)),
                times(rate(0), rate(3)),
            ]);
        }
    }
    let heads = ["messages", "decode", "decode, count", "serde_json", "sonic-rs", "of serde_json", "of sonic-rs"];
    table(&heads, &rows);
    note("serde_json and sonic-rs: into their tree of values, and nothing else");
    Ok(())
}

/// Several monitors of one topic: all of them want a message, or one does.
fn many_monitors() -> anyhow::Result<()> {
    headline("decoding 25 features for many monitors of one topic, messages per second");
    let mut rows = Vec::new();
    for monitors in [1, 10, 100] {
        for filtered in [false, true] {
            let plans = (0..monitors).map(|at| {
                let model = filtered.then(|| format!("model-{at}"));
                messages::plan(&format!("bench-{at}"), 25, model.as_deref()).map(Arc::new)
            });
            let plans: Vec<Arc<MonitorPlan>> = plans.collect::<Result<_, _>>()?;
            let wanted = if filtered { 1 } else { monitors };
            let count_of = (VALUES / 25 / wanted).min(MESSAGES);
            let messages = messages::messages(25, count_of, Look::Same, if filtered { monitors } else { 1 });
            let (mut decoder, mut counted) = (Decoder::new(&plans), Decoder::new(&plans));
            let mut reducers: Vec<Reducer> = plans.iter().map(|p| Reducer::new(Arc::clone(p.reducer()))).collect();
            let mut race = Race::new(ROUNDS);
            race.enter("decode", count_of, || decode(&mut decoder, &messages));
            race.enter("count", count_of, || count(&mut counted, &mut reducers, &messages));
            let best = race.run();
            let rate = |at: usize| best.get(at).map_or(f64::NAN, per_second);
            let who = if filtered { "one wants each" } else { "all want all" };
            rows.push(vec![format!("{monitors} monitors, {who}"), figure(rate(0)), figure(rate(1))]);
        }
    }
    table(&["monitors", "decode", "decode, count"], &rows);
    Ok(())
}

/// The reducer by itself, on batches of the sizes that tasks make.
fn absorbing() -> anyhow::Result<()> {
    headline("counting decoded batches of 25 features, ns per value");
    let plan = Arc::new(messages::plan("bench", 25, None)?);
    let mut rows = Vec::new();
    for size in [256, 1024, 4096, 16384] {
        let messages = messages::messages(25, size, Look::Same, 1);
        let mut decoder = Decoder::new(&[Arc::clone(&plan)]);
        decode_only(&mut decoder, &messages);
        let decoded = decoder.finish();
        let mut reducer = Reducer::new(Arc::clone(plan.reducer()));
        let mut race = Race::new(ROUNDS * 4);
        race.enter("absorb", size * 25, || {
            decoded.batches.iter().map(|batch| reducer.absorb(batch, NOW).accepted).sum()
        });
        let best = race.run();
        rows.push(vec![format!("{size} rows"), figure(best.first().map_or(f64::NAN, Best::nanos_per_unit))]);
    }
    table(&["batch", "ns per value"], &rows);
    Ok(())
}

fn per_second(best: &Best) -> f64 {
    1e9 / best.nanos_per_unit()
}

fn decode_only(decoder: &mut Decoder, messages: &[Vec<u8>]) {
    for (offset, message) in (0..).zip(messages) {
        decoder.push(Offset(offset), Some(message));
    }
}

fn decode(decoder: &mut Decoder, messages: &[Vec<u8>]) -> u64 {
    decode_only(decoder, messages);
    let decoded = black_box(decoder.finish());
    decoded.batches.iter().map(|batch| batch.rows() as u64).sum()
}

fn count(decoder: &mut Decoder, reducers: &mut [Reducer], messages: &[Vec<u8>]) -> u64 {
    decode_only(decoder, messages);
    let decoded = decoder.finish();
    reducers.iter_mut().zip(&decoded.batches).map(|(reducer, batch)| reducer.absorb(batch, NOW).accepted).sum()
}
