//! A monitor of one number, for tests that place every record by hand.

use std::fmt::Write as _;
use std::path::Path;

use driftd_window::EventTime;

use super::{START, Settings};

/// Instant `secs` seconds after [`START`].
#[must_use]
pub const fn second(secs: i64) -> EventTime {
    EventTime::from_micros(START + secs * 1_000_000)
}

/// Whole minutes from [`START`] to `at`.
#[must_use]
pub const fn minute_of(at: EventTime) -> i64 {
    (at.as_micros() - START) / 60_000_000
}

/// A record at `time`, which is JSON.
#[must_use]
pub fn record_at(time: &str, number: u64) -> Vec<u8> {
    format!("{{\"ts\":{time},\"features\":{{\"x\":{}}}}}", number * 37 % 100).into_bytes()
}

/// A record `secs` seconds after [`START`].
#[must_use]
pub fn record(secs: i64, number: u64) -> Vec<u8> {
    record_at(&format!("\"{}\"", second(secs)), number)
}

/// Writes a thousand rows for a baseline, with numbers below `below`.
///
/// # Panics
/// When the file cannot be written.
pub fn write_numbers(file: &Path, below: u64) {
    let rows = (0..1_000u64).fold("x\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "{}", number % below);
        text
    });
    std::fs::write(file, rows).expect("a file of the test");
}

/// Monitors over panes of a minute and windows of five, one for each name and idle time.
#[must_use]
pub fn simple_monitors(monitors: &[(&str, &str)], folder: &Path) -> Settings {
    let file = folder.join("simple.csv");
    write_numbers(&file, 100);
    let monitor = |(name, idle): &(&str, &str)| {
        format!(
            "[[monitor]]\nname = {name:?}\ntopic = \"{{topic}}\"\nbaseline = \"simple@v1\"\npane = \"1m\"\n\
             out_of_orderness = \"10s\"\nallowed_lateness = \"20s\"\nidle_timeout = {idle:?}\nmin_samples = 10\n\
             windows = [{{ name = \"five\", size = \"5m\" }}]\n\n"
        )
    };
    Settings::new(monitors.iter().map(monitor).collect::<String>()).baseline("simple", &file)
}
