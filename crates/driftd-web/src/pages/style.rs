//! The style sheet, which all pages share.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderValue, Response, header};
use driftd_model::ContentHash;

use crate::charts;

/// Where it is.
pub(super) const PATH: &str = "/assets/driftd.css";

/// Colours and shapes of the reports, of the charts, and what only pages have.
static SHEET: LazyLock<String> = LazyLock::new(|| {
    let parts =
        [include_str!("../../templates/report.css"), charts::STYLE, include_str!("../../templates/pages/pages.css")];
    parts.concat()
});

/// What its address ends in: another sheet has another address, so a browser may keep it for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| format!("v={}", ContentHash::of(SHEET.as_bytes()).short()));

/// The address a page asks for.
pub(super) fn address() -> String {
    format!("{PATH}?{}", *VERSION)
}

/// The sheet. What asks for another version than there is was made by another driftd, and keeps nothing.
pub(super) async fn sheet(RawQuery(query): RawQuery) -> Response<Body> {
    let mut response = Response::new(Body::from(SHEET.as_str()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    if query.as_ref() == Some(&*VERSION) {
        let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, for_ever);
    }
    response
}
