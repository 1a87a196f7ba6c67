//! The plain data of a [`MemStore`](super::MemStore): one field a table.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use driftd_model::{
    Activation, BaselineName, Checkpoint, ContentHash, DeadLetter, FalseAlarms, FeatureMemory, FeatureName, HistoryRow,
    Incident, IncidentEvent, LogMark, MonitorId, Notification, Offset, OutboxEntry, Partition, PartitionRow,
    PlannedDelta, ReceiverName, SealedPane, Silence, SilenceId, StoredBaseline, Topic, WindowRow,
};
use driftd_window::{EventTime, PaneId, SegmentKey, Span, Timestamp, WindowName};
use tokio::sync::Notify;

use super::claims::CountedPlan;
use super::fault::{Bug, Fault, Operation, Outage};

/// Everything the store knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) partitions: BTreeMap<(Topic, Partition), PartitionRow>,
    /// On which plans the records of each partition are counted.
    pub(super) counted: BTreeMap<(Topic, Partition), BTreeMap<(MonitorId, ContentHash), CountedPlan>>,
    pub(super) known_since: BTreeMap<(Topic, Partition), Timestamp>,
    pub(super) owners: BTreeMap<(Topic, Partition), String>,
    pub(super) log_marks: BTreeMap<(Topic, Partition), LogMark>,
    /// Partitions that brokers do not have any more.
    pub(super) retired: BTreeSet<(Topic, Partition)>,
    pub(super) dead_letters: BTreeMap<Topic, VecDeque<(Timestamp, DeadLetter)>>,
    pub(super) monitors: BTreeMap<MonitorId, MonitorState>,
    pub(super) baselines: BTreeMap<BaselineName, Vec<StoredBaseline>>,
    /// Oldest first.
    pub(super) activations: BTreeMap<MonitorId, Vec<Activation>>,
    /// In order of their first write.
    pub(super) incidents: Vec<Incident>,
    pub(super) events: Vec<IncidentEvent>,
    pub(super) silences: BTreeMap<SilenceId, Silence>,
    pub(super) outbox: Vec<OutboxRow>,
    /// Id of the newest message.
    pub(super) messages: i64,
    /// The last checkpoint that was written, for a driver that sends it again.
    pub(super) last_checkpoint: Option<Checkpoint>,
    pub(super) faults: BTreeMap<Operation, Fault>,
    pub(super) bug: Option<Bug>,
    pub(super) outage: Option<Outage>,
    pub(super) reachable: Arc<Notify>,
    pub(super) seals_asked: u64,
    pub(super) clocks_asked: u64,
    /// What the store's own clock shows, if it has one.
    pub(super) clock: Option<Timestamp>,
}

/// Panes and windows of one monitor.
#[derive(Debug, Default)]
pub(super) struct MonitorState {
    pub(super) partials: BTreeMap<PaneId, Vec<Partial>>,
    pub(super) sealed: BTreeMap<(PaneId, SegmentKey), SealedPane>,
    /// Of the records of a sealed pane, those whose partials were dropped.
    pub(super) dropped: BTreeMap<(PaneId, SegmentKey), u64>,
    pub(super) sealed_through: Option<EventTime>,
    /// How far back anybody has looked who sealed it.
    pub(super) reach: Span,
    pub(super) windows: Vec<WindowRow>,
    pub(super) history: Vec<HistoryRow>,
    /// Under which budget windows that ended then were judged, and when.
    pub(super) budgets: BTreeMap<EventTime, (FalseAlarms, Timestamp)>,
    pub(super) memories: BTreeMap<(WindowName, SegmentKey, FeatureName), FeatureMemory>,
}

/// A delta and the run of offsets it came from.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    pub(super) topic: Topic,
    pub(super) partition: Partition,
    pub(super) from: Offset,
    pub(super) to: Offset,
    pub(super) landed: Timestamp,
    pub(super) planned: PlannedDelta,
}

/// A notification and where its delivery stands.
#[derive(Clone, Debug)]
pub(super) struct OutboxRow {
    pub(super) entry: OutboxEntry,
    pub(super) state: OutboxState,
    pub(super) due: Timestamp,
    pub(super) lease: Option<(String, Timestamp)>,
    pub(super) last_error: Option<String>,
}

impl OutboxRow {
    /// Whether it is on its way to the same receiver as another one, about the same incident.
    pub(super) fn is_akin(&self, other: &Self) -> bool {
        let (own, others) = (&self.entry, &other.entry);
        self.state == OutboxState::Waiting
            && own.receiver == others.receiver
            && own.notification.incident.id == others.notification.incident.id
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutboxState {
    Waiting,
    Delivered,
    Dead,
}

impl State {
    /// Takes the fault ordered for `operation`, if any.
    pub(super) fn take_fault(&mut self, operation: Operation) -> Option<Fault> {
        self.faults.remove(&operation)
    }

    pub(super) fn has_bug(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(super) fn monitor(&mut self, id: &MonitorId) -> &mut MonitorState {
        self.monitors.entry(id.clone()).or_default()
    }

    /// Puts a notification on its way to a receiver; once, however often it is decided.
    pub(super) fn enqueue(&mut self, receiver: &ReceiverName, notification: &Notification) {
        let known = |row: &OutboxRow| row.entry.receiver == *receiver && row.entry.notification.key == notification.key;
        if self.outbox.iter().any(known) {
            return;
        }
        self.messages += 1;
        self.outbox.push(OutboxRow {
            due: notification.at,
            entry: OutboxEntry {
                id: self.messages,
                receiver: receiver.clone(),
                notification: notification.clone(),
                attempts: 0,
            },
            state: OutboxState::Waiting,
            lease: None,
            last_error: None,
        });
    }
}
