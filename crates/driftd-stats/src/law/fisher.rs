//! Fisher's exact test.

/// Fisher's exact test on the table [[a, b], [c, d]], two-sided as SciPy and R
/// have it: the probability of all tables with the same margins that are at most
/// as probable as the observed one.
///
/// The hypergeometric probabilities are walked from the mode outwards relative
/// to the mode's, so nothing overflows and the walk ends where they underflow,
/// however large the table.
pub(crate) fn fisher_exact_p(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let (row, column) = (a + b, a + c);
    let all = row + c + d;
    let least = (row + column - all).max(0.0);
    let most = row.min(column);
    let mode = (((row + 1.0) * (column + 1.0)) / (all + 2.0)).floor().clamp(least, most);
    // P(k + 1) / P(k)
    let ratio = |k: f64| ((row - k) * (column - k)) / ((k + 1.0) * (all - row - column + k + 1.0));

    let mut weights = vec![(mode, 1.0)];
    let (mut k, mut weight) = (mode, 1.0);
    while k < most && weight > 0.0 {
        weight *= ratio(k);
        k += 1.0;
        weights.push((k, weight));
    }
    (k, weight) = (mode, 1.0);
    while k > least && weight > 0.0 {
        k -= 1.0;
        weight /= ratio(k);
        weights.push((k, weight));
    }
    let observed = weights.iter().find(|(k, _)| *k == a).map_or(0.0, |(_, w)| *w);
    // Tables as probable as the observed one differ from it by rounding only.
    let limit = observed * (1.0 + 1e-11);
    weights.sort_unstable_by(|x, y| x.1.total_cmp(&y.1)); // small terms first
    let total: f64 = weights.iter().map(|(_, w)| w).sum();
    let tail: f64 = weights.iter().map(|(_, w)| w).take_while(|w| **w <= limit).sum();
    (tail / total).min(1.0)
}
