//! One sorted run in a temporary file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::BLOCK;

/// Where a run lies in the file, and the first key of each of its blocks.
pub(super) struct SpilledRun {
    offset: u64,
    len: usize,
    index: Vec<u64>,
}

/// The block of a run that was read last: questions close together are answered without reading again.
#[derive(Default)]
pub(super) struct CachedBlock {
    number: Option<usize>,
    keys: Vec<u64>,
}

impl SpilledRun {
    /// The run of `keys`, ascending, written at byte `offset`.
    pub(super) fn new(offset: u64, keys: &[u64]) -> Self {
        let index = keys.iter().step_by(BLOCK).copied().collect();
        Self { offset, len: keys.len(), index }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn blocks(&self) -> usize {
        self.index.len()
    }

    /// Number of keys `<= key`.
    pub(super) fn count_at_most(&self, file: &File, cached: &mut CachedBlock, key: u64) -> io::Result<usize> {
        // Blocks that start at or below the key; only the last of them can also hold larger keys.
        let Some(block) = self.index.partition_point(|first| *first <= key).checked_sub(1) else {
            return Ok(0);
        };
        if cached.number != Some(block) {
            cached.number = None;
            self.read(file, block, &mut cached.keys)?;
            cached.number = Some(block);
        }
        Ok(block * BLOCK + cached.keys.partition_point(|k| *k <= key))
    }

    /// Reads one block.
    pub(super) fn read(&self, file: &File, block: usize, keys: &mut Vec<u64>) -> io::Result<()> {
        let start = block * BLOCK;
        let mut bytes = vec![0; 8 * self.len.saturating_sub(start).min(BLOCK)];
        file.read_exact_at(&mut bytes, self.offset + 8 * start as u64)?;
        keys.clear();
        keys.extend(bytes.as_chunks().0.iter().map(|key| u64::from_le_bytes(*key)));
        Ok(())
    }
}
