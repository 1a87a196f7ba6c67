//! The seal on SQLite.

mod view;
mod write;

use driftd_model::{AlarmCount, FeatureMemory, MonitorId, PlannedDelta, RememberedShape, SealView, SealedPane, Sealer};
use driftd_window::{EventTime, PaneId};
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as};

use super::Outcome;
use super::late::advance_frontier;
use crate::read::to_document;
use crate::reconcile::ReconcileTransaction;
use crate::rows::{AlarmColumns, MemoryColumns, PaneColumns, PartialColumns};
use crate::seal::{Decided, SealTransaction};
use crate::statement::statement;

impl SealTransaction for SqliteConnection {
    async fn view(&mut self, sealer: &dyn Sealer) -> Outcome<SealView> {
        view::read(self, sealer).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let rows = query_as(statement!("partials")).bind(monitor.as_str()).bind(pane.start().as_micros());
        let rows: Vec<PartialColumns> = rows.fetch_all(self).await?;
        rows.into_iter().map(PartialColumns::into_delta).collect()
    }

    async fn history(
        &mut self,
        monitor: &MonitorId,
        stretches: &[(EventTime, EventTime)],
        mut each: impl FnMut(&SealedPane) + Send,
    ) -> Outcome<()> {
        let stretches: Vec<[i64; 2]> = stretches.iter().map(|(from, to)| [from.as_micros(), to.as_micros()]).collect();
        let rows = query_as(
            "SELECT p.pane_start, p.segment, p.rows, p.late_rows, p.plan_hash, p.codec AS \"codec!\", p.state
             FROM json_each(?) AS s CROSS JOIN sealed_panes AS p
             WHERE p.monitor = ? AND p.pane_start >= s.value ->> 0 AND p.pane_start < s.value ->> 1
             ORDER BY p.pane_start, p.segment",
        );
        let rows = rows.bind(to_document(&stretches, "stretches of time")?).bind(monitor.as_str());
        let mut rows: BoxStream<'_, sqlx::Result<PaneColumns>> = rows.fetch(self);
        while let Some(row) = rows.try_next().await? {
            each(&row.into_pane()?);
        }
        Ok(())
    }

    async fn memories(&mut self, monitor: &MonitorId, shape: &RememberedShape) -> Outcome<Vec<FeatureMemory>> {
        let rows = query_as(statement!("memories")).bind(monitor.as_str()).bind(shape.window.as_str());
        let rows: Vec<MemoryColumns> = rows.fetch_all(&mut *self).await?;
        let (over, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_over(shape));
        if !over.is_empty() {
            query(statement!("drop_memories"))
                .bind(monitor.as_str())
                .bind(shape.window.as_str())
                .bind(shape.hash.as_str())
                .bind(shape.over_before.as_micros())
                .execute(self)
                .await?;
        }
        MemoryColumns::into_memories(kept, shape)
    }

    async fn alarms(&mut self, monitor: &MonitorId, budget: &str, from: EventTime) -> Outcome<AlarmCount> {
        let row = query_as(statement!("alarms")).bind(monitor.as_str()).bind(budget).bind(from.as_micros());
        let row: AlarmColumns = row.fetch_one(self).await?;
        row.into_count()
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
