//! State of a feature that is only watched for presence.

use serde::{Deserialize, Serialize};

/// Rows with and without a value, for a feature whose baseline had none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceAggregate {
    present: u64,
    missing: u64,
}

impl PresenceAggregate {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts rows with a value of any type and rows without one.
    pub fn add(&mut self, present: u64, missing: u64) {
        self.present = self.present.saturating_add(present);
        self.missing = self.missing.saturating_add(missing);
    }

    /// Rows with a value.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.present
    }

    /// Rows without one.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: &Self) {
        self.add(other.present, other.missing);
    }
}
