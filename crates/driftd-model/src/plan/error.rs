//! What keeps a monitor from being bound to a baseline.

use crate::{FeatureKind, MonitorId};

/// A monitor that its baseline cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The configuration names a feature the baseline has no column for.
    #[error(
        "monitor {monitor}: feature {feature:?} is not in baseline {baseline}; it has: {known}. \
         Fix the name under [monitor.features] or build the baseline again"
    )]
    UnknownFeature {
        /// The monitor.
        monitor: MonitorId,
        /// The feature.
        feature: String,
        /// The baseline.
        baseline: String,
        /// Names the baseline has.
        known: String,
    },
    /// The baseline was built without the segments the monitor wants.
    #[error(
        "monitor {monitor} is split by {wanted}, but baseline {baseline} was built split by {found}; \
         build it again with `driftd baseline build … --config` so that every segment has its own reference"
    )]
    OtherSegments {
        /// The monitor.
        monitor: MonitorId,
        /// The baseline.
        baseline: String,
        /// Labels of the monitor.
        wanted: String,
        /// Labels of the baseline.
        found: String,
    },
    /// A feature is to be compared in another way than the baseline was built for.
    #[error(
        "monitor {monitor}: feature {feature:?} is configured as {wanted}, but baseline {baseline} holds it as {found}; \
         build the baseline again with this configuration"
    )]
    OtherKind {
        /// The monitor.
        monitor: MonitorId,
        /// The feature.
        feature: String,
        /// The baseline.
        baseline: String,
        /// Kind in the configuration.
        wanted: FeatureKind,
        /// Kind in the baseline.
        found: FeatureKind,
    },
    /// A feature has a default that it cannot have.
    #[error(
        "monitor {monitor}: feature {feature:?} has the default {given:?}, but baseline {baseline} holds it as {found}; \
         {remedy}"
    )]
    BadDefault {
        /// The monitor.
        monitor: MonitorId,
        /// The feature.
        feature: String,
        /// The baseline.
        baseline: String,
        /// The default.
        given: String,
        /// Kind in the baseline.
        found: FeatureKind,
        /// What to do.
        remedy: &'static str,
    },
    /// Everything is ignored.
    #[error("monitor {monitor} watches nothing: every feature of baseline {baseline} is ignored")]
    NothingWatched {
        /// The monitor.
        monitor: MonitorId,
        /// The baseline.
        baseline: String,
    },
    /// A seal would need more memory than any may.
    #[error(
        "monitor {monitor}: a seal could take {mebibytes} MiB of memory, of 1024 that it may ({windows} of {segments} and \
         {features}); build its baseline with fewer segments (`segments.max`), give it fewer windows or references, or \
         split its features over several monitors"
    )]
    TooMuchToSeal {
        /// The monitor.
        monitor: MonitorId,
        /// What its counts take, in MiB.
        mebibytes: u64,
        /// Windows that end together, those they are compared with included.
        windows: String,
        /// Segments of each.
        segments: String,
        /// Features of each.
        features: String,
    },
}
