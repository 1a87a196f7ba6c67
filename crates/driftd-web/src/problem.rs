//! Problem details (RFC 9457): errors that programs can read.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// Media type of problem details.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The members of the standard that are of use here.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

/// The answer that says what is wrong with a request, or here.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    // Without a type of its own, a problem's title is that of its status.
    let title = status.canonical_reason().unwrap_or("Unknown");
    let problem = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
    // Texts and a number are always JSON.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body + "\n"));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
    response
}

/// An error that a layer answered without words becomes a problem; what has a content type says what it has to say.
pub(crate) async fn in_words(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    let detail = match status {
        StatusCode::SERVICE_UNAVAILABLE => "the answer took too long; try again later",
        _ => "the request cannot be answered",
    };
    problem(status, detail)
}
