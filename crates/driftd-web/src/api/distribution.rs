//! `GET /api/v1/monitors/{monitor}/windows/{window}/distribution`: a feature's bins in a window and in the baseline.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{
    BaselineRef, FeatureName, Monitor, MonitorId, MonitorPlan, RangeCounts, ReadStore, WindowQuery, WindowRow,
};
use driftd_stats::{FeatureAggregate, distribution};
use driftd_window::{EventTime, SegmentKey, WindowName};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer;
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{FEATURE, Parameter, SEGMENT};
use super::reading::{Named, Reading, no_such, shortened};
use crate::problem::{Problem, ProblemKind};

/// Panes and segments that are read at a time: a window of ten thousand of them takes the memory of these.
const PANES: usize = 512;

/// What is taken.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[&FEATURE, &SEGMENT];
}

/// A feature's bins in a window and in the baseline.
#[derive(Serialize, ToSchema)]
pub(super) struct Distribution {
    /// Monitor.
    monitor: String,
    /// Segment; empty for the whole population.
    segment: String,
    /// Window shape.
    window_name: String,
    /// First instant of the window.
    window_start: String,
    /// First instant after it.
    window_end: String,
    /// Baseline it was judged against, `name@vN`.
    baseline: String,
    /// The feature.
    feature: String,
    /// numeric, categorical or presence.
    kind: &'static str,
    /// Its bins in order of value, or its categories with the unseen ones last.
    bins: Vec<DistributionBin>,
    /// What is in no bin, and what there is in all, in the baseline.
    baseline_values: ValueCounts,
    /// The same in the window.
    window_values: ValueCounts,
}

/// A bin or category.
#[derive(Serialize, ToSchema)]
struct DistributionBin {
    /// What it is called.
    bin: String,
    /// Its values in the baseline.
    baseline_count: u64,
    /// Its values in the window.
    window_count: u64,
    /// Their share of the baseline's values in bins, in [0, 1].
    baseline_share: f64,
    /// Their share of the window's values in bins, in [0, 1].
    window_share: f64,
}

/// Values of a side.
#[derive(Serialize, ToSchema)]
struct ValueCounts {
    /// Records.
    rows: u64,
    /// Values that can be compared.
    usable: u64,
    /// Records without a value.
    missing: u64,
    /// Values of another type than the feature's.
    mistyped: u64,
    /// Values that are no number (NaN).
    nan: u64,
    /// Values that are infinite.
    infinite: u64,
}

/// A feature's distribution in a window
///
/// Counts of the window's sealed panes in the bins that the baseline froze, beside the baseline's own.
#[utoipa::path(
    get,
    path = "/api/v1/monitors/{monitor}/windows/{window}/distribution",
    operation_id = "get_distribution",
    tag = "history",
    params(
        ("monitor" = String, Path, description = "Name of the monitor"),
        ("window" = String, Path, description = "Shape and end of the window, as in day@2013-07-02T00:00:00Z"),
        Asked<Taken>
    ),
    responses((status = 200, description = "The distribution", body = Distribution), Problems)
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    Named((monitor, window)): Named<(String, String)>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let id = reading.monitor(&monitor).await?;
    let segment = asked.segment().unwrap_or_else(SegmentKey::all);
    let row = window_of(&reading, &id, &window, segment).await?;
    let plan = plan_of(&reading, &id, &row).await?;
    let feature = FeatureName::from(asked.get(&FEATURE).unwrap_or_default());
    if !plan.features().iter().any(|planned| planned.name == feature) {
        let (feature, baseline) = (shortened(feature.as_str()), &row.baseline);
        return Err(no_such(format!(
            "there is no feature {feature:?} that {id} watches: /api/v1/baselines/{baseline} lists those of its baseline"
        )));
    }
    let counts = counts_of(&*reading.store, &plan, &row).await?;
    let distribution = Distribution::of(&plan, &row, &feature, &counts)?;
    answer::json(&asked, &distribution)
}

/// The window that a path names so.
async fn window_of(
    reading: &Reading,
    monitor: &MonitorId,
    text: &str,
    segment: SegmentKey,
) -> Result<WindowRow, Problem> {
    let parsed = text.rsplit_once('@').and_then(|(name, end)| Some((name, end.parse::<EventTime>().ok()?)));
    let Some((name, end)) = parsed.filter(|(name, _)| !name.is_empty()) else {
        return Err(no_such(format!(
            "{:?} names no window: write its shape and its end, as in day@2013-07-02T00:00:00Z",
            shortened(text)
        )));
    };
    let query = WindowQuery {
        window_name: Some(WindowName::from(name)),
        segment: Some(segment.clone()),
        from: Some(EventTime::from_micros(end.as_micros().saturating_sub(1))),
        to: Some(end),
        ..WindowQuery::of(monitor.clone(), 1)
    };
    reading.store.windows(&query).await?.pop().ok_or_else(|| {
        let (window, segment) = (shortened(text), shortened(&segment.to_string()));
        no_such(format!(
            "monitor {monitor} has no window {window:?} of segment {segment:?}: /api/v1/monitors/{monitor}/windows lists \
             them"
        ))
    })
}

fn not_shown(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::NoDistribution, detail.into())
}

/// What the window was counted on, as far as the configuration is still the same.
async fn plan_of(reading: &Reading, id: &MonitorId, row: &WindowRow) -> Result<MonitorPlan, Problem> {
    if row.window_name.is_lasting() {
        return Err(not_shown(format!(
            "{} is what was remembered over many windows, and is kept in a form without panes: ask for one of {:?}",
            row.window_name,
            row.window_name.shape()
        )));
    }
    let monitor: &Monitor = reading.configured(id).ok_or_else(|| {
        not_shown(format!("monitor {id} is not in the configuration of this process, which says what its counts are"))
    })?;
    let reference: Option<BaselineRef> = row.baseline.parse().ok();
    let stored = match &reference {
        Some(reference) => reading.store.baseline(reference).await?,
        None => None,
    };
    let stored = stored.ok_or_else(|| {
        not_shown(format!("the baseline {} that the window was judged against is not in the store", row.baseline))
    })?;
    MonitorPlan::new(monitor.clone(), stored)
        .map_err(|error| not_shown(format!("the configuration does not fit the window's baseline any more: {error}")))
}

/// The counts of the window's panes.
async fn counts_of<'a>(
    store: &dyn ReadStore,
    plan: &'a MonitorPlan,
    row: &WindowRow,
) -> Result<RangeCounts<'a>, Problem> {
    let mut counts = RangeCounts::new(plan, row.window_start, row.window_end);
    let panes = (PANES / plan.reducer().segments.slots().max(1)).clamp(1, 64);
    let step = plan.monitor().pane.span().as_micros().saturating_mul(panes as i64);
    let mut from = row.window_start;
    while from < row.window_end {
        let to = EventTime::from_micros(from.as_micros().saturating_add(step)).min(row.window_end);
        for pane in store.sealed_panes(&row.monitor, from, to).await? {
            counts.add(&pane);
        }
        from = to;
    }
    Ok(counts.complete())
}

impl Distribution {
    fn of(
        plan: &MonitorPlan,
        row: &WindowRow,
        feature: &FeatureName,
        counts: &RangeCounts<'_>,
    ) -> Result<Self, Problem> {
        let planned = plan.features().iter().position(|planned| planned.name == *feature);
        let (_, baseline) = plan.baseline_of(&row.segment).ok_or_else(|| {
            not_shown(format!("the baseline {} knows nothing of segment {}", row.baseline, row.segment))
        })?;
        let found = counts.of(&row.segment, feature);
        if counts.is_foreign() {
            return Err(not_shown(
                "the window was counted under another configuration or baseline than the one that holds here",
            ));
        }
        let sides = planned.and_then(|index| Some((plan.features().get(index)?, *baseline.get(index)?)));
        let (Some((planned, baseline)), Some((rows, window))) = (sides, found) else {
            return Err(not_shown("the counts of the window are not kept any more"));
        };
        if rows != row.rows {
            return Err(not_shown(format!(
                "of the {} records of the window, counts of {rows} are kept: the others are older than the retention",
                row.rows
            )));
        }
        Ok(Self {
            monitor: row.monitor.to_string(),
            segment: row.segment.as_str().to_owned(),
            window_name: row.window_name.to_string(),
            window_start: row.window_start.to_string(),
            window_end: row.window_end.to_string(),
            baseline: row.baseline.clone(),
            feature: feature.to_string(),
            kind: planned.layout.kind(),
            bins: bins(&distribution(&planned.layout, baseline), &distribution(&planned.layout, window)),
            baseline_values: ValueCounts::of(baseline),
            window_values: ValueCounts::of(window),
        })
    }
}

/// Both sides of one layout, bin by bin. The window's labels win: they name the unseen values.
fn bins(baseline: &[(String, u64)], window: &[(String, u64)]) -> Vec<DistributionBin> {
    let total = |side: &[(String, u64)]| side.iter().map(|(_, count)| count).sum::<u64>().max(1) as f64;
    let (all_baseline, all_window) = (total(baseline), total(window));
    let bin = |((_, before), (label, after)): (&(String, u64), &(String, u64))| DistributionBin {
        bin: label.clone(),
        baseline_count: *before,
        window_count: *after,
        baseline_share: *before as f64 / all_baseline,
        window_share: *after as f64 / all_window,
    };
    baseline.iter().zip(window).map(bin).collect()
}

impl ValueCounts {
    fn of(side: &FeatureAggregate) -> Self {
        Self {
            rows: side.rows(),
            usable: side.usable(),
            missing: side.missing(),
            mistyped: side.mistyped(),
            nan: side.nan(),
            infinite: side.infinite(),
        }
    }
}
