//! By what a partition's log is known again: the last counted record.

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

    const EXPECTED: u64 = 0x2a9f_a7de_183f_714a;
}
