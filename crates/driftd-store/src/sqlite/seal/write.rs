//! What a seal writes, and no reconciliation does: panes, windows, verdicts, memories.

use driftd_model::{MonitorId, SealedPane, WindowResult};
use sqlx::query_scalar;
use sqlx::sqlite::SqliteConnection;

use crate::codec::encode_stored;
use crate::error::Outcome;
use crate::read::to_integer;
use crate::rows::{MemoryRow, ScoreRow, WindowRow, plain};
use crate::seal::Decided;
use crate::sqlite::bulk::{Insert, Values};

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
           critical, outcome, reason, expected, net, phi, healthy_windows, level)",
    columns: 19,
    then: "",
};
/// Scores that were compared with other windows as well; few are, and six columns of nothing for all others cost time.
const REFERRED_SCORES: Insert = Insert {
    into: "feature_drift (window_id, feature, statistic, value, effect, certified_error, n, m, p_value, q_value, warn, \
           critical, outcome, reason, expected, net, phi, healthy_windows, level, previous_value, previous_p, day_value, \
           day_p, week_value, week_p)",
    columns: 25,
    then: "",
};

const MEMORIES: Insert = Insert {
    into: "memory (monitor, window_name, segment, shape_hash, through, state)",
    columns: 6,
    then: "ON CONFLICT (monitor, window_name, segment) DO UPDATE \
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
        rows.push((pane, encode_stored(&pane.aggregates)?));
    }
    PANES
        .rows(connection, &rows, |row, (pane, state)| {
            row.bind(monitor.as_str())
                .bind(pane.pane.start().as_micros())
                .bind(pane.segment.as_str())
                .bind(to_integer(pane.rows))
                .bind(to_integer(pane.late_rows))
                .bind(pane.plan_hash.as_str())
                .bind(state.codec)
                .bind(state.bytes.as_slice())
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
    let scores = ScoreRow::all(&numbered, plain);
    let (referred, others): (Vec<_>, Vec<_>) = scores.iter().partition(|score| score.has_references());
    SCORES.rows(connection, &others, |row, score| bind_score(row, score)).await?;
    REFERRED_SCORES.rows(connection, &referred, |row, score| bind_references(bind_score(row, score), score)).await
}

/// Writes down what is remembered.
pub(super) async fn memories(connection: &mut SqliteConnection, decided: &Decided<'_>) -> Outcome<()> {
    let Decided { monitor, outcome, .. } = *decided;
    MEMORIES
        .rows(connection, &MemoryRow::all(&outcome.memories)?, |row, memory| {
            row.bind(monitor.as_str())
                .bind(memory.window)
                .bind(memory.segment)
                .bind(memory.shape_hash)
                .bind(memory.through)
                .bind(memory.state.as_slice())
        })
        .await
}

fn bind_score<'r>(row: &'r mut Values, score: &ScoreRow<'_>) -> &'r mut Values {
    row.bind(score.window_id)
        .repeated(&score.feature)
        .word(Some(score.statistic))
        .bind(score.value)
        .bind(score.effect)
        .bind(score.certified_error)
        .bind(score.n)
        .bind(score.m)
        .bind(score.p_value)
        .bind(score.q_value)
        .bind(score.warn)
        .bind(score.critical)
        .word(score.outcome)
        .bind(score.reason.as_deref())
        .bind(score.expected)
        .bind(score.net)
        .bind(score.phi)
        .bind(score.healthy_windows)
        .bind(score.level)
}

fn bind_references<'r>(row: &'r mut Values, score: &ScoreRow<'_>) -> &'r mut Values {
    row.bind(score.previous_value)
        .bind(score.previous_p)
        .bind(score.day_value)
        .bind(score.day_p)
        .bind(score.week_value)
        .bind(score.week_p)
}
