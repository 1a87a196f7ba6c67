//! A check as one self-contained page.

use driftd_dataset::Checked;
use driftd_model::Baseline;
use driftd_stats::distribution;
use driftd_web::{FeatureDistribution, render_check};

/// The report with a chart for every compared feature.
pub(super) fn html(baseline: &Baseline, checked: &Checked) -> String {
    let charts: Vec<FeatureDistribution> = checked
        .counts
        .iter()
        .filter_map(|(name, window)| {
            let feature = baseline.feature(name.as_str())?;
            let before = distribution(&feature.layout, &feature.aggregate);
            Some(FeatureDistribution::from_counts(name.clone(), &before, &distribution(&feature.layout, window)))
        })
        .collect();
    render_check(&checked.report, &charts)
}
