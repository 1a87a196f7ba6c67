//! Problem details (RFC 9457): errors that programs can read.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Serialize;

/// The members of the standard that are of use here.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

/// The answer that says what is wrong with a request, or here.
pub(super) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    // Without a type of its own, a problem's title is that of its status.
    let title = status.canonical_reason().unwrap_or("Unknown");
    let problem = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
    // Texts and a number are always JSON.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    super::routes::respond(status, "application/problem+json", body + "\n")
}
