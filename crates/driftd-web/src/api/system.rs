//! `GET /api/v1/system`: the process, its store, and the partitions of the topics that are watched.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use driftd_model::{PartitionRow, Topic};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer;
use super::asked::{Asked, Parameters};
use super::document::Problems;
use super::parameter::Parameter;
use super::reading::Reading;
use crate::AppState;
use crate::problem::Problem;

/// Partitions that are listed at most.
const MOST_PARTITIONS: usize = 1_000;

/// Nothing is taken.
pub(super) struct Taken;

impl Parameters for Taken {
    const ALL: &'static [&'static Parameter] = &[];
}

/// The process and what it reads from.
#[derive(Serialize, ToSchema)]
pub(super) struct SystemState {
    /// Version of this driftd.
    version: &'static str,
    /// What time it is here.
    now: Option<String>,
    /// What time it is by the store's own clock; null where that is this machine's.
    store_clock: Option<String>,
    /// Whether every check of /readyz passes.
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
    /// Monitors of the configuration.
    monitors: u64,
    /// Room that the store takes, part by part.
    store: Vec<StorePart>,
    /// Partitions of the topics of configured monitors, by topic and number.
    partitions: Vec<PartitionEntry>,
    /// Partitions that are left out because they are more than a thousand.
    partitions_left_out: u64,
}

/// Room that a part of the store takes.
#[derive(Serialize, ToSchema)]
struct StorePart {
    /// What takes it.
    part: String,
    /// How much.
    bytes: u64,
}

/// A partition as the store knows it.
#[derive(Serialize, ToSchema)]
struct PartitionEntry {
    /// Topic.
    topic: String,
    /// Its number.
    partition: i32,
    /// Fencing number of its owner.
    epoch: i64,
    /// Offset of the record that is counted next.
    next_offset: Option<i64>,
    /// How far event time has come.
    watermark: Option<String>,
    /// Records rejected so far.
    rejected: u64,
    /// Why it cannot be read, where that is so.
    unread: Option<String>,
    /// When its owner last wrote anything of it.
    updated_at: String,
}

/// The process and its store
#[utoipa::path(
    get,
    path = "/api/v1/system",
    operation_id = "get_system",
    tag = "system",
    params(Asked<Taken>),
    responses((status = 200, description = "What there is", body = SystemState), Problems)
)]
pub(super) async fn one(
    asked: Asked<Taken>,
    State(state): State<AppState>,
    reading: Reading,
) -> Result<Response<Body>, Problem> {
    let topics: BTreeSet<&Topic> = reading.monitors.iter().flat_map(|monitor| &monitor.topics).collect();
    let (mut partitions, mut left_out) = (Vec::new(), 0);
    for topic in topics {
        for row in reading.store.partitions(topic).await? {
            if partitions.len() < MOST_PARTITIONS {
                partitions.push(PartitionEntry::of(&row));
            } else {
                left_out += 1;
            }
        }
    }
    let sizes = reading.store.sizes().await?;
    let reasons = state.readiness().reasons();
    let answer = SystemState {
        version: env!("CARGO_PKG_VERSION"),
        now: reading.now.map(|now| now.to_string()),
        store_clock: reading.store.clock().await?.map(|clock| clock.to_string()),
        ready: reasons.is_empty(),
        reasons,
        monitors: reading.monitors.len() as u64,
        store: sizes.into_iter().map(|size| StorePart { part: size.part, bytes: size.bytes }).collect(),
        partitions,
        partitions_left_out: left_out,
    };
    answer::json(&asked, &answer)
}

impl PartitionEntry {
    fn of(row: &PartitionRow) -> Self {
        Self {
            topic: row.topic.to_string(),
            partition: row.partition.0,
            epoch: row.epoch.0,
            next_offset: row.next_offset.map(|offset| offset.0),
            watermark: row.mark.watermark().map(|watermark| watermark.event_time().to_string()),
            rejected: row.rejected,
            unread: row.unread.as_ref().map(|unread| unread.trouble.detail.clone()),
            updated_at: row.updated_at.to_string(),
        }
    }
}
