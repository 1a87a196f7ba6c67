//! The outbox: lease, send outside any transaction, settle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{DeliveryError, OutboxEntry, ReceiverName, Settlement, Store, Transport};
use driftd_window::{Span, Timestamp};

use crate::metrics::METRICS;
use crate::outage::Outage;
use crate::{Clock, EngineError};

/// Messages of one round, for receivers that take as many as they get.
const SIDE_BY_SIDE: u32 = 16;
/// How long a message belongs to whoever leased it: longer than a round takes, short enough to wait for after a crash.
const LEASE: Span = Span::from_minutes(1);

/// How often and how far apart a failed delivery is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Wait after the first failure; doubled after each further one.
    pub first: Span,
    /// Longest wait.
    pub longest: Span,
    /// Tries after which a delivery is dead.
    pub attempts: u32,
}

/// What one round of deliveries came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DeliveryReport {
    /// Delivered.
    pub delivered: u64,
    /// To be tried again.
    pub retrying: u64,
    /// Given up.
    pub dead: u64,
    /// Lost to another worker between lease and settlement.
    pub lost: u64,
}

/// Delivers what was decided, one receiver at a time and independent of the others.
#[derive(Clone)]
pub struct Outbox {
    owner: String,
    transports: BTreeMap<ReceiverName, Arc<dyn Transport>>,
    outages: Arc<BTreeMap<ReceiverName, Outage>>,
    backoff: Backoff,
    timeout: Option<Duration>,
}

impl Default for Backoff {
    /// From 5 s, doubling to 10 min, 20 tries: a little over two hours and a half.
    fn default() -> Self {
        Self { first: Span::from_secs(5), longest: Span::from_minutes(10), attempts: 20 }
    }
}

impl Backoff {
    /// When to try again after failure number `failures` (from 1) at `now`; nothing when it is given up.
    ///
    /// `seed` spreads deliveries that failed together: the wait is between half and all of the doubled one.
    #[must_use]
    pub fn next(&self, failures: u32, now: Timestamp, seed: u64, at_least: Option<Span>) -> Option<Timestamp> {
        if failures >= self.attempts {
            return None;
        }
        let doubled = self.first.as_micros().saturating_mul(1 << failures.saturating_sub(1).min(30));
        let wait = doubled.min(self.longest.as_micros());
        // A multiplicative hash: entries with neighbouring ids land far apart.
        let share = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as i64;
        let jittered = wait / 2 + (wait / 2) * share / 1024;
        let wait = jittered.max(at_least.map_or(0, Span::as_micros));
        Some(now.plus(Span::from_micros(wait).unwrap_or(Span::ZERO)))
    }
}

impl DeliveryReport {
    /// Messages that were tried.
    #[must_use]
    pub const fn tried(self) -> u64 {
        self.delivered + self.retrying + self.dead + self.lost
    }

    const fn count(&mut self, settlement: &Settlement, is_mine: bool) -> &'static str {
        let (count, outcome) = match settlement {
            _ if !is_mine => (&mut self.lost, "lost"),
            Settlement::Delivered => (&mut self.delivered, "delivered"),
            Settlement::RetryAt { .. } => (&mut self.retrying, "retrying"),
            Settlement::Dead { .. } => (&mut self.dead, "dead"),
        };
        *count += 1;
        outcome
    }

    const fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.retrying += other.retrying;
        self.dead += other.dead;
        self.lost += other.lost;
    }
}

impl Outbox {
    /// An outbox that hands each receiver's messages to its transport, as `owner`.
    #[must_use]
    pub fn new(owner: &str, transports: BTreeMap<ReceiverName, Arc<dyn Transport>>, backoff: Backoff) -> Self {
        let outages = transports.keys().map(|receiver| (receiver.clone(), Outage::default())).collect();
        Self { owner: owner.to_owned(), transports, outages: Arc::new(outages), backoff, timeout: None }
    }

    /// The same, which gives a message up for now once its transport takes longer than `timeout`. Needs a runtime
    /// with a timer.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Every receiver and the way to it.
    pub fn transports(&self) -> impl Iterator<Item = (&ReceiverName, &Arc<dyn Transport>)> {
        self.transports.iter()
    }

    /// Delivers everything that is due at `clock`'s now, without regard to how often a receiver wants to be spoken to.
    ///
    /// # Errors
    /// The store's; leases not settled run out and are taken again.
    pub async fn deliver_due(&self, store: &dyn Store, clock: &dyn Clock) -> Result<DeliveryReport, EngineError> {
        let mut total = DeliveryReport::default();
        for receiver in self.transports.keys() {
            loop {
                let report = self.round(store, receiver, clock).await?;
                if report.tried() == 0 {
                    break;
                }
                total.add(report);
            }
        }
        Ok(total)
    }

    /// Leases what is due for `receiver`, sends it outside any transaction and settles each message by what became of
    /// it. Messages of one round are about different incidents and travel side by side, so that a round takes no
    /// longer than its slowest message; a receiver that wants some time between two gets one a round.
    ///
    /// # Errors
    /// The store's; leases not settled run out and are taken again.
    pub async fn round(
        &self,
        store: &dyn Store,
        receiver: &ReceiverName,
        clock: &dyn Clock,
    ) -> Result<DeliveryReport, EngineError> {
        let mut report = DeliveryReport::default();
        let Some(transport) = self.transports.get(receiver) else {
            return Ok(report);
        };
        let limit = if transport.schedule().spacing.is_zero() { SIDE_BY_SIDE } else { 1 };
        let now = clock.now();
        let entries = store.lease(&self.owner, receiver, limit, now, now.plus(LEASE)).await?;
        let sending = entries.iter().map(|entry| self.send(store, transport.as_ref(), entry, clock));
        for settled in futures_util::future::join_all(sending).await {
            let (settlement, is_mine) = settled?;
            let outcome = report.count(&settlement, is_mine);
            METRICS.notified(receiver, outcome);
        }
        Ok(report)
    }

    async fn send(
        &self,
        store: &dyn Store,
        transport: &dyn Transport,
        entry: &OutboxEntry,
        clock: &dyn Clock,
    ) -> Result<(Settlement, bool), EngineError> {
        let outcome = self.deliver(transport, entry, clock.now()).await;
        let now = clock.now();
        let settlement = self.settlement(entry, outcome, now);
        if let Some(outage) = self.outages.get(&entry.receiver) {
            log(outage, entry, &settlement, now);
        }
        let is_mine = store.settle(&self.owner, entry.id, &settlement, now).await?;
        Ok((settlement, is_mine))
    }

    async fn deliver(
        &self,
        transport: &dyn Transport,
        entry: &OutboxEntry,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let delivering = transport.deliver(&entry.notification, now);
        match self.timeout {
            None => delivering.await,
            Some(timeout) => tokio::time::timeout(timeout, delivering).await.unwrap_or_else(|_| {
                let what = format!("{} did not answer within {} s", entry.receiver, timeout.as_secs());
                Err(DeliveryError::transient(what, None))
            }),
        }
    }

    fn settlement(&self, entry: &OutboxEntry, outcome: Result<(), DeliveryError>, now: Timestamp) -> Settlement {
        match outcome {
            Ok(()) => Settlement::Delivered,
            Err(DeliveryError::Permanent { what, .. }) => Settlement::Dead { error: what },
            Err(DeliveryError::Transient { what, retry_after, .. } | DeliveryError::Refused { what, retry_after }) => {
                let failures = entry.attempts.saturating_add(1);
                let seed = u64::try_from(entry.id).unwrap_or(0);
                match self.backoff.next(failures, now, seed, retry_after) {
                    Some(at) => Settlement::RetryAt { at, error: what },
                    None => Settlement::Dead { error: what },
                }
            }
        }
    }
}

/// Says what became of a message, unless the same was said of another just now: a receiver that is away for an hour fails
/// every message there is. Each of them is counted by the metrics, and has its last error in the store.
fn log(outage: &Outage, entry: &OutboxEntry, settlement: &Settlement, now: Timestamp) {
    let (receiver, incident) = (&entry.receiver, &entry.notification.incident.id);
    match settlement {
        Settlement::Delivered => {
            if let Some(untold) = outage.ended() {
                tracing::info!(%receiver, untold, "notifications get through again");
            }
        }
        Settlement::RetryAt { error, .. } => {
            let attempt = entry.attempts + 1;
            if let Some(untold) = outage.failed(now, false) {
                tracing::warn!(
                    %receiver, incident.id = %incident, attempt, error, untold,
                    "notification not delivered, trying again later; until one gets through it is told once an hour"
                );
            } else {
                tracing::debug!(%receiver, incident.id = %incident, attempt, error, "notification not delivered");
            }
        }
        Settlement::Dead { error } => {
            if let Some(untold) = outage.failed(now, true) {
                tracing::error!(
                    %receiver, incident.id = %incident, error, untold,
                    "notification given up; until one gets through it is told once an hour"
                );
            } else {
                tracing::debug!(%receiver, incident.id = %incident, error, "notification given up");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let backoff = Backoff::default();
        let now = Timestamp::from_micros(0);
        let waits: Vec<i64> = (1..20).map(|n| backoff.next(n, now, 7, None).unwrap().as_micros() / 1_000_000).collect();
        assert!(waits.iter().zip(waits.iter().skip(1)).all(|(a, b)| a <= b), "{waits:?}");
        assert!(waits[0] >= 2 && waits[0] <= 5 && waits[18] >= 300 && waits[18] <= 600, "{waits:?}");
        assert_eq!(backoff.next(20, now, 7, None), None);
        let told = backoff.next(1, now, 7, Some(Span::from_hours(1))).unwrap();
        assert_eq!(told.as_micros(), 3_600_000_000);
    }
}
