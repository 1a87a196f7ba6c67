//! From which effect on an outcome is bad.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Outcome;

/// Effect sizes at which a statistic warns and is critical.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Effect from which the outcome is a warning.
    #[schemars(range(min = 0))]
    pub warn: f64,
    /// Effect from which the outcome is critical; never below `warn`. `lasting` has none.
    #[serde(default = "never_critical", skip_serializing_if = "is_never")]
    #[schemars(range(min = 0))]
    pub critical: f64,
}

const fn never_critical() -> f64 {
    f64::INFINITY
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_never(critical: &f64) -> bool {
    critical.is_infinite()
}

impl Threshold {
    /// The effect from which the outcome is critical, if any is.
    #[must_use]
    pub fn critical_from(&self) -> Option<f64> {
        self.critical.is_finite().then_some(self.critical)
    }

    /// An effect in units of the critical threshold. Where nothing is critical it comes as close to 1 as it is beyond
    /// the warning threshold. Nothing where the threshold is 0.
    #[must_use]
    pub fn weight(&self, effect: f64) -> Option<f64> {
        match self.critical_from() {
            Some(critical) => (critical > 0.0).then(|| effect / critical),
            None if effect.is_finite() => Some(effect / (effect.abs() + self.warn)).filter(|weight| weight.is_finite()),
            None => Some(1.0),
        }
    }

    /// How bad an effect is that counts as significant.
    #[must_use]
    pub fn outcome(&self, effect: f64) -> Outcome {
        match self.critical_from() {
            Some(critical) if effect >= critical => Outcome::Critical,
            _ if effect >= self.warn => Outcome::Warning,
            _ => Outcome::Stable,
        }
    }
}
