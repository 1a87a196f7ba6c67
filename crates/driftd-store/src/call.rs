//! Calls of the port, by what each of them does.

use std::fmt;
use std::future::Future;

use driftd_model::{
    BaselineName, BaselineRef, Checkpoint, IncidentId, MonitorId, Partition, ReceiverName, SilenceId, StoreError,
    Topic, TopicPartition,
};

use crate::error::Outcome;

/// What a call does, for the error when it fails.
pub(crate) enum Call<'a> {
    Claim(&'a Topic, Partition),
    Checkpoint(&'a Checkpoint),
    Renew(&'a Topic, Partition),
    NoteUnread(&'a Topic, Partition),
    RetirePartitions(&'a Topic),
    Seal(&'a MonitorId),
    Reconcile(&'a MonitorId),
    SweepLate(&'a MonitorId),
    Retain,
    Clock,
    Sizes,
    Partitions(&'a Topic),
    Frontier(&'a MonitorId),
    Frontiers,
    Windows(&'a MonitorId),
    SealedPanes(&'a MonitorId),
    Baseline(&'a BaselineRef),
    NewestBaseline(&'a BaselineName),
    Baselines,
    Activations(&'a MonitorId),
    History,
    Incidents,
    Incident(&'a IncidentId),
    Silences,
    PutBaseline(&'a BaselineName),
    Activate(&'a BaselineRef, &'a MonitorId),
    Amend,
    AddSilence,
    ExpireSilence(SilenceId),
    Lease(&'a ReceiverName),
    Settle(i64),
    OutboxDepth,
    NotifiedIncidents,
    AllPartitions,
    ResetPartition(&'a TopicPartition),
    ForgetPartition(&'a TopicPartition),
    MoveFrontier(&'a MonitorId),
}

impl Call<'_> {
    /// The port's answer: that of `work`, or what was being done when it failed.
    pub(crate) async fn answer<T>(self, work: impl Future<Output = Outcome<T>> + Send) -> Result<T, StoreError> {
        work.await.map_err(|failure| failure.doing(self.to_string()))
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(topic, partition) => write!(f, "claim {topic}/{partition}"),
            Self::Checkpoint(Checkpoint { topic, partition, from, to, .. }) => {
                write!(f, "checkpoint offsets {from} to {to} of {topic}/{partition}")
            }
            Self::Renew(topic, partition) => write!(f, "begin {topic}/{partition} anew"),
            Self::NoteUnread(topic, partition) => write!(f, "note whether {topic}/{partition} can be read"),
            Self::RetirePartitions(topic) => write!(f, "retire partitions of {topic}"),
            Self::Seal(monitor) => write!(f, "seal monitor {monitor}"),
            Self::Reconcile(monitor) => write!(f, "reconcile the incidents of monitor {monitor}"),
            Self::SweepLate(monitor) => write!(f, "count late records of monitor {monitor}"),
            Self::Retain => f.write_str("drop what is old"),
            Self::Clock => f.write_str("ask the store what time it is"),
            Self::Sizes => f.write_str("measure the store"),
            Self::Partitions(topic) => write!(f, "read the partitions of {topic}"),
            Self::Frontier(monitor) => write!(f, "read the frontier of monitor {monitor}"),
            Self::Frontiers => f.write_str("read the frontiers of all monitors"),
            Self::Windows(monitor) => write!(f, "list the windows of monitor {monitor}"),
            Self::SealedPanes(monitor) => write!(f, "read the sealed panes of monitor {monitor}"),
            Self::Baseline(reference) => write!(f, "read baseline {reference}"),
            Self::NewestBaseline(name) => write!(f, "read the newest version of baseline {name}"),
            Self::Baselines => f.write_str("list baselines"),
            Self::Activations(monitor) => write!(f, "read the baselines of monitor {monitor}"),
            Self::History => f.write_str("read the drift history"),
            Self::Incidents => f.write_str("list incidents"),
            Self::Incident(id) => write!(f, "read incident {id}"),
            Self::Silences => f.write_str("list silences"),
            Self::PutBaseline(name) => write!(f, "store baseline {name}"),
            Self::Activate(reference, monitor) => write!(f, "activate baseline {reference} for monitor {monitor}"),
            Self::Amend => f.write_str("amend an incident"),
            Self::AddSilence => f.write_str("add a silence"),
            Self::ExpireSilence(id) => write!(f, "end silence {id}"),
            Self::Lease(receiver) => write!(f, "lease notifications for receiver {receiver}"),
            Self::Settle(entry) => write!(f, "settle notification {entry}"),
            Self::OutboxDepth => f.write_str("count pending notifications"),
            Self::AllPartitions => f.write_str("list partitions"),
            Self::ResetPartition(partition) => write!(f, "set the offset of {partition}"),
            Self::ForgetPartition(partition) => write!(f, "forget {partition}"),
            Self::MoveFrontier(monitor) => write!(f, "move the frontier of monitor {monitor}"),
            Self::NotifiedIncidents => f.write_str("read the incidents that people were notified of"),
        }
    }
}
