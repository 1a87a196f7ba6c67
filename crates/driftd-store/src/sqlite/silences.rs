//! Silences: what people muted, until when.

use driftd_model::{Silence, SilenceId};
use driftd_window::Timestamp;
use sqlx::sqlite::SqliteExecutor;
use sqlx::{query, query_as, query_scalar};

use super::{Outcome, SqliteStore};
use crate::read::to_document;
use crate::rows::SilenceColumns;

impl SqliteStore {
    /// Adds a silence under an id of its own.
    pub(super) async fn write_silence(&self, silence: &Silence) -> Outcome<SilenceId> {
        let id = query_scalar(
            "INSERT INTO silences (matchers, starts_at, ends_at, author, comment) VALUES (?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(to_document(&silence.matchers, "matchers of a silence")?)
        .bind(silence.starts_at.as_micros())
        .bind(silence.ends_at.as_micros())
        .bind(silence.author.as_str())
        .bind(silence.comment.as_str())
        .fetch_one(&self.writer)
        .await?;
        Ok(SilenceId(id))
    }

    /// Silences that end after that moment, or all.
    pub(super) async fn read_silences(&self, ending_after: Option<Timestamp>) -> Outcome<Vec<Silence>> {
        silences(&self.readers, ending_after).await
    }

    /// Ends a silence, unless it is over; one that had not begun never will.
    pub(super) async fn end_silence(&self, id: SilenceId, now: Timestamp) -> Outcome<bool> {
        let done =
            query("UPDATE silences SET ends_at = ?1, starts_at = min(starts_at, ?1) WHERE id = ?2 AND ends_at > ?1")
                .bind(now.as_micros())
                .bind(id.0)
                .execute(&self.writer)
                .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Silences by id.
pub(super) async fn silences(
    executor: impl SqliteExecutor<'_>,
    ending_after: Option<Timestamp>,
) -> Outcome<Vec<Silence>> {
    let rows: Vec<SilenceColumns> = query_as(
        "SELECT id, matchers, starts_at, ends_at, author, comment FROM silences
         WHERE ?1 IS NULL OR ends_at > ?1 ORDER BY id",
    )
    .bind(ending_after.map(Timestamp::as_micros))
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(SilenceColumns::into_silence).collect()
}
