//! Silences: what people muted, until when.

use driftd_model::{Silence, SilenceId};
use driftd_window::Timestamp;
use sqlx::{PgExecutor, query, query_as, query_scalar};

use super::text::{original, stored};
use super::{Outcome, PostgresStore};
use crate::read::to_document;
use crate::rows::SilenceColumns;

impl PostgresStore {
    /// Adds a silence under an id of its own.
    pub(super) async fn write_silence(&self, silence: &Silence) -> Outcome<SilenceId> {
        let id = query_scalar!(
            "INSERT INTO silences (matchers, starts_at, ends_at, author, comment)
             VALUES ($1::text::json, $2, $3, $4, $5) RETURNING id",
            to_document(&silence.matchers, "matchers of a silence")?,
            silence.starts_at.as_micros(),
            silence.ends_at.as_micros(),
            &stored(&silence.author),
            &stored(&silence.comment)
        );
        Ok(SilenceId(id.fetch_one(&self.pool).await?))
    }

    /// Silences that end after that moment, or all.
    pub(super) async fn read_silences(&self, ending_after: Option<Timestamp>) -> Outcome<Vec<Silence>> {
        silences(&self.pool, ending_after).await
    }

    /// Ends a silence, unless it is over; one that had not begun never will.
    pub(super) async fn end_silence(&self, id: SilenceId, now: Timestamp) -> Outcome<bool> {
        let ended = query!(
            "UPDATE silences SET ends_at = $1, starts_at = least(starts_at, $1) WHERE id = $2 AND ends_at > $1",
            now.as_micros(),
            id.0
        );
        Ok(ended.execute(&self.pool).await?.rows_affected() == 1)
    }
}

/// Silences by id.
pub(super) async fn silences(executor: impl PgExecutor<'_>, ending_after: Option<Timestamp>) -> Outcome<Vec<Silence>> {
    let rows = query_as!(
        SilenceColumns,
        r#"SELECT id, matchers::text AS "matchers!", starts_at, ends_at, author, comment FROM silences
           WHERE $1::bigint IS NULL OR ends_at > $1 ORDER BY id"#,
        ending_after.map(Timestamp::as_micros)
    );
    let rows = rows.fetch_all(executor).await?;
    rows.into_iter()
        .map(|row| {
            SilenceColumns { author: original(row.author), comment: original(row.comment), ..row }.into_silence()
        })
        .collect()
}
