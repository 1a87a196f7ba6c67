//! Paths and their answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::get;

use super::probes::Probes;
use super::problem::problem;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";
/// The text format of Prometheus.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Every path there is.
pub(super) fn router(probes: Arc<dyn Probes>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(nothing_here)
        .method_not_allowed_fallback(reading_only)
        .with_state(probes)
}

async fn healthz() -> Response<Body> {
    respond(StatusCode::OK, PLAIN, "ok\n".to_owned())
}

async fn readyz(State(probes): State<Arc<dyn Probes>>) -> Response<Body> {
    let readiness = probes.readiness();
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    respond(status, JSON, readiness.to_json() + "\n")
}

async fn metrics(State(probes): State<Arc<dyn Probes>>) -> Response<Body> {
    let rendered = tokio::task::spawn_blocking(move || {
        let ready = u8::from(probes.readiness().is_ready());
        let own = "# HELP driftd_ready Whether every check of /readyz passes: 1 or 0.\n# TYPE driftd_ready gauge\n";
        format!("{own}driftd_ready {ready}\n{}", probes.metrics())
    });
    match rendered.await {
        Ok(text) => respond(StatusCode::OK, PROMETHEUS, text),
        Err(error) => {
            tracing::error!(error = %error, "metrics not rendered");
            problem(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be rendered; the log says why")
        }
    }
}

async fn nothing_here() -> Response<Body> {
    problem(StatusCode::NOT_FOUND, "nothing is here; there are /healthz, /readyz and /metrics")
}

async fn reading_only() -> Response<Body> {
    problem(StatusCode::METHOD_NOT_ALLOWED, "this path is only read: use GET or HEAD")
}

/// An answer that nobody may keep or take for something else.
pub(super) fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
