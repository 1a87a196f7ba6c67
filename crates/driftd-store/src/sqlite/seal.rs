//! The seal on SQLite.

mod view;
mod write;

use driftd_model::{AlarmCount, FeatureMemory, MonitorId, PlannedDelta, RememberedShape, SealView, SealedPane, Topic};
use driftd_window::{EventTime, PaneId};
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;

use super::Outcome;
use super::late::advance_frontier;
use super::reads::sealed_panes;
use crate::reconcile::ReconcileTransaction;
use crate::rows::{AlarmColumns, MemoryColumns, PartialColumns};
use crate::seal::{Decided, SealTransaction};
use crate::statement::statement;

impl SealTransaction for SqliteConnection {
    async fn view(&mut self, monitor: &MonitorId, topics: &[Topic]) -> Outcome<SealView> {
        view::read(self, monitor, topics).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let rows = query_as(statement!("partials")).bind(monitor.as_str()).bind(pane.start().as_micros());
        let rows: Vec<PartialColumns> = rows.fetch_all(self).await?;
        rows.into_iter().map(PartialColumns::into_delta).collect()
    }

    async fn panes(&mut self, monitor: &MonitorId, from: EventTime, to: EventTime) -> Outcome<Vec<SealedPane>> {
        sealed_panes(self, monitor, from, to).await
    }

    async fn memories(&mut self, monitor: &MonitorId, shape: &RememberedShape) -> Outcome<Vec<FeatureMemory>> {
        let rows = query_as(statement!("memories"))
            .bind(monitor.as_str())
            .bind(shape.window.as_str())
            .bind(shape.hash.as_str())
            .bind(shape.over_before.as_micros());
        let rows: Vec<MemoryColumns> = rows.fetch_all(self).await?;
        rows.into_iter().map(|row| row.into_memory(shape)).collect()
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
        advance_frontier(self, monitor, order.through).await
    }
}
