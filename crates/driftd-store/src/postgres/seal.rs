//! The seal on Postgres: one snapshot, one row that is held, no leader.

mod view;
mod write;

use driftd_model::{
    AlarmCount, FeatureMemory, MonitorId, PlannedDelta, RememberedShape, SealView, Sealed, SealedPane, Sealer, Topic,
};
use driftd_window::{EventTime, PaneId};
use sqlx::query_file_as;

use super::Outcome;
use super::late::advance_frontier;
use super::reads::sealed_panes;
use super::text::{original, stored};
use super::transaction::Transaction;
use super::turn::Turn;
use crate::reconcile::ReconcileTransaction;
use crate::rows::{AlarmColumns, MemoryColumns, PartialColumns};
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
    async fn view(&mut self, monitor: &MonitorId, topics: &[Topic]) -> Outcome<SealView> {
        view::read(self, monitor, topics).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let start = pane.start().as_micros();
        let rows = query_file_as!(PartialColumns, "statements/partials.sql", monitor.as_str(), start);
        let rows = rows.fetch_all(self).await?;
        rows.into_iter().map(|row| PartialColumns { segment: original(row.segment), ..row }.into_delta()).collect()
    }

    async fn panes(&mut self, monitor: &MonitorId, from: EventTime, to: EventTime) -> Outcome<Vec<SealedPane>> {
        sealed_panes(self, monitor, from, to).await
    }

    async fn memories(&mut self, monitor: &MonitorId, shape: &RememberedShape) -> Outcome<Vec<FeatureMemory>> {
        let rows = query_file_as!(
            MemoryColumns,
            "statements/memories.sql",
            monitor.as_str(),
            &stored(shape.window.as_str()),
            shape.hash.as_str(),
            shape.over_before.as_micros()
        );
        let rows = rows.fetch_all(self).await?;
        let plain = |row: MemoryColumns| {
            let (segment, feature) = (original(row.segment), original(row.feature));
            MemoryColumns { segment, feature, ..row }
        };
        rows.into_iter().map(|row| plain(row).into_memory(shape)).collect()
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
        advance_frontier(self, monitor, order.through).await
    }
}
