//! What a seal writes, and no reconciliation does: panes, windows, verdicts.

use driftd_model::{MonitorId, SealedPane, WindowResult};
use sqlx::query_scalar;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{POSTCARD, encode_aggregates};
use crate::error::Outcome;
use crate::read::to_integer;
use crate::rows::{ScoreRow, WindowRow, plain};
use crate::seal::Decided;
use crate::sqlite::bulk::{Insert, Statement};

const PANES: Insert = Insert {
    into: "sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)",
    columns: 8,
    then: "",
};
const WINDOWS: Insert = Insert {
    into: "windows (id, monitor, segment, window_name, window_start, window_end, rows, coverage, outcome, baseline, \
           baseline_hash, sealed_at)",
    columns: 12,
    then: "",
};
const SCORES: Insert = Insert {
    into: "feature_drift (window_id, feature, statistic, value, effect, certified_error, n, m, p_value, q_value, warn, \
           critical, outcome, reason)",
    columns: 14,
    then: "",
};

/// Freezes the merged panes.
pub(super) async fn panes(
    connection: &mut SqliteConnection,
    monitor: &MonitorId,
    merged: &[SealedPane],
) -> Outcome<()> {
    let mut rows = Vec::with_capacity(merged.len());
    for pane in merged {
        rows.push((pane, encode_aggregates(&pane.aggregates)?));
    }
    PANES
        .rows(connection, &rows, |row, (pane, state)| {
            row.bind(monitor.as_str())
                .bind(pane.pane.start().as_micros())
                .bind(pane.segment.as_str())
                .bind(to_integer(pane.rows))
                .bind(to_integer(pane.late_rows))
                .bind(pane.plan_hash.as_str())
                .bind(POSTCARD)
                .bind(state.as_slice())
        })
        .await
}

/// Writes down what was judged.
pub(super) async fn windows(connection: &mut SqliteConnection, decided: &Decided<'_>) -> Outcome<()> {
    let Decided { monitor, order, outcome, .. } = *decided;
    if outcome.windows.is_empty() {
        return Ok(());
    }
    // The write lock is held, so nobody else gives ids in between.
    let first: i64 = query_scalar("SELECT coalesce(max(id), 0) + 1 FROM windows").fetch_one(&mut *connection).await?;
    let numbered: Vec<(i64, &WindowResult)> = (first..).zip(&outcome.windows).collect();
    let baseline = order.baseline();
    let reference = baseline.reference.to_string();
    WINDOWS
        .rows(connection, &WindowRow::all(&numbered, plain), |row, window| {
            row.bind(window.id)
                .bind(monitor.as_str())
                .bind(&*window.segment)
                .bind(&*window.window_name)
                .bind(window.window_start)
                .bind(window.window_end)
                .bind(window.rows)
                .bind(window.coverage)
                .bind(window.outcome)
                .bind(reference.as_str())
                .bind(baseline.hash.as_str())
                .bind(order.now.as_micros())
        })
        .await?;
    SCORES.rows(connection, &ScoreRow::all(&numbered, plain), bind_score).await
}

fn bind_score<'q>(row: Statement<'q>, score: &'q ScoreRow<'_>) -> Statement<'q> {
    row.bind(score.window_id)
        .bind(&*score.feature)
        .bind(score.statistic)
        .bind(score.value)
        .bind(score.effect)
        .bind(score.certified_error)
        .bind(score.n)
        .bind(score.m)
        .bind(score.p_value)
        .bind(score.q_value)
        .bind(score.warn)
        .bind(score.critical)
        .bind(score.outcome)
        .bind(score.reason.as_deref())
}
