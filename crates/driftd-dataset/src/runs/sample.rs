//! Runs in memory and on disk as one ordered sample.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io;

use driftd_stats::OrderedSample;

use super::order;
use super::spilled::{CachedBlock, SpilledRun};
use crate::DatasetError;

/// An ascending sample over one run in memory and any number on disk.
pub(crate) struct RunSample {
    memory: Vec<u64>,
    file: Option<File>,
    pub(super) runs: Vec<SpilledRun>,
    cached: RefCell<Vec<CachedBlock>>,
    /// The first read that failed: the trait has no place for it, so it is asked for afterwards.
    failed: RefCell<Option<io::Error>>,
}

impl RunSample {
    pub(super) fn new(memory: Vec<u64>, file: Option<File>, runs: Vec<SpilledRun>) -> Self {
        let cached = RefCell::new(runs.iter().map(|_| CachedBlock::default()).collect());
        Self { memory, file, runs, cached, failed: RefCell::new(None) }
    }

    /// The read that failed while the sample was in use, if one did.
    pub(crate) fn take_error(&self) -> Option<DatasetError> {
        self.failed.borrow_mut().take().map(DatasetError::spill)
    }

    fn note<T>(&self, result: io::Result<T>) -> Option<T> {
        result.map_err(|error| self.failed.borrow_mut().get_or_insert(error).kind()).ok()
    }

    fn count_keys_at_most(&self, key: u64) -> Option<u64> {
        let mut count = self.memory.partition_point(|k| *k <= key);
        if let Some(file) = &self.file {
            for (run, cached) in self.runs.iter().zip(self.cached.borrow_mut().iter_mut()) {
                count += self.note(run.count_at_most(file, cached, key))?;
            }
        }
        Some(count as u64)
    }

    fn merge(&self, file: &File, f: &mut dyn FnMut(f64)) -> io::Result<()> {
        let mut cursors: Vec<Cursor<'_>> = self.runs.iter().map(|run| Cursor::new(Some(run), &[])).collect();
        cursors.push(Cursor::new(None, &self.memory));
        let mut heap = BinaryHeap::new();
        for (place, cursor) in cursors.iter_mut().enumerate() {
            heap.extend(cursor.next(file)?.map(|key| Reverse((key, place))));
        }
        while let Some(Reverse((key, place))) = heap.pop() {
            f(order::value(key));
            if let Some(cursor) = cursors.get_mut(place) {
                heap.extend(cursor.next(file)?.map(|key| Reverse((key, place))));
            }
        }
        Ok(())
    }
}

impl OrderedSample for RunSample {
    fn len(&self) -> u64 {
        (self.memory.len() + self.runs.iter().map(SpilledRun::len).sum::<usize>()) as u64
    }

    fn value_at_rank(&self, rank: u64) -> Option<f64> {
        if self.runs.is_empty() {
            return self.memory.get(usize::try_from(rank).ok()?).map(|key| order::value(*key));
        }
        if rank >= self.len() {
            return None;
        }
        // The smallest key that more than `rank` keys do not exceed.
        let (mut below, mut found) = (0_u64, u64::MAX);
        while below < found {
            let middle = below + (found - below) / 2;
            if self.count_keys_at_most(middle)? > rank {
                found = middle;
            } else {
                below = middle + 1;
            }
        }
        Some(order::value(found))
    }

    fn count_at_most(&self, x: f64) -> u64 {
        order::last_key_at_most(x).and_then(|key| self.count_keys_at_most(key)).unwrap_or(0)
    }

    fn visit(&self, f: &mut dyn FnMut(f64)) {
        match &self.file {
            None => self.memory.iter().for_each(|key| f(order::value(*key))),
            Some(file) => {
                self.note(self.merge(file, f));
            }
        }
    }
}

/// Walks along one run.
struct Cursor<'a> {
    run: Option<&'a SpilledRun>,
    memory: std::slice::Iter<'a, u64>,
    block: usize,
    keys: std::vec::IntoIter<u64>,
}

impl<'a> Cursor<'a> {
    fn new(run: Option<&'a SpilledRun>, memory: &'a [u64]) -> Self {
        Self { run, memory: memory.iter(), block: 0, keys: Vec::new().into_iter() }
    }

    fn next(&mut self, file: &File) -> io::Result<Option<u64>> {
        let Some(run) = self.run else {
            return Ok(self.memory.next().copied());
        };
        if let Some(key) = self.keys.next() {
            return Ok(Some(key));
        }
        if self.block == run.blocks() {
            return Ok(None);
        }
        let mut keys = Vec::new();
        run.read(file, self.block, &mut keys)?;
        self.block += 1;
        self.keys = keys.into_iter();
        Ok(self.keys.next())
    }
}
