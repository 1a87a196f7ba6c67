//! The page of a window: its features, worst first.

use std::collections::BTreeSet;

use askama::Template;
use driftd_model::{HistoryQuery, ReadStore, StoreError, WindowQuery, WindowRow, words};
use driftd_window::{EventTime, WindowName};

use super::address::Address;
use super::asked::{Asked, Segments, monitor_id};
use super::counts::Counts;
use super::failure::Failure;
use super::frame::{Frame, Html, When};
use super::newest::before;
use super::segments::{SegmentList, windows_at};
use super::verdicts::{FeatureVerdict, feature_address, sentence, worst_first};
use crate::charts::effect_bar;
use crate::figures::Badge;
use crate::history_row::{against, gates, threshold, value};

/// Features that have a line, and those whose distributions are drawn.
const LINES: usize = 200;
const DRAWN: usize = 6;
/// Windows that are looked at for the next one.
const LOOKED_AT: u32 = 50;
/// Characters of a name.
const SHORT: usize = 80;

#[derive(Template)]
#[template(path = "pages/window.html")]
struct Page {
    frame: Frame,
    badge: Badge,
    monitor: String,
    monitor_address: Address,
    segment: String,
    span: String,
    summary: String,
    rows: String,
    coverage: String,
    baseline: String,
    sealed_at: When,
    previous: Option<Address>,
    next: Option<Address>,
    /// The page that compares it with other ranges, where that can be done.
    compare: Option<Address>,
    lines: Vec<Line>,
    folded: String,
    cards: Vec<Card>,
    note: String,
    segments: SegmentList,
}

/// One feature.
struct Line {
    name: String,
    address: Option<Address>,
    badge: Badge,
    lead: String,
    gates: String,
    bar: String,
    n: String,
    m: String,
    against: String,
}

/// The distribution of a feature.
struct Card {
    name: String,
    address: Option<Address>,
    badge: Badge,
    chart: String,
}

pub(super) async fn page(
    Segments((monitor, window, end)): Segments<(String, String, String)>,
    asked: Asked,
) -> Result<Html, Failure> {
    let id = monitor_id(&monitor)?;
    let (store, segment) = (&*asked.store, asked.query.segment());
    let end: EventTime = end.parse().map_err(|_| {
        let what = format!("“{}” is no time", words::name(&end, SHORT));
        Failure::bad(what, "the address of a window ends in its end, such as 2013-07-02T00:00:00Z")
    })?;
    let name = WindowName::from(window.as_str());
    let own = windows_at(store, &id, (&name, end), Some(&segment), 1).await?;
    let Some(row) = own.first() else {
        let what = format!("No window {} ended {end}", words::name(&window, SHORT));
        let remedy = format!("monitor {id} judged none then in this segment, or it is older than what retention keeps");
        return Err(Failure::nothing(what, remedy));
    };
    let query = HistoryQuery {
        monitor: Some(id.clone()),
        segment: Some(segment.clone()),
        from: Some(before(end)),
        to: Some(end),
        ..HistoryQuery::default()
    };
    let rows = store.history(&query).await?;
    let own = rows.iter().filter(|found| found.window_name.shape() == name.shape());
    let features: BTreeSet<_> = own.clone().map(|found| &found.feature).collect();
    let verdicts = worst_first(own);
    let counts = Counts::of(store, row, &features).await?;
    let around = neighbours(store, row).await?;
    let here = |row: &WindowRow| Address::window(&row.monitor, &row.window_name, row.window_end);
    let segments = SegmentList::of(store, &id, (&name, end), &segment, here).await?;
    let compare = asked.configured(&id).and_then(|_| comparison(row));
    Ok(Html::of(&Page { compare, ..Page::of(row, segments, &verdicts, &counts, around) }))
}

/// The page that compares a window with its baseline, and from there with any range.
pub(super) fn comparison(row: &WindowRow) -> Option<Address> {
    let range = format!("{}/{}", row.window_start, row.window_end);
    Address::comparison(&row.monitor, &row.segment, "baseline", &range).reachable()
}

/// The windows of the same shape and segment before and after.
async fn neighbours(store: &dyn ReadStore, row: &WindowRow) -> Result<[Option<Address>; 2], StoreError> {
    let of_shape = WindowQuery {
        window_name: Some(row.window_name.clone()),
        segment: Some(row.segment.clone()),
        ..WindowQuery::of(row.monitor.clone(), 1)
    };
    let earlier = WindowQuery { to: Some(before(row.window_end)), ..of_shape.clone() };
    let later = WindowQuery { from: Some(row.window_end), limit: LOOKED_AT, ..of_shape };
    let address = |found: &WindowRow| {
        Address::window(&found.monitor, &found.window_name, found.window_end).in_segment(&found.segment).reachable()
    };
    let earlier = store.newest_windows(&earlier).await?;
    let later = store.windows(&later).await?;
    Ok([earlier.first().and_then(address), later.first().and_then(address)])
}

impl Page {
    fn of(
        row: &WindowRow,
        segments: SegmentList,
        verdicts: &[FeatureVerdict<'_>],
        counts: &Counts,
        [previous, next]: [Option<Address>; 2],
    ) -> Self {
        let worst = verdicts.iter().map(FeatureVerdict::outcome).max().flatten();
        let badge = Badge::of(worst.unwrap_or(row.outcome).max(row.outcome));
        let monitor = words::name(row.monitor.as_str(), SHORT);
        let shape = words::name(row.window_name.as_str(), SHORT);
        let span = format!("{shape} {}", words::span(row.window_start, row.window_end));
        let here = Address::window(&row.monitor, &row.window_name, row.window_end);
        Self {
            frame: Frame::of(&format!("{}: {monitor}, {span}", badge.word), here),
            badge,
            monitor_address: Address::monitor(&row.monitor).in_segment(&row.segment).with("w", row.window_name.shape()),
            monitor,
            segment: if row.segment.is_all() { String::new() } else { words::name(row.segment.as_str(), SHORT) },
            span,
            summary: sentence(verdicts),
            rows: words::count(row.rows),
            coverage: words::percent(row.coverage),
            baseline: words::name(&row.baseline, SHORT),
            sealed_at: row.sealed_at.into(),
            previous,
            next,
            compare: None,
            lines: verdicts.iter().take(LINES).map(|verdict| Line::of(row, verdict)).collect(),
            folded: folded(verdicts.get(LINES..).unwrap_or_default()),
            cards: verdicts.iter().filter_map(|verdict| Card::of(row, verdict, counts)).take(DRAWN).collect(),
            note: counts.note.clone(),
            segments,
        }
    }
}

/// What has no line, in words.
fn folded(left: &[FeatureVerdict<'_>]) -> String {
    let bad = left.iter().filter(|verdict| verdict.is_bad()).count() as u64;
    match (left.len() as u64, bad) {
        (0, _) => String::new(),
        (all, bad) => {
            format!("{} more, {} of them bad.", words::counted(all, "feature", "features"), words::count(bad))
        }
    }
}

impl Line {
    fn of(row: &WindowRow, verdict: &FeatureVerdict<'_>) -> Self {
        let lead = verdict.lead;
        let bar = threshold(lead).filter(|limits| limits.critical.is_finite()).zip(lead.net);
        Self {
            name: words::name(lead.feature.as_str(), SHORT),
            address: address(row, verdict),
            badge: Badge::of_any(lead.outcome),
            lead: format!("{} {}", lead.statistic.name(), value(lead)),
            gates: gates(lead),
            bar: bar.map(|(limits, net)| effect_bar(lead.statistic.name(), net.max(0.0), limits)).unwrap_or_default(),
            n: words::count(lead.n),
            m: words::count(lead.m),
            against: against(lead),
        }
    }
}

impl Card {
    /// Of a bad feature; of a stable one as well where there is room.
    fn of(row: &WindowRow, verdict: &FeatureVerdict<'_>, counts: &Counts) -> Option<Self> {
        Some(Self {
            name: words::name(verdict.lead.feature.as_str(), SHORT),
            address: address(row, verdict),
            badge: Badge::of_any(verdict.outcome()),
            chart: counts.chart(&verdict.lead.feature)?,
        })
    }
}

fn address(row: &WindowRow, verdict: &FeatureVerdict<'_>) -> Option<Address> {
    feature_address(&row.monitor, &verdict.lead.feature, &row.segment, row.window_name.shape(), row.window_end)
}
