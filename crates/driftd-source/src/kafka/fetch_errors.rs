//! Fetches of a partition that fail: librdkafka tries each again twice a second, for ever where a batch cannot be read.

use std::time::{Duration, Instant};

use driftd_model::{FetchFailure, FetchTrouble, Offset};
use rdkafka::types::RDKafkaErrorCode as Code;

/// Equal failures at one offset after which a batch counts as unreadable: some five seconds of them.
const ENOUGH: u64 = 10;
/// How often a partition whose fetches fail is fetched anew. librdkafka says some errors once and nothing when they are
/// over, unless a record comes.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);

/// What is known of them: the same error at the same offset is told once.
#[derive(Debug, Default)]
pub(super) struct FetchErrors {
    told: Option<(Option<Code>, Offset)>,
    untold: u64,
    /// Whoever runs the source knows how fetches go.
    is_known: bool,
    retried: Option<Instant>,
}

impl FetchErrors {
    /// A fetch failed that was to go on at `next`. Says how many went untold before it if this one is to be told.
    pub(super) fn failed(&mut self, code: Option<Code>, next: Offset) -> Option<u64> {
        self.is_known = true;
        if self.told == Some((code, next)) {
            self.untold += 1;
            return None;
        }
        self.told = Some((code, next));
        Some(std::mem::take(&mut self.untold))
    }

    /// A record came, or the end. Says how many failures went untold if there were any before it.
    pub(super) fn ended(&mut self) -> Option<u64> {
        self.retried = None;
        self.told.take().map(|_| std::mem::take(&mut self.untold))
    }

    /// Whether it is to be told that fetches succeed, because nobody knows how they go: once.
    pub(super) fn first_success(&mut self) -> bool {
        !std::mem::replace(&mut self.is_known, true)
    }

    /// Whether the batch at `next` was said to be unreadable.
    pub(super) fn is_unreadable(&self, next: Offset) -> bool {
        self.told.is_some_and(|(code, at)| at == next && failure(code) == FetchFailure::UnreadableBatch)
    }

    /// Whether it was said so often enough to believe it.
    pub(super) fn is_unreadable_for_good(&self, next: Offset) -> bool {
        self.untold >= ENOUGH && self.is_unreadable(next)
    }

    /// Whether the partition is to be fetched anew at `now`.
    pub(super) fn is_retry_due(&mut self, now: Instant) -> bool {
        if self.told.is_none() {
            return false;
        }
        let last = *self.retried.get_or_insert(now);
        let is_due = now.duration_since(last) >= RETRY_INTERVAL;
        if is_due {
            self.retried = Some(now);
        }
        is_due
    }
}

/// What kind of failure an error is.
pub(super) const fn failure(code: Option<Code>) -> FetchFailure {
    match code {
        Some(Code::TopicAuthorizationFailed) => FetchFailure::Denied,
        Some(Code::BadMessage | Code::BadCompression | Code::InvalidMessage | Code::NotImplemented) => {
            FetchFailure::UnreadableBatch
        }
        _ => FetchFailure::Refused,
    }
}

/// An error at `at`, for people.
pub(super) fn trouble(code: Option<Code>, at: Offset) -> FetchTrouble {
    let detail = code.map_or_else(|| "the fetch fails".to_owned(), |code| code.to_string());
    FetchTrouble { at, failure: failure(code), detail }
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

    #[test]
    fn a_batch_is_unreadable_after_equal_errors_at_one_offset() {
        let mut errors = FetchErrors::default();
        for _ in 0..=ENOUGH {
            assert!(!errors.is_unreadable_for_good(Offset(7)));
            errors.failed(Some(Code::BadCompression), Offset(7));
        }
        assert!(errors.is_unreadable_for_good(Offset(7)) && !errors.is_unreadable_for_good(Offset(8)));
        errors.ended();
        for _ in 0..=2 * ENOUGH {
            errors.failed(Some(Code::TopicAuthorizationFailed), Offset(7));
        }
        assert!(!errors.is_unreadable_for_good(Offset(7)), "no batch was read at all");
    }

    #[test]
    fn a_failing_partition_is_fetched_anew_now_and_then() {
        let (mut errors, now) = (FetchErrors::default(), Instant::now());
        let later = |secs| now + Duration::from_secs(secs);
        assert!(!errors.is_retry_due(now));
        assert!(errors.first_success() && !errors.first_success());
        errors.failed(Some(Code::TopicAuthorizationFailed), Offset(7));
        assert_eq!([0, 14, 15, 16, 30].map(|secs| errors.is_retry_due(later(secs))), [false, false, true, false, true]);
        errors.ended();
        assert!(!errors.is_retry_due(later(60)));
    }

    #[test]
    fn errors_are_told_with_what_to_do() {
        let said = [Code::TopicAuthorizationFailed, Code::BadCompression, Code::UnknownTopicOrPartition]
            .map(|code| trouble(Some(code), Offset(7)).to_string());
        insta::assert_snapshot!(said.join("\n"), @r#"
        cannot be read at offset 7: TopicAuthorizationFailed (Broker: Topic authorization failed): grant its user READ on the topic
        cannot be read at offset 7: BadCompression (Local: Invalid compressed data): have the batch deleted from the topic, or pass it over with kafka.unreadable_batch = "skip"
        cannot be read at offset 7: UnknownTopicOrPartition (Broker: Unknown topic or partition): look at the topic and at the broker's log
        "#);
    }
}
