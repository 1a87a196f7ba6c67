//! What a seal sees before it decides.

use driftd_model::{SealView, Sealer};
use sqlx::{query, query_file_as};

use crate::error::Outcome;
use crate::postgres::text::stored;
use crate::postgres::transaction::Transaction;
use crate::read::{activation_of, event_time, pane_id};
use crate::rows::{MarkColumns, Marks};

/// Frontier, marks and the neighbouring panes with records, in the snapshot of the transaction.
pub(super) async fn read(tx: &mut Transaction, sealer: &dyn Sealer) -> Outcome<SealView> {
    let monitor = sealer.monitor();
    let seen = query!(
        r#"SELECT f.sealed_through AS "sealed_through?",
                  (SELECT p.pane_start FROM pane_partials AS p
                   WHERE p.monitor = $1 AND p.pane_start >= coalesce(f.sealed_through, $2) AND p.rows > 0
                   ORDER BY p.pane_start LIMIT 1) AS "next_data?",
                  (SELECT s.pane_start FROM sealed_panes AS s
                   WHERE s.monitor = $1 AND s.rows > 0 ORDER BY s.pane_start LIMIT 1) AS "first_data?",
                  (SELECT s.pane_start FROM sealed_panes AS s
                   WHERE s.monitor = $1 AND s.rows > 0 ORDER BY s.pane_start DESC LIMIT 1) AS "last_data?",
                  a.since_pane AS "since?", a.name AS "name?", a.version AS "version?"
           FROM monitor_frontiers AS f
           LEFT JOIN LATERAL (SELECT since_pane, name, version FROM active_baselines
                              WHERE monitor = $1 ORDER BY since_pane DESC LIMIT 1) AS a ON true
           WHERE f.monitor = $1"#,
        monitor.as_str(),
        i64::MIN
    );
    let seen = seen.fetch_one(&mut *tx).await?;
    let mut marks = Marks::default();
    for topic in sealer.topics() {
        let rows = query_file_as!(MarkColumns, "statements/marks.sql", &stored(topic.as_str()), monitor.as_str());
        marks.add(rows.fetch_all(&mut *tx).await?, sealer.plan_hash());
    }
    Ok(SealView {
        sealed_through: event_time(seen.sealed_through),
        marks: marks.counted(),
        whole_from: marks.whole_from,
        next_data: seen.next_data.map(pane_id),
        first_data: seen.first_data.map(pane_id),
        last_data: seen.last_data.map(pane_id),
        activation: activation_of(seen.since, seen.name.as_deref(), seen.version.map(i64::from))?,
    })
}
