//! Reports as one HTML file each: of a one-shot comparison, and of a monitor's history.

mod feature;
mod history;
mod page;
mod scores;

use std::collections::HashMap;

use askama::Template;
use driftd_model::FeatureName;
use driftd_model::check::CheckReport;

pub use self::history::render_history;
use crate::charts::BinShare;
use page::Page;

/// What the chart of one feature shows.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureDistribution {
    /// The feature.
    pub feature: FeatureName,
    /// Its bins in order of value, or its categories with the unseen ones last.
    pub bins: Vec<BinShare>,
}

impl FeatureDistribution {
    /// Shares from the counts of both sides, as [`driftd_stats::distribution`] gives them for one layout; of bins that
    /// are on one side only the other side's share is 0. The window's labels win: they name the unseen values.
    #[must_use]
    pub fn from_counts(feature: FeatureName, baseline: &[(String, u64)], window: &[(String, u64)]) -> Self {
        let share = |side: &[(String, u64)], bin: usize| {
            let total: u64 = side.iter().map(|(_, count)| count).sum();
            side.get(bin).map_or(0.0, |(_, count)| *count as f64 / total.max(1) as f64)
        };
        let bins = (0..baseline.len().max(window.len()))
            .map(|bin| BinShare {
                label: window
                    .get(bin)
                    .or_else(|| baseline.get(bin))
                    .map(|(label, _)| label.clone())
                    .unwrap_or_default(),
                baseline_share: share(baseline, bin),
                window_share: share(window, bin),
            })
            .collect();
        Self { feature, bins }
    }
}

/// The report as one HTML page that needs nothing else: no script, no network, no other file.
///
/// Features stand worst first. Its size is bounded: charts for the worst 50 features, tables and sections for the worst
/// 1,000, and what was left out is said. A feature without a distribution gets no chart.
#[must_use]
pub fn render_check(report: &CheckReport, distributions: &[FeatureDistribution]) -> String {
    let by_name: HashMap<&str, &FeatureDistribution> = distributions.iter().map(|d| (d.feature.as_str(), d)).collect();
    Page::of(report, &by_name).render().unwrap_or_else(|error| {
        // Writing to a String does not fail, so only a broken template could come here; even then a page says so.
        format!("<!doctype html><title>driftd check</title><p>The report could not be rendered: {error}.</p>")
    })
}
