//! Records as a producer writes them, and the batches a decoder would make of them.

use driftd_model::{Chunk, DeadLetter, Offset};
use driftd_stats::{MISSING_CODE, MISTYPED_CODE};
use driftd_window::{Column, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT, RecordBatch, SegmentColumn};

use super::random::Random;
use super::world::region_key;

/// One record in a partition's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Whether it can be decoded at all.
    pub(crate) readable: bool,
    /// Event time in microseconds.
    pub(crate) time: Option<i64>,
    pub(crate) amount: Field<f64>,
    pub(crate) colour: Field<&'static str>,
    pub(crate) ghost: bool,
    pub(crate) region: Option<u8>,
}

/// A value, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<T> {
    Value(T),
    Missing,
    Mistyped,
}

impl Record {
    /// A record written at `now`; `drifted` ones come from another population than the baseline.
    #[must_use]
    pub fn draw(random: &mut Random, now: i64, drifted: bool) -> Self {
        Self {
            readable: !random.chance(3),
            time: draw_time(random, now),
            amount: draw_amount(random, drifted),
            colour: draw_colour(random, drifted),
            ghost: random.chance(5),
            region: if random.chance(5) { None } else { Some(random.below(3) as u8) },
        }
    }

    /// A record without any defect of its time: of `at`, in microseconds.
    #[must_use]
    pub fn on_time(random: &mut Random, at: i64, drifted: bool) -> Self {
        Self { readable: true, time: Some(at), ..Self::draw(random, at, drifted) }
    }
}

/// Mostly within the allowed disorder; some late, some far off, some without.
fn draw_time(random: &mut Random, now: i64) -> Option<i64> {
    Some(match random.below(1000) {
        0..850 => now - random.between(0, 5_000_000),
        850..920 => now - random.between(5_000_000, 40_000_000),
        920..935 => now - random.between(100_000_000, 900_000_000),
        935..960 => now + random.between(0, 20_000_000),
        960..975 => now + 3_600_000_000,
        975..976 => [i64::MAX, i64::MIN + 1, -1, -62_135_596_800_000_000][random.index(4)],
        _ => return None,
    })
}

fn draw_amount(random: &mut Random, drifted: bool) -> Field<f64> {
    match random.below(40) {
        0 => Field::Missing,
        1 => Field::Mistyped,
        2 => Field::Value([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300][random.index(5)]),
        _ if drifted => Field::Value(12.0 + random.below(80) as f64 / 10.0),
        n if n % 4 == 0 => Field::Value(0.0),
        _ => Field::Value(random.below(120) as f64 / 8.0),
    }
}

fn draw_colour(random: &mut Random, drifted: bool) -> Field<&'static str> {
    match random.below(48) {
        0 => Field::Missing,
        1 => Field::Mistyped,
        2 => Field::Value(["", "mauve", "żółty"][random.index(3)]),
        n if drifted && n < 30 => Field::Value("teal"),
        3..26 => Field::Value("red"),
        26..41 => Field::Value("blue"),
        41..46 => Field::Value("green"),
        _ => Field::Value("ochre"),
    }
}

/// The chunk a source would deliver for `records`, of which the first has offset `from`, to `monitors` monitors.
pub(crate) fn chunk(records: &[Record], from: i64, monitors: usize) -> Chunk {
    let rejects = records.iter().zip(from..).filter(|(record, _)| !record.readable).map(|(_, offset)| DeadLetter {
        offset: Offset(offset),
        reason: "undecodable".to_owned(),
        detail: "byte 0".to_owned(),
    });
    let readable: Vec<&Record> = records.iter().filter(|r| r.readable).collect();
    let batch = batch(&readable);
    Chunk {
        from: Offset(from),
        to: Offset(from + records.len() as i64),
        batches: vec![batch; monitors],
        rejects: rejects.collect(),
        filtered: 0,
        ..Chunk::default()
    }
}

fn batch(records: &[&Record]) -> RecordBatch {
    let times = records.iter().map(|r| r.time.unwrap_or(NO_EVENT_TIME)).collect();
    let keys = [None, Some(0), Some(1), Some(2)].map(region_key).to_vec();
    let codes = records.iter().map(|r| r.region.map_or(0, |region| u32::from(region) + 1)).collect();
    let columns = vec![amounts(records), colours(records), ghosts(records)];
    RecordBatch::new(times, Some(SegmentColumn { codes, keys }), columns).expect("columns are as long as the records")
}

fn amounts(records: &[&Record]) -> Column {
    let values = records.iter().map(|r| if let Field::Value(x) = r.amount { x } else { 7.0 }).collect();
    let codes: Vec<u8> = records
        .iter()
        .map(|r| match r.amount {
            Field::Value(_) => PRESENT,
            Field::Missing => MISSING,
            Field::Mistyped => MISTYPED,
        })
        .collect();
    Column::Numeric { values, absent: codes.iter().any(|c| *c != PRESENT).then_some(codes) }
}

fn colours(records: &[&Record]) -> Column {
    let mut values: Vec<String> = Vec::new();
    let codes = records
        .iter()
        .map(|r| match r.colour {
            Field::Value(text) => values.iter().position(|v| v == text).unwrap_or_else(|| {
                values.push(text.to_owned());
                values.len() - 1
            }) as u32,
            Field::Missing => MISSING_CODE,
            Field::Mistyped => MISTYPED_CODE,
        })
        .collect();
    Column::Text { codes, values }
}

fn ghosts(records: &[&Record]) -> Column {
    Column::Presence { absent: records.iter().map(|r| if r.ghost { PRESENT } else { MISSING }).collect() }
}
