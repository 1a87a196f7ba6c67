//! A compressed CSV file from anywhere.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| driftd_fuzz::read("csv.gz", bytes));
