//! The seal on SQLite.

mod view;
mod write;

use driftd_model::{MonitorId, PlannedDelta, SealStep, SealView, Sealed, SealedPane, Sealer, Topic};
use driftd_window::{EventTime, PaneId};
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;

use super::late::advance_frontier;
use super::panes::sealed_panes;
use super::{Outcome, SqliteStore};
use crate::reconcile::ReconcileTransaction;
use crate::rows::PartialColumns;
use crate::seal::{Decided, SealTransaction, step};

impl SqliteStore {
    /// Takes one sealing step. Everything is read and written under the one write lock, so two sealers of one monitor
    /// take turns, and the second finds the frontier where the first has left it.
    pub(super) async fn seal_step(&self, sealer: &dyn Sealer) -> Outcome<Sealed> {
        let mut tx = self.write().await?;
        let sealed = step(&mut *tx, sealer).await?;
        if sealed.step != SealStep::Idle {
            tx.commit().await?;
        }
        Ok(sealed)
    }
}

impl SealTransaction for SqliteConnection {
    async fn view(&mut self, monitor: &MonitorId, topics: &[Topic]) -> Outcome<SealView> {
        view::read(self, monitor, topics).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let rows: Vec<PartialColumns> = query_as(
            "SELECT pane_start, segment, rows, plan_hash, codec, state FROM pane_partials
             WHERE monitor = ? AND pane_start = ? ORDER BY segment, topic, partition, from_offset",
        )
        .bind(monitor.as_str())
        .bind(pane.start().as_micros())
        .fetch_all(self)
        .await?;
        rows.into_iter().map(PartialColumns::into_delta).collect()
    }

    async fn panes(&mut self, monitor: &MonitorId, from: EventTime, to: EventTime) -> Outcome<Vec<SealedPane>> {
        sealed_panes(self, monitor, from, to).await
    }

    async fn write(&mut self, decided: &Decided<'_>) -> Outcome<()> {
        let monitor = decided.sealer.monitor();
        write::panes(self, monitor, decided.merged).await?;
        write::windows(self, decided).await?;
        self.write_incidents(decided.outcome, decided.now).await?;
        advance_frontier(self, monitor, decided.through).await
    }
}
