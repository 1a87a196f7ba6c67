//! `GET /api/v1/baselines` and `/api/v1/baselines/{baseline}`: what is judged against.

use axum::body::Body;
use axum::http::Response;
use driftd_model::{BaselineChoice, BaselineName, BaselineSummary, Role, StoredBaseline};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Page};
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::{CURSOR, LIMIT, Parameter};
use super::range::TimeRange;
use super::reading::{Named, Reading, no_such, shortened};
use crate::problem::Problem;

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

/// A version of a baseline.
#[derive(Serialize, ToSchema)]
pub(super) struct BaselineEntry {
    /// `name@vN`.
    baseline: String,
    /// Its name.
    name: String,
    /// Its version, from 1.
    version: u32,
    /// SHA-256 of what is judged by; equal content has an equal hash.
    hash: String,
    /// When it was stored.
    created_at: String,
    /// Where its data came from.
    source: String,
    /// Rows it was built from.
    rows: u64,
    /// Number of its features.
    features: u64,
}

/// A version of a baseline with its features.
#[derive(Serialize, ToSchema)]
pub(super) struct BaselineDetail {
    /// `name@vN`.
    baseline: String,
    /// Its name.
    name: String,
    /// Its version, from 1.
    version: u32,
    /// SHA-256 of what is judged by; equal content has an equal hash.
    hash: String,
    /// When it was stored.
    created_at: String,
    /// Where its data came from.
    source: String,
    /// Rows it was built from.
    rows: u64,
    /// Its features: the rows of the view `feature_profile`.
    features: Vec<FeatureProfile>,
    /// JSON Pointers to the labels it was split by.
    segment_by: Vec<String>,
    /// The segments it knows, largest first.
    segments: Vec<SegmentProfile>,
    /// Columns that are not watched.
    skipped: Vec<SkippedProfile>,
}

/// A feature of a baseline.
#[derive(Serialize, ToSchema)]
struct FeatureProfile {
    /// The feature.
    feature: String,
    /// feature, prediction or label.
    #[schema(value_type = String)]
    role: Role,
    /// numeric, categorical or presence.
    kind: &'static str,
    /// Rows.
    rows: u64,
    /// Rows without a value.
    missing: u64,
}

/// A segment of a baseline.
#[derive(Serialize, ToSchema)]
struct SegmentProfile {
    /// The segment.
    segment: String,
    /// Its rows.
    rows: u64,
}

/// A column that is not watched.
#[derive(Serialize, ToSchema)]
struct SkippedProfile {
    /// The column.
    column: String,
    /// Why not.
    reason: String,
}

/// Baselines
///
/// Every version, by name and version.
#[utoipa::path(
    get,
    path = "/api/v1/baselines",
    operation_id = "list_baselines",
    tag = "baselines",
    params(Asked<Listed>),
    responses((status = 200, description = "A page of baselines", body = Page<BaselineEntry>), Problems)
)]
pub(super) async fn list(asked: Asked<Listed>, reading: Reading) -> Result<Response<Body>, Problem> {
    type Place = (BaselineName, u32);
    let place = |summary: &BaselineSummary| -> Place { (summary.reference.name.clone(), summary.reference.version) };
    let after = asked.cursor::<Place>()?.map(|cursor| cursor.after);
    // Summaries, and people build baselines one by one.
    let mut found = reading.store.baselines().await?;
    found.sort_by_key(place);
    found.retain(|summary| after.as_ref().is_none_or(|after| place(summary) > *after));
    let (found, next) = answer::page_of(found, asked.limit(), |last| asked.next(TimeRange::default(), place(last)));
    let data = found.iter().map(BaselineEntry::of).collect();
    answer::page(&asked, &Page { data, next })
}

/// One baseline
///
/// A version, or the newest of a name.
#[utoipa::path(
    get,
    path = "/api/v1/baselines/{baseline}",
    operation_id = "get_baseline",
    tag = "baselines",
    params(("baseline" = String, Path, description = "name@vN, or a name for its newest version"), Asked<Taken>),
    responses((status = 200, description = "The baseline", body = BaselineDetail), Problems)
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    Named(name): Named<String>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let none = || no_such(format!("there is no baseline {:?}: /api/v1/baselines lists them", shortened(&name)));
    let found = match name.parse().map_err(|_| none())? {
        BaselineChoice::Version(reference) => reading.store.baseline(&reference).await?,
        BaselineChoice::Newest(name) => reading.store.newest_baseline(&name).await?,
    };
    answer::json(&asked, &BaselineDetail::of(&found.ok_or_else(none)?))
}

impl BaselineEntry {
    fn of(summary: &BaselineSummary) -> Self {
        Self {
            baseline: summary.reference.to_string(),
            name: summary.reference.name.to_string(),
            version: summary.reference.version,
            hash: summary.hash.to_string(),
            created_at: summary.created_at.to_string(),
            source: summary.source.clone(),
            rows: summary.rows,
            features: summary.features,
        }
    }
}

impl BaselineDetail {
    fn of(stored: &StoredBaseline) -> Self {
        let baseline = &stored.baseline;
        let features = baseline.features.iter().map(|feature| FeatureProfile {
            feature: feature.name.to_string(),
            role: feature.role,
            kind: feature.layout.kind(),
            rows: feature.aggregate.rows(),
            missing: feature.aggregate.missing(),
        });
        let segments = baseline.segments.iter();
        let skipped = baseline.skipped.iter();
        Self {
            baseline: stored.reference.to_string(),
            name: stored.reference.name.to_string(),
            version: stored.reference.version,
            hash: stored.hash.to_string(),
            created_at: stored.created_at.to_string(),
            source: baseline.source.clone(),
            rows: baseline.rows,
            features: features.collect(),
            segment_by: baseline.segment_by.iter().map(|pointer| pointer.as_str().to_owned()).collect(),
            segments: segments
                .map(|segment| SegmentProfile { segment: segment.key.as_str().to_owned(), rows: segment.rows })
                .collect(),
            skipped: skipped
                .map(|skipped| SkippedProfile { column: skipped.name.clone(), reason: skipped.reason.to_string() })
                .collect(),
        }
    }
}
