//! Sorted runs: more numbers than memory, in order.
//!
//! Numbers are collected as integers of the same order ([`order`]). When the budget is spent, what was collected is
//! sorted and written to an unlinked temporary file as one *run*; [`RunSample`] then answers questions of rank over
//! all runs together with positioned reads. What fits into the budget never touches a file.

mod order;
mod sample;
mod spilled;

use std::fs::File;
use std::io::Write;

pub(crate) use sample::RunSample;
use spilled::SpilledRun;

use crate::DatasetError;

/// Keys a run is read in, and the distance of the keys of its index.
const BLOCK: usize = 4096;

/// Collects finite numbers, counting the others.
pub(crate) struct RunCollector {
    budget: usize,
    /// Numbers to be expected at most, as far as that is known.
    expected: usize,
    keys: Vec<u64>,
    scratch: Vec<u64>,
    file: Option<File>,
    written: u64,
    runs: Vec<SpilledRun>,
    /// Numbers that have no place in an order.
    pub(crate) odd: OddNumbers,
}

/// Numbers that are not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OddNumbers {
    pub(crate) nan: u64,
    pub(crate) pos_inf: u64,
    pub(crate) neg_inf: u64,
}

impl RunCollector {
    /// A collector of at most `expected` numbers that keeps about `budget` bytes in memory.
    pub(crate) fn new(budget: usize, expected: u64) -> Self {
        // Sorting needs as much scratch as there are keys, so half the budget is keys.
        let budget = (budget / 16).max(BLOCK);
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        let (keys, scratch, runs) = (Vec::new(), Vec::new(), Vec::new());
        Self { budget, expected, keys, scratch, file: None, written: 0, runs, odd: OddNumbers::default() }
    }

    /// Adds a number.
    #[inline]
    pub(crate) fn push(&mut self, value: f64) -> Result<(), DatasetError> {
        if value.is_finite() {
            if self.keys.capacity() == 0 {
                self.reserve();
            }
            self.keys.push(order::key(value));
            if self.keys.len() >= self.budget {
                return self.spill();
            }
        } else if value.is_nan() {
            self.odd.nan += 1;
        } else if value > 0.0 {
            self.odd.pos_inf += 1;
        } else {
            self.odd.neg_inf += 1;
        }
        Ok(())
    }

    /// Takes the memory for all numbers at once, and only when there is one: a list that grows leaves as much behind as it
    /// takes, and a collector may wait for its column while others are at theirs.
    #[cold]
    fn reserve(&mut self) {
        self.keys.reserve_exact(self.expected.clamp(1, self.budget));
    }

    /// Whether there is anything to put in order.
    pub(crate) fn has_finite(&self) -> bool {
        !self.keys.is_empty() || self.written > 0
    }

    /// Everything that was collected, in order.
    pub(crate) fn finish(mut self) -> RunSample {
        order::sort(&mut self.keys, &mut self.scratch);
        RunSample::new(self.keys, self.file, self.runs)
    }

    fn spill(&mut self) -> Result<(), DatasetError> {
        order::sort(&mut self.keys, &mut self.scratch);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile().map_err(DatasetError::spill)?),
        };
        let run = SpilledRun::new(self.written, &self.keys);
        let mut bytes = Vec::with_capacity(8 * BLOCK);
        for block in self.keys.chunks(BLOCK) {
            bytes.clear();
            bytes.extend(block.iter().flat_map(|key| key.to_le_bytes()));
            file.write_all(&bytes).map_err(DatasetError::spill)?;
        }
        self.written += 8 * self.keys.len() as u64;
        self.runs.push(run);
        self.keys.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
