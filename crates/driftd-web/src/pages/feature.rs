//! The page of a feature: over time, and beside its baseline.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use driftd_model::{
    FeatureName, HistoryQuery, HistoryRow, Incident, IncidentQuery, MonitorId, ReadStore, StoreError, words,
};
use driftd_stats::{DriftStatistic, Scale};
use driftd_window::{EventTime, SegmentKey};

use super::address::Address;
use super::asked::{Asked, Segments, monitor_id};
use super::counts::Counts;
use super::failure::Failure;
use super::frame::{Frame, Html};
use super::heat::is_on;
use super::newest::{Newest, before};
use super::range::Range;
use super::verdicts::{by_weight, worst_first};
use crate::charts::{TimePoint, timeline};
use crate::figures::Badge;
use crate::history_row::{Scored, gates, threshold, value};

/// Windows that are drawn.
const WINDOWS: u32 = 120;
/// Incidents that are looked at for marks.
const INCIDENTS: u32 = 12;
/// Segments that are listed.
const SEGMENTS: usize = 100;
/// Characters of a name.
const SHORT: usize = 80;
const LONG: usize = 600;

#[derive(Template)]
#[template(path = "pages/feature.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    monitor: String,
    monitor_address: Address,
    segment: String,
    feature: String,
    summary: String,
    statistics: Vec<Choice>,
    chart: String,
    /// The windows of the chart as a table, newest first.
    windows: Vec<Drawn>,
    window: Selected,
    previous: Option<Address>,
    next: Option<Address>,
    distribution: String,
    note: String,
    scores: Vec<Scored>,
    segments: Vec<Segment>,
}

/// A statistic that may be drawn.
struct Choice {
    name: &'static str,
    address: Option<Address>,
    is_here: bool,
}

/// A window of the chart.
struct Drawn {
    at: String,
    address: Option<Address>,
    says: String,
    badge: Badge,
}

/// The window that everything below the chart is about.
struct Selected {
    span: String,
    address: Option<Address>,
    baseline: String,
    n: String,
    m: String,
}

/// The feature in a segment, in the same window.
struct Segment {
    name: String,
    address: Option<Address>,
    badge: Badge,
    says: String,
    m: String,
    is_here: bool,
}

/// What the page is of.
struct Subject {
    monitor: MonitorId,
    feature: FeatureName,
    segment: SegmentKey,
}

pub(super) async fn page(Segments(path): Segments<(String, String)>, asked: Asked) -> Result<Html, Failure> {
    let (monitor, feature) = path;
    show(&monitor, &feature, &asked).await
}

/// The same for a feature whose name stands behind the path.
pub(super) async fn page_of_query(Segments(monitor): Segments<String>, asked: Asked) -> Result<Html, Failure> {
    let feature = asked.query.verbatim("name").map(str::to_owned);
    let feature = feature.ok_or_else(|| {
        Failure::bad("The address names no feature", "features are listed on the page of their monitor")
    })?;
    show(&monitor, &feature, &asked).await
}

async fn show(monitor: &str, feature: &str, asked: &Asked) -> Result<Html, Failure> {
    let store = &*asked.store;
    let subject =
        Subject { monitor: monitor_id(monitor)?, feature: FeatureName::from(feature), segment: asked.query.segment() };
    let end = match asked.query.get("end") {
        None => None,
        Some(text) => Some(text.parse::<EventTime>().map_err(|_| {
            let what = format!("“{}” is no time", words::name(text, SHORT));
            Failure::bad(what, "write end as the end of a window, such as 2013-07-02T00:00:00Z")
        })?),
    };
    let newest = windows(store, &subject, asked, end).await?.ok_or_else(|| Failure::no_monitor(monitor))?;
    let Some(ends) = newest.ends() else { return Err(subject.nothing()) };
    let rows = store.history(&subject.history(ends)).await?;
    let shape = newest.shape.as_str();
    let rows: Vec<&HistoryRow> = rows.iter().filter(|row| row.window_name.shape() == shape).collect();
    let selected = end.filter(|end| newest.windows.iter().any(|w| w.row.window_end == *end)).unwrap_or(ends.1);
    let Some(verdict) = worst_first(rows.iter().copied().filter(|row| row.window_end == selected)).pop() else {
        return Err(subject.nothing());
    };
    let asked_for = asked.query.get("stat").and_then(|key| key.parse::<DriftStatistic>().ok());
    let drawn = asked_for.unwrap_or(verdict.lead.statistic);
    let incidents = incidents(store, &subject).await?;
    let window = newest.windows.iter().find(|window| window.row.window_end == selected).map(|window| &window.row);
    let Some(window) = window else { return Err(subject.nothing()) };
    let at = HistoryQuery { feature: None, ..subject.history((before(selected), selected)) };
    let all = store.history(&at).await?;
    let watched = all.iter().filter(|row| row.window_name.shape() == shape);
    let features: BTreeSet<&FeatureName> = watched.map(|row| &row.feature).collect();
    let counts = Counts::of(store, window, &features).await?;
    let chart = Chart { subject: &subject, newest: &newest, rows: &rows, drawn, selected, incidents: &incidents };
    let name = words::name(feature, LONG);
    let badge = Badge::of_any(verdict.lead.outcome);
    let span = words::span(window.window_start, window.window_end);
    let page = Page {
        frame: Frame::of(
            &format!("{}: {} of {}", badge.word, words::name(feature, SHORT), words::name(monitor, SHORT)),
            Address::feature(&subject.monitor, &subject.feature),
        ),
        badge,
        monitor: words::name(monitor, SHORT),
        monitor_address: Address::monitor(&subject.monitor).in_segment(&subject.segment).with("w", shape),
        segment: words::name(&subject.segment.to_string(), SHORT),
        summary: format!(
            "{} {} in {} {span}: {}.",
            verdict.lead.statistic.name(),
            value(verdict.lead),
            words::name(shape, SHORT),
            [badge.word.to_owned(), gates(verdict.lead)]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>()
                .join("; ")
        ),
        statistics: chart.choices(&verdict.rows),
        chart: chart.svg(&name),
        windows: chart.table(),
        previous: chart.neighbour(|end, selected| end < selected),
        next: chart.neighbour(|end, selected| end > selected),
        distribution: counts.chart(&subject.feature).unwrap_or_default(),
        note: counts.note.clone(),
        scores: verdict.rows.iter().map(|row| Scored::of(row)).collect(),
        segments: segments(store, &subject, verdict.lead, shape).await?,
        window: Selected {
            span,
            address: Address::window(&window.monitor, &window.window_name, selected)
                .in_segment(&subject.segment)
                .reachable(),
            baseline: words::name(&window.baseline, SHORT),
            n: words::count(verdict.lead.n),
            m: words::count(verdict.lead.m),
        },
        feature: name,
    };
    Ok(Html::of(&page))
}

/// The windows to draw: the newest of the range, or those up to `end` where that is older than all of them.
async fn windows(
    store: &dyn ReadStore,
    subject: &Subject,
    asked: &Asked,
    end: Option<EventTime>,
) -> Result<Option<Newest>, Failure> {
    let range = Range::of(&asked.query, asked.now)?;
    let shape = asked.query.get("w");
    let newest = Newest::of(store, &subject.monitor, &subject.segment, shape, &range, WINDOWS).await?;
    let is_older = |newest: &Newest| {
        let oldest = newest.windows.first().map(|window| window.row.window_end);
        end.is_some_and(|end| oldest.is_none_or(|oldest| end < oldest))
    };
    Ok(match newest {
        Some(newest) if !range.is_asked() && is_older(&newest) => {
            let up_to = Range { to: end, ..Range::default() };
            Newest::of(store, &subject.monitor, &subject.segment, shape, &up_to, WINDOWS).await?
        }
        newest => newest,
    })
}

/// The newest incidents of the monitor that are about the feature.
async fn incidents(store: &dyn ReadStore, subject: &Subject) -> Result<Vec<Incident>, StoreError> {
    let query = IncidentQuery { monitor: Some(subject.monitor.clone()), ..IncidentQuery::newest(10 * INCIDENTS) };
    let listed = store.incident_page(&query).await?;
    let wanted = listed.iter().map(|listed| &listed.row);
    let wanted = wanted.filter(|row| row.segment == subject.segment && row.features.contains(&subject.feature));
    let mut incidents = Vec::new();
    for row in wanted.take(INCIDENTS as usize) {
        incidents.extend(store.incident(&row.incident_id).await?.map(|(incident, _)| incident));
    }
    Ok(incidents)
}

/// The feature's leading statistic in every segment of the window, farthest from the baseline first.
async fn segments(
    store: &dyn ReadStore,
    subject: &Subject,
    lead: &HistoryRow,
    shape: &str,
) -> Result<Vec<Segment>, StoreError> {
    let end = lead.window_end;
    let query = HistoryQuery { segment: None, statistic: Some(lead.statistic), ..subject.history((before(end), end)) };
    let mut rows = store.history(&query).await?;
    rows.retain(|row| row.window_name == lead.window_name);
    if rows.iter().all(|row| row.segment == subject.segment) {
        return Ok(Vec::new());
    }
    rows.sort_by(|a, b| by_weight(b, a));
    let segment = |row: &HistoryRow| Segment {
        name: words::name(&row.segment.to_string(), SHORT),
        address: subject.at(&row.segment, shape, end, None),
        badge: Badge::of_any(row.outcome),
        says: format!("{} {}", row.statistic.name(), value(row)),
        m: words::count(row.m),
        is_here: row.segment == subject.segment,
    };
    Ok(rows.iter().take(SEGMENTS).map(segment).collect())
}

impl Subject {
    /// The rows of the feature in windows that end in (`from`, `to`].
    fn history(&self, (from, to): (EventTime, EventTime)) -> HistoryQuery {
        HistoryQuery {
            monitor: Some(self.monitor.clone()),
            feature: Some(self.feature.clone()),
            segment: Some(self.segment.clone()),
            from: Some(from),
            to: Some(to),
            ..HistoryQuery::default()
        }
    }

    /// This page at another window, in another segment, or with another statistic.
    fn at(
        &self,
        segment: &SegmentKey,
        shape: &str,
        end: EventTime,
        statistic: Option<DriftStatistic>,
    ) -> Option<Address> {
        let address = Address::feature(&self.monitor, &self.feature).in_segment(segment).with("w", shape);
        let address = address.with("end", &end.to_string());
        address.with_any("stat", statistic.map(DriftStatistic::as_str)).reachable()
    }

    fn nothing(&self) -> Failure {
        let feature = words::name(self.feature.as_str(), SHORT);
        Failure::nothing(
            format!("Nothing was judged of {feature}"),
            format!(
                "monitor {} has no feature of this name in these windows; its page lists those it has",
                self.monitor
            ),
        )
    }
}

/// The chart and everything that follows from it.
struct Chart<'a> {
    subject: &'a Subject,
    newest: &'a Newest,
    rows: &'a [&'a HistoryRow],
    drawn: DriftStatistic,
    selected: EventTime,
    incidents: &'a [Incident],
}

impl Chart<'_> {
    /// The statistics of the selected window, of which one is drawn.
    fn choices(&self, rows: &[&HistoryRow]) -> Vec<Choice> {
        let choice = |row: &&HistoryRow| Choice {
            name: row.statistic.name(),
            address: self.at(self.selected, Some(row.statistic)),
            is_here: row.statistic == self.drawn,
        };
        rows.iter().map(choice).collect()
    }

    fn at(&self, end: EventTime, statistic: Option<DriftStatistic>) -> Option<Address> {
        self.subject.at(&self.subject.segment, self.newest.shape.as_str(), end, statistic)
    }

    /// The rows that are drawn, by window.
    fn by_window(&self) -> BTreeMap<EventTime, &HistoryRow> {
        let drawn = self.rows.iter().filter(|row| row.statistic == self.drawn);
        drawn.map(|row| (row.window_end, *row)).collect()
    }

    fn ends(&self) -> impl DoubleEndedIterator<Item = EventTime> + '_ {
        self.newest.windows.iter().map(|window| window.row.window_end)
    }

    fn svg(&self, feature: &str) -> String {
        let rows = self.by_window();
        let points: Vec<TimePoint> = self.ends().map(|end| self.point(end, rows.get(&end).copied())).collect();
        let selected = self.ends().position(|end| end == self.selected);
        // The newest thresholds: a change of them shows in what the marks say.
        let limits = rows.values().rev().find_map(|row| threshold(row));
        let title = format!("{} of {feature} over time", self.drawn.name());
        timeline(&title, &points, limits, selected)
    }

    fn point(&self, end: EventTime, row: Option<&HistoryRow>) -> TimePoint {
        TimePoint {
            value: row.and_then(effect),
            healthy: row.and_then(|row| row.expected),
            outcome: row.and_then(|row| row.outcome),
            incident: self.incidents.iter().any(|incident| is_on(incident, end)),
            address: self.at(end, Some(self.drawn)).map(|address| address.to_string()).unwrap_or_default(),
            at: shown(end),
            says: row.map_or_else(|| "not computed".to_owned(), says),
        }
    }

    fn table(&self) -> Vec<Drawn> {
        let rows = self.by_window();
        let drawn = |end: EventTime| Drawn {
            at: shown(end),
            address: self.at(end, Some(self.drawn)),
            says: rows.get(&end).map_or_else(|| "not computed".to_owned(), |row| says(row)),
            badge: Badge::of_any(rows.get(&end).and_then(|row| row.outcome)),
        };
        self.ends().rev().map(drawn).collect()
    }

    /// The window beside the selected one, on that side.
    fn neighbour(&self, is_there: impl Fn(EventTime, EventTime) -> bool) -> Option<Address> {
        let beside = self.ends().filter(|end| is_there(*end, self.selected));
        let nearest = beside.min_by_key(|end| end.as_micros().abs_diff(self.selected.as_micros()))?;
        self.at(nearest, Some(self.drawn))
    }
}

/// What is drawn: the effect in the unit of its thresholds.
fn effect(row: &HistoryRow) -> Option<f64> {
    match row.statistic.definition().scale {
        Scale::Number => row.value,
        // What is beyond, and what healthy windows show, is all of it.
        _ => row.net.map(|net| net + row.expected.unwrap_or(0.0)).or(row.value),
    }
}

fn says(row: &HistoryRow) -> String {
    format!("{} {}", row.statistic.name(), value(row))
}

fn shown(end: EventTime) -> String {
    let at = words::minutes(&end.to_string());
    at.strip_suffix(" 00:00").map_or(at.clone(), str::to_owned)
}
