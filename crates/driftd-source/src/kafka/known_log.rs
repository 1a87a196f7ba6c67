//! The log that a reader has begun with: which of its records proves that it is the same, and the way back there.

use std::time::{Duration, Instant};

use driftd_model::{LogMark, Offset};

/// For how long records may have been read of another log before the reader hears of it: the client has said so by then,
/// even if its thread was held up by a rebalance.
const HEARSAY: Duration = Duration::from_secs(5);

/// What a reader knows of its log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownLog {
    /// A record that was read at least [`HEARSAY`] ago: those after it may be of another log already.
    older: Option<LogMark>,
    newer: Option<(LogMark, Instant)>,
    /// What has to be at that offset, if it comes again.
    expected: Option<LogMark>,
    /// Where the client was sent, to look whether the log is the same. Until it is there nothing is read.
    sent_to: Option<Offset>,
}

/// How far the client is on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayBack {
    /// It is where it should be.
    There,
    /// It has yet to go.
    Pending,
    /// It went elsewhere meanwhile, and has to be sent here again.
    Astray(Offset),
}

impl KnownLog {
    /// Begins with the record that was counted before the partition was assigned, which is looked at first.
    pub(super) fn new(counted: Option<LogMark>) -> Self {
        Self { older: counted, expected: counted, ..Self::default() }
    }

    /// Takes note of a record that was read.
    pub(super) fn read(&mut self, mark: LogMark, now: Instant) {
        match self.newer {
            Some((_, since)) if now.duration_since(since) < HEARSAY => {}
            Some((newer, _)) => (self.older, self.newer) = (Some(newer), Some((mark, now))),
            None => self.newer = Some((mark, now)),
        }
    }

    /// Whether the record at `offset`, whose mark is `mark`, is the one that has to be there; nothing where any may be.
    pub(super) fn is_expected(&mut self, offset: i64, mark: impl FnOnce() -> LogMark) -> Option<bool> {
        let expected = self.expected.take_if(|expected| expected.offset.0 == offset)?;
        Some(expected == mark())
    }

    /// The log may be another one: gives the offset to read from again, which is at most `next`.
    pub(super) fn doubt(&mut self, next: Offset) -> Offset {
        // The first record that was read, where none is old enough.
        let known = self.older.or(self.newer.map(|(mark, _)| mark));
        let at = known.map_or(next, |mark| mark.offset.min(next));
        (self.expected, self.sent_to) = (known, Some(at));
        at
    }

    /// Whether the client, which last went to `positioned`, is where the log has to be looked at.
    pub(super) fn way_back(&mut self, positioned: Option<Offset>) -> WayBack {
        match (self.sent_to, positioned) {
            (None, _) => WayBack::There,
            (Some(_), None) => WayBack::Pending,
            (Some(at), Some(positioned)) if at == positioned => {
                self.sent_to = None;
                WayBack::There
            }
            (Some(at), Some(_)) => WayBack::Astray(at),
        }
    }

    /// Whether the client is on its way back.
    pub(super) fn is_doubted(&self) -> bool {
        self.sent_to.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(offset: i64) -> LogMark {
        LogMark { offset: Offset(offset), fingerprint: offset.unsigned_abs() }
    }

    #[test]
    fn what_was_read_of_late_proves_nothing() {
        let begin = Instant::now();
        let mut log = KnownLog::new(None);
        let mut seen = Vec::new();
        for second in 0..14 {
            log.read(mark(second), begin + Duration::from_secs(second.unsigned_abs()));
            seen.push(log.doubt(Offset(100)).0);
        }
        assert_eq!(seen, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 5, 5]);
    }

    #[test]
    fn a_log_is_known_by_the_record_that_was_counted() {
        let mut log = KnownLog::new(Some(mark(7)));
        assert_eq!(log.is_expected(6, || mark(6)), None);
        assert_eq!(log.is_expected(7, || LogMark { fingerprint: 0, ..mark(7) }), Some(false));
        assert_eq!(log.is_expected(7, || mark(7)), None, "once is enough");
        assert_eq!(log.doubt(Offset(8)), Offset(7));
        assert_eq!(log.is_expected(7, || mark(7)), Some(true));
    }

    #[test]
    fn nothing_is_read_until_the_client_has_gone_back() {
        let mut log = KnownLog::new(None);
        assert_eq!(log.way_back(Some(Offset(3))), WayBack::There);
        assert_eq!(log.doubt(Offset(9)), Offset(9), "nothing was read yet");
        assert_eq!(log.way_back(None), WayBack::Pending);
        assert_eq!(log.way_back(Some(Offset(4))), WayBack::Astray(Offset(9)));
        assert!(log.is_doubted());
        assert_eq!(log.way_back(Some(Offset(9))), WayBack::There);
        assert!(!log.is_doubted());
    }
}
