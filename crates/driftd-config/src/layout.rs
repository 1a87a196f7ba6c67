//! How baselines for a monitor are laid out.

use std::collections::BTreeMap;

use driftd_model::FeatureName;
use driftd_stats::{Binning, LayoutOptions, MAX_CATEGORIES, MAX_CELLS, MIN_CELLS};

use crate::choice::Bins;
use crate::feature::FeatureConfig;
use crate::section::section;

section! {
    /// How a baseline for this monitor is laid out when `driftd baseline build` makes one.
    pub(crate) BaselineOptions {
        /// Coarse bins: 10 by quantiles, { equal_width = 30 } or { edges = [0, 15, 60] }.
        bins: Bins = Bins(Binning::default()),
        /// Quantile cells of the fine grid.
        #[schemars(range(min = MIN_CELLS, max = MAX_CELLS))]
        cells: u16 = LayoutOptions::default().cells,
        /// Categories listed by name; the rest are counted together.
        #[schemars(range(min = 1, max = MAX_CATEGORIES))]
        categories: u16 = LayoutOptions::default().categories,
    }
}

/// Options for building a baseline for a monitor.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MonitorLayout {
    options: LayoutOptions,
    bins: BTreeMap<FeatureName, Binning>,
}

impl BaselineOptions {
    /// These for all features, but for those with coarse bins of their own.
    pub(crate) fn layout(&self, features: &BTreeMap<FeatureName, FeatureConfig>) -> MonitorLayout {
        let options = LayoutOptions { cells: self.cells, binning: self.bins.0.clone(), categories: self.categories };
        let own = features.iter().filter_map(|(name, feature)| Some((name.clone(), feature.bins.as_ref()?.0.clone())));
        MonitorLayout { options, bins: own.collect() }
    }
}

impl MonitorLayout {
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
