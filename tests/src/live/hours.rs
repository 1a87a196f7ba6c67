//! Traffic by the hour, good or bad, and monitors that judge it: for tests of what people are told.

use std::fmt::Write as _;
use std::path::Path;

use super::{Producer, Settings, Site, second};

/// Records of an hour.
const ROWS: u64 = 200;
const HOUR: i64 = 3_600;

/// Sends hours of traffic, one after the other, to the only partition of a topic.
#[derive(Debug)]
pub struct Hours {
    producer: Producer,
    next: i64,
}

impl Hours {
    /// Nothing was sent yet.
    ///
    /// # Panics
    /// The topic has several partitions: each would hold windows back on its own.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        assert_eq!(site.partitions(), 1, "one partition");
        Self { producer: Producer::new(site), next: 0 }
    }

    /// An hour as in the baseline.
    pub fn good(&mut self) {
        self.send(0);
    }

    /// An hour whose values are all larger than any of the baseline, and critical therefore.
    pub fn bad(&mut self) {
        self.send(1_000);
    }

    /// Moves time on by an hour, so that everything sent before is judged.
    pub fn seal(&mut self) {
        // Long enough after the hour for the records that might be late.
        self.record(self.next * HOUR + 300, 50);
        self.producer.finish();
    }

    /// Sends something that is no record, so often.
    pub fn junk(&mut self, count: u64) {
        for _ in 0..count {
            self.producer.send(0, Some(b"{\"ts\":"));
        }
    }

    /// `count` records like those of the baseline at the moment time has come to.
    pub fn flood(&mut self, count: u64) {
        for number in 0..count {
            self.record(self.next * HOUR + 300, number * 37 % 100);
        }
        self.producer.finish();
    }

    fn send(&mut self, more: u64) {
        for number in 0..ROWS {
            let at = self.next * HOUR + 400 + (number as i64) * 3_000 / ROWS as i64;
            self.record(at, number * 37 % 100 + more);
        }
        self.next += 1;
    }

    fn record(&mut self, secs: i64, x: u64) {
        let json = format!("{{\"ts\":\"{}\",\"features\":{{\"x\":{x}}}}}", second(secs));
        self.producer.send(0, Some(json.as_bytes()));
    }
}

/// Monitors of [`Hours`] with these names, and the rest of the configuration: `[notify]`, receivers and routes. What the
/// clock says of records that old is nobody's trouble, and nothing but `drift` is found.
#[must_use]
pub fn hourly_monitors(names: &[&str], folder: &Path, alerting: &str) -> Settings {
    let monitors = names.iter().map(|name| hourly_monitor(name, "rejected = \"never\"")).collect::<String>();
    settings(folder, &format!("{monitors}{alerting}"))
}

/// The same with one monitor that looks for rejected records.
#[must_use]
pub fn hourly_monitor_of_rejects(name: &str, folder: &Path, alerting: &str) -> Settings {
    settings(folder, &format!("{}{alerting}", hourly_monitor(name, "rejected = 0.05")))
}

fn settings(folder: &Path, text: &str) -> Settings {
    let file = folder.join("hourly.csv");
    let rows = (0..1_000u64).fold("x\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "{}", number % 100);
        text
    });
    std::fs::write(&file, rows).expect("a file of the test");
    Settings::new(text).baseline("hourly", &file)
}

/// Nothing is remembered: an hour that was bad would keep its incident open for half a day, and these hours are about
/// what is told.
fn hourly_monitor(name: &str, rejected: &str) -> String {
    format!(
        "[[monitor]]\nname = {name:?}\ntopic = \"{{topic}}\"\nbaseline = \"hourly@v1\"\npane = \"1m\"\n\
         out_of_orderness = \"10s\"\nallowed_lateness = \"20s\"\nidle_timeout = \"1h\"\n\
         windows = [{{ name = \"hour\", size = \"1h\" }}]\nstatistics = [\"psi\", \"ks\", \"missing\"]\nincidents = {{ least_volume = \"never\" }}\n\
         labels = {{ team = \"ml\" }}\nrunbook = \"https://wiki.example.com/drift\"\n\
         pipeline = {{ lag = \"never\", stall = \"never\", {rejected} }}\n\n"
    )
}
