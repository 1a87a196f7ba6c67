//! Two partitions, records placed by hand, and one deployment that reads them.

use super::{Deadline, Deployment, Ledger, Producer, Site, minute_of, record, second, simple_monitors};

/// Seconds of a minute.
const MINUTE: i64 = 60;

/// A site with one deployment, and whoever writes to it.
pub struct Stage {
    /// Where the topic is.
    pub site: Site,
    /// Who reads it.
    pub group: Deployment,
    /// What they have written down.
    pub ledger: Ledger,
    /// Who writes to it.
    pub producer: Producer,
    a_minute: i64,
    number: u64,
}

impl Stage {
    /// These monitors over two partitions, with so many records a minute and partition while traffic is regular;
    /// nothing, loudly, where that cannot be had.
    #[must_use]
    pub fn set(name: &str, monitors: &[(&str, &str)], a_minute: i64, test: &str) -> Option<Self> {
        let site = Site::new(name, 2).map_err(|skip| skip.announce(test)).ok()?;
        let group = site.deployment("group", &simple_monitors(monitors, site.folder()));
        let (ledger, producer) = (group.ledger(), Producer::new(&site));
        Some(Self { site, group, ledger, producer, a_minute, number: 0 })
    }

    /// A record of one partition.
    pub fn send(&mut self, partition: i32, secs: i64) {
        self.number += 1;
        self.producer.send(partition, Some(&record(secs, self.number)));
    }

    /// Regular traffic of both partitions in minutes `from` to `to`.
    pub fn minutes(&mut self, from: i64, to: i64) {
        for tick in from * self.a_minute..to * self.a_minute {
            self.send(0, tick * MINUTE / self.a_minute);
            self.send(1, tick * MINUTE / self.a_minute);
        }
    }

    /// Waits until everything that was sent is written down.
    pub fn settle(&self) {
        let sent = self.producer.finish();
        Deadline::secs(60).wait("every record to be written down", || self.ledger.records() == Some(sent));
    }

    /// Waits until `monitor` is sealed through that second.
    ///
    /// # Panics
    /// When it is sealed further than that.
    pub fn sealed_through(&self, monitor: &str, secs: i64) {
        let what = format!("{monitor} to be sealed through second {secs}");
        Deadline::secs(60).wait(&what, || self.ledger.sealed_through(monitor) >= Some(second(secs)));
        assert_eq!(self.ledger.sealed_through(monitor), Some(second(secs)), "and no further");
    }

    /// Minutes with their counted and late records.
    #[must_use]
    pub fn panes(&self, monitor: &str) -> Vec<(i64, u64, u64)> {
        let panes = self.ledger.panes(monitor, driftd_window::EventTime::from_micros(0), second(1_000 * MINUTE));
        panes.into_iter().map(|(at, rows, late)| (minute_of(at), rows, late)).collect()
    }
}
