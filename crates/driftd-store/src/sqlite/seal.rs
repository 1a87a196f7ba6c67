//! The seal: one step of one monitor, from the counts of a pane to what people shall hear, in one transaction.

mod view;
mod write;

use driftd_model::{ContentHash, MonitorId, PlannedDelta, SealInput, SealStep, Sealed, SealedPane, Sealer};
use driftd_window::{PaneDelta, PaneId, SegmentKey};
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::incidents::unresolved;
use super::late::advance_frontier;
use super::panes::{pane_id, sealed_panes};
use super::read::count;
use super::silences::silences;
use super::{Outcome, SqliteStore, idle};
use crate::codec::decode_stored;
use crate::error::Failure;

impl SqliteStore {
    /// Takes one sealing step. Everything is read and written under the one write lock, so two sealers of one monitor
    /// take turns, and the second finds the frontier where the first has left it.
    pub(super) async fn seal_step(&self, sealer: &dyn Sealer) -> Outcome<Sealed> {
        let monitor = sealer.monitor();
        let mut tx = self.write().await?;
        let seen = view::read(&mut tx, monitor, sealer.topics()).await?;
        let step = sealer.decide(&seen);
        let Some(through) = sealer.through(step) else {
            return Ok(idle());
        };
        let merged = match step {
            SealStep::Pane { pane } => merge_pane(&mut tx, sealer, pane).await?,
            SealStep::Idle | SealStep::Quiet { .. } | SealStep::Gap { .. } => Vec::new(),
        };
        let mut panes = match step {
            // A gap is a stretch that no window with records reaches: however long, there is nothing to read.
            SealStep::Gap { .. } | SealStep::Idle => Vec::new(),
            // The pane just merged is not written yet; it joins below.
            SealStep::Pane { .. } | SealStep::Quiet { .. } => {
                sealed_panes(&mut *tx, monitor, sealer.history_from(step), through).await?
            }
        };
        // A row that holds late records only is no data.
        panes.retain(|pane| pane.rows > 0);
        panes.extend(merged.iter().cloned());
        let now = sealer.now(step);
        let incidents = unresolved(&mut tx, monitor).await?;
        let silences = silences(&mut *tx, Some(now)).await?;
        let outcome = off_the_runtime(|| {
            sealer.evaluate(SealInput { step, panes, first_data: seen.first_data, incidents, silences })
        });
        write::panes(&mut tx, monitor, &merged).await?;
        write::outcome(&mut tx, sealer, now, &outcome).await?;
        advance_frontier(&mut tx, monitor, through).await?;
        tx.commit().await?;
        let rows = merged.iter().fold(0_u64, |sum, pane| sum.saturating_add(pane.rows));
        Ok(Sealed { step, rows, outcome })
    }
}

/// The frozen merge of a pane's partials, by segment.
async fn merge_pane(connection: &mut SqliteConnection, sealer: &dyn Sealer, pane: PaneId) -> Outcome<Vec<SealedPane>> {
    let deltas = read_partials(connection, sealer.monitor(), pane).await?;
    off_the_runtime(|| sealer.merge(deltas)).map_err(|error| {
        let what = format!("a part of pane {} of monitor {}", pane.start(), sealer.monitor());
        Failure::unreadable(what, error)
    })
}

/// Partials in order of offset, so that the last digits of merged means do not depend on the order of arrival.
async fn read_partials(
    connection: &mut SqliteConnection,
    monitor: &MonitorId,
    pane: PaneId,
) -> Outcome<Vec<PlannedDelta>> {
    type Row = (i64, String, i64, String, i64, Vec<u8>);
    let rows: Vec<Row> = query_as(
        "SELECT pane_start, segment, rows, plan_hash, codec, state FROM pane_partials
         WHERE monitor = ? AND pane_start = ? ORDER BY segment, topic, partition, from_offset",
    )
    .bind(monitor.as_str())
    .bind(pane.start().as_micros())
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(start, segment, rows, plan_hash, codec, state)| {
            Ok(PlannedDelta {
                plan_hash: ContentHash::from_stored(plan_hash),
                delta: PaneDelta {
                    pane: pane_id(start),
                    segment: SegmentKey::from_stored(segment),
                    rows: count(rows, "rows of a pane's part")?,
                    aggregates: decode_stored(codec, &state)?,
                },
            })
        })
        .collect()
}

/// Runs a computation of some milliseconds without holding up what else this worker thread has to do, where the
/// runtime has other threads to take over.
fn off_the_runtime<T>(compute: impl FnOnce() -> T) -> T {
    let threaded = Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread);
    if threaded { tokio::task::block_in_place(compute) } else { compute() }
}
