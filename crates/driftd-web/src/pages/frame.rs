//! What every page has around it, and how a page becomes an answer.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use driftd_model::words;
use driftd_window::{EventTime, Timestamp};

use super::address::Address;
use super::style;

/// The frame of a page: `templates/pages/frame.html`.
pub(super) struct Frame {
    /// What the window is called: the state first, so that it can be read in a row of tabs.
    pub(super) title: String,
    /// Where the style sheet is.
    pub(super) style: String,
    /// The parts of the dashboard.
    pub(super) places: [Place; 4],
}

/// A part of the dashboard, as the head of every page links to it.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) address: Address,
    /// Whether it is this page.
    pub(super) is_here: bool,
}

impl Frame {
    /// The frame of the page at `here`.
    pub(super) fn of(title: &str, here: Address) -> Self {
        let place = |name, address: Address| Place { name, is_here: address == here, address };
        Self {
            title: format!("{} · driftd", words::sentence(title).trim_end_matches('.')),
            style: style::address(),
            places: [
                place("Overview", Address::overview()),
                place("Baselines", Address::of("/baselines")),
                place("Silences", Address::of("/silences")),
                place("System", Address::of("/system")),
            ],
        }
    }
}

/// A page as it goes to a browser.
pub(super) struct Html(String);

impl Html {
    /// The page of a template.
    pub(super) fn of(page: &impl Template) -> Self {
        Self(page.render().unwrap_or_else(|error| {
            // Writing to a String does not fail, so only a broken template could come here; even then a page says so.
            format!("<!doctype html><title>driftd</title><p>The page could not be rendered: {error}.</p>")
        }))
    }
}

impl IntoResponse for Html {
    fn into_response(self) -> Response {
        let content_type = HeaderValue::from_static("text/html; charset=utf-8");
        ([(header::CONTENT_TYPE, content_type)], self.0).into_response()
    }
}

/// An instant for people, with the exact one for programs.
pub(super) struct When {
    /// RFC 3339.
    pub(super) exact: String,
    /// `2013-07-01 06:00`, in UTC.
    pub(super) shown: String,
}

impl When {
    fn of(exact: String) -> Self {
        Self { shown: words::minutes(&exact), exact }
    }
}

impl From<EventTime> for When {
    fn from(at: EventTime) -> Self {
        Self::of(at.to_string())
    }
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self::of(at.to_string())
    }
}
