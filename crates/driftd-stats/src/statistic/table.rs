//! The table of statistics. A new one gets a row here, its formula in a file beside, and its call in `compare`; the
//! configuration's keys, the judgement, messages, report and the table of `docs/statistics.md` follow from the row.

use serde::{Deserialize, Serialize};

use super::definition::{AppliesTo, Basis, Certified, Definition, Grows, Measured, Scale, Subject};

macro_rules! statistics {
    ($( $statistic:ident = $key:literal { title: $title:literal, $($field:ident: $value:expr),+ $(,)? } )+) => {
        /// A drift statistic. What is known of each stands in its [`Definition`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum DriftStatistic {
            $(
                #[doc = concat!($title, ".")]
                #[serde(rename = $key)]
                $statistic,
            )+
        }

        impl DriftStatistic {
            /// All of them, in the order they are reported.
            pub const ALL: [Self; [$($key),+].len()] = [$(Self::$statistic),+];

            /// Its row of the table.
            #[must_use]
            pub const fn definition(self) -> &'static Definition {
                match self {
                    $( Self::$statistic => {
                        const ROW: Definition = Definition { key: $key, title: $title, $($field: $value),+ };
                        &ROW
                    } )+
                }
            }
        }
    };
}

statistics! {
    Psi = "psi" {
        title: "Population stability index",
        name: "PSI",
        meaning: "Population stability index: the sum over bins of (q − p) ln(q/p), p and q the smoothed shares of \
                  baseline and current data. 0 without any difference, no upper end.",
        source: "p-value: Williams, Improved likelihood ratio tests for complete contingency tables, 1976",
        formula: "Σ (qᵢ − pᵢ) ln(qᵢ/pᵢ) over coarse bins, smoothed",
        range: "[0, ∞)",
        law: "S = G/w ~ χ²(B−1), G the likelihood ratio of homogeneity over folded bins",
        applies_to: AppliesTo::Bins,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Squared,
        speaks_for: Subject::Distribution,
        thresholds: Some((0.1, 0.25)),
        decides: true,
    }
    Ks = "ks" {
        title: "Kolmogorov-Smirnov distance",
        name: "KS",
        meaning: "Kolmogorov-Smirnov distance: the largest gap between the two cumulative distributions, 0 to 1. The \
                  exact value lies between the one shown and the one shown plus the certified error.",
        source: "p-value: Simard and L'Ecuyer, Computing the two-sided Kolmogorov-Smirnov distribution, 2011",
        formula: "max abs(F_r − F_c) over the fine grid",
        range: "[0, 1]",
        law: "Kolmogorov–Smirnov law of one sample of nm/(n + m) values",
        applies_to: AppliesTo::Numbers,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: Some(Certified::Above),
        measured: Measured::Ks,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: Some((0.1, 0.2)),
        decides: true,
    }
    Js = "js" {
        title: "Jensen-Shannon distance, base 2",
        name: "JS distance",
        meaning: "Jensen-Shannon distance in base 2, the root of the divergence, 0 to 1.",
        source: "Endres and Schindelin, A new metric for probability distributions, 2003",
        formula: "Jensen–Shannon distance, base 2",
        range: "[0, 1]",
        law: "that of `psi`",
        applies_to: AppliesTo::Bins,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: Some((0.1, 0.2)),
        decides: false,
    }
    Hellinger = "hellinger" {
        title: "Hellinger distance",
        name: "Hellinger distance",
        meaning: "Hellinger distance: the Euclidean distance of the roots of the shares, divided by √2, 0 to 1.",
        source: "Hellinger, 1909",
        formula: "‖√p − √q‖₂/√2",
        range: "[0, 1]",
        law: "that of `psi`",
        applies_to: AppliesTo::Bins,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: None,
        decides: false,
    }
    Tv = "tv" {
        title: "Total variation distance",
        name: "total variation",
        meaning: "Total variation: half the sum of the absolute changes of share, 0 to 1.",
        source: "",
        formula: "½ Σ abs(pᵢ − qᵢ)",
        range: "[0, 1]",
        law: "that of `psi`",
        applies_to: AppliesTo::Bins,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: None,
        decides: false,
    }
    Linf = "linf" {
        title: "Largest difference of a share",
        name: "largest share change",
        meaning: "The largest absolute change of one bin's share, 0 to 1.",
        source: "",
        formula: "max abs(pᵢ − qᵢ)",
        range: "[0, 1]",
        law: "that of `psi`",
        applies_to: AppliesTo::Bins,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: None,
        decides: false,
    }
    Wasserstein = "wasserstein" {
        title: "Wasserstein distance in standard deviations of the baseline",
        name: "Wasserstein distance",
        meaning: "Wasserstein distance of order 1: how far the mass has to move, in the feature's unit; in brackets \
                  divided by the baseline's standard deviation σ.",
        source: "Vallender, Calculation of the Wasserstein distance between probability distributions on the line, 1974",
        formula: "∫ abs(F_r − F_c) dx, raw and divided by the baseline's σ",
        range: "[0, ∞)",
        law: "that of `psi`",
        applies_to: AppliesTo::Numbers,
        basis: Basis::Usable,
        scale: Scale::Distance,
        certified: Some(Certified::Around),
        measured: Measured::Bins,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: Some((0.1, 0.25)),
        decides: false,
    }
    ChiSquare = "chi_square" {
        title: "Chi-square statistic of homogeneity",
        name: "chi-square",
        meaning: "Chi-square of homogeneity on the table of two sides by bins; Cramér's V is its effect size, 0 to 1.",
        source: "Pearson, 1900; Cramér, 1946",
        formula: "homogeneity χ² on the 2 × B table, Cramér's V as effect",
        range: "[0, ∞)",
        law: "that of `psi`",
        applies_to: AppliesTo::Bins,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Squared,
        speaks_for: Subject::Distribution,
        thresholds: None,
        decides: false,
    }
    Missing = "missing" {
        title: "Growth of the missing share",
        name: "missing share",
        meaning: "Change of the share of rows without a value, in percentage points; only growth counts as drift, \
                  and the fall of a feature that never had a value. NaN is no value either: what is judged is the \
                  growth of both together.",
        source: "Likelihood ratio of two proportions, or Fisher's exact test when counts are small",
        formula: "change of the missing share; judged together with NaN",
        range: "[−1, 1]",
        law: "as `psi` on the 2 × 2 table; Fisher's exact test when an expected count is below 5",
        applies_to: AppliesTo::All,
        basis: Basis::Rows,
        scale: Scale::Change { share: "missing share" },
        certified: None,
        measured: Measured::Missing,
        grows: Grows::Linearly,
        speaks_for: Subject::Quality,
        thresholds: Some((0.05, 0.2)),
        decides: true,
    }
    Mistyped = "mistyped" {
        title: "Growth of the share of values of another type",
        name: "share of another type",
        meaning: "Change of the share of rows whose value is of another type than the feature, such as a text where \
                  numbers are expected, in percentage points; only growth counts as drift.",
        source: "Likelihood ratio of two proportions, or Fisher's exact test when counts are small",
        formula: "change of the share of rows with a value of another type",
        range: "[−1, 1]",
        law: "as `missing`",
        applies_to: AppliesTo::Bins,
        basis: Basis::Rows,
        scale: Scale::Change { share: "share of values of another type" },
        certified: None,
        measured: Measured::Mistyped,
        grows: Grows::Linearly,
        speaks_for: Subject::Quality,
        thresholds: Some((0.05, 0.2)),
        decides: true,
    }
    Unseen = "unseen" {
        title: "Share of categories never seen in the baseline",
        name: "unseen share",
        meaning: "Share of values that are in no category of the baseline. What is judged is how much more of them there are \
                  than a baseline of this size leads to expect.",
        source: "Expected share: Good, The population frequencies of species, 1953",
        formula: "share of never-seen categories; judged on what is more than expected",
        range: "[0, 1]",
        law: "negative binomial, mean m(f₁ + 1)/(n + 1), k = (f₁ + 1)²/(f₁ + 1 + 2f₂)",
        applies_to: AppliesTo::Categories,
        basis: Basis::Usable,
        scale: Scale::Share { values: "were never in the baseline" },
        certified: None,
        measured: Measured::Unseen,
        grows: Grows::Linearly,
        speaks_for: Subject::Quality,
        thresholds: Some((0.01, 0.1)),
        decides: true,
    }
    OutOfRange = "out_of_range" {
        title: "Share of values outside the baseline's range",
        name: "out-of-range share",
        meaning: "Share of values below the baseline's smallest or above its largest; what is judged is how much more of them \
                  there are than expected.",
        source: "As `unseen`",
        formula: "share outside the baseline's range; judged on what is more than expected",
        range: "[0, 1]",
        law: "as `unseen` with f₁ = 1 and f₂ = 0",
        applies_to: AppliesTo::Numbers,
        basis: Basis::Usable,
        scale: Scale::Share { values: "are outside the baseline's range" },
        certified: None,
        measured: Measured::OutOfRange,
        grows: Grows::Linearly,
        speaks_for: Subject::Distribution,
        thresholds: None,
        decides: false,
    }
    NonFinite = "non_finite" {
        title: "Growth of the share of NaN and infinite values",
        name: "non-finite share",
        meaning: "Share of NaN and infinite values among the values that are there. What is judged is its growth, that of \
                  NaN together with missing values.",
        source: "Likelihood ratio of two proportions, or Fisher's exact test when counts are small",
        formula: "share of NaN and ±∞ among present values; judged on its growth, NaN together with missing values",
        range: "[0, 1]",
        law: "as `missing`",
        applies_to: AppliesTo::Numbers,
        basis: Basis::Numbers,
        scale: Scale::Growth { share: "share of NaN and infinite values" },
        certified: None,
        measured: Measured::NonFinite,
        grows: Grows::Linearly,
        speaks_for: Subject::Quality,
        thresholds: Some((0.05, 0.2)),
        decides: true,
    }
    Lasting = "lasting" {
        title: "Population stability index of a lasting change",
        name: "lasting PSI",
        meaning: "Population stability index of the last windows together, the older the less they weigh: about fifteen \
                  windows of one shape. It finds small changes that last; it never is critical.",
        source: "",
        formula: "`psi` of the effective counts of a memory: every window weighs ⅞ of the one after it",
        range: "[0, ∞)",
        law: "as `psi`, on the effective rows M²/V",
        applies_to: AppliesTo::Memories,
        basis: Basis::Usable,
        scale: Scale::Number,
        certified: None,
        measured: Measured::Bins,
        grows: Grows::Squared,
        speaks_for: Subject::Distribution,
        thresholds: Some((0.02, f64::INFINITY)),
        decides: true,
    }
}
