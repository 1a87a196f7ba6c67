//! The page of an incident: where every message leads to.

use askama::Template;
use driftd_model::words::incident as told;
use driftd_model::{Evidence, Incident, IncidentEvent, IncidentId, IncidentKind, IncidentState, words};
use driftd_window::WindowName;

use super::address::Address;
use super::asked::{Asked, Segments};
use super::failure::Failure;
use super::frame::{Frame, Html, When};
use crate::BinShare;
use crate::charts::paired_bars;
use crate::figures::Badge;

/// Features whose movements are drawn, and bins of each.
const DRAWN: usize = 5;
const BINS: usize = 8;
/// Further features that are named.
const NAMED: usize = 200;
/// Events that are listed, the newest of them.
const EVENTS: usize = 200;
/// Characters of a name.
const SHORT: usize = 80;
const LONG: usize = 600;

#[derive(Template)]
#[template(path = "pages/incident.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    /// How bad it is while it lasts, and where it stands.
    headline: String,
    id: String,
    kind: &'static str,
    sentence: String,
    basis: Option<String>,
    monitor: String,
    monitor_address: Address,
    segment: String,
    last_window: Option<Window>,
    last_seen: When,
    first_seen: When,
    bad_windows: Option<String>,
    opened: Option<When>,
    taken: Option<(When, String)>,
    resolved: Option<(When, String)>,
    lasted: Option<String>,
    causes: Vec<String>,
    features: Vec<Feature>,
    further: Vec<Name>,
    left_out: u64,
    timeline: Vec<Event>,
    earlier: u64,
    runbook: String,
    silence: Option<String>,
    take: Option<String>,
    end: Option<String>,
}

/// The last window, with the page of it.
struct Window {
    text: String,
    address: Option<Address>,
}

/// A feature with what moved in it.
struct Feature {
    name: Name,
    badge: Badge,
    evidence: String,
    chart: String,
    rows: String,
}

/// A feature's name, and where its page is.
struct Name {
    text: String,
    address: Option<Address>,
}

/// One line of the timeline.
struct Event {
    at: When,
    what: String,
    why: String,
    silenced: bool,
}

pub(super) async fn page(Segments(id): Segments<String>, asked: Asked) -> Result<Html, Failure> {
    let found = asked.store.incident(&IncidentId::from_stored(id.clone())).await?;
    let (incident, events) = found.ok_or_else(|| {
        Failure::nothing(
            format!("There is no incident {}", words::name(&id, SHORT)),
            "it may be older than what retention keeps, or several begin with these digits; the overview lists those that \
             are open, driftd incidents list all there are",
        )
    })?;
    Ok(Html::of(&Page::of(&incident, &events)))
}

impl Page {
    fn of(incident: &Incident, events: &[IncidentEvent]) -> Self {
        let key = &incident.key;
        let (badge, headline) = (Badge::of_incident(incident.severity, incident.state), headline(incident));
        let is_over = incident.state == IncidentState::Resolved;
        let is_of_windows = key.kind.is_of_windows();
        let command = |verb: &str| (!is_over).then(|| format!("driftd incidents {verb} {}", incident.id));
        let monitor = words::name(key.monitor.as_str(), SHORT);
        let worst = incident.worst_features();
        let causes = if incident.causes.len() > 1 { incident.causes.as_slice() } else { &[] };
        let (_, _, end) = incident.last_window;
        Self {
            frame: Frame::of(
                &format!("{headline}: {monitor}: {}", told::summary(incident)),
                Address::incident(&incident.id),
            ),
            badge,
            headline,
            id: words::name(incident.id.as_str(), SHORT),
            kind: kind(key.kind),
            sentence: told::incident_sentence(incident),
            basis: told::basis(incident).filter(|_| !is_over),
            monitor_address: Address::monitor(&key.monitor).in_segment(&key.segment),
            monitor,
            segment: words::name(&key.segment.to_string(), LONG),
            last_window: is_of_windows.then(|| Window::of(incident)),
            last_seen: end.into(),
            first_seen: incident.first_seen.into(),
            bad_windows: is_of_windows.then(|| words::count(incident.windows)),
            opened: incident.opened_at.map(When::from),
            taken: incident.acknowledged.as_ref().map(|(at, by)| ((*at).into(), words::name(by, SHORT))),
            resolved: incident.resolved_at.map(|at| {
                let by = incident.resolved_by.as_deref().map(|by| words::name(by, SHORT));
                (at.into(), by.unwrap_or_default())
            }),
            lasted: incident.opened_at.zip(incident.resolved_at).map(|(from, to)| told::lasting(to.since(from))),
            causes: causes.iter().take(DRAWN * 2).map(|cause| words::sentence(&told::cause(cause, is_over))).collect(),
            further: worst.iter().skip(DRAWN).take(NAMED).map(|found| Name::of(incident, found)).collect(),
            left_out: worst.len().saturating_sub(DRAWN + NAMED) as u64,
            features: worst.iter().take(DRAWN).map(|found| Feature::of(incident, found)).collect(),
            earlier: events.len().saturating_sub(EVENTS) as u64,
            timeline: events.iter().skip(events.len().saturating_sub(EVENTS)).map(Event::of).collect(),
            runbook: incident.runbook(),
            silence: told::silence_command(incident),
            take: command("ack").filter(|_| incident.state == IncidentState::Open),
            end: command("resolve").filter(|_| incident.is_firing()),
        }
    }
}

/// `Critical, open`; of what is over only that.
fn headline(incident: &Incident) -> String {
    let (badge, state) = (Badge::of_incident(incident.severity, incident.state), state(incident.state));
    let words = if badge.word == state { state.to_owned() } else { format!("{}, {state}", badge.word) };
    words::sentence(&words).trim_end_matches('.').to_owned()
}

/// Where the incident stands, in a word or two.
pub(super) const fn state(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Pending => "not told yet",
        IncidentState::Open => "open",
        IncidentState::Acknowledged => "taken",
        IncidentState::Resolved => "resolved",
    }
}

/// What it is about, as people say it.
pub(super) const fn kind(kind: IncidentKind) -> &'static str {
    use IncidentKind::{Calibration, DataQuality, Drift, NoData, Performance, Pipeline};
    match kind {
        Drift => "drift",
        DataQuality => "data quality",
        NoData => "no data",
        Performance => "performance",
        Pipeline => "pipeline",
        Calibration => "calibration",
    }
}

impl Window {
    fn of(incident: &Incident) -> Self {
        let (window, start, end) = &incident.last_window;
        let text = format!("{}, {}", words::name(window.as_str(), SHORT), words::span_in(incident.zone, *start, *end));
        let shape = WindowName::from(window.shape());
        let address = Address::window(&incident.key.monitor, &shape, *end).in_segment(&incident.key.segment);
        // Of windows without records nothing was judged, and there is no page.
        let is_judged = incident.key.kind != IncidentKind::NoData;
        Self { text, address: address.reachable().filter(|_| is_judged) }
    }
}

impl Name {
    fn of(incident: &Incident, found: &Evidence) -> Self {
        let (window, _, last) = &incident.last_window;
        let end = found.window.map_or(*last, |(_, end)| end);
        let address = Address::feature(&incident.key.monitor, &found.feature)
            .in_segment(&incident.key.segment)
            .with("w", window.shape())
            .with("end", &end.to_string());
        Self { text: words::name(found.feature.as_str(), SHORT), address: address.reachable() }
    }
}

impl Feature {
    fn of(incident: &Incident, found: &Evidence) -> Self {
        let name = Name::of(incident, found);
        let title = format!("What moved in {}", name.text);
        let bins = moved(found);
        Self {
            badge: Badge::of(found.outcome),
            evidence: words::sentence(&told::evidence(found, 1)),
            chart: if bins.is_empty() { String::new() } else { paired_bars(&title, &bins) },
            rows: format!("n = {}, m = {}", words::count(found.n), words::count(found.m)),
            name,
        }
    }
}

/// The share that the statistic is about, where it is one: its own change says more than the bins of what is left.
/// Otherwise the bins that moved most, unseen values last.
fn moved(found: &Evidence) -> Vec<BinShare> {
    let bin =
        |label: &str, before, after| BinShare { label: label.to_owned(), baseline_share: before, window_share: after };
    if let Some((what, before, after)) = found.statistic.definition().scale.shares(found.value, found.baseline_share) {
        return vec![bin(what, before, after)];
    }
    let moved = found.moved.iter().take(BINS);
    let mut bins: Vec<BinShare> = moved.map(|moved| bin(&moved.label, moved.before, moved.after)).collect();
    bins.sort_by_key(|bin| bin.label.starts_with("(unseen"));
    bins
}

impl Event {
    fn of(event: &IncidentEvent) -> Self {
        Self {
            at: event.at.into(),
            what: event.transition.as_str().replace('_', " "),
            why: told::transition(&event.transition),
            silenced: event.silenced,
        }
    }
}
