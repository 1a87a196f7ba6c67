//! What a seal writes, and no reconciliation does: panes, windows, verdicts, memories.

use driftd_model::{FeatureMemory, MonitorId, SealedPane, WindowResult};
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_scalar};

use crate::codec::{POSTCARD, encode_aggregates};
use crate::error::Outcome;
use crate::read::to_integer;
use crate::rows::{ScoreRow, WindowRow, plain};
use crate::seal::Decided;
use crate::sqlite::bulk::{Insert, Statement};
use crate::statement::statement;

const PANES: Insert = Insert {
    into: "sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)",
    columns: 8,
    then: "",
};
const WINDOWS: Insert = Insert {
    into: "windows (id, monitor, segment, window_name, window_start, window_end, rows, coverage, outcome, baseline, \
           baseline_hash, sealed_at, budget)",
    columns: 13,
    then: "",
};
const SCORES: Insert = Insert {
    into: "feature_drift (window_id, feature, statistic, value, effect, certified_error, n, m, p_value, q_value, warn, \
           critical, outcome, reason, expected, net, phi, healthy_windows, level, previous_value, previous_p, day_value, \
           day_p, week_value, week_p)",
    columns: 25,
    then: "",
};

const MEMORIES: Insert = Insert {
    into: "memory (monitor, window_name, segment, feature, shape_hash, through, state)",
    columns: 7,
    then: "ON CONFLICT (monitor, window_name, segment, feature) DO UPDATE \
           SET shape_hash = excluded.shape_hash, through = excluded.through, state = excluded.state",
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
    let (reference, budget) = (baseline.reference.to_string(), order.budget().to_string());
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
                .bind(budget.as_str())
        })
        .await?;
    SCORES.rows(connection, &ScoreRow::all(&numbered, plain), bind_score).await
}

/// Writes down what is remembered, and forgets what takes no window any more.
pub(super) async fn memories(connection: &mut SqliteConnection, decided: &Decided<'_>) -> Outcome<()> {
    let Decided { monitor, order, outcome, .. } = *decided;
    for shape in order.remembered() {
        query(statement!("drop_memories"))
            .bind(monitor.as_str())
            .bind(shape.window.as_str())
            .bind(shape.hash.as_str())
            .bind(shape.over_before.as_micros())
            .execute(&mut *connection)
            .await?;
    }
    let memories = &outcome.memories;
    let rows: Vec<(&FeatureMemory, Vec<u8>)> =
        memories.iter().map(|memory| (memory, memory.counts.to_bytes())).collect();
    MEMORIES
        .rows(connection, &rows, |row, (memory, state)| {
            row.bind(monitor.as_str())
                .bind(memory.window.as_str())
                .bind(memory.segment.as_str())
                .bind(memory.feature.as_str())
                .bind(memory.shape_hash.as_str())
                .bind(memory.through.as_micros())
                .bind(state.as_slice())
        })
        .await
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
        .bind(score.expected)
        .bind(score.net)
        .bind(score.phi)
        .bind(score.healthy_windows)
        .bind(score.level)
        .bind(score.previous_value)
        .bind(score.previous_p)
        .bind(score.day_value)
        .bind(score.day_p)
        .bind(score.week_value)
        .bind(score.week_p)
}
