//! `GET /api/v1/silences`: temporary mutes.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{Matcher, Silence, SilenceId, SilenceState};
use driftd_window::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Page};
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{CURSOR, LIMIT, Parameter, SILENCE_STATE};
use super::range::TimeRange;
use super::reading::Reading;
use crate::problem::Problem;

/// What the list takes.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&SILENCE_STATE, &LIMIT, &CURSOR];
}

/// A silence.
#[derive(Serialize, ToSchema)]
pub(super) struct SilenceEntry {
    /// Its id.
    id: i64,
    /// All of these hold for the labels of an incident that it mutes.
    matchers: Vec<LabelMatcher>,
    /// From when on.
    starts_at: String,
    /// Until when.
    ends_at: String,
    /// Who made it.
    author: String,
    /// Why.
    comment: String,
    /// pending, active or expired.
    state: &'static str,
}

/// A condition on a label, as Alertmanager writes it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LabelMatcher {
    /// The label.
    name: String,
    /// Its value, or the pattern that has to fit the whole of it.
    value: String,
    /// Whether the value is a pattern.
    is_regex: bool,
    /// Whether the label has to meet the condition, or must not.
    is_equal: bool,
}

/// Silences
///
/// All that are not forgotten, by id.
#[utoipa::path(
    get,
    path = "/api/v1/silences",
    operation_id = "list_silences",
    tag = "incidents",
    params(Asked<Taken>),
    responses((status = 200, description = "A page of silences", body = Page<SilenceEntry>), Problems)
)]
pub(super) async fn list(asked: Asked<Taken>, reading: Reading) -> Result<Response<Body>, Problem> {
    let after = asked.cursor::<SilenceId>()?.map(|cursor| cursor.after);
    let now = reading.now.unwrap_or(Timestamp::from_micros(0));
    let wanted = asked.get(&SILENCE_STATE);
    // People make them one by one, so there are never many.
    let mut found: Vec<Silence> = reading.store.silences(None).await?;
    found.retain(|silence| {
        after.is_none_or(|after| silence.id > after) && wanted.is_none_or(|state| word(silence.state(now)) == state)
    });
    let (found, next) = answer::page_of(found, asked.limit(), |last| asked.next(TimeRange::default(), last.id));
    let data = found.iter().map(|silence| SilenceEntry::of(silence, now)).collect();
    answer::page(&asked, &Page { data, next })
}

const fn word(state: SilenceState) -> &'static str {
    match state {
        SilenceState::Pending => "pending",
        SilenceState::Active => "active",
        SilenceState::Expired => "expired",
    }
}

impl SilenceEntry {
    fn of(silence: &Silence, now: Timestamp) -> Self {
        Self {
            id: silence.id.0,
            matchers: silence.matchers.iter().map(LabelMatcher::of).collect(),
            starts_at: silence.starts_at.to_string(),
            ends_at: silence.ends_at.to_string(),
            author: silence.author.clone(),
            comment: silence.comment.clone(),
            state: word(silence.state(now)),
        }
    }
}

impl LabelMatcher {
    fn of(matcher: &Matcher) -> Self {
        let (value, is_regex, is_equal) = matcher.parts();
        Self { name: matcher.label().to_string(), value: value.to_owned(), is_regex, is_equal }
    }
}
