//! Features and thresholds as they are written.

use driftd_model::{FeatureKind, Pointer, Role};
use driftd_stats::{Binning, DriftStatistic};

use crate::problem::Problems;
use crate::read::{Field, Keys, Located, Required, TableReader, Take, record};

record! {
    /// What a feature has of its own.
    RawFeature, "a table, such as { ignore = true }" {
        /// JSON Pointer to the value; in flat files the column of its last token. Default /features/NAME.
        path: Field<Pointer>,
        /// What the column is to the model: "feature", "prediction" or "label". Default as in the baseline.
        role: Field<Role>,
        /// How it is compared: "numeric" or "categorical". Default as inferred when the baseline was built.
        kind: Field<FeatureKind>,
        /// Not watched at all. Default false.
        ignore: Field<bool>,
        /// Statistics that decide. Default the monitor's.
        statistics: Field<Vec<Located<DriftStatistic>>>,
        /// Coarse bins when a baseline is built. Default the monitor's.
        bins: Field<Binning>,
        /// Thresholds that differ from the monitor's, each under its statistic's name.
        thresholds: RawThresholds,
    }
}

record! {
    /// Effect sizes.
    RawThreshold, "thresholds, such as { warn = 0.1, critical = 0.25 }" {
        /// Effect from which the outcome is a warning.
        warn: Required<f64>,
        /// Effect from which it is critical; never below warn.
        critical: Required<f64>,
    }
}

record! {
    /// Thresholds by statistic.
    RawThresholds, "a table, such as { psi = { warn = 0.1, critical = 0.25 } }" {
        /// Population stability index. Default { warn = 0.1, critical = 0.25 }.
        psi: Field<RawThreshold>,
        /// Kolmogorov-Smirnov distance. Default { warn = 0.1, critical = 0.2 }.
        ks: Field<RawThreshold>,
        /// Jensen-Shannon distance, base 2. Default { warn = 0.1, critical = 0.2 }.
        js: Field<RawThreshold>,
        /// Hellinger distance. No default.
        hellinger: Field<RawThreshold>,
        /// Total variation distance. No default.
        tv: Field<RawThreshold>,
        /// Largest difference of a share. No default.
        linf: Field<RawThreshold>,
        /// Wasserstein distance in standard deviations of the baseline. Default { warn = 0.1, critical = 0.25 }.
        wasserstein: Field<RawThreshold>,
        /// Chi-square statistic of homogeneity. No default.
        chi_square: Field<RawThreshold>,
        /// Growth of the missing share. Default { warn = 0.05, critical = 0.2 }.
        missing: Field<RawThreshold>,
        /// Share of categories never seen in the baseline. Default { warn = 0.01, critical = 0.1 }.
        unseen: Field<RawThreshold>,
        /// Share of values outside the baseline's range. No default.
        out_of_range: Field<RawThreshold>,
        /// Growth of the share of NaN and infinite values. Default { warn = 0.05, critical = 0.2 }.
        non_finite: Field<RawThreshold>,
    }
}

impl RawThresholds {
    /// The thresholds that were written.
    pub(crate) fn given(self) -> Vec<(DriftStatistic, Located<RawThreshold>)> {
        use DriftStatistic::{
            ChiSquare, Hellinger, Js, Ks, Linf, Missing, NonFinite, OutOfRange, Psi, Tv, Unseen, Wasserstein,
        };
        [
            (Psi, self.psi),
            (Ks, self.ks),
            (Js, self.js),
            (Hellinger, self.hellinger),
            (Tv, self.tv),
            (Linf, self.linf),
            (Wasserstein, self.wasserstein),
            (ChiSquare, self.chi_square),
            (Missing, self.missing),
            (Unseen, self.unseen),
            (OutOfRange, self.out_of_range),
            (NonFinite, self.non_finite),
        ]
        .into_iter()
        .filter_map(|(statistic, field)| Some((statistic, field.given()?)))
        .collect()
    }
}

/// Within a feature the thresholds have no key of their own: their keys are the feature's.
impl Take for RawThresholds {
    fn take(table: &mut TableReader<'_>, _: &'static str, problems: &mut Problems) -> Self {
        Self::take_from(table, problems)
    }

    fn describe(keys: &mut Keys, _: &'static str, _: &str) {
        Self::describe_into(keys);
    }
}
