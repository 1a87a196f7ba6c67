//! `GET /api/v1/monitors` and `/api/v1/monitors/{monitor}`: what is watched.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Response;
use driftd_model::{IncidentQuery, IncidentState, Monitor, MonitorId, Severity};
use driftd_window::{EventTime, WindowSpec};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Page};
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{CURSOR, LIMIT, Parameter};
use super::range::TimeRange;
use super::reading::{Named, Reading};
use crate::problem::Problem;

/// Open incidents that are counted at most. An identity has one that is not resolved, so this is a great many monitors.
const MOST_OPEN: u32 = 10_000;

/// What the list takes.
pub(super) struct Listed;

impl Parameters for Listed {
    const ALL: &'static [&'static Parameter] = &[&LIMIT, &CURSOR];
}

/// Nothing is taken.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[];
}

/// A monitor of the list.
#[derive(Serialize, ToSchema)]
pub(super) struct MonitorEntry {
    /// Its name.
    monitor: String,
    /// Whether the configuration of this process has it; the history of one that it had once is still there.
    configured: bool,
    /// The baseline that its configuration names: `name@vN`, or a name for its newest version.
    baseline: Option<String>,
    /// End of the last sealed pane; null where nothing was sealed yet.
    sealed_through: Option<String>,
    /// Incidents that are open or acknowledged.
    open_incidents: u64,
    /// The worst severity of these.
    severity: Option<&'static str>,
}

/// A monitor.
#[derive(Serialize, ToSchema)]
pub(super) struct MonitorDetail {
    /// Its name.
    monitor: String,
    /// Whether the configuration of this process has it; the history of one that it had once is still there.
    configured: bool,
    /// The baseline that its configuration names: `name@vN`, or a name for its newest version.
    baseline: Option<String>,
    /// End of the last sealed pane; null where nothing was sealed yet.
    sealed_through: Option<String>,
    /// Incidents that are open or acknowledged.
    open_incidents: u64,
    /// The worst severity of these.
    severity: Option<&'static str>,
    /// Topics that it reads.
    topics: Vec<String>,
    /// Width of its panes, as in `15m`.
    pane: Option<String>,
    /// Its windows.
    windows: Vec<WindowShape>,
    /// JSON Pointers to the labels that it is split by.
    segment_by: Vec<String>,
    /// Baselines that it was judged against by somebody's decision, oldest first.
    activations: Vec<ActivationEntry>,
}

/// A window shape.
#[derive(Serialize, ToSchema)]
struct WindowShape {
    /// Its name.
    window_name: String,
    /// How long a window is.
    size: String,
    /// How far the ends of two windows are apart.
    slide: String,
    /// The zone on whose clocks windows begin and end.
    timezone: String,
}

/// From when on a baseline is judged against.
#[derive(Serialize, ToSchema)]
struct ActivationEntry {
    /// The baseline, `name@vN`.
    baseline: String,
    /// Start of the first pane; null from the first pane there is.
    since: Option<String>,
}

/// What is open, by monitor.
#[derive(Default)]
struct Open(BTreeMap<MonitorId, (u64, Option<Severity>)>);

/// Monitors
///
/// Those that are configured here and those that have a history, by name.
#[utoipa::path(
    get,
    path = "/api/v1/monitors",
    operation_id = "list_monitors",
    tag = "monitors",
    params(Asked<Listed>),
    responses((status = 200, description = "A page of monitors", body = Page<MonitorEntry>), Problems)
)]
pub(super) async fn list(asked: Asked<Listed>, reading: Reading) -> Result<Response<Body>, Problem> {
    let after = asked.cursor::<MonitorId>()?.map(|cursor| cursor.after);
    let mut known: BTreeMap<MonitorId, Option<EventTime>> =
        reading.monitors.iter().map(|monitor| (monitor.id.clone(), None)).collect();
    known.extend(reading.store.frontiers().await?.into_iter().map(|(id, through)| (id, Some(through))));
    let page: Vec<_> = known.into_iter().filter(|(id, _)| after.as_ref().is_none_or(|after| id > after)).collect();
    let (page, next) = answer::page_of(page, asked.limit(), |(last, _)| asked.next(TimeRange::default(), last.clone()));
    let open = Open::of(&reading, None).await?;
    let data = page.iter().map(|(id, through)| MonitorEntry::of(&reading, id, *through, &open)).collect();
    answer::page(&asked, &Page { data, next })
}

/// One monitor
#[utoipa::path(
    get,
    path = "/api/v1/monitors/{monitor}",
    operation_id = "get_monitor",
    tag = "monitors",
    params(("monitor" = String, Path, description = "Name of the monitor"), Asked<Taken>),
    responses((status = 200, description = "The monitor", body = MonitorDetail), Problems)
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    Named(name): Named<String>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let id = reading.monitor(&name).await?;
    let through = reading.store.sealed_through(&id).await?;
    let open = Open::of(&reading, Some(&id)).await?;
    let entry = MonitorEntry::of(&reading, &id, through, &open);
    let configured = reading.configured(&id);
    let earliest = configured.map(|monitor| monitor.pane.earliest());
    let activations = reading.store.activations(&id).await?.into_iter().map(|activation| ActivationEntry {
        baseline: activation.reference.to_string(),
        since: (Some(activation.since) != earliest).then(|| activation.since.to_string()),
    });
    answer::json(&asked, &MonitorDetail::of(entry, configured, activations.collect()))
}

impl Open {
    async fn of(reading: &Reading, monitor: Option<&MonitorId>) -> Result<Self, Problem> {
        let mut open = Self::default();
        for state in [IncidentState::Open, IncidentState::Acknowledged] {
            let query =
                IncidentQuery { state: Some(state), monitor: monitor.cloned(), ..IncidentQuery::newest(MOST_OPEN) };
            for listed in reading.store.incident_page(&query).await? {
                let (count, worst) = open.0.entry(listed.row.monitor).or_default();
                *count += 1;
                *worst = (*worst).max(Some(listed.row.severity));
            }
        }
        Ok(open)
    }
}

impl MonitorEntry {
    fn of(reading: &Reading, id: &MonitorId, through: Option<EventTime>, open: &Open) -> Self {
        let configured = reading.configured(id);
        let (open_incidents, severity) = open.0.get(id).copied().unwrap_or_default();
        Self {
            monitor: id.to_string(),
            configured: configured.is_some(),
            baseline: configured.map(|monitor| monitor.baseline.to_string()),
            sealed_through: through.map(|through| through.to_string()),
            open_incidents,
            severity: severity.map(Severity::as_str),
        }
    }
}

impl MonitorDetail {
    fn of(entry: MonitorEntry, configured: Option<&Monitor>, activations: Vec<ActivationEntry>) -> Self {
        let MonitorEntry { monitor, configured: is_configured, baseline, sealed_through, open_incidents, severity } =
            entry;
        let topics = configured.into_iter().flat_map(|monitor| &monitor.topics);
        let windows = configured.into_iter().flat_map(|monitor| &monitor.windows);
        let segments = configured.and_then(|monitor| monitor.segments.as_ref());
        Self {
            monitor,
            configured: is_configured,
            baseline,
            sealed_through,
            open_incidents,
            severity,
            topics: topics.map(ToString::to_string).collect(),
            pane: configured.map(|monitor| monitor.pane.span().to_string()),
            windows: windows.map(WindowShape::of).collect(),
            segment_by: segments
                .into_iter()
                .flat_map(|segments| &segments.by)
                .map(|pointer| pointer.as_str().to_owned())
                .collect(),
            activations,
        }
    }
}

impl WindowShape {
    fn of(spec: &WindowSpec) -> Self {
        Self {
            window_name: spec.name().to_string(),
            size: spec.size().to_string(),
            slide: spec.slide().to_string(),
            timezone: spec.zone().to_string(),
        }
    }
}
