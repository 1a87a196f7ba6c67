//! Answers: an object with rows and where to go on, the bare rows, or CSV; each with a version that a client may hold
//! against its own.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use driftd_model::{ContentHash, View};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::accept::{self, CSV, JSON};
use super::asked::{Asked, Parameters};
use super::parameter::{FORMAT, TIMES};
use super::range::{ResolvedRange, TimeRange};
use crate::problem::{Problem, ProblemKind};
use crate::rows::{Times, object, write_csv};

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// Its rows.
    pub(super) data: Vec<T>,
    /// The cursor of the next page; null on the last.
    pub(super) next: Option<String>,
}

/// A page of a list over a range of time; [`RowsOf`](super::row::RowsOf) documents it.
#[derive(Serialize)]
struct RangePage {
    data: Vec<Value>,
    next: Option<String>,
    range: ResolvedRange,
}

/// The form of a list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Rows,
    Csv,
}

impl Format {
    fn of<P: Parameters>(asked: &Asked<P>) -> Result<Self, Problem> {
        match asked.get(&FORMAT) {
            Some("csv") => return Ok(Self::Csv),
            Some("rows") => return Ok(Self::Rows),
            Some(_) => return Ok(Self::Json),
            None => {}
        }
        match accept::choose(asked.accepted().as_deref(), &[JSON, CSV]) {
            Some(CSV) => Ok(Self::Csv),
            Some(_) => Ok(Self::Json),
            None => Err(Problem::new(
                ProblemKind::NotAcceptable,
                "the list is application/json or text/csv, and the Accept header allows neither",
            )),
        }
    }
}

/// The first `limit` of `rows`, and where to go on if there are more.
pub(super) fn page_of<R>(mut rows: Vec<R>, limit: u32, next: impl FnOnce(&R) -> String) -> (Vec<R>, Option<String>) {
    let limit = limit as usize;
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let next = rows.last().map(next);
    (rows, next)
}

/// A page of rows of a view, in the form that is asked for.
pub(super) fn rows<R: View, P: Parameters>(
    asked: &Asked<P>,
    rows: &[R],
    range: TimeRange,
    next: Option<String>,
) -> Result<Response<Body>, Problem> {
    let mut answer = formed(asked, rows, |data| RangePage { data, next: next.clone(), range: range.resolved() })?;
    if let Some(next) = next {
        link(&asked.address_of(&next), answer.headers_mut());
    }
    Ok(answer)
}

/// Rows of a view in the form that is asked for: as CSV, bare, or in the object that `whole` makes of them.
pub(super) fn formed<R: View, P: Parameters, T: Serialize>(
    asked: &Asked<P>,
    rows: &[R],
    whole: impl FnOnce(Vec<Value>) -> T,
) -> Result<Response<Body>, Problem> {
    let times = if asked.get(&TIMES) == Some("epoch_ms") { Times::EpochMillis } else { Times::Rfc3339 };
    let objects = || rows.iter().map(|row| Value::Object(object(row, times))).collect::<Vec<Value>>();
    match Format::of(asked)? {
        Format::Json => json(asked, &whole(objects())),
        Format::Rows => json(asked, &objects()),
        Format::Csv => {
            let mut text = Vec::new();
            write_csv(rows, times, &mut text).map_err(|error| not_written(&error))?;
            Ok(versioned(asked, text, "text/csv; charset=utf-8; header=present"))
        }
    }
}

/// A page of anything else.
pub(super) fn page<T: Serialize, P: Parameters>(asked: &Asked<P>, page: &Page<T>) -> Result<Response<Body>, Problem> {
    let mut answer = json(asked, page)?;
    if let Some(next) = &page.next {
        link(&asked.address_of(next), answer.headers_mut());
    }
    Ok(answer)
}

/// One thing.
pub(super) fn json<P: Parameters>(asked: &Asked<P>, value: &impl Serialize) -> Result<Response<Body>, Problem> {
    let mut body = serde_json::to_vec(value).map_err(|error| not_written(&error))?;
    body.push(b'\n');
    Ok(versioned(asked, body, JSON))
}

fn not_written(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(error = %error, "answer not written");
    Problem::new(ProblemKind::InternalError, "the answer could not be written; the log says why")
}

/// The body with its version, or nothing but that where the client has it already.
fn versioned<P: Parameters>(asked: &Asked<P>, body: Vec<u8>, content_type: &'static str) -> Response<Body> {
    let version = format!("\"{}\"", ContentHash::of(&body).as_str().get(..32).unwrap_or_default());
    // A version that is only equal in meaning is one of these as well.
    let is_known = asked.known_versions().any(|known| known == "*" || known.trim_start_matches("W/") == version);
    let mut answer = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut answer = Response::new(Body::from(body));
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer
    };
    if let Ok(version) = HeaderValue::try_from(version) {
        answer.headers_mut().insert(header::ETAG, version);
    }
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    answer
}

fn link(address: &str, headers: &mut HeaderMap) {
    // An address is escaped, so that it is a header's value as well.
    if let Ok(link) = HeaderValue::try_from(format!("<{address}>; rel=\"next\"")) {
        headers.insert(header::LINK, link);
    }
}
