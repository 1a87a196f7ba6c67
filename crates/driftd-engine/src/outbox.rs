//! The outbox: lease, send outside any transaction, settle.

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_model::{DeliveryError, OutboxEntry, ReceiverName, Settlement, Store, Transport};
use driftd_window::{Span, Timestamp};

use crate::EngineError;

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

/// Delivers what seals have decided.
#[derive(Clone)]
pub struct Outbox {
    owner: String,
    transports: BTreeMap<ReceiverName, Arc<dyn Transport>>,
    lease: Span,
    backoff: Backoff,
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

impl Outbox {
    /// An outbox that hands each receiver's messages to its transport, as `owner`.
    #[must_use]
    pub fn new(owner: &str, transports: BTreeMap<ReceiverName, Arc<dyn Transport>>, backoff: Backoff) -> Self {
        Self { owner: owner.to_owned(), transports, lease: Span::from_minutes(1), backoff }
    }

    /// Whether there is anybody to deliver to.
    #[must_use]
    pub fn has_transports(&self) -> bool {
        !self.transports.is_empty()
    }

    /// Delivers everything that is due at `now`, round by round.
    ///
    /// # Errors
    /// The store's; leases not settled run out and are taken again.
    pub async fn deliver_due(&self, store: &dyn Store, now: Timestamp) -> Result<DeliveryReport, EngineError> {
        let mut report = DeliveryReport::default();
        loop {
            let entries = store.lease(&self.owner, 64, now, now.plus(self.lease)).await?;
            if entries.is_empty() {
                return Ok(report);
            }
            for entry in entries {
                let settlement = self.send(&entry, now).await;
                if !store.settle(&self.owner, entry.id, &settlement, now).await? {
                    report.lost += 1;
                    continue;
                }
                match settlement {
                    Settlement::Delivered => report.delivered += 1,
                    Settlement::RetryAt { .. } => report.retrying += 1,
                    Settlement::Dead { .. } => report.dead += 1,
                }
            }
        }
    }

    async fn send(&self, entry: &OutboxEntry, now: Timestamp) -> Settlement {
        let Some(transport) = self.transports.get(&entry.receiver) else {
            let error = format!("receiver {} is not configured any more", entry.receiver);
            tracing::error!(receiver = %entry.receiver, "notification dead: receiver is not configured any more");
            return Settlement::Dead { error };
        };
        match transport.deliver(&entry.notification).await {
            Ok(()) => Settlement::Delivered,
            Err(DeliveryError::Permanent { what, .. }) => Settlement::Dead { error: what },
            Err(DeliveryError::Transient { what, retry_after, .. }) => {
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
