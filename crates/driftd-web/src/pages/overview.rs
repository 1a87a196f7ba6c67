//! The first page: what is wrong now, and every monitor with its last windows.

use askama::Template;
use driftd_model::{HistoryQuery, HistoryRow, Incident, IncidentRow, MonitorId, Outcome, ReadStore, StoreError, words};
use driftd_window::{EventTime, SegmentKey};

use super::address::Address;
use super::asked::{Asked, Query};
use super::failure::Failure;
use super::frame::{Frame, Html, When};
use super::incident;
use super::newest::{Judged, Newest, before};
use super::open::OpenIncidents;
use crate::figures::Badge;
use crate::history_row::{value, weight};

/// Monitors of a page, and windows of each.
const MONITORS: usize = 50;
const STRIP: u32 = 24;
/// Characters of a name.
const SHORT: usize = 80;

#[derive(Template)]
#[template(path = "pages/overview.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    headline: String,
    incidents: Vec<Told>,
    more_incidents: String,
    rows: Vec<Row>,
    /// Monitors that there are at all.
    known: usize,
    /// Monitors whose names have what the filter asks for.
    found: usize,
    filter: String,
    pages: Pages,
}

/// An open incident as a sentence.
struct Told {
    badge: Badge,
    state: &'static str,
    sentence: String,
    address: Address,
}

/// One monitor.
struct Row {
    name: String,
    address: Address,
    badge: Badge,
    strip: Vec<Block>,
    worst: Option<Worst>,
    last: Option<When>,
    rows: String,
    baseline: String,
    sealed: Option<When>,
}

/// The feature of the newest window that is closest to its thresholds, or farthest beyond.
struct Worst {
    name: String,
    address: Option<Address>,
    says: String,
    moved: String,
}

/// A window of the strip.
struct Block {
    class: &'static str,
    word: &'static str,
    at: String,
    address: Option<Address>,
}

/// Where this page is among those of a list.
struct Pages {
    number: usize,
    of: usize,
    previous: Option<Address>,
    next: Option<Address>,
}

pub(super) async fn page(asked: Asked) -> Result<Html, Failure> {
    let (store, query) = (&*asked.store, &asked.query);
    let open = OpenIncidents::of(store, None).await?;
    let filter = query.get("q").unwrap_or_default().to_lowercase();
    let mut wanted: Vec<(MonitorId, Option<EventTime>)> = asked.known().await?.into_iter().collect();
    let known = wanted.len();
    wanted.retain(|(monitor, _)| monitor.as_str().to_lowercase().contains(&filter));
    // Those with open incidents first, the worst of them; the rest by name.
    let worst_of = |monitor: &MonitorId| open.rows.iter().position(|row| row.monitor == *monitor);
    wanted.sort_by_cached_key(|(monitor, _)| (worst_of(monitor).unwrap_or(usize::MAX), monitor.clone()));
    let found = wanted.len();
    let pages = Pages::of(query, found.div_ceil(MONITORS).max(1));
    let mut rows = Vec::new();
    for (monitor, sealed) in wanted.iter().skip((pages.number - 1) * MONITORS).take(MONITORS) {
        let own: Vec<&IncidentRow> = open.rows.iter().filter(|row| row.monitor == *monitor).collect();
        rows.push(Row::of(store, monitor, *sealed, &own).await?);
    }
    let (badge, headline) = open.headline(known);
    let page = Page {
        frame: Frame::of(&headline, Address::overview()),
        badge,
        headline,
        more_incidents: open.more(),
        incidents: open.told(store).await?.iter().map(Told::of).collect(),
        rows,
        known,
        found,
        filter: words::printable(query.get("q").unwrap_or_default()),
        pages,
    };
    Ok(Html::of(&page))
}

impl Told {
    fn of(incident: &Incident) -> Self {
        Self {
            badge: Badge::of_incident(incident.severity, incident.state),
            state: incident::state(incident.state),
            sentence: words::incident::incident_sentence(incident),
            address: Address::incident(&incident.id),
        }
    }
}

impl Row {
    async fn of(
        store: &dyn ReadStore,
        monitor: &MonitorId,
        sealed: Option<EventTime>,
        open: &[&IncidentRow],
    ) -> Result<Self, StoreError> {
        let windows = Newest::at_a_glance(store, monitor, STRIP).await?;
        let newest = windows.last();
        let worst = match newest {
            Some(newest) => worst(store, newest, open).await?,
            None => None,
        };
        let badge = match open.first() {
            Some(row) => Badge::of_incident(row.severity, row.state),
            None => Badge::of_any(newest.map(|newest| newest.outcome)),
        };
        Ok(Self {
            name: words::name(monitor.as_str(), SHORT),
            address: Address::monitor(monitor),
            badge,
            strip: windows.iter().map(|window| Block::of(monitor, window)).collect(),
            worst,
            last: newest.map(|newest| newest.row.window_end.into()),
            rows: newest.map(|newest| words::counted(newest.row.rows, "record", "records")).unwrap_or_default(),
            baseline: newest.map(|newest| words::name(&newest.row.baseline, SHORT)).unwrap_or_default(),
            sealed: sealed.filter(|_| newest.is_none()).map(When::from),
        })
    }
}

impl Block {
    fn of(monitor: &MonitorId, window: &Judged) -> Self {
        let badge = Badge::of(window.outcome);
        let (name, end) = (&window.row.window_name, window.row.window_end);
        Self {
            class: badge.class,
            word: badge.word,
            at: words::minutes(&end.to_string()),
            address: Address::window(monitor, name, end).reachable(),
        }
    }
}

/// The worst feature of a window of the whole population, with what moved in it if an incident says so.
async fn worst(store: &dyn ReadStore, newest: &Judged, open: &[&IncidentRow]) -> Result<Option<Worst>, StoreError> {
    let row = &newest.row;
    let query = HistoryQuery {
        monitor: Some(row.monitor.clone()),
        segment: Some(SegmentKey::all()),
        from: Some(before(row.window_end)),
        to: Some(row.window_end),
        ..HistoryQuery::default()
    };
    let rows = store.history(&query).await?;
    let own = rows.iter().filter(|found| found.window_name.shape() == row.window_name.as_str());
    let judged = own.filter(|found| found.outcome.is_some());
    let Some(lead) = judged.reduce(|best, found| if weight(found) > weight(best) { found } else { best }) else {
        return Ok(None);
    };
    let mut worst = Worst::of(lead);
    let is_about_it = |row: &&&IncidentRow| row.segment.is_all() && row.features.contains(&lead.feature);
    if lead.outcome.is_some_and(Outcome::is_bad)
        && let Some(row) = open.iter().find(is_about_it)
        && let Some((incident, _)) = store.incident(&row.incident_id).await?
        && let Some(evidence) = incident.features.get(&lead.feature)
    {
        // Of a share its own change says more than the bins of what is left.
        let share = evidence.statistic.definition().scale.shares(evidence.value, evidence.baseline_share);
        worst.moved = match share.map(|(_, before, after)| words::percents(before, after)) {
            Some((before, after)) => format!("{before} → {after}"),
            None => words::moved_sentence(&evidence.moved, 1),
        };
    }
    Ok(Some(worst))
}

impl Worst {
    fn of(lead: &HistoryRow) -> Self {
        let address = Address::feature(&lead.monitor, &lead.feature)
            .with("w", lead.window_name.shape())
            .with("end", &lead.window_end.to_string());
        Self {
            name: words::name(lead.feature.as_str(), SHORT),
            address: address.reachable(),
            says: format!("{} {}", lead.statistic.name(), value(lead)),
            moved: String::new(),
        }
    }
}

impl Pages {
    fn of(query: &Query, of: usize) -> Self {
        let number = query.page().min(of);
        let address = |page: usize| Address::overview().with_any("q", query.get("q")).with("page", &page.to_string());
        Self {
            number,
            of,
            previous: (number > 1).then(|| address(number - 1)),
            next: (number < of).then(|| address(number + 1)),
        }
    }
}
