//! A monitor and its baseline compiled into what a partition task and a seal need.

use std::collections::HashMap;
use std::sync::Arc;

use driftd_stats::{FeatureAggregate, FeatureLayout};
use driftd_window::{EventTime, PaneId, ReducerPlan, SegmentKey, SegmentPlan, Span, TimeReader, Validity};
use serde::Serialize;

use crate::memory::is_remembered;
use crate::{
    Baseline, ContentHash, CountedOn, DefaultValue, FeatureBaseline, FeatureKind, FeatureName, FeatureVariation,
    HealthyUse, JudgeRules, Monitor, PlanOrigin, Pointer, RecordFilter, RecordShape, Role, StoredBaseline, defaults,
    words,
};

pub use self::error::PlanError;

mod error;

/// Bytes that the counts of a seal may take.
const MOST_SEAL_BYTES: u64 = 1 << 30;

/// A monitor bound to one baseline.
#[derive(Clone, Debug)]
pub struct MonitorPlan {
    monitor: Monitor,
    baseline: StoredBaseline,
    features: Vec<PlannedFeature>,
    reducer: Arc<ReducerPlan>,
    hash: ContentHash,
    origin: Option<PlanOrigin>,
}

/// One watched feature of a plan.
#[derive(Clone, Debug)]
pub struct PlannedFeature {
    /// Its name.
    pub name: FeatureName,
    /// Its role.
    pub role: Role,
    /// How it is compared.
    pub kind: FeatureKind,
    /// Where it stands in a record; a flat file's column of the feature's own name when nothing is configured.
    pub path: Option<Pointer>,
    /// What stands for it in records that leave it out; it fits the layout.
    pub default: Option<DefaultValue>,
    /// Its layout.
    pub layout: Arc<FeatureLayout>,
    /// How it is judged.
    pub rules: JudgeRules,
    /// Its place among the baseline's features.
    index: usize,
}

impl MonitorPlan {
    /// Binds `monitor` to `baseline`.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn new(monitor: Monitor, baseline: StoredBaseline) -> Result<Self, PlanError> {
        check_features(&monitor, &baseline)?;
        check_segments(&monitor, &baseline)?;
        let mut features = Vec::new();
        for (index, feature) in baseline.baseline.features.iter().enumerate() {
            if !monitor.watches(&feature.name) {
                continue;
            }
            let own = monitor.features.get(&feature.name);
            features.push(PlannedFeature {
                name: feature.name.clone(),
                role: own.map_or(feature.role, |o| if o.role == Role::Feature { feature.role } else { o.role }),
                kind: feature.kind(),
                path: own.and_then(|o| o.path.clone()),
                default: own.and_then(|o| o.default.clone()),
                layout: Arc::clone(&feature.layout),
                rules: monitor.rules_for(&feature.name),
                index,
            });
        }
        if features.is_empty() {
            let baseline = baseline.reference.to_string();
            return Err(PlanError::NothingWatched { monitor: monitor.id, baseline });
        }
        let reducer = Arc::new(ReducerPlan {
            pane: monitor.pane,
            layouts: features.iter().map(|f| Arc::clone(&f.layout)).collect(),
            // The baseline may know segments that this monitor does not ask for.
            segments: if is_split(&monitor) { baseline.baseline.segment_plan() } else { SegmentPlan::unsplit() },
            oldest: monitor.oldest,
            max_future_skew: monitor.max_future_skew,
            validity: Validity::default(),
        });
        check_seal(&monitor, &reducer)?;
        let hash = plan_hash(&monitor, &baseline, &features);
        Ok(Self { monitor, baseline, features, reducer, hash, origin: None })
    }

    /// The same plan, valid for those panes, because of that `origin`: what is counted on it is refused by a store where panes
    /// have passed to another one.
    #[must_use]
    pub fn with_validity(mut self, origin: PlanOrigin, validity: Validity) -> Self {
        self.reducer = Arc::new(ReducerPlan { validity, ..self.reducer.as_ref().clone() });
        self.origin = Some(origin);
        self
    }

    /// The monitor.
    #[must_use]
    pub const fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The baseline.
    #[must_use]
    pub const fn baseline(&self) -> &StoredBaseline {
        &self.baseline
    }

    /// Why it is the plan of its panes; nothing for a plan that stands alone, as in a replay, and that no activation concerns.
    #[must_use]
    pub const fn origin(&self) -> Option<&PlanOrigin> {
        self.origin.as_ref()
    }

    /// What a checkpoint says whose latest pane on this plan is `pane`; nothing for a plan that stands alone.
    #[must_use]
    pub fn counted_on(&self, pane: PaneId) -> Option<CountedOn> {
        let activation = self.origin()?.activation().cloned();
        Some(CountedOn { monitor: self.monitor.id.clone(), pane, activation })
    }

    /// The watched features, in the order of a batch's columns.
    #[must_use]
    pub fn features(&self) -> &[PlannedFeature] {
        &self.features
    }

    /// What the reducer needs.
    #[must_use]
    pub const fn reducer(&self) -> &Arc<ReducerPlan> {
        &self.reducer
    }

    /// Hash over everything that gives the counts their shape, and that decides which record counts where; counts of
    /// different hashes are never added.
    #[must_use]
    pub const fn hash(&self) -> &ContentHash {
        &self.hash
    }

    /// Whether anything is remembered from window to window.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.features.iter().any(|feature| is_remembered(&self.monitor, feature))
    }

    /// Whether `aggregates` have the shapes of the plan's features.
    #[must_use]
    pub fn fits(&self, aggregates: &[FeatureAggregate]) -> bool {
        aggregates.len() == self.features.len() && aggregates.iter().zip(&self.features).all(|(a, f)| a.fits(&f.layout))
    }

    /// The baseline's rows and counts of a segment, by the plan's features; the whole population is the sum of all.
    #[must_use]
    pub fn baseline_of(&self, segment: &SegmentKey) -> Option<(u64, Vec<&FeatureAggregate>)> {
        let baseline = &self.baseline.baseline;
        if segment.is_all() {
            let pick = |f: &PlannedFeature| baseline.features.get(f.index).map(|b| &b.aggregate);
            return Some((baseline.rows, self.features.iter().filter_map(pick).collect()));
        }
        let found = baseline.segment(segment)?;
        Some((found.rows, self.features.iter().filter_map(|f| found.aggregates.get(f.index)).collect()))
    }

    /// How much healthy windows of a segment differ in a feature, where the baseline has learnt it and the monitor wants
    /// it.
    #[must_use]
    pub fn variation_of(&self, segment: &SegmentKey, feature: &FeatureName) -> Option<&FeatureVariation> {
        match self.monitor.healthy {
            HealthyUse::Learn => self.baseline.baseline.healthy.of(segment, feature),
            HealthyUse::Off => None,
        }
    }
}

fn check_features(monitor: &Monitor, baseline: &StoredBaseline) -> Result<(), PlanError> {
    let by_name: HashMap<&str, _> = baseline.baseline.features.iter().map(|f| (f.name.as_str(), f)).collect();
    for (name, rules) in &monitor.features {
        let skipped = baseline.baseline.skipped.iter().any(|s| s.name == name.as_str());
        let Some(found) = by_name.get(name.as_str()) else {
            if rules.ignore || skipped {
                continue;
            }
            let mut known: Vec<&str> = by_name.keys().copied().collect();
            known.sort_unstable();
            return Err(PlanError::UnknownFeature {
                monitor: monitor.id.clone(),
                feature: name.as_str().to_owned(),
                baseline: baseline.reference.to_string(),
                known: words::choices(&known),
            });
        };
        if let Some(wanted) = rules.kind
            && found.kind() != wanted
            && found.kind() != FeatureKind::Presence
        {
            return Err(PlanError::OtherKind {
                monitor: monitor.id.clone(),
                feature: name.as_str().to_owned(),
                baseline: baseline.reference.to_string(),
                wanted,
                found: found.kind(),
            });
        }
        check_default(monitor, found, &baseline.reference.to_string())?;
    }
    Ok(())
}

/// Whether every feature of `baseline`, which goes by `name`, may have the default that `monitor` gives it.
///
/// # Errors
/// [`PlanError::BadDefault`] of the first that may not.
pub fn check_defaults(monitor: &Monitor, baseline: &Baseline, name: &str) -> Result<(), PlanError> {
    baseline.features.iter().try_for_each(|feature| check_default(monitor, feature, name))
}

fn check_default(monitor: &Monitor, feature: &FeatureBaseline, baseline: &str) -> Result<(), PlanError> {
    let default = monitor.features.get(&feature.name).and_then(|rules| rules.default.as_ref());
    match default.filter(|default| !default.fits(&feature.layout)) {
        None => Ok(()),
        Some(default) => Err(PlanError::BadDefault {
            monitor: monitor.id.clone(),
            feature: feature.name.as_str().to_owned(),
            baseline: baseline.to_owned(),
            given: default.text(),
            found: feature.kind(),
            remedy: match feature.kind() {
                FeatureKind::Presence => "build the baseline again with this configuration",
                _ => "give a number",
            },
        }),
    }
}

/// Whether the counts of a seal fit into memory, whatever records come.
fn check_seal(monitor: &Monitor, reducer: &ReducerPlan) -> Result<(), PlanError> {
    // The whole population is the sum of the segments.
    let segments = (reducer.segments.slots() + usize::from(is_split(monitor))) as u64;
    let (windows, one) = (monitor.windows_of_a_seal(), reducer.least_bytes() as u64);
    let bytes = windows.saturating_mul(segments).saturating_mul(one);
    if bytes <= MOST_SEAL_BYTES {
        return Ok(());
    }
    Err(PlanError::TooMuchToSeal {
        monitor: monitor.id.clone(),
        mebibytes: bytes >> 20,
        windows: words::counted(windows, "window", "windows"),
        segments: words::counted(segments, "segment", "segments"),
        features: words::counted(reducer.layouts.len() as u64, "feature", "features"),
    })
}

fn is_split(monitor: &Monitor) -> bool {
    monitor.segments.as_ref().is_some_and(|s| !s.by.is_empty())
}

fn check_segments(monitor: &Monitor, baseline: &StoredBaseline) -> Result<(), PlanError> {
    let wanted = monitor.segments.as_ref().map(|s| s.by.as_slice()).unwrap_or_default();
    let found = &baseline.baseline.segment_by;
    if wanted.is_empty() || wanted == found.as_slice() {
        return Ok(());
    }
    let list = |labels: &[Pointer]| match labels {
        [] => "nothing".to_owned(),
        labels => labels.iter().map(Pointer::as_str).collect::<Vec<_>>().join(", "),
    };
    Err(PlanError::OtherSegments {
        monitor: monitor.id.clone(),
        baseline: baseline.reference.to_string(),
        wanted: list(wanted),
        found: list(found),
    })
}

fn plan_hash(monitor: &Monitor, baseline: &StoredBaseline, features: &[PlannedFeature]) -> ContentHash {
    let names: Vec<&str> = features.iter().map(|f| f.name.as_str()).collect();
    let shape = (baseline.hash.as_str(), monitor.pane, names, is_split(monitor));
    let mut bytes = serde_json::to_vec(&shape).unwrap_or_default();
    // Panes of whole weeks began on Thursdays once; their counts must not be added to those of other days.
    if monitor.pane.begins_on_monday() {
        bytes.extend(b"monday");
    }
    // So do event times in a spelling or a zone of their own: the same records are in other panes.
    if monitor.shape.times != TimeReader::default() {
        bytes.extend(serde_json::to_vec(&monitor.shape.times).unwrap_or_default());
    }
    let defaults: Vec<_> = features.iter().filter_map(|f| Some((&f.name, f.default.as_ref()?))).collect();
    if !defaults.is_empty() {
        bytes.extend(serde_json::to_vec(&defaults).unwrap_or_default());
    }
    if let Some(choice) = RecordChoice::of(monitor, features) {
        bytes.extend(serde_json::to_vec(&choice).unwrap_or_default());
    }
    ContentHash::of(&bytes)
}

/// Which records a monitor counts, and what of them, in another way than by default. Counts of two configurations, as
/// there are both while workers are updated one by one, are not of the same population, whatever their shapes.
#[derive(Default, PartialEq, Serialize)]
struct RecordChoice<'a> {
    event_time: Option<&'a Pointer>,
    filter: Option<(&'a RecordFilter, &'a Option<Pointer>, &'a Option<Pointer>)>,
    oldest: Option<EventTime>,
    max_future_skew: Option<Span>,
    paths: Vec<(&'a FeatureName, &'a Pointer)>,
}

impl<'a> RecordChoice<'a> {
    /// Nothing where all of it is as by default, so that plain plans go on with the panes of an older driftd.
    fn of(monitor: &'a Monitor, features: &'a [PlannedFeature]) -> Option<Self> {
        let RecordShape { event_time, model_name, model_version, .. } = &monitor.shape;
        let (filter, usual) = (&monitor.filter, RecordShape::default());
        let choice = Self {
            event_time: Some(event_time).filter(|pointer| **pointer != usual.event_time),
            filter: (*filter != RecordFilter::default()).then_some((filter, model_name, model_version)),
            oldest: Some(monitor.oldest).filter(|oldest| *oldest != defaults::OLDEST),
            max_future_skew: Some(monitor.max_future_skew).filter(|skew| *skew != defaults::MAX_FUTURE_SKEW),
            paths: features.iter().filter_map(|feature| Some((&feature.name, feature.path.as_ref()?))).collect(),
        };
        (choice != Self::default()).then_some(choice)
    }
}

#[cfg(test)]
mod tests;
