//! Made-up orders: the same rows as CSV, NDJSON and Parquet.

use std::fmt::Write;

use driftd_dataset::{ExportColumn, ExportValues, write_parquet};

/// 2024-02-01T00:00:00Z in seconds.
pub(crate) const FEBRUARY: i64 = 1_706_745_600;
const DAY: i64 = 86_400;
const CITIES: [&str; 3] = ["Lisboa", "Porto", "Faro"];

/// One order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    /// Seconds since 1970.
    pub(crate) ts: i64,
    pub(crate) age: f64,
    pub(crate) amount: Option<f64>,
    pub(crate) city: &'static str,
    pub(crate) items: i64,
}

/// A table of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Orders(pub(crate) Vec<Order>);

/// Numbers that look random and are the same on every machine.
struct Noise(u64);

impl Noise {
    /// Uniform in [0, 1): the high bits of a 64-bit linear congruential generator.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Near enough to normal with mean 0 and deviation 1: twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn cents(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

impl Orders {
    /// `rows` orders of the usual population, one a minute from the first of February 2024 on.
    pub(crate) fn usual(rows: usize, seed: u64) -> Self {
        Self::of(rows, seed, FEBRUARY, 0.0, CITIES)
    }

    /// The same of an older population that has moved from Faro to Berlin.
    pub(crate) fn moved(rows: usize, seed: u64) -> Self {
        Self::of(rows, seed, FEBRUARY, 12.0, ["Lisboa", "Porto", "Berlin"])
    }

    /// Seven days, of which the second to fourth are not as usual.
    pub(crate) fn week() -> Self {
        let day = |day: i64, shift, cities| Self::of(1440, 40 + day as u64, FEBRUARY + day * DAY, shift, cities).0;
        let moved = ["Lisboa", "Porto", "Berlin"];
        Self((0..7).flat_map(|d| if (1..4).contains(&d) { day(d, 12.0, moved) } else { day(d, 0.0, CITIES) }).collect())
    }

    fn of(rows: usize, seed: u64, start: i64, shift: f64, cities: [&'static str; 3]) -> Self {
        let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ start as u64);
        for _ in 0..8 {
            noise.uniform();
        }
        let order = |i: usize| Order {
            ts: start + 60 * i as i64,
            age: cents(40.0 + shift + 10.0 * noise.normal()),
            amount: Some(cents(-100.0 * (1.0 - noise.uniform()).ln())),
            city: cities[(noise.uniform() * 3.0) as usize],
            items: 1 + (noise.uniform() * 5.0) as i64,
        };
        Self((0..rows).map(order).collect())
    }

    /// With every `n`-th amount gone.
    pub(crate) fn without_amount(mut self, n: usize) -> Self {
        self.0.iter_mut().step_by(n).for_each(|order| order.amount = None);
        self
    }

    pub(crate) fn csv(&self) -> String {
        let mut text = "ts,age,amount,city,items\n".to_owned();
        for Order { ts, age, amount, city, items } in &self.0 {
            let amount = amount.map_or_else(String::new, |a| a.to_string());
            let _ = writeln!(text, "{},{age},{amount},{city},{items}", rfc3339(*ts));
        }
        text
    }

    pub(crate) fn ndjson(&self) -> String {
        let line = |o: &Order| {
            let (ts, amount) = (rfc3339(o.ts), o.amount);
            let object =
                serde_json::json!({"ts": ts, "age": o.age, "amount": amount, "city": o.city, "items": o.items});
            format!("{object}\n")
        };
        self.0.iter().map(line).collect()
    }

    pub(crate) fn parquet(&self) -> Vec<u8> {
        let rows = &self.0;
        let columns = [
            ("ts", ExportValues::Time(rows.iter().map(|o| Some(o.ts * 1_000_000)).collect())),
            ("age", ExportValues::Float64(rows.iter().map(|o| Some(o.age)).collect())),
            ("amount", ExportValues::Float64(rows.iter().map(|o| o.amount).collect())),
            ("city", ExportValues::Text(rows.iter().map(|o| Some(o.city.to_owned())).collect())),
            ("items", ExportValues::Int64(rows.iter().map(|o| Some(o.items)).collect())),
        ];
        let columns = columns.map(|(name, values)| ExportColumn { name: name.to_owned(), values });
        let mut bytes = Vec::new();
        write_parquet("orders", &mut bytes, &columns).unwrap();
        bytes
    }
}

/// Seconds since 1970 as RFC 3339 text.
pub(crate) fn rfc3339(seconds: i64) -> String {
    driftd_window::EventTime::from_micros(seconds * 1_000_000).to_string()
}
