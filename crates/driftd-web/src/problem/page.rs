//! The pages of the kinds of problems: for people who follow the type of one.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse;

use super::kind::{Definition, ProblemKind};
use super::{PAGES, Problem};

#[derive(Template)]
#[template(path = "problem.html")]
struct Page {
    title: &'static str,
    pages: &'static str,
    kinds: Vec<&'static Definition>,
}

/// The list of them.
pub(crate) async fn all_problems() -> Response<Body> {
    let kinds = ProblemKind::ALL.iter().map(|kind| kind.definition()).collect();
    render(&Page { title: "Problems", pages: PAGES, kinds })
}

/// The page of one.
pub(crate) async fn one_problem(name: Result<Path<String>, PathRejection>) -> Response<Body> {
    let found = name.ok().and_then(|Path(name)| ProblemKind::named(&name));
    match found.map(ProblemKind::definition) {
        Some(kind) => render(&Page { title: kind.title, pages: PAGES, kinds: vec![kind] }),
        None => Problem::new(ProblemKind::NotFound, "there is no such problem; /problems lists them").into_response(),
    }
}

fn render(page: &Page) -> Response<Body> {
    // Writing to a text does not fail.
    let mut response = Response::new(Body::from(page.render().unwrap_or_default()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
