//! Turns of those who ask about past ranges.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use crate::AppState;

/// A turn of those who ask about past ranges, for as long as it lives. One has to be had before a place among those who
/// read: a few long ranges would leave none to anybody else.
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Waits for a turn.
    pub(crate) async fn of(state: &AppState) -> Self {
        // Nobody closes it.
        Self { _permit: Arc::clone(state.questions()).acquire_owned().await.ok() }
    }
}

impl FromRequestParts<AppState> for Turn {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(state).await)
    }
}
