//! Features of one window, judged: what the rows of the history say of each, and of all together.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use driftd_model::{FeatureName, HistoryRow, MonitorId, Outcome, words};
use driftd_window::{EventTime, SegmentKey};

use super::address::Address;
use crate::history_row::{value, weight};

/// Features named in a sentence.
const NAMED: usize = 3;
/// Characters of a name.
const SHORT: usize = 60;

/// What one window says of one feature.
pub(super) struct FeatureVerdict<'a> {
    /// The row that did most to the outcome.
    pub(super) lead: &'a HistoryRow,
    /// All of its rows, in the order statistics are reported.
    pub(super) rows: Vec<&'a HistoryRow>,
}

impl FeatureVerdict<'_> {
    pub(super) const fn outcome(&self) -> Option<Outcome> {
        self.lead.outcome
    }

    pub(super) fn is_bad(&self) -> bool {
        self.outcome().is_some_and(Outcome::is_bad)
    }
}

/// Which of two rows says less: the weights that make a statistic lead, in order.
pub(super) fn by_weight(a: &HistoryRow, b: &HistoryRow) -> Ordering {
    let ((outcome, effect), (other, others)) = (weight(a), weight(b));
    outcome.cmp(&other).then_with(|| effect.total_cmp(&others))
}

/// The features of the rows of one window, worst first; what is equally bad in the order of names.
pub(super) fn worst_first<'a>(rows: impl Iterator<Item = &'a HistoryRow>) -> Vec<FeatureVerdict<'a>> {
    let mut features: BTreeMap<&FeatureName, Vec<&HistoryRow>> = BTreeMap::new();
    for row in rows {
        features.entry(&row.feature).or_default().push(row);
    }
    let verdict = |mut rows: Vec<&'a HistoryRow>| {
        rows.sort_by_key(|row| row.statistic);
        // Of equals the first leads.
        let lead = rows.iter().copied().rev().max_by(|a, b| by_weight(a, b))?;
        Some(FeatureVerdict { lead, rows })
    };
    let mut verdicts: Vec<FeatureVerdict<'a>> = features.into_values().filter_map(verdict).collect();
    verdicts.sort_by(|a, b| by_weight(b.lead, a.lead));
    verdicts
}

/// The window in one sentence: `2 of 15 judged features drifted: late (PSI 0.41) and dest (unseen share 3 %).`
pub(super) fn sentence(verdicts: &[FeatureVerdict<'_>]) -> String {
    let judged = verdicts.iter().filter(|verdict| verdict.outcome().is_some()).count() as u64;
    let bad: Vec<&FeatureVerdict<'_>> = verdicts.iter().filter(|verdict| verdict.is_bad()).collect();
    let features = words::counted(judged, "judged feature", "judged features");
    if judged == 0 {
        return "No feature could be judged.".to_owned();
    }
    if bad.is_empty() {
        return format!("None of {features} drifted.");
    }
    let mut named: Vec<String> = bad.iter().take(NAMED).map(|verdict| named(verdict.lead)).collect();
    let rest = bad.len().saturating_sub(NAMED) as u64;
    if rest > 0 {
        named.push(format!("{} more", words::count(rest)));
    }
    format!("{} of {features} drifted: {}.", words::count(bad.len() as u64), words::list(&named))
}

fn named(lead: &HistoryRow) -> String {
    format!("{} ({} {})", words::name(lead.feature.as_str(), SHORT), lead.statistic.name(), value(lead))
}

/// The page of a feature, at the window of that shape that ended then.
pub(super) fn feature_address(
    monitor: &MonitorId,
    feature: &FeatureName,
    segment: &SegmentKey,
    shape: &str,
    end: EventTime,
) -> Option<Address> {
    let address = Address::feature(monitor, feature).in_segment(segment).with("w", shape);
    address.with("end", &end.to_string()).reachable()
}
