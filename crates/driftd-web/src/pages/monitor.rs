//! The page of a monitor: its features over its windows.

use askama::Template;
use driftd_model::words::incident::incident_sentence;
use driftd_model::{
    HistoryQuery, Incident, IncidentId, IncidentQuery, ListedIncident, MonitorId, ReadStore, StoreError, WindowRow,
    words,
};
use driftd_window::SegmentKey;

use super::address::Address;
use super::asked::{Asked, Segments, monitor_id};
use super::failure::Failure;
use super::frame::{Frame, Html, When};
use super::heat::Heat;
use super::incident;
use super::newest::{Newest, before};
use super::open::OpenIncidents;
use super::range::Range;
use super::segments::SegmentList;
use super::verdicts::{sentence, worst_first};
use crate::figures::Badge;

/// Windows that have a column.
const COLUMNS: u32 = 60;
/// Incidents that are listed, and those of them that are looked at for what the windows show.
const INCIDENTS: u32 = 30;
const LOOKED_AT: usize = 12;
/// Characters of a name.
const SHORT: usize = 80;

#[derive(Template)]
#[template(path = "pages/monitor.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    monitor: String,
    summary: String,
    newest: Option<Address>,
    /// The page that compares two of its ranges, where that can be done.
    compare: Option<Address>,
    open: Vec<Told>,
    more_open: String,
    form: Form,
    heat: Option<Heat>,
    empty: String,
    older: Option<Address>,
    latest: Option<Address>,
    segments: SegmentList,
    incidents: Vec<Told>,
}

/// What the page can be asked for, as it was asked.
struct Form {
    action: Address,
    shapes: Vec<(String, bool)>,
    segment: String,
    from: String,
    to: String,
}

/// An incident in one sentence.
struct Told {
    badge: Badge,
    state: &'static str,
    at: When,
    text: String,
    address: Address,
}

pub(super) async fn page(Segments(monitor): Segments<String>, asked: Asked) -> Result<Html, Failure> {
    let id = monitor_id(&monitor)?;
    let (store, segment) = (&*asked.store, asked.query.segment());
    let range = Range::of(&asked.query, asked.now)?;
    let newest = Newest::of(&asked, &id, &segment, &range, COLUMNS).await?;
    let told = Incidents::of(store, &id, &segment).await?;
    let Some((newest, ends)) = newest.as_ref().and_then(|newest| Some((newest, newest.ends()?))) else {
        return without_windows(store, &id, &asked, Form::of(&id, &segment, newest.as_ref(), &range), told).await;
    };
    let query = HistoryQuery {
        monitor: Some(id.clone()),
        segment: Some(segment.clone()),
        shape: Some(newest.shape.clone()),
        from: Some(ends.0),
        to: Some(ends.1),
        ..HistoryQuery::default()
    };
    let rows = store.history(&query).await?;
    let heat = Heat::of(&id, &segment, newest, &rows, &told.here);
    let verdicts = worst_first(rows.iter().filter(|row| row.window_end == ends.1));
    let window = newest.windows.last();
    let badge = Badge::of_any(window.map(|window| window.outcome));
    let span = window.map(|w| words::span(w.row.window_start, w.row.window_end)).unwrap_or_default();
    let name = words::name(newest.shape.as_str(), SHORT);
    let address = Address::monitor(&id).in_segment(&segment).with("w", newest.shape.as_str());
    let oldest = newest.windows.first().map(|window| before(window.row.window_end));
    let of_segment = |_: &WindowRow| Address::monitor(&id).with("w", newest.shape.as_str());
    let page = Page {
        newest: Address::window(&id, &newest.shape, ends.1).in_segment(&segment).reachable(),
        compare: comparison(&asked, &id, &segment),
        summary: format!("{name} {span}: {}", sentence(&verdicts)),
        older: oldest.filter(|_| newest.is_cut).map(|end| address.clone().with("to", &end.to_string())),
        latest: range.is_asked().then_some(address),
        segments: SegmentList::of(store, &id, (&newest.shape, ends.1), &segment, of_segment).await?,
        heat: Some(heat),
        ..Page::of(&id, &segment, badge, Form::of(&id, &segment, Some(newest), &range), told)
    };
    Ok(Html::of(&page))
}

/// The page that compares two ranges: it needs the rules of the configuration.
fn comparison(asked: &Asked, id: &MonitorId, segment: &SegmentKey) -> Option<Address> {
    asked.configured(id)?;
    Address::of("/compare").with("m", id.as_str()).in_segment(segment).reachable()
}

/// A monitor of which no window is there, or none that was asked for; or no monitor at all.
async fn without_windows(
    store: &dyn ReadStore,
    id: &MonitorId,
    asked: &Asked,
    form: Form,
    told: Incidents,
) -> Result<Html, Failure> {
    let sealed = store.sealed_through(id).await?;
    if sealed.is_none() && told.newest.is_empty() && asked.configured(id).is_none() {
        return Err(Failure::no_monitor(id.as_str()));
    }
    let segment = asked.query.segment();
    let is_narrowed = form.has_range() || !segment.is_all() || asked.query.shape().is_some();
    let empty = match sealed {
        _ if is_narrowed => "No window of this shape and segment ended in this range.".to_owned(),
        Some(sealed) => format!(
            "No window has closed yet: panes are sealed up to {} UTC, and a window is judged once its last pane is.",
            words::minutes(&sealed.to_string())
        ),
        None => "Nothing was sealed yet: a pane is sealed once every partition has passed its end.".to_owned(),
    };
    let page = Page {
        empty,
        compare: comparison(asked, id, &segment),
        latest: is_narrowed.then(|| Address::monitor(id)),
        ..Page::of(id, &segment, Badge::of_any(None), form, told)
    };
    Ok(Html::of(&page))
}

/// What the page tells of incidents.
struct Incidents {
    /// Those that are on, in whatever segment: the worst of them in full.
    open: Vec<Incident>,
    /// How many more are on, in words.
    more_open: String,
    /// Those that windows of the segment can show; those that are on first.
    here: Vec<Incident>,
    /// The newest of any state and segment.
    newest: Vec<ListedIncident>,
}

impl Incidents {
    async fn of(store: &dyn ReadStore, id: &MonitorId, segment: &SegmentKey) -> Result<Self, StoreError> {
        let query = IncidentQuery { monitor: Some(id.clone()), ..IncidentQuery::newest(INCIDENTS) };
        let newest = store.incident_page(&query).await?;
        let open = OpenIncidents::of(store, Some(id)).await?;
        let of_any = open.rows.iter().chain(newest.iter().map(|listed| &listed.row));
        let mut wanted: Vec<&IncidentId> = Vec::new();
        for row in of_any.filter(|row| row.segment == *segment) {
            if !wanted.contains(&&row.incident_id) {
                wanted.push(&row.incident_id);
            }
        }
        let mut here = Vec::new();
        for id in wanted.into_iter().take(LOOKED_AT) {
            here.extend(store.incident(id).await?.map(|(incident, _)| incident));
        }
        Ok(Self { open: open.told(store).await?, more_open: open.more(), here, newest })
    }
}

impl Page {
    /// What every page of a monitor has.
    fn of(id: &MonitorId, segment: &SegmentKey, badge: Badge, form: Form, told: Incidents) -> Self {
        let mut monitor = words::name(id.as_str(), SHORT);
        if !segment.is_all() {
            monitor = format!("{monitor}, {}", words::name(segment.as_str(), SHORT));
        }
        Self {
            frame: Frame::of(&format!("{}: {monitor}", badge.word), Address::monitor(id)),
            badge,
            monitor,
            summary: String::new(),
            newest: None,
            compare: None,
            open: told.open.iter().map(Told::in_full).collect(),
            more_open: told.more_open,
            form,
            heat: None,
            empty: String::new(),
            older: None,
            latest: None,
            segments: SegmentList::default(),
            incidents: told.newest.iter().map(Told::briefly).collect(),
        }
    }
}

impl Form {
    fn of(id: &MonitorId, segment: &SegmentKey, newest: Option<&Newest>, range: &Range) -> Self {
        let shapes = newest.map(|newest| {
            let mark = |shape: &driftd_window::WindowName| (words::printable(shape.as_str()), *shape == newest.shape);
            newest.shapes.iter().map(mark).collect()
        });
        Self {
            action: Address::monitor(id),
            shapes: shapes.unwrap_or_default(),
            segment: words::printable(segment.as_str()),
            from: words::printable(&range.from_text),
            to: words::printable(&range.to_text),
        }
    }

    fn has_range(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty()
    }
}

impl Told {
    fn in_full(incident: &Incident) -> Self {
        Self {
            badge: Badge::of_incident(incident.severity, incident.state),
            state: incident::state(incident.state),
            at: incident.first_seen.into(),
            text: incident_sentence(incident),
            address: Address::incident(&incident.id),
        }
    }

    /// What its row says: kind, segment and features.
    fn briefly(listed: &ListedIncident) -> Self {
        let row = &listed.row;
        let names: Vec<String> = row.features.iter().map(|name| words::name(name.as_str(), SHORT)).collect();
        let segment = Some(row.segment.as_str()).filter(|segment| !segment.is_empty());
        let segment = segment.map(|segment| format!(" in {}", words::name(segment, SHORT))).unwrap_or_default();
        let features = if names.is_empty() { String::new() } else { format!(": {}", words::list(&names)) };
        Self {
            badge: Badge::of_incident(row.severity, row.state),
            state: incident::state(row.state),
            at: listed.first_seen.into(),
            text: format!("{}{segment}{features}", incident::kind(row.kind)),
            address: Address::incident(&row.incident_id),
        }
    }
}
