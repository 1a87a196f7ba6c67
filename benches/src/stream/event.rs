//! What a model's callers send, a function of a number: native JSON, some 500 bytes with 25 features.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::random::Random;

/// Event time of the first event: 2025-01-01T00:00:00Z in milliseconds. Long ago, so that nothing is in the future.
pub const START: i64 = 1_735_689_600_000;
/// Days that the events of a topic are spread over.
pub const DAYS: i64 = 30;
/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;
/// From this day on every tenth feature has moved.
const DRIFTS_FROM: i64 = 20;

/// Values of the categorical features: each has the first few of these.
const WORDS: [&str; 16] = [
    "web", "phone", "store", "app", "mail", "partner", "north", "south", "east", "west", "gold", "basic", "plus",
    "team", "trial", "other",
];

/// Events of one topic.
#[derive(Clone, Debug)]
pub struct Events {
    events: u64,
    names: Vec<String>,
}

/// One value before it is written.
enum Value {
    /// `units / 10^decimals`.
    Decimal {
        units: u64,
        decimals: u32,
    },
    Whole(u64),
    Word(&'static str),
    Null,
}

impl Events {
    /// `events` events with that many features: three fifths decimals of three to six digits, one fifth counts with a
    /// few nulls, one fifth short texts.
    #[must_use]
    pub fn new(features: usize, events: u64) -> Self {
        let name = |at: usize| match at % 5 {
            0..=2 => format!("num_{at:02}"),
            3 => format!("cnt_{at:02}"),
            _ => format!("cat_{at:02}"),
        };
        Self { events, names: (0..features).map(name).collect() }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.events
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Names of the features.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Appends event `number` as JSON. Event times grow with the number.
    pub fn write_json(&self, number: u64, out: &mut Vec<u8>) {
        let mut random = Random::new(number);
        let since = (number as f64 / self.events.max(1) as f64 * (DAYS * DAY) as f64) as i64;
        out.extend_from_slice(b"{\"id\":\"e-");
        push_digits(out, number, 10);
        out.extend_from_slice(b"\",\"ts\":");
        push_digits(out, (START + since) as u64, 1);
        out.extend_from_slice(b",\"model\":\"credit\",\"version\":\"3\",\"features\":{");
        for (at, name) in self.names.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            match value(at, since / DAY >= DRIFTS_FROM, &mut random) {
                Value::Word(word) => {
                    out.push(b'"');
                    out.extend_from_slice(word.as_bytes());
                    out.push(b'"');
                }
                Value::Null => out.extend_from_slice(b"null"),
                other => push_number(out, &other),
            }
        }
        out.extend_from_slice(b"},\"prediction\":0.");
        push_digits(out, random.bits() >> 44, 7);
        out.push(b'}');
    }

    /// Writes a baseline of the population before anything drifts: `rows` rows in CSV.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_baseline(&self, file: &Path, rows: u64) -> anyhow::Result<()> {
        let mut text = self.names.join(",").into_bytes();
        for row in 0..rows {
            text.push(b'\n');
            // Numbers that no event has.
            let mut random = Random::new(u64::MAX - row);
            for at in 0..self.names.len() {
                if at > 0 {
                    text.push(b',');
                }
                match value(at, false, &mut random) {
                    Value::Word(word) => text.extend_from_slice(word.as_bytes()),
                    other => push_number(&mut text, &other),
                }
            }
        }
        text.push(b'\n');
        let written = std::fs::File::create(file).and_then(|mut out| out.write_all(&text));
        written.with_context(|| format!("{} cannot be written", file.display()))
    }
}

fn value(at: usize, drifted: bool, random: &mut Random) -> Value {
    let bits = random.bits();
    // Four throws out of one draw: a hump with its middle at 131,070 and a standard deviation of 37,800.
    let hump = (0..4).map(|part| (bits >> (16 * part)) & 0xFFFF).sum::<u64>();
    match at % 5 {
        0..=2 => {
            let shift = if drifted && at.is_multiple_of(10) { 25_000 } else { 0 };
            Value::Decimal { units: (hump + shift) >> (2 * (at % 4)), decimals: 1 + at as u32 % 4 }
        }
        3 if bits.is_multiple_of(50) => Value::Null,
        3 => Value::Whole(hump >> (8 + at % 5)),
        _ => {
            // The smaller of two throws: the first words are the frequent ones.
            let words = 4 + (at / 5) % 13;
            let throw = |bits: u64| ((bits & 0xFFFF) as usize * words) >> 16;
            Value::Word(WORDS.get(throw(bits).min(throw(bits >> 16))).copied().unwrap_or_default())
        }
    }
}

fn push_number(out: &mut Vec<u8>, value: &Value) {
    match *value {
        Value::Decimal { units, decimals } => {
            let unit = 10_u64.pow(decimals);
            push_digits(out, units / unit, 1);
            out.push(b'.');
            push_digits(out, units % unit, decimals);
        }
        Value::Whole(whole) => push_digits(out, whole, 1),
        Value::Word(_) | Value::Null => {}
    }
}

/// A number of at least `width` digits. A topic has hundreds of millions of them, which is why this is not `write!`.
fn push_digits(out: &mut Vec<u8>, value: u64, width: u32) {
    if value >= 10 || width > 1 {
        push_digits(out, value / 10, width.saturating_sub(1));
    }
    out.push(b'0' + (value % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(features: usize, number: u64, of: u64) -> String {
        let mut out = Vec::new();
        Events::new(features, of).write_json(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_json_of_about_five_hundred_bytes() {
        let events: Vec<String> = (0..1_000).map(|number| event(25, number, 1_000)).collect();
        let bytes = events.iter().map(String::len).sum::<usize>() / events.len();
        assert!((450..=550).contains(&bytes), "{bytes} bytes: {}", events[0]);
        let mut nulls = 0;
        for text in &events {
            let parsed: serde_json::Value = serde_json::from_str(text).unwrap();
            let features = parsed["features"].as_object().unwrap();
            assert_eq!(features.len(), 25);
            assert!(features["num_00"].is_f64() && features["cat_04"].is_string());
            nulls += usize::from(features["cnt_03"].is_null());
        }
        assert!((5..=50).contains(&nulls), "{nulls}");
    }

    #[test]
    fn events_are_a_function_of_their_number_and_in_order() {
        assert_eq!(event(10, 7, 100), event(10, 7, 100));
        assert_ne!(event(10, 7, 100), event(10, 8, 100));
        let times: Vec<i64> = [0, 50, 99]
            .map(|number| {
                serde_json::from_str::<serde_json::Value>(&event(10, number, 100)).unwrap()["ts"].as_i64().unwrap()
            })
            .to_vec();
        assert_eq!(times[0], START);
        assert_eq!(times[1], START + 15 * DAY);
        assert!(times[2] < START + DAYS * DAY);
    }

    #[test]
    fn digits_are_padded() {
        let mut out = Vec::new();
        for (value, width) in [(0, 1), (7, 3), (1234, 2)] {
            push_digits(&mut out, value, width);
            out.push(b' ');
        }
        assert_eq!(out, b"0 007 1234 ");
    }
}
