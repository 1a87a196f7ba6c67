//! Batches of records as they lie on a broker's disk, to be damaged.

use std::fs;
use std::ops::Range;
use std::path::Path;

/// Where a batch has its length, its last offset and its records.
const LENGTH: usize = 8;
const LAST_OFFSET: usize = 23;
const RECORDS: usize = 61;
/// Offset and length come before what the length counts.
const PREFIX: usize = 12;

/// Damages the batch in `folder` that holds the record at `offset`: what is compressed does not decompress any more.
pub(super) fn damage(folder: &Path, offset: i64) -> Range<i64> {
    let file = folder.join("00000000000000000000.log");
    let mut log = fs::read(&file).expect("the log of a partition");
    let mut at = 0;
    while at + RECORDS < log.len() {
        let first = i64::from_be_bytes(log[at..at + LENGTH].try_into().expect("eight bytes"));
        let end = first + i64::from(number(&log, at + LAST_OFFSET)) + 1;
        if (first..end).contains(&offset) {
            // The beginning says how it is compressed.
            log[at + RECORDS..at + RECORDS + 4].iter_mut().for_each(|byte| *byte = !*byte);
            fs::write(&file, &log).expect("the log of a partition");
            return first..end;
        }
        at += PREFIX + usize::try_from(number(&log, at + LENGTH)).expect("a length");
    }
    panic!("no batch holds offset {offset}");
}

fn number(log: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(log[at..at + 4].try_into().expect("four bytes"))
}
