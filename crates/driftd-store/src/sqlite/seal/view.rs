//! What a seal sees before it decides.

use driftd_model::{MonitorId, SealView, Topic};
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;

use crate::error::Outcome;
use crate::read::{activation_of, event_time, pane_id, to_document};
use crate::rows::MarkColumns;

/// Frontier, marks and the neighbouring panes with records, in the snapshot of the transaction.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    monitor: &MonitorId,
    topics: &[Topic],
) -> Outcome<SealView> {
    type Row = (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<i64>);
    let (sealed_through, next_data, first_data, last_data, since, name, version): Row = query_as(
        "WITH frontier AS (SELECT (SELECT sealed_through FROM monitor_frontiers WHERE monitor = ?1) AS at)
         SELECT frontier.at,
                (SELECT p.pane_start FROM pane_partials AS p
                 WHERE p.monitor = ?1 AND p.pane_start >= coalesce(frontier.at, ?2) AND p.rows > 0
                 ORDER BY p.pane_start LIMIT 1),
                (SELECT s.pane_start FROM sealed_panes AS s
                 WHERE s.monitor = ?1 AND s.rows > 0 ORDER BY s.pane_start LIMIT 1),
                (SELECT s.pane_start FROM sealed_panes AS s
                 WHERE s.monitor = ?1 AND s.rows > 0 ORDER BY s.pane_start DESC LIMIT 1),
                a.since_pane, a.name, a.version
         FROM frontier
         LEFT JOIN (SELECT since_pane, name, version FROM active_baselines
                    WHERE monitor = ?1 ORDER BY since_pane DESC LIMIT 1) AS a",
    )
    .bind(monitor.as_str())
    .bind(i64::MIN)
    .fetch_one(&mut *connection)
    .await?;
    let names = to_document(&topics, "topic names")?;
    let marks: Vec<MarkColumns> = query_as(
        "SELECT watermark, eof_at, confirmed_at FROM source_partitions WHERE topic IN (SELECT value FROM json_each(?))
         AND retired_at IS NULL ORDER BY topic, partition",
    )
    .bind(names)
    .fetch_all(connection)
    .await?;
    Ok(SealView {
        sealed_through: event_time(sealed_through),
        marks: marks.into_iter().map(MarkColumns::into_mark).collect(),
        next_data: next_data.map(pane_id),
        first_data: first_data.map(pane_id),
        last_data: last_data.map(pane_id),
        activation: activation_of(since, name.as_deref(), version)?,
    })
}
