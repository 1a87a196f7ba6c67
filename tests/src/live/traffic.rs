//! What the callers of a model send: a function of a seed.

use std::fmt::Write as _;
use std::path::Path;

use driftd_window::EventTime;
use fastrand::Rng;

/// When traffic begins: long ago, so that nothing depends on the clock.
pub const START: i64 = 1_735_689_600_000_000; // 2025-01-01T00:00:00Z in microseconds.
/// Records are that much out of order at most, in microseconds.
const DISORDER: i64 = 25_000_000;
const SECOND: i64 = 1_000_000;

const COUNTRIES: [&str; 12] = ["DE", "FR", "PT", "ES", "IT", "NL", "BE", "AT", "PL", "SE", "FI", "DK"];
const DEVICES: [&str; 4] = ["phone", "laptop", "tablet", "desktop"];
const PLANS: [&str; 3] = ["free", "plus", "pro"];
const REGIONS: [&str; 5] = ["north", "south", "east", "west", "islands"];

/// Columns of the baseline's file, in its order.
const COLUMNS: &str =
    "amount,age,balance,ratio,visits,latency,depth,speed,share,country,device,plan,store,returning,region,score\n";

/// A stream of events over some stretch of event time; the middle third of it has drifted.
#[derive(Clone, Debug)]
pub struct Traffic {
    seed: u64,
    events: u64,
    span: i64,
    partitions: i32,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The partition it belongs to.
    pub partition: i32,
    /// When it happened.
    pub at: EventTime,
    /// The version of the model that answered.
    pub version: u64,
    /// The record.
    pub json: String,
}

/// Values of one event; nothing where the caller left one out.
struct Values {
    amount: f64,
    age: u64,
    balance: f64,
    ratio: Option<String>,
    visits: u64,
    latency: u64,
    depth: f64,
    speed: String,
    share: f64,
    country: &'static str,
    device: &'static str,
    plan: Option<&'static str>,
    store: u64,
    returning: bool,
    region: &'static str,
    score: f64,
}

impl Traffic {
    /// `events` records over `minutes` minutes of event time and `partitions` partitions.
    #[must_use]
    pub const fn new(seed: u64, events: u64, minutes: u32, partitions: i32) -> Self {
        Self { seed, events, span: minutes as i64 * 60 * SECOND, partitions }
    }

    /// How many records there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.events
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// The end of its stretch of event time.
    #[must_use]
    pub const fn end(&self) -> EventTime {
        EventTime::from_micros(START + self.span)
    }

    /// Record `number`. Each partition is in order of event time but for some seconds.
    #[must_use]
    pub fn event(&self, number: u64) -> Event {
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let step = (self.span as i128 * i128::from(number) / i128::from(self.events)) as i64;
        let at = START + (step - rng.i64(0..DISORDER)).max(0);
        // Milliseconds, because some records say no more.
        let at = EventTime::from_micros(at - at % 1_000);
        let partition = rng.i32(0..self.partitions);
        let version = if rng.u8(0..100) < 30 { 2 } else { 1 };
        let drifted = number >= self.events / 3 && number < self.events * 2 / 3;
        let values = Values::draw(&mut rng, drifted);
        let time = if number.is_multiple_of(4) { format!("\"{at}\"") } else { (at.as_micros() / 1_000).to_string() };
        Event { partition, at, version, json: values.json(number, &time, version) }
    }

    /// One record a partition, far enough after the end for everything before the end to be sealed.
    #[must_use]
    pub fn closing(&self) -> Vec<Event> {
        let at = EventTime::from_micros(START + self.span + 600 * SECOND);
        let one = |partition: i32| {
            let number = self.events + partition as u64;
            let values = Values::draw(&mut Rng::with_seed(self.seed ^ number), false);
            Event { partition, at, version: 1, json: values.json(number, &format!("\"{at}\""), 1) }
        };
        (0..self.partitions).map(one).collect()
    }

    /// Writes a baseline of the same population, before anything drifts: `rows` rows in CSV.
    pub fn write_baseline(&self, file: &Path, rows: u64) {
        let mut text = COLUMNS.to_owned();
        for number in 0..rows {
            let mut rng = Rng::with_seed(!self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            Values::draw(&mut rng, false).csv(&mut text);
        }
        std::fs::write(file, text).expect("a file of the test");
    }

    /// Writes `events` as NDJSON, in order of event time.
    pub fn write_records(file: &Path, mut events: Vec<Event>) {
        events.sort_by_key(|event| event.at);
        let mut text = String::new();
        for event in &events {
            text.push_str(&event.json);
            text.push('\n');
        }
        std::fs::write(file, text).expect("a file of the test");
    }
}

impl Values {
    fn draw(rng: &mut Rng, drifted: bool) -> Self {
        // The sum of four throws has a hump, and every value a short text.
        let mut hump = |bound: u64| (0..4).map(|_| rng.u64(0..bound)).sum::<u64>();
        let [amount, age, balance] = [5_000, 20, 100_000].map(&mut hump);
        let [visits, depth, share] = [4, 250, 25].map(&mut hump);
        let percent = rng.u8(0..100);
        let ratio = match percent {
            0..=1 => None,
            2 => Some("null".to_owned()),
            3 => Some("\"n/a\"".to_owned()),
            4 => Some("\"NaN\"".to_owned()),
            5..=24 if drifted => None,
            _ => Some(format!("0.{:04}", rng.u32(0..10_000))),
        };
        let tail = 1 << rng.u8(1..16);
        let wave = rng.u64(0..78);
        // The sum of 12, 11, … gives the first country the largest share.
        let (mut rank, mut left) = (0, wave);
        while left >= 12 - rank {
            left -= 12 - rank;
            rank += 1;
        }
        Self {
            // A tenth has ordered nothing: an atom.
            amount: if rng.u8(0..10) == 0 { 0.0 } else { amount as f64 / 100.0 * if drifted { 1.6 } else { 1.0 } },
            age: 18 + age,
            balance: balance as f64 / 100.0 - 2_000.0,
            ratio,
            visits,
            latency: rng.u64(0..tail),
            depth: depth as f64 / 8.0,
            speed: format!("{}.{}e{}", rng.u8(1..10), rng.u8(0..10), rng.i8(-3..4)),
            share: share as f64 / 96.0,
            country: if drifted && rng.u8(0..10) == 0 { "XX" } else { COUNTRIES[rank as usize] },
            device: DEVICES[rng.usize(0..4).min(rng.usize(0..4))],
            plan: (rng.u8(0..50) > 0).then(|| PLANS[rng.usize(0..3)]),
            store: 100 + rng.u64(0..40),
            returning: rng.bool(),
            region: REGIONS[rng.usize(0..5).min(rng.usize(0..5))],
            score: f64::from(rng.u32(0..1_000_000)) / if drifted { 1_600_000.0 } else { 1_000_000.0 },
        }
    }

    fn json(&self, number: u64, time: &str, version: u64) -> String {
        let mut json = format!(
            "{{\"id\":\"r-{number}\",\"ts\":{time},\"model\":\"credit\",\"version\":\"{version}\",\"features\":{{\
             \"amount\":{},\"age\":{},\"balance\":{},",
            self.amount, self.age, self.balance
        );
        if let Some(ratio) = &self.ratio {
            let _ = write!(json, "\"ratio\":{ratio},");
        }
        if let Some(plan) = self.plan {
            let _ = write!(json, "\"plan\":\"{plan}\",");
        }
        let _ = write!(
            json,
            "\"visits\":{},\"latency\":{},\"depth\":{},\"speed\":{},\"share\":{},\"country\":\"{}\",\"device\":\"{}\",\
             \"store\":{},\"returning\":{},\"region\":\"{}\"}},\"prediction\":{},\"trace\":{{\"span\":\"{:016x}\"}}}}",
            self.visits,
            self.latency,
            self.depth,
            self.speed,
            self.share,
            self.country,
            self.device,
            self.store,
            self.returning,
            self.region,
            self.score,
            number.wrapping_mul(0x2545_F491_4F6C_DD1D),
        );
        json
    }

    /// A row of the baseline, where every number is one.
    fn csv(&self, text: &mut String) {
        let ratio = self.ratio.as_deref().filter(|ratio| ratio.starts_with("0.")).unwrap_or("");
        let _ = writeln!(
            text,
            "{},{},{},{ratio},{},{},{},{},{},{},{},{},{},{},{},{}",
            self.amount,
            self.age,
            self.balance,
            self.visits,
            self.latency,
            self.depth,
            self.speed,
            self.share,
            self.country,
            self.device,
            self.plan.unwrap_or(""),
            self.store,
            self.returning,
            self.region,
            self.score,
        );
    }
}
