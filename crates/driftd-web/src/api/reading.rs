//! What handlers read from: the store, the configured monitors and the clock, and the names in a path.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use driftd_model::{ErrorClass, Monitor, MonitorId, ReadStore, StoreError, words};
use driftd_window::Timestamp;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use crate::AppState;
use crate::problem::{Problem, ProblemKind};

/// A place among those who read, for as long as it lives.
pub(super) struct Reading {
    pub(super) store: Arc<dyn ReadStore>,
    pub(super) monitors: Arc<[Monitor]>,
    pub(super) now: Option<Timestamp>,
    _place: OwnedSemaphorePermit,
}

impl FromRequestParts<AppState> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Self::of(state).await
    }
}

impl Reading {
    /// Waits for a place.
    ///
    /// # Errors
    /// There is no store to read from yet.
    pub(super) async fn of(state: &AppState) -> Result<Self, Problem> {
        let starting = || {
            let detail = "the process is starting and has not reached its store yet; try again later";
            Problem::new(ProblemKind::StoreUnavailable, detail)
        };
        let store = Arc::clone(state.store().ok_or_else(starting)?);
        // Nobody closes it.
        let place = Arc::clone(state.reads()).acquire_owned().await.map_err(|_| starting())?;
        Ok(Self { store, monitors: state.monitors(), now: state.now(), _place: place })
    }

    /// The configured monitor of that name.
    pub(super) fn configured(&self, id: &MonitorId) -> Option<&Monitor> {
        self.monitors.iter().find(|monitor| monitor.id == *id)
    }

    /// The monitor of that name, which is configured or was sealed once.
    ///
    /// # Errors
    /// There is none.
    pub(super) async fn monitor(&self, name: &str) -> Result<MonitorId, Problem> {
        let none = || no_such(format!("there is no monitor {:?}: /api/v1/monitors lists them", shortened(name)));
        let id: MonitorId = name.parse().map_err(|_| none())?;
        if self.configured(&id).is_some() || self.store.sealed_through(&id).await?.is_some() {
            Ok(id)
        } else {
            Err(none())
        }
    }
}

/// What a path names is not there.
pub(crate) fn no_such(detail: String) -> Problem {
    Problem::new(ProblemKind::NoSuchResource, detail)
}

/// A name that somebody typed, for a sentence.
pub(super) fn shortened(name: &str) -> String {
    words::name(name, 100)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.class() == ErrorClass::Transient {
            // Readiness says it to whoever is responsible, once.
            tracing::debug!(error = words::with_causes(&error), "store not read");
            Self::new(ProblemKind::StoreUnavailable, "the store does not answer; try again later")
        } else {
            tracing::error!(error = words::with_causes(&error), "store not read");
            Self::new(ProblemKind::InternalError, "the store cannot be read; the log says why")
        }
    }
}

/// The names in a path.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = Path::from_request_parts(parts, state).await;
        found.map(|Path(names)| Self(names)).map_err(|rejection| {
            Problem::new(ProblemKind::BadRequest, format!("the names in the path cannot be read: {rejection}"))
        })
    }
}
