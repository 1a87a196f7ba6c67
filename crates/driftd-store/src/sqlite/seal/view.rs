//! What a seal sees before it decides.

use driftd_model::{SealView, Sealer};
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;

use crate::error::Outcome;
use crate::read::{activation_of, event_time, pane_id};
use crate::rows::{MarkColumns, Marks};
use crate::statement::statement;

/// Frontier, marks and the neighbouring panes with records, in the snapshot of the transaction.
pub(super) async fn read(connection: &mut SqliteConnection, sealer: &dyn Sealer) -> Outcome<SealView> {
    let monitor = sealer.monitor();
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
    let mut marks = Marks::default();
    for topic in sealer.topics() {
        let rows = query_as(statement!("marks")).bind(topic.as_str()).bind(monitor.as_str());
        let rows: Vec<MarkColumns> = rows.fetch_all(&mut *connection).await?;
        marks.add(rows, sealer.plan_hash());
    }
    Ok(SealView {
        sealed_through: event_time(sealed_through),
        marks: marks.counted(),
        whole_from: marks.whole_from,
        next_data: next_data.map(pane_id),
        first_data: first_data.map(pane_id),
        last_data: last_data.map(pane_id),
        activation: activation_of(since, name.as_deref(), version)?,
    })
}
