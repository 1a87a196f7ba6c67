//! What a seal writes, and no reconciling does: panes, windows, verdicts; one statement a table.

use std::borrow::Cow;

use driftd_model::{MonitorId, Outcome as Judged, SealedPane, WindowResult};
use sqlx::{PgConnection, query, query_scalar};

use crate::codec::{POSTCARD_SMALL, encode_aggregates};
use crate::error::Outcome;
use crate::postgres::text::stored;
use crate::read::to_integer;
use crate::seal::{Decided, scores};

/// Freezes the merged panes.
pub(super) async fn panes(connection: &mut PgConnection, monitor: &MonitorId, merged: &[SealedPane]) -> Outcome<()> {
    if merged.is_empty() {
        return Ok(());
    }
    let mut states = Vec::with_capacity(merged.len());
    for pane in merged {
        states.push(encode_aggregates(&pane.aggregates)?);
    }
    let starts: Vec<i64> = merged.iter().map(|pane| pane.pane.start().as_micros()).collect();
    let segments: Vec<Cow<'_, str>> = merged.iter().map(|pane| stored(pane.segment.as_str())).collect();
    let rows: Vec<i64> = merged.iter().map(|pane| to_integer(pane.rows)).collect();
    let late_rows: Vec<i64> = merged.iter().map(|pane| to_integer(pane.late_rows)).collect();
    let hashes: Vec<&str> = merged.iter().map(|pane| pane.plan_hash.as_str()).collect();
    query!(
        "INSERT INTO sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)
         SELECT $1, n.pane_start, n.segment, n.rows, n.late_rows, n.plan_hash, $2, n.state
         FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bytea[])
              AS n (pane_start, segment, rows, late_rows, plan_hash, state)",
        monitor.as_str(),
        POSTCARD_SMALL,
        &starts,
        &segments as &[Cow<'_, str>],
        &rows,
        &late_rows,
        &hashes as &[&str],
        &states
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down what was judged.
pub(super) async fn windows(connection: &mut PgConnection, decided: &Decided<'_>) -> Outcome<()> {
    let results = &decided.outcome.windows;
    if results.is_empty() {
        return Ok(());
    }
    let ids = query_scalar!(
        r#"SELECT nextval(pg_get_serial_sequence('windows', 'id')) AS "id!" FROM generate_series(1, $1::bigint)"#,
        to_integer(results.len() as u64)
    );
    let mut ids: Vec<i64> = ids.fetch_all(&mut *connection).await?;
    ids.sort_unstable();
    let (reference, hash) = &decided.baseline;
    let segments: Vec<Cow<'_, str>> = results.iter().map(|result| stored(result.segment.as_str())).collect();
    let names: Vec<Cow<'_, str>> = results.iter().map(|result| stored(result.window.name.as_str())).collect();
    let starts: Vec<i64> = results.iter().map(|result| result.start.as_micros()).collect();
    let ends: Vec<i64> = results.iter().map(|result| result.window.end.as_micros()).collect();
    let rows: Vec<i64> = results.iter().map(|result| to_integer(result.rows)).collect();
    let coverages: Vec<f64> = results.iter().map(|result| result.coverage).collect();
    let outcomes: Vec<&str> = results.iter().map(|result| result.outcome.as_str()).collect();
    query!(
        "INSERT INTO windows (id, monitor, segment, window_name, window_start, window_end, rows, coverage, outcome,
                              baseline, baseline_hash, sealed_at)
         SELECT n.id, $1, n.segment, n.window_name, n.window_start, n.window_end, n.rows, n.coverage, n.outcome,
                $2, $3, $4
         FROM unnest($5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[],
                     $11::double precision[], $12::text[])
              AS n (id, segment, window_name, window_start, window_end, rows, coverage, outcome)",
        decided.sealer.monitor().as_str(),
        &reference.to_string(),
        hash.as_str(),
        decided.now.as_micros(),
        &ids,
        &segments as &[Cow<'_, str>],
        &names as &[Cow<'_, str>],
        &starts,
        &ends,
        &rows,
        &coverages,
        &outcomes as &[&str]
    )
    .execute(&mut *connection)
    .await?;
    let numbered: Vec<(i64, &WindowResult)> = ids.into_iter().zip(results).collect();
    feature_drift(connection, &numbered).await
}

async fn feature_drift(connection: &mut PgConnection, numbered: &[(i64, &WindowResult)]) -> Outcome<()> {
    let scores = scores(numbered);
    if scores.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = scores.iter().map(|(id, ..)| *id).collect();
    let features: Vec<Cow<'_, str>> = scores.iter().map(|(_, verdict, _)| stored(verdict.feature.as_str())).collect();
    let statistics: Vec<&str> = scores.iter().map(|(.., score)| score.statistic.as_str()).collect();
    let values: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.value).collect();
    let effects: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.effect()).collect();
    let errors: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.certified_error).collect();
    let ns: Vec<i64> = scores.iter().map(|(_, verdict, _)| to_integer(verdict.baseline.usable)).collect();
    let ms: Vec<i64> = scores.iter().map(|(_, verdict, _)| to_integer(verdict.window.usable)).collect();
    let p_values: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.p_value).collect();
    let q_values: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.q_value).collect();
    let warns: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.threshold.map(|t| t.warn)).collect();
    let criticals: Vec<Option<f64>> = scores.iter().map(|(.., score)| score.threshold.map(|t| t.critical)).collect();
    let outcomes: Vec<Option<&str>> = scores.iter().map(|(.., score)| score.outcome.map(Judged::as_str)).collect();
    let reasons: Vec<Option<String>> =
        scores.iter().map(|(.., score)| score.reason.map(|reason| reason.to_string())).collect();
    query!(
        "INSERT INTO feature_drift (window_id, feature, statistic, value, effect, certified_error, n, m, p_value,
                                    q_value, warn, critical, outcome, reason)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::double precision[], $5::double precision[],
                              $6::double precision[], $7::bigint[], $8::bigint[], $9::double precision[],
                              $10::double precision[], $11::double precision[], $12::double precision[], $13::text[],
                              $14::text[])",
        &ids,
        &features as &[Cow<'_, str>],
        &statistics as &[&str],
        &values as &[Option<f64>],
        &effects as &[Option<f64>],
        &errors as &[Option<f64>],
        &ns,
        &ms,
        &p_values as &[Option<f64>],
        &q_values as &[Option<f64>],
        &warns as &[Option<f64>],
        &criticals as &[Option<f64>],
        &outcomes as &[Option<&str>],
        &reasons as &[Option<String>]
    )
    .execute(connection)
    .await?;
    Ok(())
}
