//! How baselines for a monitor are laid out.

use std::collections::BTreeMap;

use driftd_model::FeatureName;
use driftd_stats::{Binning, LayoutOptions};

/// Options for building a baseline for a monitor.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MonitorLayout {
    options: LayoutOptions,
    bins: BTreeMap<FeatureName, Binning>,
}

impl MonitorLayout {
    /// `options` for all features, but for those with coarse bins of their own.
    pub(crate) fn new(options: LayoutOptions, bins: BTreeMap<FeatureName, Binning>) -> Self {
        Self { options, bins }
    }

    /// The options of features that have none of their own.
    #[must_use]
    pub fn options(&self) -> &LayoutOptions {
        &self.options
    }

    /// Coarse bins of features that have their own.
    #[must_use]
    pub fn own_bins(&self) -> &BTreeMap<FeatureName, Binning> {
        &self.bins
    }

    /// The options of a feature.
    #[must_use]
    pub fn for_feature(&self, feature: &FeatureName) -> LayoutOptions {
        let mut options = self.options.clone();
        if let Some(bins) = self.bins.get(feature) {
            options.binning = bins.clone();
        }
        options
    }
}
