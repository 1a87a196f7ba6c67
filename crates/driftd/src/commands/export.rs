//! Rows of the analysts' views as JSON, CSV and Parquet: the same columns everywhere.

use std::io::Write;

use driftd_dataset::{ExportColumn, ExportValues};
use driftd_model::{HistoryRow, IncidentRow};
use driftd_window::Timestamp;
use serde_json::{Value, json};

/// Columns of `drift_history`.
pub(super) const HISTORY_COLUMNS: [&str; 18] = [
    "monitor",
    "segment",
    "window_name",
    "window_start",
    "window_end",
    "feature",
    "statistic",
    "value",
    "certified_error",
    "n",
    "m",
    "p_value",
    "q_value",
    "warn",
    "critical",
    "outcome",
    "baseline",
    "sealed_at",
];

/// One row of the history in the order of [`HISTORY_COLUMNS`]; times are RFC 3339 in UTC.
fn history_values(row: &HistoryRow) -> [Value; 18] {
    [
        json!(row.monitor),
        json!(row.segment),
        json!(row.window_name),
        json!(row.window_start.to_string()),
        json!(row.window_end.to_string()),
        json!(row.feature),
        json!(row.statistic),
        json!(row.value),
        json!(row.certified_error),
        json!(row.n),
        json!(row.m),
        json!(row.p_value),
        json!(row.q_value),
        json!(row.warn),
        json!(row.critical),
        json!(row.outcome),
        json!(row.baseline),
        json!(row.sealed_at.to_string()),
    ]
}

/// The history as one JSON array, a row at a time.
pub(super) fn history_json(rows: &[HistoryRow], out: &mut dyn Write) -> anyhow::Result<()> {
    out.write_all(b"[")?;
    for (i, row) in rows.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        let object: serde_json::Map<String, Value> =
            HISTORY_COLUMNS.iter().map(|c| (*c).to_owned()).zip(history_values(row)).collect();
        serde_json::to_writer(&mut *out, &object)?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// The history as CSV with a header; nothing where there is no value.
pub(super) fn history_csv(rows: &[HistoryRow], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HISTORY_COLUMNS)?;
    for row in rows {
        csv.write_record(history_values(row).iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))?;
    }
    csv.flush()?;
    Ok(())
}

/// Incidents as JSON objects with the columns of `incident_history`.
pub(super) fn incidents_json(rows: &[IncidentRow]) -> Value {
    let time = |t: Option<Timestamp>| json!(t.map(|t| t.to_string()));
    rows.iter()
        .map(|row| {
            json!({
                "incident_id": row.incident_id,
                "monitor": row.monitor,
                "segment": row.segment,
                "kind": row.kind,
                "severity": row.severity,
                "state": row.state,
                "opened_at": time(row.opened_at),
                "acknowledged_at": time(row.acknowledged_at),
                "resolved_at": time(row.resolved_at),
                "features": row.features,
                "windows": row.windows,
            })
        })
        .collect()
}

/// The history as Parquet; times are timestamps in UTC.
pub(super) fn history_parquet(rows: &[HistoryRow], out: &mut dyn Write) -> anyhow::Result<()> {
    let text = |f: &dyn Fn(&HistoryRow) -> Option<String>| ExportValues::Text(rows.iter().map(f).collect());
    let float = |f: &dyn Fn(&HistoryRow) -> Option<f64>| ExportValues::Float64(rows.iter().map(f).collect());
    let count =
        |f: &dyn Fn(&HistoryRow) -> u64| ExportValues::Int64(rows.iter().map(|r| i64::try_from(f(r)).ok()).collect());
    let time = |f: &dyn Fn(&HistoryRow) -> i64| ExportValues::Time(rows.iter().map(|r| Some(f(r))).collect());
    let values = [
        text(&|r| Some(r.monitor.to_string())),
        text(&|r| Some(r.segment.as_str().to_owned())),
        text(&|r| Some(r.window_name.to_string())),
        time(&|r| r.window_start.as_micros()),
        time(&|r| r.window_end.as_micros()),
        text(&|r| Some(r.feature.to_string())),
        text(&|r| Some(r.statistic.to_string())),
        float(&|r| r.value),
        float(&|r| r.certified_error),
        count(&|r| r.n),
        count(&|r| r.m),
        float(&|r| r.p_value),
        float(&|r| r.q_value),
        float(&|r| r.warn),
        float(&|r| r.critical),
        text(&|r| r.outcome.map(|o| o.to_string())),
        text(&|r| Some(r.baseline.clone())),
        time(&|r| r.sealed_at.as_micros()),
    ];
    let columns: Vec<ExportColumn> = HISTORY_COLUMNS
        .iter()
        .zip(values)
        .map(|(name, values)| ExportColumn { name: (*name).to_owned(), values })
        .collect();
    driftd_dataset::write_parquet("the history", out, &columns)?;
    Ok(())
}
