//! The message as HTML for mail clients: tables and inline styles, no image, no script, nothing from elsewhere.

use askama::Template;
use driftd_model::{DeliveryError, Evidence, IncidentState, Notification, NotifyReason, Outcome, Severity, words};

use super::tone::Tone;
use crate::evidence::{FEATURE, evidence, figure, in_words};
use crate::facts::{CAUSES, MOVEMENTS, facts, links, reference, silence_command, state, told_features};
use crate::subject::tag;
use crate::{cause, sentence, subject, why};

/// Facts that the head of the message says already.
const IN_THE_HEAD: [&str; 2] = ["State", "Severity"];

/// The whole message; names of strangers are escaped by the template.
#[derive(Template)]
#[template(path = "email.html")]
struct Page<'a> {
    subject: String,
    preheader: String,
    tag: &'static str,
    state: String,
    tone: Tone,
    sentence: String,
    links: Vec<(&'static str, &'a str)>,
    facts: Vec<(&'static str, String)>,
    causes: Vec<String>,
    features: Vec<Feature>,
    has_moves: bool,
    more: Option<String>,
    why: String,
    silencing: Option<Silencing<'a>>,
    reference: Vec<(&'static str, String)>,
}

struct Feature {
    name: String,
    outcome: String,
    tone: Tone,
    words: Option<String>,
    value: String,
    limits: Option<String>,
    counts: String,
    moves: Vec<Moved>,
}

/// One bin or category: its shares in words, and as bars in hundredths of the longest bar of the feature.
struct Moved {
    label: String,
    before: String,
    after: String,
    widths: [u8; 2],
}

/// How to silence it: `before` and then a link or a command.
struct Silencing<'a> {
    before: &'static str,
    what: String,
    link: Option<&'a str>,
}

/// The message as one HTML page of less than 100 kB, beyond which mail clients cut it off.
///
/// # Errors
/// The template failed, which it does for no notification known.
pub fn email_html(notification: &Notification) -> Result<String, DeliveryError> {
    let incident = &notification.incident;
    let (told, rest) = told_features(incident);
    let is_over = incident.state == IncidentState::Resolved;
    let features: Vec<Feature> = told.iter().copied().map(feature).collect();
    let mut facts = facts(notification);
    facts.retain(|(label, _)| !IN_THE_HEAD.contains(label));
    for (_, value) in &mut facts {
        *value = unbroken(value);
    }
    let causes = if incident.causes.len() > 1 { incident.causes.as_slice() } else { &[] };
    let page = Page {
        subject: subject(notification),
        preheader: preheader(notification, told.first().copied()),
        tag: tag(notification),
        state: head(notification),
        tone: tone(notification),
        sentence: unbroken(&sentence(notification)),
        links: links(notification),
        facts,
        causes: causes.iter().take(CAUSES).map(|c| cause(c, is_over)).collect(),
        has_moves: features.iter().any(|f| !f.moves.is_empty()),
        features,
        more: (rest > 0).then(|| words::counted(rest as u64, "more feature", "more features")),
        why: why(notification),
        silencing: silencing(notification),
        reference: reference(notification),
    };
    page.render().map_err(|error| DeliveryError::permanent(format!("the message cannot be written as HTML: {error}")))
}

/// Keeps a number and its unit on one line.
fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%").replace(" UTC", "\u{a0}UTC")
}

/// What an inbox shows behind the subject: the numbers that are not in it.
fn preheader(notification: &Notification, worst: Option<&Evidence>) -> String {
    let why = why(notification);
    match worst {
        Some(worst) => {
            let name = words::name(worst.feature.as_str(), FEATURE);
            format!("{name}: {}. Why you get this: {why}.", evidence(worst, 1))
        }
        None => format!("Why you get this: {why}."),
    }
}

/// Beside the badge stands what the badge does not say.
fn head(notification: &Notification) -> String {
    let severity = notification.incident.severity;
    match (&notification.reason, notification.incident.state) {
        (NotifyReason::Test { .. }, _) => "nothing is wrong".to_owned(),
        (_, IncidentState::Resolved) => format!("was {severity}"),
        (_, IncidentState::Acknowledged) => format!("{severity}, still firing"),
        _ => state(notification).to_owned(),
    }
}

const fn tone(notification: &Notification) -> Tone {
    match (&notification.reason, notification.incident.state, notification.incident.severity) {
        (NotifyReason::Test { .. }, _, _) | (_, IncidentState::Acknowledged, _) => Tone::Calm,
        (_, IncidentState::Resolved, _) => Tone::Good,
        (_, _, Severity::Critical) => Tone::Critical,
        (_, _, Severity::Warning) => Tone::Warning,
    }
}

fn feature(evidence: &Evidence) -> Feature {
    let limits = evidence.threshold.map(|threshold| {
        format!("warning from {}, critical from {}", words::number(threshold.warn), words::number(threshold.critical))
    });
    let counts = format!("n = {}, m = {}", words::count(evidence.n), words::count(evidence.m));
    Feature {
        name: words::name(evidence.feature.as_str(), 2 * FEATURE),
        outcome: evidence.outcome.to_string(),
        tone: match evidence.outcome {
            Outcome::Critical => Tone::Critical,
            Outcome::Warning => Tone::Warning,
            _ => Tone::Calm,
        },
        words: in_words(evidence).map(|words| unbroken(&words)),
        value: figure(evidence),
        limits,
        counts: match evidence.q_value {
            Some(q) => format!("{}, {counts}", words::probability("q", q)),
            None => counts,
        },
        moves: moves(evidence),
    }
}

fn moves(evidence: &Evidence) -> Vec<Moved> {
    let shown = evidence.moved.iter().take(MOVEMENTS);
    let longest = shown.clone().flat_map(|m| [m.before, m.after]).filter(|x| x.is_finite()).fold(0.0, f64::max);
    let width = |share: f64| {
        let part = share / longest;
        // What is there at all is seen.
        if part > 0.0 { (part * 100.0).round().clamp(1.0, 100.0) as u8 } else { 0 }
    };
    shown
        .map(|movement| {
            let (before, after) = words::percents(movement.before, movement.after);
            let label = words::name(&movement.label, FEATURE);
            Moved { label, before, after, widths: [width(movement.before), width(movement.after)] }
        })
        .collect()
}

impl Moved {
    /// Class, colour and width of the two bars.
    fn bars(&self) -> [(&'static str, &'static str, u8); 2] {
        let [before, after] = self.widths;
        [("before", "#7b8794", before), ("after", "#1f6feb", after)]
    }
}

/// How to hear no more of it, while there is something to hear.
fn silencing(notification: &Notification) -> Option<Silencing<'_>> {
    let command = silence_command(notification)?;
    let link = links(notification).into_iter().find(|(what, _)| *what == "Silence").map(|(_, link)| link);
    Some(match link {
        Some(_) => Silencing { before: "", what: "silence it for a while".to_owned(), link },
        None => Silencing { before: "run ", what: command, link },
    })
}
