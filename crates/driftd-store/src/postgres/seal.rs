//! The seal on Postgres: one snapshot, one row that is held, no leader.

mod view;
mod write;

use driftd_model::{
    AlarmCount, FeatureMemory, MonitorId, PlannedDelta, RememberedShape, SealView, Sealed, SealedPane, Sealer,
};
use driftd_window::{EventTime, PaneId};
use futures_util::TryStreamExt as _;
use sqlx::{query_as, query_file, query_file_as};

use super::Outcome;
use super::late::advance_frontier;
use super::text::{original, stored};
use super::transaction::Transaction;
use super::turn::Turn;
use crate::reconcile::ReconcileTransaction;
use crate::rows::{AlarmColumns, MemoryColumns, PaneColumns, PartialColumns};
use crate::seal::{Decided, SealTransaction, seal};

/// One sealing step.
pub(super) struct Sealing<'a>(pub(super) &'a dyn Sealer);

impl Turn for Sealing<'_> {
    type Done = Sealed;

    fn monitor(&self) -> &MonitorId {
        self.0.monitor()
    }

    async fn take(&self, tx: &mut Transaction) -> Outcome<Option<Sealed>> {
        seal(tx, self.0).await
    }
}

impl SealTransaction for Transaction {
    async fn view(&mut self, sealer: &dyn Sealer) -> Outcome<SealView> {
        view::read(self, sealer).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let start = pane.start().as_micros();
        let rows = query_file_as!(PartialColumns, "statements/partials.sql", monitor.as_str(), start);
        let rows = rows.fetch_all(self).await?;
        rows.into_iter().map(|row| PartialColumns { segment: original(row.segment), ..row }.into_delta()).collect()
    }

    async fn history(
        &mut self,
        monitor: &MonitorId,
        stretches: &[(EventTime, EventTime)],
        mut each: impl FnMut(&SealedPane) + Send,
    ) -> Outcome<()> {
        let (from, to): (Vec<i64>, Vec<i64>) =
            stretches.iter().map(|(from, to)| (from.as_micros(), to.as_micros())).unzip();
        let rows = query_as!(
            PaneColumns,
            r#"SELECT p.pane_start, p.segment, p.rows, p.late_rows, p.plan_hash, CAST(p.codec AS bigint) AS "codec!",
                      p.state
               FROM unnest($2::bigint[], $3::bigint[]) AS s (start, stop)
               JOIN sealed_panes AS p ON p.monitor = $1 AND p.pane_start >= s.start AND p.pane_start < s.stop
               ORDER BY p.pane_start, p.segment"#,
            monitor.as_str(),
            &from,
            &to
        );
        let mut rows = rows.fetch(self);
        while let Some(row) = rows.try_next().await? {
            each(&PaneColumns { segment: original(row.segment), ..row }.into_pane()?);
        }
        Ok(())
    }

    async fn memories(&mut self, monitor: &MonitorId, shape: &RememberedShape) -> Outcome<Vec<FeatureMemory>> {
        let rows =
            query_file_as!(MemoryColumns, "statements/memories.sql", monitor.as_str(), &stored(shape.window.as_str()));
        let rows = rows.fetch_all(&mut *self).await?;
        let (over, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_over(shape));
        if !over.is_empty() {
            query_file!(
                "statements/drop_memories.sql",
                monitor.as_str(),
                &stored(shape.window.as_str()),
                shape.hash.as_str(),
                shape.over_before.as_micros()
            )
            .execute(self)
            .await?;
        }
        let plain = |row: MemoryColumns| MemoryColumns { segment: original(row.segment), ..row };
        MemoryColumns::into_memories(kept.into_iter().map(plain).collect(), shape)
    }

    async fn alarms(&mut self, monitor: &MonitorId, budget: &str, from: EventTime) -> Outcome<AlarmCount> {
        let row = query_file_as!(AlarmColumns, "statements/alarms.sql", monitor.as_str(), budget, from.as_micros());
        row.fetch_one(self).await?.into_count()
    }

    async fn write(&mut self, decided: &Decided<'_>) -> Outcome<()> {
        let Decided { monitor, order, merged, outcome } = *decided;
        write::panes(self, monitor, merged).await?;
        write::windows(self, decided).await?;
        write::memories(self, decided).await?;
        self.write_incidents(outcome, order.now).await?;
        advance_frontier(self, monitor, order.through, order.reach()).await
    }
}
