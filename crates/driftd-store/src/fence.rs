//! What every checkpoint has to pass, and how it is told that it did not.

use driftd_model::{Activation, Checkpoint, CountedOn, MonitorId, PlannedDelta};

use crate::codec::{Encoded, encode_stored};
use crate::error::{Failure, Outcome};
use crate::rows::PositionColumns;

/// Sampled rejects kept for each topic.
pub(crate) const DEAD_LETTERS: i64 = 1000;

/// A delta, whose it is, and its counts as they are stored.
pub(crate) type EncodedDelta<'a> = (&'a MonitorId, &'a PlannedDelta, Encoded);

/// The counts of a checkpoint as they are stored. This is the slow half of a checkpoint and needs no lock.
pub(crate) fn encode(checkpoint: &Checkpoint) -> Outcome<Vec<EncodedDelta<'_>>> {
    let Checkpoint { topic, partition, from, to, deltas, .. } = checkpoint;
    if to < from {
        return Err(Failure::Refused(format!(
            "a checkpoint of {topic}/{partition} cannot go back from offset {from} to {to}"
        )));
    }
    let mut encoded = Vec::with_capacity(deltas.len());
    for (monitor, planned) in deltas {
        encoded.push((monitor, planned, encode_stored(&planned.delta.aggregates)?));
    }
    Ok(encoded)
}

/// Why a checkpoint that moved no row is refused; `found` is epoch and next offset of the partition as it stands.
pub(crate) fn fenced(checkpoint: &Checkpoint, found: Option<PositionColumns>) -> Failure {
    let Checkpoint { topic, partition, epoch, from, .. } = checkpoint;
    let place = format!("{topic}/{partition}");
    // Epochs and offsets only grow. Where they are smaller than what the owner was told, the store has forgotten that.
    match found {
        None => Failure::WentBack(format!("it has no row of {place}, which was claimed as epoch {epoch}")),
        Some(PositionColumns { epoch: current, .. }) if current < epoch.0 => {
            Failure::WentBack(format!("{place} is at epoch {current}, and was claimed as epoch {epoch}"))
        }
        Some(PositionColumns { epoch: current, .. }) if current > epoch.0 => {
            Failure::Fenced(format!("{place} belongs to epoch {current}, not to {epoch}"))
        }
        Some(PositionColumns { next_offset: Some(next), .. }) if next > from.0 => {
            Failure::Fenced(format!("{place} goes on at offset {next}, not at {from}"))
        }
        Some(PositionColumns { next_offset, .. }) => {
            let next = next_offset.map_or_else(|| "no offset".to_owned(), |offset| format!("offset {offset}"));
            Failure::WentBack(format!("{place} is at {next}, and was written up to offset {from}"))
        }
    }
}

/// Refuses counts whose plan has been superseded; `found` is the newest activation that a monitor's latest pane falls
/// under.
pub(crate) fn check_plan(counted: &CountedOn, found: &Activation) -> Outcome<()> {
    if counted.is_superseded_by(found) { Err(Failure::Superseded(counted.refusal(found))) } else { Ok(()) }
}
