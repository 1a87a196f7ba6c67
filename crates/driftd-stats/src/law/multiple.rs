//! Many tests at once.

/// Adjusted p-values (q-values) of Benjamini & Hochberg (1995): with the p
/// ascending, qᵢ = min over j ≥ i of p_j · k / j, at most 1. They are returned
/// in the order given.
///
/// Input in [0, 1]; NaN counts as 1, so that a broken p can neither open a gate
/// nor close one for others.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut ranked: Vec<(usize, f64)> =
        p.iter().map(|p| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }).enumerate().collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let k = p.len() as f64;
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, (place, p)) in ranked.into_iter().enumerate().rev() {
        least = least.min(p * (k / (rank + 1) as f64));
        if let Some(q) = adjusted.get_mut(place) {
            *q = least;
        }
    }
    adjusted
}
