//! How often a healthy monitor may alarm.

/// Greatest probability of a false alarm per evaluation that keeps `alarms` in every `period`: α = k/(2 Σ P/slide), at
/// most `cap`. Half of the budget is the windows', half the memories'. `slides` are the times between the ends of the
/// windows of each shape, in the unit of `period`.
///
/// By linearity of the mean the expected number of false alarms keeps to the budget however windows depend on each
/// other.
#[must_use]
pub fn level(alarms: f64, period: f64, slides: impl IntoIterator<Item = f64>, cap: f64) -> f64 {
    let evaluations: f64 = slides.into_iter().fold(0.0, |sum, slide| sum + period / slide);
    (alarms / (2.0 * evaluations)).min(cap)
}

/// How rarely a healthy monitor shows an adjusted p-value of `q` where `level` keeps the budget, in the unit of
/// `period`: at q = level it is twice period/alarms, as half of the budget is the memories'.
#[must_use]
pub fn once_in(q: f64, level: f64, alarms: f64, period: f64) -> f64 {
    if q > 0.0 { 2.0 * period / alarms * level / q } else { f64::INFINITY }
}
