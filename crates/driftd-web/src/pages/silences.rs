//! The page of silences: what nobody hears of, why, and until when.

use askama::Template;
use driftd_model::words::incident::lasting;
use driftd_model::{Silence, SilenceState, words};
use driftd_window::{Span, Timestamp};

use super::address::Address;
use super::asked::Asked;
use super::failure::Failure;
use super::frame::{Frame, Html, When};

/// How long silences that are over are shown.
const SHOWN: Span = Span::from_hours(7 * 24);
/// Silences that are listed.
const LISTED: usize = 500;
/// Characters of who and why, and of a matcher.
const SHORT: usize = 80;
const LONG: usize = 600;

#[derive(Template)]
#[template(path = "pages/silences.html")]
struct Page {
    frame: Frame,
    headline: String,
    lines: Vec<Line>,
    left_out: u64,
}

struct Line {
    id: String,
    state: &'static str,
    matchers: Vec<String>,
    starts: When,
    ends: When,
    /// How long it still lasts, where it does.
    left: Option<String>,
    author: String,
    comment: String,
}

pub(super) async fn page(asked: Asked) -> Result<Html, Failure> {
    let now = asked.now;
    let mut silences = asked.store.silences(Some(now.minus(SHOWN))).await?;
    // Active ones first, then what is to come, then what is over; of each what ends soonest, of the last the latest.
    silences.sort_by_key(|silence| match silence.state(now) {
        SilenceState::Active => (0, silence.ends_at.as_micros()),
        SilenceState::Pending => (1, silence.starts_at.as_micros()),
        SilenceState::Expired => (2, silence.ends_at.as_micros().saturating_neg()),
    });
    let active = silences.iter().filter(|silence| silence.state(now) == SilenceState::Active).count() as u64;
    let headline = match active {
        0 => "Nothing is silenced".to_owned(),
        active => words::counted(active, "active silence", "active silences"),
    };
    let page = Page {
        frame: Frame::of(&headline, Address::of("/silences")),
        headline,
        left_out: silences.len().saturating_sub(LISTED) as u64,
        lines: silences.iter().take(LISTED).map(|silence| Line::of(silence, now)).collect(),
    };
    Ok(Html::of(&page))
}

impl Line {
    fn of(silence: &Silence, now: Timestamp) -> Self {
        let state = silence.state(now);
        Self {
            id: silence.id.to_string(),
            state: match state {
                SilenceState::Active => "active",
                SilenceState::Pending => "pending",
                SilenceState::Expired => "over",
            },
            matchers: silence.matchers.iter().map(|matcher| words::name(&matcher.to_string(), LONG)).collect(),
            starts: silence.starts_at.into(),
            ends: silence.ends_at.into(),
            left: (state == SilenceState::Active).then(|| lasting(silence.ends_at.since(now))),
            author: words::name(&silence.author, SHORT),
            comment: words::name(&silence.comment, LONG),
        }
    }
}
