//! An assigned partition as its owner reads it.

use std::sync::Arc;

use driftd_model::{PartitionReader, Poll, PollBudget, SourceError};

use super::Shared;
use super::state::Defect;
use crate::sim::record::chunk;

/// Reader number `reader` of the group.
pub(super) struct GroupReader {
    pub(super) shared: Arc<Shared>,
    pub(super) reader: usize,
}

impl PartitionReader for GroupReader {
    fn poll(&mut self, budget: PollBudget) -> Result<Poll, SourceError> {
        let mut state = self.shared.lock();
        let state = &mut *state;
        let reader = &mut state.assignments[self.reader];
        let log = &state.logs[reader.partition];
        if !reader.is_live || state.members[reader.member].is_stalled {
            reader.waits = true;
            return Ok(Poll::Nothing);
        }
        match state.defects[reader.partition].take() {
            None => {}
            Some(Defect::Fails) => return Err(SourceError::permanent("the partition is broken, as ordered")),
            Some(Defect::Panics) => panic!("the decoder panics, as ordered"),
            Some(Defect::Skips) => reader.position += 1,
        }
        let most = budget.records.min(state.most);
        let records = &log[reader.position.min(log.len())..log.len().min(reader.position + most)];
        if records.is_empty() {
            reader.waits = true;
            let is_news = !std::mem::replace(&mut reader.at_end, true);
            return Ok(if is_news { Poll::End } else { Poll::Nothing });
        }
        let chunk = chunk(records, reader.position as i64, self.shared.monitors);
        reader.position += records.len();
        reader.at_end = false;
        reader.waits = false;
        Ok(Poll::Chunk { chunk, bytes: 100 * records.len() as u64 })
    }

    fn on_arrival(&mut self, wake: Box<dyn Fn() + Send + Sync>) {
        self.shared.lock().assignments[self.reader].wake = Some(Arc::from(wake));
    }
}
