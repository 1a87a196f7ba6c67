//! A pane's counts out of a database that somebody else may have written to.

#![no_main]

use driftd_model::merge_aggregates;
use driftd_store::{COMPRESSED, decode_aggregates, decode_stored, encode_aggregates};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(decode_stored(COMPRESSED, bytes));
    let Ok(aggregates) = decode_aggregates(bytes) else {
        return;
    };
    // What was understood is written and read again without a change, ...
    let written = encode_aggregates(&aggregates).expect("counts in memory can be encoded");
    let again = decode_aggregates(&written).expect("what was encoded can be decoded");
    assert_eq!(encode_aggregates(&again).expect("counts in memory can be encoded"), written);
    // ... and can be asked anything and added to itself: sums saturate.
    for aggregate in &aggregates {
        let _ =
            (aggregate.rows(), aggregate.missing(), aggregate.usable(), aggregate.infinite(), aggregate.heap_bytes());
    }
    let mut sum = aggregates.clone();
    merge_aggregates(&mut sum, &aggregates).expect("equal shapes merge");
});
