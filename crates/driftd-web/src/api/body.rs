//! Bodies of requests: JSON, of bounded length.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::accept::JSON;
use super::parameter::shortened;
use crate::problem::{Problem, ProblemKind};

/// Bytes of a body at most.
const MOST_BYTES: usize = 64 << 10;

/// The body of a request, as what it means. Only JSON is taken, and only where it says that it is: a form on somebody
/// else's page can send no such thing.
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            let detail = "the body is taken as JSON: send it with Content-Type: application/json";
            return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
        }
        let bytes = read(&parts.headers, body).await?;
        let refused = |error: serde_json::Error| {
            let detail = shortened(&format!("the body is not the JSON object that the path takes: {error}"));
            Problem::new(ProblemKind::InvalidBody, detail)
        };
        // A list of its values would be taken for the object otherwise.
        let object: Map<String, Value> = serde_json::from_slice(&bytes).map_err(refused)?;
        serde_json::from_value(Value::Object(object)).map(Self).map_err(refused)
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, Problem> {
    let too_large = || Problem::new(ProblemKind::BodyTooLarge, "the body has more than 64 KiB: ask for less at once");
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(too_large());
    }
    // It stops at the limit, or where the connection does, and then nobody hears the answer.
    to_bytes(body, MOST_BYTES).await.map_err(|_| too_large())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON))
}
