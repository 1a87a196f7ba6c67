//! How often a healthy monitor may alarm.

/// Greatest probability of a false alarm per evaluation that keeps `alarms` in every `period`: α = k/(h Σ P/slide), at
/// most `cap`. The budget is shared by h that are judged as often: windows and memories (2), or windows alone (1).
/// `slides` are the times between the ends of the windows of each shape, in the unit of `period`.
///
/// By linearity of the mean the expected number of false alarms keeps to the budget however windows depend on each
/// other.
#[must_use]
pub fn level(alarms: f64, period: f64, slides: impl IntoIterator<Item = f64>, shared_by: f64, cap: f64) -> f64 {
    let evaluations: f64 = slides.into_iter().fold(0.0, |sum, slide| sum + period / slide);
    (alarms / (shared_by * evaluations)).min(cap)
}

/// How rarely a healthy monitor shows an adjusted p-value of at most `q`, in the unit of `slides`: once in as many
/// evaluations as 1/q. At the [`level`] that keeps a budget, and is not the cap, that is h P/k.
#[must_use]
pub fn once_in(q: f64, slides: impl IntoIterator<Item = f64>) -> f64 {
    let evaluations: f64 = slides.into_iter().fold(0.0, |sum, slide| sum + 1.0 / slide);
    if q > 0.0 { 1.0 / (q * evaluations) } else { f64::INFINITY }
}
