//! Statistics on shares: missing, non-finite, unseen, out of range.

use super::outcome::Computed;
use crate::law::{binomial_sf, two_proportions_p};

/// `count` of `rows` on each side.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) count: u64,
    pub(super) rows: u64,
}

impl Share {
    /// In [0, 1]; 0 without rows.
    fn value(self) -> f64 {
        self.count as f64 / self.rows.max(1) as f64
    }
}

/// Change of the missing share, window − baseline, in [−1, 1].
///
/// Two-sided pooled two-proportion z test, Fisher's exact test when an expected
/// count is below 5. Without rows on a side there is no p-value.
pub(super) fn missing(baseline: Share, window: Share) -> Computed {
    Computed {
        value: window.value() - baseline.value(),
        baseline_share: Some(baseline.value()),
        p_value: two_proportions_p(baseline.count, baseline.rows, window.count, window.rows),
        ..Computed::default()
    }
}

/// Share of NaN and ±inf among the numbers of the window, in [0, 1]; tested
/// against the baseline's share as [`missing`] is.
pub(super) fn non_finite(baseline: Share, window: Share) -> Computed {
    Computed { value: window.value(), ..missing(baseline, window) }
}

/// Share of never-seen categories in the window, in [0, 1].
///
/// Exact upper binomial tail against the Good–Turing rate (s + 1)/(n + 2), s
/// the categories seen exactly once in the baseline's n values: Good (1953)
/// puts the probability of something new at s/n, smoothed here so that it is
/// never 0.
pub(super) fn unseen(window: Share, singletons: u64, n: u64) -> Computed {
    let rate = (singletons as f64 + 1.0) / (n as f64 + 2.0);
    against_rate(window, rate)
}

/// Share of values outside the baseline's [min, max], in [0, 1].
///
/// Exact upper binomial tail against 2/(n + 1), the probability that one more
/// value of the same continuous distribution is a new minimum or maximum.
pub(super) fn out_of_range(window: Share, n: u64) -> Computed {
    against_rate(window, (2.0 / (n as f64 + 1.0)).min(1.0))
}

fn against_rate(window: Share, rate: f64) -> Computed {
    Computed {
        value: window.value(),
        baseline_share: Some(rate),
        p_value: Some(binomial_sf(window.count, window.rows, rate)),
        ..Computed::default()
    }
}
