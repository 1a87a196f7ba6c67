//! Paths and their answers, and what holds for every answer.
//!
//! | path | answers |
//! |---|---|
//! | `/healthz` | 200 as long as the process answers at all |
//! | `/readyz` | 200 when every check passes, else 503; JSON with the reasons |
//! | `/metrics` | Prometheus text |
//! | `/problems`, `/problems/{name}` | pages of the types of problems |
//! | `/api/openapi.json`, `/api/v1/…` | the [API](crate::api) and its document |
//! | `/`, `/assets/…` and others | the [dashboard](crate::pages) |
//!
//! The first three and the pages are everything there is where the whole network may ask, which is what [`Reach`] is for:
//! there nobody needs to call driftd by its name, since a supervisor takes that of a pod or a service, and metrics name
//! no features unless that is wanted.
//!
//! What goes wrong is told as problem details. Every answer comes in time, is kept by nobody, and names what a browser
//! may do with it.

mod host;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::prometheus_text;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::problem::{PAGES, Problem, ProblemKind, all_problems, in_words, one_problem};
use crate::{AppState, api, pages};

/// Who can reach a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine, one of which may be a proxy that authenticates people.
    Machine,
    /// Whoever is in the network: supervisors and Prometheus, and everybody else.
    Network {
        /// Whether metrics that name features are shown all the same.
        features: bool,
    },
}

impl Reach {
    const fn shows_features(self) -> bool {
        matches!(self, Self::Machine | Self::Network { features: true })
    }
}

/// Time for an answer to begin.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Headers of every answer that does not say otherwise.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Every path there is for those within `reach`.
pub(crate) fn router(state: AppState, reach: Reach) -> Router {
    let probes = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(move |State(state): State<AppState>| metrics(state, reach)))
        .route(PAGES, get(all_problems))
        .route(&format!("{PAGES}/{{name}}"), get(one_problem));
    let all = match reach {
        Reach::Machine => probes.merge(api::router()).merge(pages::router()).fallback(nothing_here),
        Reach::Network { .. } => probes.fallback(only_probes),
    };
    let all = all.method_not_allowed_fallback(reading_only).with_state(state.clone());
    match reach {
        Reach::Machine => layered(all.layer(from_fn_with_state(state, host::check)), ANSWER_TIMEOUT),
        Reach::Network { .. } => layered(all, ANSWER_TIMEOUT),
    }
}

/// What holds for every answer of `router`, from the inside out.
fn layered(router: Router, answer_timeout: Duration) -> Router {
    let router = router
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, answer_timeout))
        .layer(map_response(in_words));
    HEADERS
        .into_iter()
        .fold(router, |router, (name, value)| router.layer(SetResponseHeaderLayer::if_not_present(name, value)))
}

async fn healthz() -> Response<Body> {
    respond(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned())
}

async fn readyz(State(state): State<AppState>) -> Response<Body> {
    let readiness = state.readiness();
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    respond(status, "application/json", readiness.to_json() + "\n")
}

async fn metrics(state: AppState, reach: Reach) -> Response<Body> {
    let why = match tokio::task::spawn_blocking(move || state.metrics(reach.shows_features())).await {
        Ok(Ok(text)) => return respond(StatusCode::OK, prometheus_text::CONTENT_TYPE, text),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(error = why, "metrics not rendered");
    let detail = "the metrics could not be rendered; the log says why";
    Problem::new(ProblemKind::InternalError, detail).into_response()
}

async fn nothing_here() -> Problem {
    Problem::new(ProblemKind::NotFound, "nothing is here; the paths of the API stand in /api/openapi.json")
}

async fn only_probes() -> Problem {
    Problem::new(ProblemKind::NotFound, "nothing is here; there are /healthz, /readyz and /metrics")
}

async fn reading_only() -> Problem {
    Problem::new(
        ProblemKind::MethodNotAllowed,
        "this path does not take this method: the Allow header says which it takes",
    )
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests;
