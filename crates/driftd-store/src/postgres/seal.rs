//! The seal on Postgres: one snapshot, one row that is held, no leader.

mod view;
mod write;

use driftd_model::{MonitorId, PlannedDelta, SealStep, SealView, Sealed, SealedPane, Sealer, Topic};
use driftd_window::{EventTime, PaneId};
use sqlx::{PgConnection, query_as};

use super::late::advance_frontier;
use super::panes::sealed_panes;
use super::text::original;
use super::turn::Turn;
use super::{Outcome, PostgresStore};
use crate::reconcile::ReconcileTransaction;
use crate::rows::PartialColumns;
use crate::seal::{Decided, SealTransaction, idle, step};

impl PostgresStore {
    /// Takes one sealing step; whoever finds the monitor held has nothing to do.
    pub(super) async fn seal_step(&self, sealer: &dyn Sealer) -> Outcome<Sealed> {
        self.take_turn(&Sealing(sealer)).await
    }
}

/// One sealing step.
struct Sealing<'a>(&'a dyn Sealer);

impl Turn for Sealing<'_> {
    type Done = Sealed;

    fn monitor(&self) -> &MonitorId {
        self.0.monitor()
    }

    async fn take(&self, transaction: &mut PgConnection) -> Outcome<Sealed> {
        step(transaction, self.0).await
    }

    fn has_written(done: &Sealed) -> bool {
        done.step != SealStep::Idle
    }

    fn not_taken() -> Sealed {
        idle()
    }
}

impl SealTransaction for PgConnection {
    async fn view(&mut self, monitor: &MonitorId, topics: &[Topic]) -> Outcome<SealView> {
        view::read(self, monitor, topics).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let rows = query_as!(
            PartialColumns,
            r#"SELECT pane_start, segment, rows, plan_hash, codec::bigint AS "codec!", state FROM pane_partials
               WHERE monitor = $1 AND pane_start = $2 ORDER BY segment, topic, partition, from_offset"#,
            monitor.as_str(),
            pane.start().as_micros()
        );
        let rows = rows.fetch_all(self).await?;
        rows.into_iter().map(|row| PartialColumns { segment: original(row.segment), ..row }.into_delta()).collect()
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
