//! The seal on SQLite.

mod view;
mod write;

use driftd_model::{MonitorId, PlannedDelta, SealView, SealedPane, Topic};
use driftd_window::{EventTime, PaneId};
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;

use super::Outcome;
use super::late::advance_frontier;
use super::reads::sealed_panes;
use crate::reconcile::ReconcileTransaction;
use crate::rows::PartialColumns;
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

    async fn write(&mut self, decided: &Decided<'_>) -> Outcome<()> {
        let Decided { monitor, order, merged, outcome } = *decided;
        write::panes(self, monitor, merged).await?;
        write::windows(self, decided).await?;
        self.write_incidents(outcome, order.now).await?;
        advance_frontier(self, monitor, order.through).await
    }
}
