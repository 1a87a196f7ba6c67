//! The message as HTML for mail clients: tables and inline styles, no image, no script, nothing from elsewhere.

use askama::Template;
use driftd_model::{DeliveryError, IncidentState};

use crate::feature::{FeatureView, MovementView};
use crate::tone::Tone;
use crate::view::IncidentView;

/// Facts that the head of the message says already.
const IN_THE_HEAD: [&str; 2] = ["State", "Severity"];

/// The whole message; names of strangers are escaped by the template.
#[derive(Template)]
#[template(path = "email.html")]
struct Page<'a> {
    view: &'a IncidentView<'a>,
    preheader: String,
    state: String,
    sentence: String,
    basis: Option<String>,
    facts: Vec<(&'static str, String)>,
    features: Vec<Feature<'a>>,
    has_moves: bool,
    silencing: Option<Silencing<'a>>,
    reference: Vec<(&'static str, &'a str)>,
}

struct Feature<'a> {
    view: &'a FeatureView,
    summary: Option<String>,
    counts: String,
}

/// How to silence it: `before` and then a link or a command.
struct Silencing<'a> {
    before: &'static str,
    what: &'a str,
    link: Option<&'a str>,
}

/// The message as one HTML page of less than 100 kB, beyond which mail clients cut it off.
///
/// # Errors
/// The template failed, which it does for no notification known.
pub fn email_html(view: &IncidentView<'_>) -> Result<String, DeliveryError> {
    let facts = view.facts().into_iter().filter(|(label, _)| !IN_THE_HEAD.contains(label));
    let features: Vec<Feature<'_>> = view.features.iter().map(Feature::of).collect();
    let page = Page {
        view,
        preheader: preheader(view),
        state: head(view),
        sentence: unbroken(&view.sentence),
        basis: view.basis.as_deref().map(unbroken),
        facts: facts.map(|(label, value)| (label, unbroken(value))).collect(),
        has_moves: features.iter().any(|feature| !feature.view.moved.is_empty()),
        features,
        silencing: silencing(view),
        reference: view.reference(),
    };
    page.render().map_err(|error| DeliveryError::permanent(format!("the message cannot be written as HTML: {error}")))
}

/// Keeps a number and its unit on one line.
fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%").replace(" UTC", "\u{a0}UTC")
}

/// What an inbox shows behind the subject: the numbers that are not in it.
fn preheader(view: &IncidentView<'_>) -> String {
    let worst = view.worst.as_ref().map(|worst| format!("{worst}. ")).unwrap_or_default();
    format!("{worst}Why you get this: {}.", view.why)
}

/// Beside the badge stands what the badge does not say.
fn head(view: &IncidentView<'_>) -> String {
    match view.notification.incident.state {
        _ if view.is_test() => "nothing is wrong".to_owned(),
        IncidentState::Resolved => format!("was {}", view.severity),
        IncidentState::Acknowledged => format!("{}, still firing", view.severity),
        IncidentState::Pending | IncidentState::Open => view.state.to_owned(),
    }
}

/// How to hear no more of it, while there is something to hear.
fn silencing<'a>(view: &'a IncidentView<'_>) -> Option<Silencing<'a>> {
    let command = view.silence_command.as_deref()?;
    let link = view.links.iter().find(|link| link.title == "Silence").map(|link| link.url);
    Some(match link {
        Some(_) => Silencing { before: "", what: "silence it for a while", link },
        None => Silencing { before: "run ", what: command, link },
    })
}

impl<'a> Feature<'a> {
    fn of(view: &'a FeatureView) -> Self {
        let net = view.net.as_ref().map(|net| format!("{net}, ")).unwrap_or_default();
        let counts = format!("{net}n = {}, m = {}", view.n, view.m);
        Self { view, summary: view.is_explained.then(|| unbroken(&view.summary)), counts }
    }
}

impl MovementView {
    /// Class, colour and width of the two bars.
    fn coloured_bars(&self) -> [(&'static str, &'static str, u8); 2] {
        let [before, after] = self.bars;
        [("before", "#7b8794", before), ("after", "#1f6feb", after)]
    }
}

/// Colours; each comes with a mark, because colour alone says nothing to everybody.
impl Tone {
    /// The class that has the colours of a dark screen.
    const fn class(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Good => "good",
            Self::Calm => "calm",
        }
    }

    /// Colour of the text, on paper.
    const fn ink(self) -> &'static str {
        match self {
            Self::Critical => "#a4121b",
            Self::Warning => "#7d4e00",
            Self::Good => "#1a6636",
            Self::Calm => "#4d5866",
        }
    }

    /// Colour behind it, on paper.
    const fn wash(self) -> &'static str {
        match self {
            Self::Critical => "#fdeceb",
            Self::Warning => "#fdf3dc",
            Self::Good => "#e6f4ea",
            Self::Calm => "#ebeef2",
        }
    }

    /// A shape of its own.
    const fn mark(self) -> &'static str {
        match self {
            Self::Critical => "\u{25c6}",
            Self::Warning => "\u{25b2}",
            Self::Good => "\u{2713}",
            Self::Calm => "\u{25cb}",
        }
    }
}
