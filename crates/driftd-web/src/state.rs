//! What every answer is made from: readiness, metrics and the store.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use axum::http::Uri;
use driftd_model::{Monitor, ReadStore};
use driftd_window::Timestamp;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::store_probe::StoreProbe;

/// The process as its requests see it. Clones share it.
#[derive(Clone)]
pub struct AppState {
    shared: Arc<Shared>,
}

struct Shared {
    readiness: Box<dyn Fn() -> Readiness + Send + Sync>,
    ready: Gauge<u64, AtomicU64>,
    registries: Vec<Arc<Registry>>,
    /// Metrics that name features.
    of_features: Arc<Registry>,
    name: Option<String>,
    /// What is shown is read from it, once it answers.
    store: OnceLock<Arc<dyn ReadStore>>,
    probe: Arc<StoreProbe>,
    /// What time it is.
    clock: OnceLock<Box<dyn Fn() -> Timestamp + Send + Sync>>,
    /// The monitors of the configuration that holds.
    monitors: RwLock<Arc<[Monitor]>>,
    reads: Arc<Semaphore>,
    questions: Arc<Semaphore>,
}

/// Requests that read from the store at a time. The others wait: a daemon has few connections, and most of them are for
/// counting.
const READS: usize = 4;
/// Of these, those that ask about past ranges, which may take seconds.
const QUESTIONS: usize = 2;

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}

impl AppState {
    /// A process that is as ready as `readiness` says, which must not block: it answers from what is known already, for
    /// a probe that went to the database would make every slow database a dead process. `registries` hold the metrics of
    /// its parts, `of_features` those that not everybody is shown, because they name features, and `external_url` is where people reach it: it is known by the name in there.
    #[must_use]
    pub fn new(
        readiness: impl Fn() -> Readiness + Send + Sync + 'static,
        registries: impl IntoIterator<Item = Arc<Registry>>,
        of_features: Arc<Registry>,
        external_url: Option<&str>,
    ) -> Self {
        let mut own = Registry::default();
        let ready = Gauge::default();
        own.register("driftd_ready", "Whether every check of /readyz passes: 1 or 0", ready.clone());
        let registries = std::iter::once(Arc::new(own)).chain(registries).collect();
        let name = external_url.and_then(|url| Some(url.parse::<Uri>().ok()?.host()?.to_owned()));
        Self {
            shared: Arc::new(Shared {
                readiness: Box::new(readiness),
                ready,
                registries,
                of_features,
                name,
                store: OnceLock::new(),
                probe: Arc::default(),
                clock: OnceLock::new(),
                monitors: RwLock::default(),
                reads: Arc::new(Semaphore::new(READS)),
                questions: Arc::new(Semaphore::new(QUESTIONS)),
            }),
        }
    }

    /// From now on it reads from `store`: the listener answers before the store does. Only the first one counts.
    pub fn read_from(&self, store: Arc<dyn ReadStore>) {
        self.shared.store.get_or_init(|| store);
    }

    /// From now on it knows what time it is, for questions about `now`. Only the first clock counts.
    pub fn tell_time_by(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) {
        self.shared.clock.get_or_init(|| Box::new(clock));
    }

    /// From now on these are the configured monitors.
    pub fn watch(&self, monitors: impl IntoIterator<Item = Monitor>) {
        let monitors = monitors.into_iter().collect();
        *self.shared.monitors.write().unwrap_or_else(PoisonError::into_inner) = monitors;
    }

    /// What is read from, once it answers.
    pub(crate) fn store(&self) -> Option<&Arc<dyn ReadStore>> {
        self.shared.store.get()
    }

    /// What time it is, where that is known.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.shared.clock.get().map(|clock| clock())
    }

    /// The configured monitors.
    pub(crate) fn monitors(&self) -> Arc<[Monitor]> {
        Arc::clone(&self.shared.monitors.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Places for requests that read from the store.
    pub(crate) fn reads(&self) -> &Arc<Semaphore> {
        &self.shared.reads
    }

    /// Turns of those who ask about past ranges.
    pub(crate) fn questions(&self) -> &Arc<Semaphore> {
        &self.shared.questions
    }

    /// Whether people reach it by this name.
    pub(crate) fn is_own_name(&self, host: &str) -> bool {
        self.shared.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(host))
    }

    /// Whether the process can do its work, or why not.
    pub(crate) fn readiness(&self) -> Readiness {
        let readiness = (self.shared.readiness)();
        match self.shared.store.get() {
            Some(store) => readiness.checked("reads", self.shared.probe.failure(store)),
            None => readiness,
        }
    }

    /// Every metric as Prometheus text, those that name features only if `with_features`. May take milliseconds.
    pub(crate) fn metrics(&self, with_features: bool) -> Result<String, fmt::Error> {
        self.shared.ready.set(u64::from(self.readiness().is_ready()));
        let mut text = String::new();
        let of_features = with_features.then_some(&self.shared.of_features);
        for registry in self.shared.registries.iter().chain(of_features) {
            prometheus_text::encode(&mut text, registry)?;
        }
        Ok(text)
    }
}

/// Named checks, each passed or failed with a reason. Ready is who failed none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Readiness {
    checks: BTreeMap<String, Check>,
}

/// Outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Readiness {
    /// With a check that failed if there is a reason, and passed otherwise.
    #[must_use]
    pub fn checked(mut self, name: impl Into<String>, reason: Option<String>) -> Self {
        self.checks.insert(name.into(), Check { ok: reason.is_none(), reason });
        self
    }

    /// Whether no check failed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks.values().all(|check| check.ok)
    }

    /// Why not, by name of the check: `check: reason`.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let failed = |(name, check): (&String, &Check)| Some(format!("{name}: {}", check.reason.as_ref()?));
        self.checks.iter().filter_map(failed).collect()
    }

    /// Every check by name, with the reason for which it failed.
    pub(crate) fn checks(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.checks.iter().map(|(name, check)| (name.as_str(), check.reason.as_deref()))
    }

    /// `{"ready": …, "reasons": […], "checks": {…}}`; reasons are `check: reason`, by name.
    pub(crate) fn to_json(&self) -> String {
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
