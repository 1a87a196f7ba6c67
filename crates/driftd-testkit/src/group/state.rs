//! Logs, members and assignments: plain data behind the group's lock.

use std::sync::Arc;

use driftd_model::SourceEvent;
use tokio::sync::mpsc::UnboundedSender;

use crate::sim::record::Record;

/// Has whoever reads a partition look at it.
pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;

/// How a partition goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The next pull fails for good.
    Fails,
    /// The next pull panics.
    Panics,
    /// Records are lost between two pulls.
    Skips,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) logs: Vec<Vec<Record>>,
    /// Owner of every partition.
    pub(super) owners: Vec<Option<usize>>,
    pub(super) members: Vec<MemberState>,
    /// Every assignment there ever was: those that are over may still be pulled from.
    pub(super) assignments: Vec<Assignment>,
    pub(super) defects: Vec<Option<Defect>>,
    /// How far the members said that they have counted.
    pub(super) reported: Vec<i64>,
    /// Most records of one pull.
    pub(super) most: usize,
}

/// A member of the group.
pub(super) struct MemberState {
    /// Nothing once it has left or died.
    pub(super) events: Option<UnboundedSender<SourceEvent>>,
    pub(super) is_stalled: bool,
    /// It has said that it leaves, and is given nothing any more.
    pub(super) is_leaving: bool,
}

/// One assignment of a partition.
pub(super) struct Assignment {
    pub(super) member: usize,
    pub(super) partition: usize,
    pub(super) position: usize,
    /// Whether it is still served; a zombie is, although the partition is somebody else's.
    pub(super) is_live: bool,
    /// It was told of the end, and no record came since.
    pub(super) at_end: bool,
    /// It found nothing, so it waits to be woken.
    pub(super) waits: bool,
    pub(super) wake: Option<Wake>,
}

impl State {
    /// Whoever waits for records of `wanted` assignments, and has not been woken since it found nothing.
    pub(super) fn wakes(&mut self, wanted: impl Fn(&Assignment) -> bool) -> Vec<Wake> {
        let members = &self.members;
        let served = |r: &&mut Assignment| r.is_live && r.waits && members.get(r.member).is_some_and(|s| !s.is_stalled);
        let waiting = self.assignments.iter_mut().filter(served).filter(|r| wanted(r));
        waiting
            .filter_map(|assignment| {
                assignment.waits = false;
                assignment.wake.clone()
            })
            .collect()
    }

    /// Nothing is delivered any more of `partitions` to `member`.
    pub(super) fn cut(&mut self, member: usize, partitions: &[usize]) {
        for assignment in
            self.assignments.iter_mut().filter(|r| r.member == member && partitions.contains(&r.partition))
        {
            assignment.is_live = false;
        }
        for partition in partitions {
            self.owners[*partition] = self.owners[*partition].filter(|owner| *owner != member);
        }
    }

    /// Partitions of `member`.
    pub(super) fn held_by(&self, member: usize) -> Vec<usize> {
        (0..self.owners.len()).filter(|p| self.owners[*p] == Some(member)).collect()
    }

    /// Members that are there to stay.
    pub(super) fn present(&self) -> Vec<usize> {
        let stays = |member: &MemberState| member.events.is_some() && !member.is_leaving;
        (0..self.members.len()).filter(|m| stays(&self.members[*m])).collect()
    }
}
