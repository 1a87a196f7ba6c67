//! Problem details (RFC 9457): errors that programs can read, each of a type that is a page for people.

mod kind;
mod page;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use kind::ProblemKind;
pub(crate) use page::{all_problems, one_problem};

/// Media type of problem details.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// Where the pages of the types are.
pub(crate) const PAGES: &str = "/problems";
/// After how many seconds something that does not work now is worth another try.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// What is wrong with a request, or here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: ProblemKind,
    detail: Cow<'static, str>,
    errors: Vec<ParameterError>,
}

/// What is wrong with one parameter of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ParameterError {
    /// The parameter.
    pub(crate) parameter: String,
    /// What is wrong with it.
    pub(crate) detail: String,
}

/// An error as RFC 9457 has it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// Path of the page that says what this kind of problem is, and what to do about it.
    r#type: String,
    /// The kind of problem in a few words.
    title: &'a str,
    /// Status code of the answer.
    status: u16,
    /// What is wrong here, and what to do about it.
    detail: &'a str,
    /// Every parameter that is wrong, where that can be said.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ParameterError],
}

impl Problem {
    /// A problem of that kind; `detail` says what is wrong here, and what to do about it.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new() }
    }

    /// The kind of problem.
    pub(crate) const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What is wrong here, and what to do about it.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The same, with what is wrong with single parameters.
    pub(crate) fn with_errors(self, errors: Vec<ParameterError>) -> Self {
        Self { errors, ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let definition = self.kind.definition();
        let document = ProblemDocument {
            r#type: format!("{PAGES}/{}", definition.name),
            title: definition.title,
            status: definition.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        // Texts, lists and numbers are always JSON.
        let body = serde_json::to_string(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body + "\n"));
        *response.status_mut() = definition.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if definition.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

/// An error that a layer answered without words becomes a problem; what has a content type says what it has to say.
pub(crate) async fn in_words(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    let (kind, detail) = match status {
        StatusCode::SERVICE_UNAVAILABLE => (ProblemKind::TooSlow, "the answer took too long; try again later"),
        StatusCode::METHOD_NOT_ALLOWED => {
            (ProblemKind::MethodNotAllowed, "this path does not take this method: the Allow header says which it takes")
        }
        status if status.is_server_error() => (ProblemKind::InternalError, "the answer failed; the log says why"),
        _ => (ProblemKind::BadRequest, "the request cannot be answered"),
    };
    Problem::new(kind, detail).into_response()
}
