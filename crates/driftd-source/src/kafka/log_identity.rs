//! By what a log is known again, and what the client says of its topic.

use driftd_model::{LogMark, Offset};
use rdkafka::Timestamp;
use rdkafka::message::{BorrowedMessage, Message};

/// FNV-1a, 64 bits: the same in every version of driftd.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The mark of a record.
pub(super) fn mark(record: &BorrowedMessage<'_>) -> LogMark {
    let at = match record.timestamp() {
        Timestamp::NotAvailable => -1,
        Timestamp::CreateTime(at) | Timestamp::LogAppendTime(at) => at,
    };
    LogMark { offset: Offset(record.offset()), fingerprint: fingerprint(at, record.key(), record.payload()) }
}

/// The topic that was made anew, where this line of librdkafka's is about one: it notices by the topic's id, tells nobody but
/// its log, and goes on at the old offset. Until then it fetches nothing, because brokers refuse the old id.
pub(super) fn recreated_topic<'a>(facility: &str, line: &'a str) -> Option<&'a str> {
    const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAAAA";
    if facility != "METADATA" {
        return None;
    }
    let (_, rest) = line.split_once("Topic ")?;
    let (topic, ids) = rest.split_once(" changed id from ")?;
    (!ids.starts_with(UNKNOWN)).then_some(topic)
}

/// Hash of what brokers never change of a record. An empty key is another one than none.
fn fingerprint(at: i64, key: Option<&[u8]>, payload: Option<&[u8]>) -> u64 {
    let part =
        |hash: u64, bytes: &[u8]| bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    let length = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    let mut hash = part(BASIS, &at.to_le_bytes());
    for bytes in [key, payload] {
        hash = part(hash, &length(bytes).to_le_bytes());
        hash = part(hash, bytes.unwrap_or_default());
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_apart() {
        let key = Some(&b"k"[..]);
        let all = [
            fingerprint(0, None, None),
            fingerprint(1, None, None),
            fingerprint(0, Some(b""), None),
            fingerprint(0, None, Some(b"")),
            fingerprint(0, key, None),
            fingerprint(0, None, key),
            fingerprint(0, key, key),
            fingerprint(0, Some(b"kk"), Some(b"")),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        // It stands in stores.
        assert_eq!(fingerprint(1_764_500_000_000, key, Some(b"{}")), EXPECTED);
    }

    #[test]
    fn a_topic_made_anew_is_read_off_the_clients_log() {
        let line = "[thrd:main]: Topic events changed id from 4Ic1cS1kRUaRUrdKvLrKwA to b8ZB1j6bTcGd9ZL8a1Qp3w";
        assert_eq!(recreated_topic("METADATA", line), Some("events"));
        assert_eq!(recreated_topic("STATE", line), None);
        let first = "[thrd:main]: Topic events changed id from AAAAAAAAAAAAAAAAAAAAAA to b8ZB1j6bTcGd9ZL8a1Qp3w";
        assert_eq!(recreated_topic("METADATA", first), None, "it was not known before");
        assert_eq!(recreated_topic("METADATA", "[thrd:main]: Topic events [0] Leader 1 Epoch 0"), None);
    }

    const EXPECTED: u64 = 0x2a9f_a7de_183f_714a;
}
