//! Everything a message says, computed once: every renderer is a function of it.

use driftd_model::words::incident::{FEATURE, basis, cause, evidence, sentence, silence_command, subject, tag, why};
use driftd_model::{Evidence, Incident, IncidentState, Links, Notification, NotifyReason, words};
use driftd_window::{EventTime, Timestamp, Zone};
use serde::Serialize;

use crate::feature::FeatureView;
use crate::tone::Tone;

/// Features spelled out; the rest is counted.
const FEATURES: usize = 10;
/// Troubles spelled out.
const CAUSES: usize = 10;
/// Characters of a label's value.
const VALUE: usize = 120;
/// Characters of a window's name.
const WINDOW: usize = 40;
/// Labels of the configuration that are listed.
const LABELS: usize = 20;
/// Labels that have fields of their own.
const OWN_FIELDS: [&str; 7] = ["monitor", "segment", "kind", "severity", "environment", "model", "model_version"];

/// A notification in words, ready to render; what there is not is empty. Names of strangers are fit for one line.
#[derive(Debug, Serialize)]
pub struct IncidentView<'a> {
    /// What the words are about, for programs that want numbers and instants.
    #[serde(skip)]
    pub notification: &'a Notification,
    /// The subject line: `[CRITICAL] flight-delay: 4 features drifted`.
    pub subject: String,
    /// What stands in the subject's brackets.
    pub tag: &'static str,
    /// What happened, in one sentence on one line.
    pub sentence: String,
    /// What that rests on: what healthy windows show, how rarely a healthy monitor shows as much, and what it is against
    /// other windows. Nothing once it is over, or where none of it is known.
    pub basis: Option<String>,
    /// Why people get this message.
    pub why: String,
    /// How much it presses.
    pub tone: Tone,
    /// Where the incident stands in its life: `firing`.
    pub state: &'static str,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// The monitor.
    pub monitor: &'a str,
    /// The model and its version.
    pub model: Option<String>,
    /// Where the model runs.
    pub environment: Option<String>,
    /// The segment; `all` for the whole population.
    pub segment: String,
    /// What kind of incident it is.
    pub kind: &'static str,
    /// When it was first seen.
    pub first_seen: String,
    /// The last window, with its bounds: `week [2013-07-01 00:00, 2013-07-08 00:00) UTC`. One that keeps to the clocks of a
    /// zone has those before: `day [2024-03-04 00:00, 2024-03-05 00:00) Europe/Berlin, [2024-03-03 23:00, 2024-03-04 23:00) UTC`.
    pub window: String,
    /// The same for a narrow place: `week, 2013-07-01 – 2013-07-08 (UTC)`.
    pub window_span: String,
    /// The end of the last window.
    pub last_seen: String,
    /// How many windows were bad; nothing for driftd's own trouble, which is looked for all the time.
    pub bad_windows: Option<String>,
    /// When people were first told.
    pub opened: Option<String>,
    /// Who has taken it, and when.
    pub taken: Option<String>,
    /// When it was over.
    pub resolved: Option<String>,
    /// What is wrong besides features, where it is more than the one thing that is in the sentence.
    pub causes: Vec<String>,
    /// The features, worst first.
    pub features: Vec<FeatureView>,
    /// How many features are not spelled out: `3 more features`.
    pub more_features: Option<String>,
    /// The worst feature and what moved in it.
    pub worst: Option<String>,
    /// Addresses a person may be led to.
    pub links: Vec<Link<'a>>,
    /// How to hear no more of it from a terminal; nothing when there is nothing to hear.
    pub silence_command: Option<String>,
    /// Where driftd's documentation says what to do; nothing when it is over.
    pub runbook: Option<String>,
    /// The baseline judged against, with the beginning of its hash.
    pub baseline: String,
    /// Labels that have no field of their own.
    pub labels: Option<String>,
    /// What is the same in every message about the incident.
    pub dedup_key: String,
    /// The message's own key, and when it was decided.
    pub message: String,
    /// Version of the notification's shape.
    pub schema: String,
}

/// An address to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Link<'a> {
    /// What it is: `Incident`, `Runbook` or `Silence`.
    pub title: &'static str,
    /// Where it is.
    pub url: &'a str,
}

impl<'a> IncidentView<'a> {
    /// The view of a notification.
    #[must_use]
    pub fn of(notification: &'a Notification) -> Self {
        let incident = &notification.incident;
        let (window, start, end) = &incident.last_window;
        let window = words::name(window.as_str(), WINDOW);
        let is_over = incident.state == IncidentState::Resolved;
        let is_of_windows = incident.key.kind.is_of_windows();
        let label = |name| label(notification, name).map(|value| words::name(value, VALUE));
        let features = incident.worst_features();
        let rest = features.len().saturating_sub(FEATURES);
        let causes = if incident.causes.len() > 1 { incident.causes.as_slice() } else { &[] };
        Self {
            notification,
            subject: subject(notification),
            tag: tag(notification),
            sentence: sentence(notification),
            basis: basis(incident).filter(|_| !is_over),
            why: why(notification),
            tone: Tone::of(notification),
            state: state(notification),
            severity: incident.severity.as_str(),
            monitor: incident.key.monitor.as_str(),
            model: match (label("model"), label("model_version")) {
                (Some(model), Some(version)) => Some(format!("{model}, version {version}")),
                (Some(model), None) => Some(model),
                (None, version) => version.map(|version| format!("version {version}")),
            },
            environment: label("environment"),
            segment: words::name(&incident.key.segment.to_string(), VALUE),
            kind: incident.key.kind.as_str(),
            first_seen: words::instant_in(incident.zone, incident.first_seen),
            window_span: format!("{window}, {}", words::span_in(incident.zone, *start, *end)),
            window: format!("{window} {}", bounds(incident.zone, *start, *end)),
            last_seen: format!("{} UTC", event_time(*end)),
            bad_windows: is_of_windows.then(|| words::count(incident.windows)),
            opened: incident.opened_at.map(wall_time),
            taken: taken(incident),
            resolved: incident.resolved_at.map(wall_time),
            causes: causes.iter().take(CAUSES).map(|found| cause(found, is_over)).collect(),
            more_features: (rest > 0).then(|| words::counted(rest as u64, "more feature", "more features")),
            worst: features.first().map(|worst| headline(worst)),
            features: features.into_iter().take(FEATURES).map(FeatureView::of).collect(),
            links: links(notification),
            silence_command: silence_command(incident).filter(|_| !is_test(notification)),
            runbook: (!is_over && !is_test(notification)).then(|| incident.runbook()),
            baseline: format!("{} ({})", notification.baseline, words::name(notification.baseline_hash.short(), 16)),
            labels: other_labels(notification),
            dedup_key: words::name(incident.id.as_str(), 40),
            message: format!("{}, decided {}", notification.key.short(), wall_time(notification.at)),
            schema: notification.schema.to_string(),
        }
    }

    /// A label that says something.
    pub(crate) fn label(&self, name: &str) -> Option<&'a str> {
        label(self.notification, name)
    }

    /// Whether somebody only tries the receiver.
    pub(crate) const fn is_test(&self) -> bool {
        is_test(self.notification)
    }

    /// `firing` or `resolved`, as Alertmanager says it.
    pub(crate) const fn status(&self) -> &'static str {
        match self.notification.incident.state {
            IncidentState::Resolved => "resolved",
            _ => "firing",
        }
    }

    /// What somebody needs to know first, line by line; what there is not has no line.
    pub(crate) fn facts(&self) -> Vec<(&'static str, &str)> {
        let is_of_windows = self.notification.incident.key.kind.is_of_windows();
        present([
            ("State", Some(self.state)),
            ("Severity", Some(self.severity)),
            ("Monitor", Some(self.monitor)),
            ("Model", self.model.as_deref()),
            ("Environment", self.environment.as_deref()),
            ("Segment", Some(&self.segment)),
            ("Kind", Some(self.kind)),
            ("First seen", Some(&self.first_seen)),
            // driftd's own trouble is looked for all the time, not in windows of the monitor.
            if is_of_windows { ("Last window", Some(&self.window)) } else { ("Last seen", Some(&self.last_seen)) },
            ("Bad windows", self.bad_windows.as_deref()),
            ("Opened", self.opened.as_deref()),
            ("Taken", self.taken.as_deref()),
            ("Resolved", self.resolved.as_deref()),
        ])
    }

    /// What a machine, or whoever looks into the matter later, needs to know.
    pub(crate) fn reference(&self) -> Vec<(&'static str, &str)> {
        present([
            ("What to do", self.runbook.as_deref()),
            ("Baseline", Some(&self.baseline)),
            ("Labels", self.labels.as_deref()),
            ("Dedup key", Some(&self.dedup_key)),
            ("Message", Some(&self.message)),
            ("Schema", Some(&self.schema)),
        ])
    }

    /// Every address the notification has, for programs that have buttons of their own.
    pub(crate) fn all_links(&self) -> impl Iterator<Item = Link<'a>> {
        let Links { incident, silence, runbook } = &self.notification.links;
        let all = [("Incident", incident), ("Silence", silence), ("Runbook", runbook)];
        all.into_iter().filter_map(|(title, url)| Some(Link { title, url: url.as_deref()? }))
    }
}

const fn is_test(notification: &Notification) -> bool {
    matches!(notification.reason, NotifyReason::Test { .. })
}

const fn state(notification: &Notification) -> &'static str {
    match (&notification.reason, notification.incident.state) {
        (NotifyReason::Test { .. }, _) => "test",
        (_, IncidentState::Pending) => "pending",
        (_, IncidentState::Open) => "firing",
        (_, IncidentState::Acknowledged) => "firing, taken",
        (_, IncidentState::Resolved) => "resolved",
    }
}

fn taken(incident: &Incident) -> Option<String> {
    let (at, by) = incident.acknowledged.as_ref()?;
    Some(format!("{} by {}", wall_time(*at), words::name(by, FEATURE)))
}

fn headline(worst: &Evidence) -> String {
    format!("{}: {}", words::name(worst.feature.as_str(), FEATURE), evidence(worst, 1))
}

fn label<'a>(notification: &'a Notification, name: &str) -> Option<&'a str> {
    Some(notification.labels.get(name)).filter(|value| !value.is_empty())
}

fn other_labels(notification: &Notification) -> Option<String> {
    let others = notification.labels.iter().filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()));
    let others = others.map(|(name, value)| format!("{name}={}", words::name(value, VALUE))).take(LABELS);
    Some(others.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

fn links(notification: &Notification) -> Vec<Link<'_>> {
    let Links { incident, runbook, silence } = &notification.links;
    let is_over = notification.incident.state == IncidentState::Resolved;
    // There is no page of an incident that is none, and what is over makes no more noise.
    let all = [
        ("Incident", incident.as_deref().filter(|_| !is_test(notification))),
        ("Runbook", runbook.as_deref()),
        ("Silence", silence.as_deref().filter(|_| !is_test(notification) && !is_over)),
    ];
    all.into_iter().filter_map(|(title, url)| Some(Link { title, url: web_address(url?)? })).collect()
}

/// An address a person may be led to: on the web, and one line.
fn web_address(link: &str) -> Option<&str> {
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    let is_clean = !link.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'));
    (is_web && is_clean && link.len() <= 2000).then_some(link)
}

fn present<'v, const N: usize>(rows: [(&'static str, Option<&'v str>); N]) -> Vec<(&'static str, &'v str)> {
    rows.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn bounds(zone: Zone, start: EventTime, end: EventTime) -> String {
    let utc = format!("[{}, {}) UTC", event_time(start), event_time(end));
    if zone.is_utc() {
        return utc;
    }
    let (start, end) = (words::local(zone, start), words::local(zone, end));
    format!("[{}, {}) {zone}, {utc}", event_time(start), event_time(end))
}

fn event_time(at: EventTime) -> String {
    words::minutes(&at.to_string())
}

fn wall_time(at: Timestamp) -> String {
    format!("{} UTC", words::minutes(&at.to_string()))
}
