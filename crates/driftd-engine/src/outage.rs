//! A receiver that cannot be reached: one line in the log for all its messages.

use std::sync::{Mutex, PoisonError};

use driftd_window::{Span, Timestamp};

/// How long an outage is before it is told again.
const TOLD_AGAIN: Span = Span::from_hours(1);

/// What the log knows of the failures of one receiver.
#[derive(Debug, Default)]
pub(crate) struct Outage(Mutex<Option<Told>>);

#[derive(Debug)]
struct Told {
    at: Timestamp,
    /// Whether it was told that a message is given up, which is more than that it waits.
    is_loss_told: bool,
    /// Failures since.
    untold: u64,
}

impl Outage {
    /// A message failed at `now`, or is lost with that. Says how many failures went untold before it if this one is to
    /// be told: the first of an outage, its first loss, and one an hour.
    pub(crate) fn failed(&self, now: Timestamp, is_loss: bool) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = told.as_mut()
            && (told.is_loss_told || !is_loss)
            && now < told.at.plus(TOLD_AGAIN)
        {
            told.untold += 1;
            return None;
        }
        let is_loss_told = is_loss || told.as_ref().is_some_and(|told| told.is_loss_told);
        let before = told.replace(Told { at: now, is_loss_told, untold: 0 });
        Some(before.map_or(0, |told| told.untold))
    }

    /// A message got through. Says how many failures went untold if that is the end of an outage.
    pub(crate) fn ended(&self) -> Option<u64> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        told.map(|told| told.untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_and_once_an_hour_and_its_first_loss() {
        let outage = Outage::default();
        let at = |minutes| Timestamp::from_micros(0).plus(Span::from_minutes(minutes));
        assert_eq!(outage.ended(), None);
        assert_eq!(outage.failed(at(0), false), Some(0));
        assert_eq!((outage.failed(at(1), false), outage.failed(at(2), false)), (None, None));
        assert_eq!(outage.failed(at(3), true), Some(2));
        assert_eq!((outage.failed(at(4), true), outage.failed(at(62), false)), (None, None));
        assert_eq!(outage.failed(at(63), false), Some(2));
        assert_eq!(outage.failed(at(64), true), None);
        assert_eq!((outage.ended(), outage.ended()), (Some(1), None));
        assert_eq!(outage.failed(at(65), true), Some(0));
    }
}
