//! Baselines: the frozen reference a monitor's traffic is held against.

use std::sync::Arc;

use driftd_stats::{FeatureAggregate, FeatureLayout};
use driftd_window::{SegmentKey, SegmentPlan, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{BaselineRef, ContentHash, FeatureKind, FeatureName, HealthyVariation, Pointer, Reason, Role, Traffic};

/// A frozen reference: layouts, and what the training data looked like in them. Immutable once built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Where the data came from, for people.
    pub source: String,
    /// Rows it was built from.
    pub rows: u64,
    /// Its features, in the order of the source's columns.
    pub features: Vec<FeatureBaseline>,
    /// Labels it was split by; empty when it was not.
    pub segment_by: Vec<Pointer>,
    /// What each known segment looked like, largest first, the overflow last.
    pub segments: Vec<SegmentBaseline>,
    /// Columns that are not monitored, and why.
    pub skipped: Vec<SkippedColumn>,
    /// Its rows by hour of the week, where its event times are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// How much its windows differ from each other, where its event times are known.
    #[serde(default, skip_serializing_if = "HealthyVariation::is_empty")]
    pub healthy: HealthyVariation,
}

/// One feature of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureBaseline {
    /// The column's name.
    pub name: FeatureName,
    /// What it is to the model.
    pub role: Role,
    /// Bins or dictionary.
    pub layout: Arc<FeatureLayout>,
    /// Counts over the whole reference.
    pub aggregate: FeatureAggregate,
}

/// One segment of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentBaseline {
    /// The segment.
    pub key: SegmentKey,
    /// Its rows.
    pub rows: u64,
    /// One aggregate a feature, in the baseline's order.
    pub aggregates: Vec<FeatureAggregate>,
}

/// A column left out of a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedColumn {
    /// The column.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// A baseline in the store: named, versioned, hashed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredBaseline {
    /// Name and version.
    pub reference: BaselineRef,
    /// Hash of the content; equal content has an equal hash.
    pub hash: ContentHash,
    /// When it was stored.
    pub created_at: Timestamp,
    /// The content.
    pub baseline: Arc<Baseline>,
}

/// A baseline as `baseline list` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineSummary {
    /// Name and version.
    pub reference: BaselineRef,
    /// Hash of the content.
    pub hash: ContentHash,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Where its data came from.
    pub source: String,
    /// Rows it was built from.
    pub rows: u64,
    /// Number of monitored features.
    pub features: u64,
}

impl Baseline {
    /// Hash over layouts and counts: two baselines that judge alike have the same hash, wherever they were built.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let judged = (&self.features, &self.segment_by, &self.segments);
        // Serialising plain data with string keys to memory has no way to fail; an empty text would still be a hash.
        let mut bytes = serde_json::to_vec(&judged).unwrap_or_default();
        if let Some(traffic) = &self.traffic {
            bytes.extend(serde_json::to_vec(traffic).unwrap_or_default());
        }
        // Baselines that nothing was learnt from keep the hash they had before there was anything to learn.
        if !self.healthy.is_empty() {
            bytes.extend(serde_json::to_vec(&self.healthy).unwrap_or_default());
        }
        ContentHash::of(&bytes)
    }

    /// The feature of that name.
    #[must_use]
    pub fn feature(&self, name: &str) -> Option<&FeatureBaseline> {
        self.features.iter().find(|f| f.name.as_str() == name)
    }

    /// Which segments records are sorted into.
    #[must_use]
    pub fn segment_plan(&self) -> SegmentPlan {
        if self.segment_by.is_empty() {
            return SegmentPlan::unsplit();
        }
        let overflow = SegmentKey::overflow();
        SegmentPlan::split_into(self.segments.iter().map(|s| s.key.clone()).filter(|k| *k != overflow).collect())
    }

    /// The segment of that key.
    #[must_use]
    pub fn segment(&self, key: &SegmentKey) -> Option<&SegmentBaseline> {
        self.segments.iter().find(|s| s.key == *key)
    }

    /// Whether every aggregate has the shape of its layout: what bytes from outside must prove before use.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let fits = |aggregates: &[FeatureAggregate]| {
            aggregates.len() == self.features.len()
                && aggregates.iter().zip(&self.features).all(|(a, f)| a.fits(&f.layout))
        };
        self.features.iter().all(|f| f.aggregate.fits(&f.layout))
            && self.segments.iter().all(|s| fits(&s.aggregates))
            && self.traffic.as_ref().is_none_or(Traffic::is_consistent)
            && self.healthy.is_consistent_with(self)
    }
}

impl FeatureBaseline {
    /// How the feature is compared.
    #[must_use]
    pub fn kind(&self) -> FeatureKind {
        self.layout.as_ref().into()
    }
}

impl StoredBaseline {
    /// The stored form of `baseline`.
    #[must_use]
    pub fn new(reference: BaselineRef, created_at: Timestamp, baseline: Baseline) -> Self {
        Self { reference, hash: baseline.content_hash(), created_at, baseline: Arc::new(baseline) }
    }

    /// The line `baseline list` shows.
    #[must_use]
    pub fn summary(&self) -> BaselineSummary {
        BaselineSummary {
            reference: self.reference.clone(),
            hash: self.hash.clone(),
            created_at: self.created_at,
            source: self.baseline.source.clone(),
            rows: self.baseline.rows,
            features: self.baseline.features.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{baseline, segment, stored};

    #[test]
    fn the_hash_is_of_what_is_judged_by() {
        let renamed = Baseline { source: "elsewhere.csv".into(), ..baseline() };
        assert_eq!(renamed.content_hash(), baseline().content_hash());
        let mut fewer = baseline();
        fewer.segments.pop();
        assert_ne!(fewer.content_hash(), baseline().content_hash());
        let mut counted = baseline();
        if let FeatureAggregate::Numeric(counts) = &mut counted.features[0].aggregate {
            counts.add_absent(1, 0, 0, 0);
        }
        assert_ne!(counted.content_hash(), baseline().content_hash());
    }

    #[test]
    fn a_baseline_survives_json_with_its_hash() {
        let text = serde_json::to_string(&baseline()).unwrap();
        let back: Baseline = serde_json::from_str(&text).unwrap();
        assert_eq!((back.content_hash(), back.is_consistent()), (baseline().content_hash(), true));
        assert_eq!(back, baseline());
    }

    #[test]
    fn counts_of_another_shape_are_found_out() {
        let mut swapped = baseline();
        swapped.segments[0].aggregates.reverse();
        assert!(!swapped.is_consistent());
        let mut short = baseline();
        short.segments[0].aggregates.pop();
        assert!(!short.is_consistent());
        let mut other = baseline();
        other.features[0].aggregate = other.features[1].aggregate.clone();
        assert!(!other.is_consistent());
    }

    #[test]
    fn the_overflow_is_no_segment_of_its_own() {
        let mut with_rest = baseline();
        let rest = SegmentBaseline { key: SegmentKey::overflow(), ..with_rest.segments[0].clone() };
        with_rest.segments.push(rest);
        let plan = with_rest.segment_plan();
        assert_eq!((plan.slots(), plan.key_of(2)), (3, SegmentKey::overflow()));
        assert_eq!(plan.slot_of(&segment("y")), 1);
        let unsplit = Baseline { segment_by: Vec::new(), ..baseline() };
        assert!(!unsplit.segment_plan().is_split());
        assert_eq!(stored(baseline()).summary().features, 2);
    }
}
