//! What a seal writes, and no reconciling does: panes, windows, verdicts.

use driftd_model::{MonitorId, Outcome as Judged, Score, SealedPane, Threshold, Verdict, WindowResult};
use sqlx::query_scalar;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{POSTCARD, encode_aggregates};
use crate::error::Outcome;
use crate::read::to_integer;
use crate::seal::{Decided, scores};
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
    let Decided { sealer, now, outcome, baseline, .. } = decided;
    if outcome.windows.is_empty() {
        return Ok(());
    }
    // The write lock is held, so nobody else gives ids in between.
    let first: i64 = query_scalar("SELECT coalesce(max(id), 0) + 1 FROM windows").fetch_one(&mut *connection).await?;
    let numbered: Vec<(i64, &WindowResult)> = (first..).zip(&outcome.windows).collect();
    let (reference, hash) = baseline;
    let baseline = reference.to_string();
    WINDOWS
        .rows(connection, &numbered, |row, (id, result)| {
            row.bind(*id)
                .bind(sealer.monitor().as_str())
                .bind(result.segment.as_str())
                .bind(result.window.name.as_str())
                .bind(result.start.as_micros())
                .bind(result.window.end.as_micros())
                .bind(to_integer(result.rows))
                .bind(result.coverage)
                .bind(result.outcome.as_str())
                .bind(baseline.as_str())
                .bind(hash.as_str())
                .bind(now.as_micros())
        })
        .await?;
    SCORES.rows(connection, &scores(&numbered), bind_score).await
}

fn bind_score<'q>(row: Statement<'q>, (window, verdict, score): &'q (i64, &Verdict, &Score)) -> Statement<'q> {
    let threshold = |pick: fn(Threshold) -> f64| score.threshold.map(pick);
    row.bind(*window)
        .bind(verdict.feature.as_str())
        .bind(score.statistic.as_str())
        .bind(score.value)
        .bind(score.effect())
        .bind(score.certified_error)
        .bind(to_integer(verdict.baseline.usable))
        .bind(to_integer(verdict.window.usable))
        .bind(score.p_value)
        .bind(score.q_value)
        .bind(threshold(|t| t.warn))
        .bind(threshold(|t| t.critical))
        .bind(score.outcome.map(Judged::as_str))
        .bind(score.reason.map(|reason| reason.to_string()))
}
