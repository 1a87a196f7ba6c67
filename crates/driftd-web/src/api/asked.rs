//! What a request asks for: its path, its parameters and its wishes about the form of the answer.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use driftd_window::{SegmentKey, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::path::{Parameter as Documented, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

use super::cursor::Cursor;
use super::parameter::{CURSOR, FROM, LIMIT, Parameter, SEGMENT, TO, USUAL_LIMIT, shortened};
use super::range::TimeRange;
use crate::problem::{ParameterError, Problem, ProblemKind};

/// Wrong parameters that are told at once.
const MOST_ERRORS: usize = 10;

/// The parameters that a path takes.
pub(super) trait Parameters {
    /// All of them.
    const ALL: &'static [&'static Parameter];
}

/// What a request asks for, of the parameters of `P`.
#[derive(Debug)]
pub(super) struct Asked<P> {
    path: String,
    values: BTreeMap<&'static str, String>,
    headers: HeaderMap,
    parameters: PhantomData<fn() -> P>,
}

impl<S: Sync, P: Parameters> FromRequestParts<S> for Asked<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        let mut headers = parts.headers.clone();
        // Only what is read may be known already.
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            headers.remove(header::IF_NONE_MATCH);
        }
        Ok(Self { path: path.to_owned(), values: values(P::ALL, query)?, headers, parameters: PhantomData })
    }
}

impl<P: Parameters> utoipa::IntoParams for Asked<P> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Documented> {
        let documented = |parameter: &&Parameter| {
            ParameterBuilder::new()
                .name(parameter.name)
                .parameter_in(ParameterIn::Query)
                .description(Some(parameter.says))
                .required(if parameter.is_required { Required::True } else { Required::False })
                .schema(Some(RefOr::T(Schema::Object(parameter.schema()))))
                .build()
        };
        P::ALL.iter().map(documented).collect()
    }
}

/// The values in `query`.
///
/// # Errors
/// All that are unknown, there twice, missing, or none of their parameter's, at once.
fn values(known: &[&'static Parameter], query: &str) -> Result<BTreeMap<&'static str, String>, Problem> {
    let (mut values, mut errors) = (BTreeMap::new(), Vec::new());
    let mut wrong = |name: &str, detail: String| {
        let parameter = name.chars().take(100).collect();
        errors.push(ParameterError { parameter, detail });
    };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
            let names: Vec<&str> = known.iter().map(|parameter| parameter.name).collect();
            wrong(
                &name,
                match names.as_slice() {
                    [] => "is unknown: this path takes no parameters".to_owned(),
                    names => format!("is unknown: this path takes {}", driftd_model::words::choices(names)),
                },
            );
            continue;
        };
        if let Some(fault) = parameter.fault(&value) {
            wrong(&name, fault);
        }
        if values.insert(parameter.name, value.into_owned()).is_some() {
            wrong(&name, "is there more than once".to_owned());
        }
    }
    for parameter in known.iter().filter(|parameter| parameter.is_required && !values.contains_key(parameter.name)) {
        wrong(parameter.name, "is missing".to_owned());
    }
    errors.truncate(MOST_ERRORS);
    if errors.is_empty() { Ok(values) } else { Err(invalid(errors)) }
}

fn invalid(errors: Vec<ParameterError>) -> Problem {
    let said: Vec<String> = errors.iter().map(|error| format!("{} {}", error.parameter, error.detail)).collect();
    Problem::new(ProblemKind::InvalidParameter, said.join("; ")).with_errors(errors)
}

impl<P: Parameters> Asked<P> {
    /// The value of a parameter, where it is there.
    pub(super) fn get(&self, parameter: &Parameter) -> Option<&str> {
        self.values.get(parameter.name).map(String::as_str)
    }

    /// The same as what it means.
    pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(
        &self,
        parameter: &Parameter,
    ) -> Result<Option<T>, Problem> {
        let parse = |text: &str| {
            text.parse().map_err(|error: T::Err| {
                let detail = shortened(&format!("is none: {error}"));
                invalid(vec![ParameterError { parameter: parameter.name.to_owned(), detail }])
            })
        };
        self.get(parameter).map(parse).transpose()
    }

    /// The segment asked for.
    pub(super) fn segment(&self) -> Option<SegmentKey> {
        self.get(&SEGMENT).map(segment)
    }

    /// The range of time asked for.
    pub(super) fn range(&self, now: Option<Timestamp>) -> Result<TimeRange, Problem> {
        TimeRange::parse(self.get(&FROM), self.get(&TO), now)
    }

    /// How many rows a page has.
    pub(super) fn limit(&self) -> u32 {
        self.get(&LIMIT).and_then(|limit| limit.parse().ok()).unwrap_or(USUAL_LIMIT)
    }

    /// Where the page begins.
    pub(super) fn cursor<T: Serialize + DeserializeOwned>(&self) -> Result<Option<Cursor<T>>, Problem> {
        self.get(&CURSOR).map(|text| Cursor::read(text, &self.list())).transpose()
    }

    /// The cursor of the page after `after`.
    pub(super) fn next<T: Serialize + DeserializeOwned>(&self, range: TimeRange, after: T) -> String {
        Cursor { range, after }.write(&self.list())
    }

    /// The list that pages are of: the path, and what it is filtered by.
    fn list(&self) -> String {
        let is_filter = |name: &str| P::ALL.iter().any(|known| known.name == name && !known.is_of_page);
        let filters = self.values.iter().filter(|(name, _)| is_filter(name));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(filters).finish();
        format!("{}?{query}", self.path)
    }

    /// The address of the page that begins at `cursor`.
    pub(super) fn address_of(&self, cursor: &str) -> String {
        let others = self.values.iter().filter(|(name, _)| **name != CURSOR.name);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others)
            .append_pair(CURSOR.name, cursor)
            .finish();
        format!("{}?{query}", self.path)
    }

    /// The versions of the answer that the client has already.
    pub(super) fn known_versions(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.get_all(header::IF_NONE_MATCH).iter();
        headers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
    }

    /// The forms of the answer that the client takes.
    pub(super) fn accepted(&self) -> Option<String> {
        let headers = self.headers.get_all(header::ACCEPT).iter();
        let texts: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }
}

/// The segment that people write so.
pub(super) fn segment(text: &str) -> SegmentKey {
    match text {
        "all" | "" => SegmentKey::all(),
        text => SegmentKey::from_stored(text.to_owned()),
    }
}
