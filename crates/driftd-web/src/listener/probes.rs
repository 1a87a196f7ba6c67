//! What the listener asks of the process around it.

use std::collections::BTreeMap;

use serde::Serialize;

/// The process as its supervisors see it.
///
/// Both answers are given from what is known already: a probe that went to the database would make every slow
/// database a dead process.
pub trait Probes: Send + Sync + 'static {
    /// Whether it can do its work, or why not. Must not block.
    fn readiness(&self) -> Readiness;

    /// Its metrics as Prometheus text. May take milliseconds; it is called on a thread that may block.
    fn metrics(&self) -> String;
}

/// Named checks, each passed or failed with a reason. Ready is who failed none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Readiness {
    checks: BTreeMap<String, Check>,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Readiness {
    /// With a check that passed.
    #[must_use]
    pub fn passed(self, name: impl Into<String>) -> Self {
        self.with(name, Check { ok: true, reason: None })
    }

    /// With a check that failed, and why.
    #[must_use]
    pub fn failed(self, name: impl Into<String>, reason: impl Into<String>) -> Self {
        self.with(name, Check { ok: false, reason: Some(reason.into()) })
    }

    /// With a check that failed if there is a reason.
    #[must_use]
    pub fn checked(self, name: impl Into<String>, reason: Option<String>) -> Self {
        match reason {
            None => self.passed(name),
            Some(reason) => self.failed(name, reason),
        }
    }

    fn with(mut self, name: impl Into<String>, check: Check) -> Self {
        self.checks.insert(name.into(), check);
        self
    }

    /// Whether no check failed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks.values().all(|check| check.ok)
    }

    /// Why it is not ready, as `check: reason`, by name; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let failed = self.checks.iter().filter_map(|(name, check)| Some(format!("{name}: {}", check.reason.as_ref()?)));
        failed.collect()
    }

    /// `{"ready": …, "reasons": […], "checks": {…}}`.
    pub(super) fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Answer<'a> {
            ready: bool,
            reasons: Vec<String>,
            checks: &'a BTreeMap<String, Check>,
        }
        let answer = Answer { ready: self.is_ready(), reasons: self.reasons(), checks: &self.checks };
        // Texts, lists and maps with texts for keys are always JSON.
        serde_json::to_string(&answer).unwrap_or_default()
    }
}
