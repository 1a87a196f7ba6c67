//! The HTTP API: what is in the store, read only. Every path is a handler with its documentation, and the document at
//! `/api/openapi.json` is made of the same list as the router.
//!
//! Lists come in pages that go on after their last row, so that no answer holds more than a thousand rows however long a
//! history is. Errors are [`problem`](crate::problem) details, and any request whatever gets an answer of this page.

mod accept;
mod answer;
mod asked;
mod baselines;
mod body;
mod compare;
mod cursor;
mod distribution;
mod document;
mod drift;
mod evaluate;
mod incident;
mod incidents;
mod monitors;
mod parameter;
mod past;
pub(crate) mod range;
pub(crate) mod reading;
mod row;
mod silences;
mod system;
mod windows;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, header};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::AppState;

/// Where the document of the API is.
const DOCUMENT: &str = "/api/openapi.json";

/// Every path of the API, with its documentation.
fn documented() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(monitors::list))
        .routes(routes!(monitors::one))
        .routes(routes!(windows::list))
        .routes(routes!(drift::list))
        .routes(routes!(distribution::one))
        .routes(routes!(evaluate::one))
        .routes(routes!(compare::one))
        .routes(routes!(incidents::list))
        .routes(routes!(incident::one))
        .routes(routes!(silences::list))
        .routes(routes!(baselines::list))
        .routes(routes!(baselines::one))
        .routes(routes!(system::one))
}

/// The API and its document.
pub(crate) fn router() -> Router<AppState> {
    let (router, document) = documented().split_for_parts();
    let text = Bytes::from(document::text(&document));
    router.route(DOCUMENT, get(move || std::future::ready(document_of(text.clone()))))
}

fn document_of(text: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
