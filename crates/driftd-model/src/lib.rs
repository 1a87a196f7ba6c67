//! *What it means*: monitors, baselines, verdicts, incidents, notifications, and the ports they pass through.
//!
//! Floor 1 of driftd. Nothing here asks a clock, a file or a network: a seal is one pure function, [`evaluate`], from
//! the panes of a snapshot to verdicts, incident transitions and notifications, and a store calls it inside its
//! transaction through [`Sealer`]. That is why a replay gives the same history as the live daemon.
//!
//! ```
//! use driftd_model::{JudgeRules, Outcome};
//!
//! let rules = JudgeRules::default();
//! assert_eq!(rules.min_samples, 50);
//! assert!(Outcome::Critical > Outcome::Stable);
//! ```

#![forbid(unsafe_code)]

mod activation;
mod baseline;
mod baseline_choice;
mod calibration;
pub mod check;
mod clock_watch;
mod evaluate;
mod file_shape;
#[cfg(test)]
mod fixtures;
mod health_check;
mod hold;
mod ids;
mod incident;
mod judge;
mod lasting;
mod matcher;
mod memory;
mod monitor;
mod mute;
pub mod never;
mod notification;
mod notification_policy;
mod observation;
mod partition_log;
mod past;
mod plan;
mod pointer;
mod ports;
mod progress;
mod reconciler;
mod reference;
mod reject;
mod retention;
mod route;
mod schedule;
mod seal;
mod seal_counts;
mod seal_order;
mod sealer;
mod silence;
mod source;
mod store_error;
mod traffic;
mod transport;
mod variation;
mod verdict;
mod view;
mod window_result;
pub mod words;

pub use activation::{Activation, CountedOn, PlanOrigin, first_free, followed};
pub use baseline::{Baseline, BaselineSummary, FeatureBaseline, SegmentBaseline, SkippedColumn, StoredBaseline};
pub use baseline_choice::BaselineChoice;
pub use calibration::{AlarmCount, CALIBRATION_WINDOW};
pub use clock_watch::{ClockDoubt, ClockWatch};
pub(crate) use evaluate::decide;
pub use evaluate::{SealInput, SealOutcome, evaluate};
pub use file_shape::{BadDelimiter, BadEncoding, Delimiter, TextEncoding};
pub use health_check::{HealthCheck, Outage, PIPELINE_WINDOW, ReadPosition};
pub use hold::Hold;
pub use ids::{
    BadName, BaselineName, BaselineRef, ContentHash, Epoch, FeatureName, IncidentId, MonitorId, Offset, Partition,
    ReceiverName, SilenceId, Topic,
};
pub use incident::{
    Cause, Evidence, Health, HealthyWindows, Incident, IncidentEvent, IncidentKey, IncidentKind, IncidentState,
    NotificationLog, NotificationLogEntry, NotifyReason, Observation, RUNBOOKS, Rarity, Severity, Step, Streak,
    Suppressed, Transition, acknowledge, resolve_by_hand, step,
};
pub use judge::{Comparison, judge, judge_windows, rows_of};
pub use lasting::{MemoryComparison, judge_memories};
pub use matcher::{BadLabel, BadMatcher, LabelName, Labels, Matcher};
pub use memory::{FeatureMemory, RememberedShape};
pub use monitor::{
    BadFalseAlarms, DefaultValue, FalseAlarms, FeatureRules, HealthyUse, IncidentRules, JudgeRules, Monitor,
    PipelineRules, RecordFilter, RecordShape, Role, SegmentSpec, WantedValues, defaults,
};
pub use mute::{BadMuteTime, MuteTime};
pub use notification::{Links, NOTIFICATION_SCHEMA, Notification, OutboxEntry, Settlement};
pub use notification_policy::{NotificationPolicy, Notifications};
pub use observation::{kind_of, observations};
pub use partition_log::{FetchFailure, FetchTrouble, LogEvent, LogMark, ResumePoint, Unread};
pub use past::{LeftOut, PastCounts, PastTally, Stretches, StretchesError, judge_past};
pub use plan::{MonitorPlan, PlanError, PlannedFeature, check_defaults};
pub use pointer::{BadPointer, Pointer, PointerStep};
pub use ports::{
    BoxFuture, CatalogueStore, Checkpoint, Claim, Claimant, DeadLetter, FrontierMove, HistoryPosition, HistoryQuery,
    IncidentPosition, IncidentQuery, ListedIncident, OutboxStore, OwnedPartition, PartitionReset, PartitionRow,
    PipelineStore, ReadStore, RepairStore, ResetStart, SharedStore, Store, StoreSize, WindowPosition, WindowQuery,
};
pub use progress::{ProgressWatch, Standstill};
pub use reconciler::{IncidentReconciler, MonitorReconciler, ReconcileInput, needs_reconciling};
pub use reference::{Reference, ReferenceScore};
pub use reject::RejectReason;
pub use retention::{Retained, Retention};
pub use route::{Route, RouteMatch, Routing};
pub use schedule::PlanSchedule;
pub use seal::{
    CountedMark, Counting, PlannedDelta, SealStep, SealView, SealedPane, merge_aggregates, merge_deltas, next_step,
};
pub use seal_counts::SealCounts;
pub use seal_order::{SealOrder, SealWork, Sealed};
pub use sealer::{MonitorSealer, SealTime, Sealer};
pub use silence::{Silence, SilenceState};
pub use source::{
    Chunk, PartitionReader, Poll, PollBudget, RebalanceReply, Source, SourceError, SourceEvent, TopicPartition,
};
pub use store_error::{ErrorClass, StoreError};
pub use traffic::Traffic;
pub use transport::{DeliveryError, DeliverySchedule, Transport};
pub use variation::{
    FeatureVariation, HealthyVariation, LEAST_ROWS, MOST_WINDOWS, learn_from_panes, windows_to_learn_from,
};
pub use verdict::{FeatureKind, MistypedValues, Outcome, Reason, Rows, Score, Threshold, Verdict};
pub use view::{Cell, CellKind, CellType, Column, HistoryRow, IncidentRow, View, WindowRow};
pub use window_result::{RangeCounts, WindowResult, evaluate_range};
