//! The outbox: messages that were decided, leased to whoever sends them, settled by what became of them.

use async_trait::async_trait;
use driftd_model::{Incident, OutboxEntry, OutboxStore, ReceiverName, Settlement, StoreError};
use driftd_window::Timestamp;
use sqlx::{query, query_as, query_scalar};

use super::incidents::append_events;
use super::{Outcome, SqliteStore};
use crate::call::Call;
use crate::lease::readable;
use crate::read::{Settled, count};
use crate::rows::{IncidentBody, OutboxColumns, SettledColumns};
use crate::statement::statement;

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn lease(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let rows = || Call::Lease(receiver).answer(self.lease_rows(owner, receiver, limit, now, until));
        readable(self, owner, receiver, now, rows).await
    }

    async fn settle(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Call::Settle(entry)
            .answer(async {
                let Settled { state, outcome, retry_at, error } = Settled::of(settlement);
                let mut tx = self.write().await?;
                let settled: Option<SettledColumns> = query_as(
                    "UPDATE notification_outbox
                     SET state = ?, attempts = attempts + 1, due_at = coalesce(?, due_at), lease_owner = NULL,
                         lease_until = NULL
                     WHERE id = ? AND state = 'pending' AND lease_owner = ?
                     RETURNING receiver, incident_id",
                )
                .bind(state)
                .bind(retry_at)
                .bind(entry)
                .bind(owner)
                .fetch_optional(&mut *tx)
                .await?;
                let Some(settled) = settled else {
                    return Ok(false);
                };
                query(
                    "INSERT INTO deliveries (outbox_id, attempt, at, owner, outcome, retry_at, error)
                     SELECT id, attempts, ?, ?, ?, ?, ? FROM notification_outbox WHERE id = ?",
                )
                .bind(now.as_micros())
                .bind(owner)
                .bind(outcome)
                .bind(retry_at)
                .bind(error)
                .bind(entry)
                .execute(&mut *tx)
                .await?;
                if let Some(retry_at) = retry_at {
                    query(
                        "UPDATE notification_outbox SET due_at = ?1
                         WHERE state = 'pending' AND incident_id = ?2 AND receiver = ?3 AND id > ?4 AND due_at < ?1",
                    )
                    .bind(retry_at)
                    .bind(settled.incident_id.as_str())
                    .bind(settled.receiver.as_str())
                    .bind(entry)
                    .execute(&mut *tx)
                    .await?;
                }
                if let Some(event) = settled.into_event(settlement, now)? {
                    append_events(&mut tx, std::slice::from_ref(&event)).await?;
                }
                tx.commit().await?;
                Ok(true)
            })
            .await
    }

    async fn outbox_depth(&self) -> Result<u64, StoreError> {
        let read = async {
            let found = query_scalar(statement!("outbox_depth")).fetch_one(&self.readers).await?;
            count(found, "number of notifications")
        };
        Call::OutboxDepth.answer(read).await
    }

    async fn notified_incidents(&self, resolved_after: Timestamp) -> Result<Vec<Incident>, StoreError> {
        let read = async {
            let rows = query_as(statement!("notified_incidents")).bind(resolved_after.as_micros());
            let rows: Vec<IncidentBody> = rows.fetch_all(&self.readers).await?;
            rows.into_iter().map(IncidentBody::into_incident).collect()
        };
        Call::NotifiedIncidents.answer(read).await
    }
}

/// Columns of a receiver's (?1) entries that are due (?2), so many (?3) at the most.
macro_rules! due {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM notification_outbox AS o
             WHERE o.state = 'pending' AND o.receiver = ?1 AND o.due_at <= ?2
               AND (o.lease_until IS NULL OR o.lease_until <= ?2)
               AND o.id = (SELECT h.id FROM notification_outbox AS h
                           WHERE h.state = 'pending' AND h.incident_id = o.incident_id AND h.receiver = ?1
                           ORDER BY h.id LIMIT 1)
             ORDER BY o.due_at, o.id LIMIT ?3"
        )
    };
}

impl SqliteStore {
    /// Leases a receiver's rows that are due and that nobody holds, longest due first; of one incident only the oldest
    /// that is not settled.
    async fn lease_rows(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Outcome<Vec<OutboxColumns>> {
        // Most calls find nothing, and nobody who writes has to wait for that.
        let first: Option<i64> = query_scalar(due!("o.id"))
            .bind(receiver.as_str())
            .bind(now.as_micros())
            .bind(limit.min(1))
            .fetch_optional(&self.readers)
            .await?;
        if first.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let rows: Vec<OutboxColumns> = query_as(due!("o.id, o.body, o.attempts"))
            .bind(receiver.as_str())
            .bind(now.as_micros())
            .bind(limit)
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            query("UPDATE notification_outbox SET lease_owner = ?, lease_until = ? WHERE id = ?")
                .bind(owner)
                .bind(until.as_micros())
                .bind(row.id)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(rows)
    }
}
