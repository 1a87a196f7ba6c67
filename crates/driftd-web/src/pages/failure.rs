//! What is wrong with a request, or here, as a page that says what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use driftd_model::{StoreError, words};

use super::address::Address;
use super::frame::{Frame, Html};
use crate::figures::Badge;
use crate::problem::Problem;

/// Characters of what somebody asked for.
const ASKED: usize = 80;
/// Characters of what is wrong.
const DETAIL: usize = 600;

/// A page that cannot be shown.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    what: String,
    remedy: String,
}

#[derive(Template)]
#[template(path = "pages/failure.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    status: u16,
    what: String,
    remedy: String,
}

impl Failure {
    /// There is no such thing.
    pub(super) fn nothing(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, what: what.into(), remedy: remedy.into() }
    }

    /// It is asked for in a way that cannot be understood.
    pub(super) fn bad(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, what: what.into(), remedy: remedy.into() }
    }

    /// It is there, and cannot be shown as things are.
    pub(super) fn conflict(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, what: what.into(), remedy: remedy.into() }
    }

    /// There is no such monitor, as far as the store knows.
    pub(super) fn no_monitor(name: &str) -> Self {
        Self::nothing(
            format!("There is no monitor {}", words::name(name, ASKED)),
            "nothing was ever sealed for it; the overview lists those that the store knows",
        )
    }

    /// The store has not answered yet.
    pub(super) fn not_yet() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            what: "The store is not open yet".to_owned(),
            remedy: "driftd has just started; load the page again in a few seconds".to_owned(),
        }
    }
}

impl From<StoreError> for Failure {
    /// The store's own words go to the log: they may name hosts and files.
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %words::with_causes(&error), "page not rendered");
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            what: "The store does not answer".to_owned(),
            remedy: "load the page again in a while; /readyz and the log of driftd say what is wrong".to_owned(),
        }
    }
}

impl From<Problem> for Failure {
    /// What the API would have answered, as a page.
    fn from(problem: Problem) -> Self {
        let definition = problem.kind().definition();
        Self {
            status: definition.status,
            what: definition.title.to_owned(),
            remedy: words::name(problem.detail(), DETAIL),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let badge = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => Badge { class: "critical", word: "not available" },
            StatusCode::BAD_REQUEST => Badge { class: "not_comparable", word: "not understood" },
            StatusCode::CONFLICT => Badge { class: "not_comparable", word: "not comparable" },
            _ => Badge { class: "not_comparable", word: "not found" },
        };
        let page = Page {
            frame: Frame::of(&self.what, Address::of("")),
            badge,
            status: self.status.as_u16(),
            remedy: words::sentence(&self.remedy),
            what: self.what,
        };
        (self.status, Html::of(&page)).into_response()
    }
}
