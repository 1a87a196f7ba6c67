//! What a seal writes, and no reconciliation does: panes, windows, verdicts, memories; one statement a table.

use std::borrow::Cow;

use driftd_model::{MonitorId, SealedPane, WindowResult};
use sqlx::{query, query_scalar};

use crate::codec::encode_stored;
use crate::error::Outcome;
use crate::postgres::text::stored;
use crate::postgres::transaction::Transaction;
use crate::read::{to_document, to_integer};
use crate::rows::{MemoryRow, ScoreRow, WindowRow};
use crate::seal::Decided;

/// Freezes the merged panes.
pub(super) async fn panes(tx: &mut Transaction, monitor: &MonitorId, merged: &[SealedPane]) -> Outcome<()> {
    if merged.is_empty() {
        return Ok(());
    }
    let (mut codecs, mut states) = (Vec::with_capacity(merged.len()), Vec::with_capacity(merged.len()));
    for pane in merged {
        let state = encode_stored(&pane.aggregates)?;
        codecs.push(state.small_codec());
        states.push(state.bytes);
    }
    let starts: Vec<i64> = merged.iter().map(|pane| pane.pane.start().as_micros()).collect();
    let segments: Vec<Cow<'_, str>> = merged.iter().map(|pane| stored(pane.segment.as_str())).collect();
    let rows: Vec<i64> = merged.iter().map(|pane| to_integer(pane.rows)).collect();
    let late_rows: Vec<i64> = merged.iter().map(|pane| to_integer(pane.late_rows)).collect();
    let hashes: Vec<&str> = merged.iter().map(|pane| pane.plan_hash.as_str()).collect();
    query!(
        "INSERT INTO sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)
         SELECT $1, n.pane_start, n.segment, n.rows, n.late_rows, n.plan_hash, n.codec, n.state
         FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::smallint[], $8::bytea[])
              AS n (pane_start, segment, rows, late_rows, plan_hash, codec, state)",
        monitor.as_str(),
        &starts,
        &segments as &[Cow<'_, str>],
        &rows,
        &late_rows,
        &hashes as &[&str],
        &codecs,
        &states
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down what was judged.
pub(super) async fn windows(tx: &mut Transaction, decided: &Decided<'_>) -> Outcome<()> {
    let Decided { monitor, order, outcome, .. } = decided;
    if outcome.windows.is_empty() {
        return Ok(());
    }
    let ids = query_scalar!(
        r#"SELECT nextval(pg_get_serial_sequence('windows', 'id')) AS "id!" FROM generate_series(1, $1::bigint)"#,
        to_integer(outcome.windows.len() as u64)
    );
    let mut ids: Vec<i64> = ids.fetch_all(&mut *tx).await?;
    ids.sort_unstable();
    let numbered: Vec<(i64, &WindowResult)> = ids.into_iter().zip(&outcome.windows).collect();
    let baseline = order.baseline();
    query!(
        "INSERT INTO windows (id, monitor, segment, window_name, window_start, window_end, rows, coverage, outcome,
                              baseline, baseline_hash, sealed_at, budget)
         SELECT n.id, $1, n.segment, n.window_name, n.window_start, n.window_end, n.rows, n.coverage, n.outcome,
                $2, $3, $4, $5
         FROM json_to_recordset($6::text::json)
              AS n (id bigint, segment text, window_name text, window_start bigint, window_end bigint, rows bigint,
                    coverage double precision, outcome text)",
        monitor.as_str(),
        &baseline.reference.to_string(),
        baseline.hash.as_str(),
        order.now.as_micros(),
        &order.budget().to_string(),
        to_document(&WindowRow::all(&numbered, stored), "windows")?
    )
    .execute(&mut *tx)
    .await?;
    let scores = ScoreRow::all(&numbered, stored);
    if scores.is_empty() {
        return Ok(());
    }
    query!(
        "INSERT INTO feature_drift (window_id, feature, statistic, value, effect, certified_error, n, m, p_value,
                                    q_value, warn, critical, outcome, reason, expected, net, phi, healthy_windows,
                                    level, previous_value, previous_p, day_value, day_p, week_value, week_p)
         SELECT n.window_id, n.feature, n.statistic, n.value, n.effect, n.certified_error, n.n, n.m, n.p_value,
                n.q_value, n.warn, n.critical, n.outcome, n.reason, n.expected, n.net, n.phi, n.healthy_windows,
                n.level, n.previous_value, n.previous_p, n.day_value, n.day_p, n.week_value, n.week_p
         FROM json_to_recordset($1::text::json)
              AS n (window_id bigint, feature text, statistic text, value double precision, effect double precision,
                    certified_error double precision, n bigint, m bigint, p_value double precision,
                    q_value double precision, warn double precision, critical double precision, outcome text,
                    reason text, expected double precision, net double precision, phi double precision,
                    healthy_windows bigint, level double precision, previous_value double precision,
                    previous_p double precision, day_value double precision, day_p double precision,
                    week_value double precision, week_p double precision)",
        to_document(&scores, "statistics")?
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down what is remembered.
pub(super) async fn memories(tx: &mut Transaction, decided: &Decided<'_>) -> Outcome<()> {
    let rows = MemoryRow::all(&decided.outcome.memories)?;
    if rows.is_empty() {
        return Ok(());
    }
    let windows: Vec<_> = rows.iter().map(|row| stored(row.window)).collect();
    let segments: Vec<_> = rows.iter().map(|row| stored(row.segment)).collect();
    let hashes: Vec<&str> = rows.iter().map(|row| row.shape_hash).collect();
    let through: Vec<i64> = rows.iter().map(|row| row.through).collect();
    let states: Vec<&[u8]> = rows.iter().map(|row| row.state.as_slice()).collect();
    query!(
        "INSERT INTO memory (monitor, window_name, segment, shape_hash, through, state)
         SELECT $1, n.window_name, n.segment, n.shape_hash, n.through, n.state
         FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bytea[])
              AS n (window_name, segment, shape_hash, through, state)
         ON CONFLICT (monitor, window_name, segment) DO UPDATE
         SET shape_hash = excluded.shape_hash, through = excluded.through, state = excluded.state",
        decided.monitor.as_str(),
        &windows as &[Cow<'_, str>],
        &segments as &[Cow<'_, str>],
        &hashes as &[&str],
        &through,
        &states as &[&[u8]]
    )
    .execute(tx)
    .await?;
    Ok(())
}
