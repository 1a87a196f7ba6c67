//! The page of a feature: over time, and beside its baseline.

mod chart;

use std::collections::BTreeSet;

use askama::Template;
use driftd_model::{
    FeatureName, HistoryQuery, HistoryRow, Incident, IncidentQuery, MonitorId, ReadStore, StoreError, words,
};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, WindowName};

use super::address::Address;
use super::asked::{Asked, Segments, monitor_id};
use super::counts::Counts;
use super::failure::Failure;
use super::frame::{Frame, Html};
use super::newest::{Newest, before};
use super::range::Range;
use super::verdicts::{by_weight, worst_first};
use super::window::comparison;
use crate::figures::Badge;
use crate::history_row::{Scored, gates, value};
use chart::{Chart, shown};

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
    /// That another window was asked for, in words; empty where this one was.
    elsewhere: String,
    statistics: Vec<Choice>,
    chart: String,
    /// The windows of the chart as a table, newest first.
    windows: Vec<Told>,
    window: Selected,
    previous: Option<Address>,
    next: Option<Address>,
    /// The page that compares the window with other ranges, where that can be done.
    compare: Option<Address>,
    distribution: String,
    note: String,
    scores: Vec<Scored>,
    segments: Vec<Segment>,
    /// How many more there are.
    more_segments: u64,
}

/// A statistic that may be drawn.
struct Choice {
    name: &'static str,
    address: Option<Address>,
    is_here: bool,
}

/// A window of the chart.
struct Told {
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
    let Some(Drawn { newest, rows, judged }) = drawn(store, &subject, asked, end).await? else {
        return Err(subject.nothing(asked).await?);
    };
    let shape = newest.shape.as_str();
    let rows: Vec<&HistoryRow> = rows.iter().collect();
    let there = end.filter(|end| judged.contains(end));
    let Some(selected) = there.or_else(|| judged.last().copied()) else { return Err(subject.nothing(asked).await?) };
    let Some(verdict) = worst_first(rows.iter().copied().filter(|row| row.window_end == selected)).pop() else {
        return Err(subject.nothing(asked).await?);
    };
    let asked_for = asked.query.get("stat").and_then(|key| key.parse::<DriftStatistic>().ok());
    let drawn = asked_for.unwrap_or(verdict.lead.statistic);
    let incidents = incidents(store, &subject).await?;
    let window = newest.windows.iter().find(|window| window.row.window_end == selected).map(|window| &window.row);
    let Some(window) = window else { return Err(subject.nothing(asked).await?) };
    let at = HistoryQuery { feature: None, ..subject.history(&newest.shape, (before(selected), selected)) };
    let all = store.history(&at).await?;
    let features: BTreeSet<&FeatureName> = all.iter().map(|row| &row.feature).collect();
    let counts = Counts::of(store, window, &features).await?;
    let chart = Chart {
        subject: &subject,
        newest: &newest,
        rows: &rows,
        judged: &judged,
        drawn,
        selected,
        incidents: &incidents,
    };
    let name = words::name(feature, LONG);
    let badge = Badge::of_any(verdict.lead.outcome);
    let span = words::span(window.window_start, window.window_end);
    let segments = segments(store, &subject, verdict.lead, shape).await?;
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
        elsewhere: end.filter(|end| *end != selected).map(|end| not_there(shape, end)).unwrap_or_default(),
        statistics: chart.choices(&verdict.rows),
        chart: chart.svg(&name),
        windows: chart.table(),
        previous: chart.neighbour(|end, selected| end < selected),
        next: chart.neighbour(|end, selected| end > selected),
        compare: asked.configured(&subject.monitor).and_then(|_| comparison(window)),
        distribution: counts.chart(&subject.feature).unwrap_or_default(),
        note: counts.note.clone(),
        scores: verdict.rows.iter().map(|row| Scored::of(row)).collect(),
        more_segments: segments.len().saturating_sub(SEGMENTS) as u64,
        segments: segments.into_iter().take(SEGMENTS).collect(),
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

/// Windows, and what they say of the feature.
struct Drawn {
    newest: Newest,
    /// Rows of the feature in windows of this shape.
    rows: Vec<HistoryRow>,
    /// Ends of the windows that have rows.
    judged: BTreeSet<EventTime>,
}

/// What is drawn: the newest windows of the range, or those up to `end` where that is older than all of them.
async fn drawn(
    store: &dyn ReadStore,
    subject: &Subject,
    asked: &Asked,
    end: Option<EventTime>,
) -> Result<Option<Drawn>, Failure> {
    let range = Range::of(&asked.query, asked.now)?;
    let newest = Drawn::of(store, subject, asked, &range).await?;
    let is_older = |end: &EventTime| {
        let oldest = newest.as_ref().and_then(|drawn| drawn.newest.windows.first());
        oldest.is_some_and(|oldest| *end < oldest.row.window_end)
    };
    if let Some(end) = end.filter(|end| !range.is_asked() && is_older(end)) {
        let up_to = Range { to: Some(end), ..Range::default() };
        let older = Drawn::of(store, subject, asked, &up_to).await?;
        // Where there is nothing of the feature any more, the newest says more.
        if let Some(older) = older.filter(|older| !older.judged.is_empty()) {
            return Ok(Some(older));
        }
    }
    Ok(newest)
}

impl Drawn {
    async fn of(
        store: &dyn ReadStore,
        subject: &Subject,
        asked: &Asked,
        range: &Range,
    ) -> Result<Option<Self>, StoreError> {
        let newest = Newest::of(asked, &subject.monitor, &subject.segment, range, WINDOWS).await?;
        let Some((newest, ends)) = newest.and_then(|newest| newest.ends().map(|ends| (newest, ends))) else {
            return Ok(None);
        };
        let rows = store.history(&subject.history(&newest.shape, ends)).await?;
        let there: BTreeSet<EventTime> = newest.windows.iter().map(|window| window.row.window_end).collect();
        let judged = rows.iter().map(|row| row.window_end).filter(|end| there.contains(end)).collect();
        Ok(Some(Self { newest, rows, judged }))
    }
}

/// That no window of the feature ended when one was asked for.
fn not_there(shape: &str, end: EventTime) -> String {
    let shape = words::name(shape, SHORT);
    format!("It was judged in no {shape} that ended {} UTC; this is the newest shown that has it.", shown(end))
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
    let own = subject.history(&lead.window_name.shape().into(), (before(end), end));
    let query = HistoryQuery { segment: None, statistic: Some(lead.statistic), ..own };
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
    Ok(rows.iter().map(segment).collect())
}

impl Subject {
    /// The rows of the feature in windows of a shape that end in (`from`, `to`].
    fn history(&self, shape: &WindowName, (from, to): (EventTime, EventTime)) -> HistoryQuery {
        HistoryQuery {
            monitor: Some(self.monitor.clone()),
            feature: Some(self.feature.clone()),
            segment: Some(self.segment.clone()),
            shape: Some(shape.clone()),
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

    /// Why there is no page of it.
    async fn nothing(&self, asked: &Asked) -> Result<Failure, StoreError> {
        if asked.configured(&self.monitor).is_none() && asked.store.sealed_through(&self.monitor).await?.is_none() {
            return Ok(Failure::no_monitor(self.monitor.as_str()));
        }
        let feature = words::name(self.feature.as_str(), SHORT);
        Ok(Failure::nothing(
            format!("Nothing was judged of {feature}"),
            format!(
                "monitor {} has no feature of this name in these windows; its page lists those it has",
                self.monitor
            ),
        ))
    }
}
