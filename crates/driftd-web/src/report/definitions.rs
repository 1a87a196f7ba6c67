//! What the statistics mean, for readers who do not have them in their heads.

use std::collections::BTreeSet;

use driftd_model::{Verdict, words};
use driftd_stats::DriftStatistic;

/// A statistic, defined in a sentence.
pub(super) struct Definition {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) source: &'static str,
}

/// The definitions of the statistics that occur in `verdicts`, in the order they are reported.
pub(super) fn definitions(verdicts: &[&Verdict]) -> Vec<Definition> {
    let used: BTreeSet<DriftStatistic> = verdicts.iter().flat_map(|v| v.scores.iter().map(|s| s.statistic)).collect();
    used.into_iter()
        .map(|statistic| {
            let (text, source) = meaning(statistic);
            Definition { key: statistic.as_str(), name: words::statistic(statistic), text, source }
        })
        .collect()
}

const fn meaning(statistic: DriftStatistic) -> (&'static str, &'static str) {
    match statistic {
        DriftStatistic::Psi => (
            "Population stability index: the sum over bins of (q − p) ln(q/p), p and q the smoothed shares of baseline and \
             current data. 0 without any difference, no upper end.",
            "p-value: Yurdakul and Naranjo, Statistical properties of the population stability index, 2020",
        ),
        DriftStatistic::Ks => (
            "Kolmogorov-Smirnov distance: the largest gap between the two cumulative distributions, 0 to 1. The exact \
             value lies between the one shown and the one shown plus the certified error.",
            "Hodges, The significance probability of the Smirnov two-sample test, 1958",
        ),
        DriftStatistic::Js => (
            "Jensen-Shannon distance in base 2, the root of the divergence, 0 to 1.",
            "Endres and Schindelin, A new metric for probability distributions, 2003",
        ),
        DriftStatistic::Hellinger => (
            "Hellinger distance: the Euclidean distance of the roots of the shares, divided by √2, 0 to 1.",
            "Hellinger, 1909",
        ),
        DriftStatistic::Tv => ("Total variation: half the sum of the absolute changes of share, 0 to 1.", ""),
        DriftStatistic::Linf => ("The largest absolute change of one bin's share, 0 to 1.", ""),
        DriftStatistic::Wasserstein => (
            "Wasserstein distance of order 1: how far the mass has to move, in the feature's unit; in brackets divided by \
             the baseline's standard deviation σ.",
            "Vallender, Calculation of the Wasserstein distance between probability distributions on the line, 1974",
        ),
        DriftStatistic::ChiSquare => (
            "Chi-square of homogeneity on the table of two sides by bins; Cramér's V is its effect size, 0 to 1.",
            "Pearson, 1900; Cramér, 1946",
        ),
        DriftStatistic::Missing => (
            "Change of the share of rows without a value, in percentage points; only growth counts as drift.",
            "Two-proportion z-test, or Fisher's exact test when counts are small",
        ),
        DriftStatistic::Unseen => (
            "Share of values that are in no category of the baseline.",
            "Expected share: Good, The population frequencies of species, 1953",
        ),
        DriftStatistic::OutOfRange => (
            "Share of values below the baseline's smallest or above its largest.",
            "Exact binomial test against 2/(n + 1)",
        ),
        DriftStatistic::NonFinite => (
            "Share of NaN and infinite values among the values that are there.",
            "Two-proportion z-test, or Fisher's exact test when counts are small",
        ),
    }
}
