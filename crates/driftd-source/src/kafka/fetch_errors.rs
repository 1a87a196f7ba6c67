//! Fetches of a partition that fail: librdkafka tries each again twice a second, for ever where a batch cannot be read.

use driftd_model::Offset;
use rdkafka::types::RDKafkaErrorCode as Code;

/// What the log knows of them: the same error at the same offset is told once.
#[derive(Debug, Default)]
pub(super) struct FetchErrors {
    told: Option<(Option<Code>, Offset)>,
    untold: u64,
}

impl FetchErrors {
    /// A fetch failed that was to go on at `next`. Says how many went untold before it if this one is to be told.
    pub(super) fn failed(&mut self, code: Option<Code>, next: Offset) -> Option<u64> {
        if self.told == Some((code, next)) {
            self.untold += 1;
            return None;
        }
        self.told = Some((code, next));
        Some(std::mem::take(&mut self.untold))
    }

    /// A record came. Says how many failures went untold if there were any before it.
    pub(super) fn ended(&mut self) -> Option<u64> {
        self.told.take().map(|_| std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_at_one_offset_is_told_once() {
        let mut errors = FetchErrors::default();
        let bad = Some(Code::BadCompression);
        assert_eq!(errors.ended(), None);
        assert_eq!(errors.failed(bad, Offset(7)), Some(0));
        assert!((0..120).all(|_| errors.failed(bad, Offset(7)).is_none()));
        assert_eq!(errors.failed(Some(Code::BadMessage), Offset(7)), Some(120));
        assert_eq!(errors.failed(Some(Code::BadMessage), Offset(7)), None);
        assert_eq!((errors.ended(), errors.ended()), (Some(1), None));
        assert_eq!(errors.failed(bad, Offset(8)), Some(0));
    }
}
