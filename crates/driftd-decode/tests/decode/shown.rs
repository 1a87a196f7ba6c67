//! Decoded rows in a form that can be compared and read: independent of codes and of values nobody looks at.

use driftd_decode::Decoder;
use driftd_model::{MonitorPlan, Offset};
use driftd_stats::MISSING_CODE;
use driftd_window::{Column, MISSING, PRESENT, RecordBatch};
use std::sync::Arc;

/// A value of a row.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    Number(f64),
    Text(String),
    Present,
    Missing,
    Mistyped,
}

/// Numbers are equal bit for bit.
impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        format!("{self}") == format!("{other}")
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) if number.is_nan() => f.write_str("NaN"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Present => f.write_str("present"),
            Self::Missing => f.write_str("missing"),
            Self::Mistyped => f.write_str("mistyped"),
        }
    }
}

/// A row: event time, segment, values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownRow {
    pub(crate) at: i64,
    pub(crate) segment: String,
    pub(crate) values: Vec<Shown>,
}

impl std::fmt::Display for ShownRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        let segment = if self.segment.is_empty() { String::new() } else { format!(" [{}]", self.segment) };
        write!(f, "{}{segment}: {}", self.at, values.join(" "))
    }
}

/// What messages become.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Outcome {
    /// Rows by monitor.
    pub(crate) rows: Vec<Vec<ShownRow>>,
    /// Offsets and reasons.
    pub(crate) rejects: Vec<(i64, String)>,
    pub(crate) filtered: u64,
}

/// What `decoder` says about `messages`, numbered from 0.
pub(crate) fn outcome(decoder: &mut Decoder, messages: &[impl AsRef<[u8]>]) -> Outcome {
    for (offset, message) in (0..).zip(messages) {
        decoder.push(Offset(offset), Some(message.as_ref()));
    }
    let decoded = decoder.finish();
    Outcome {
        rows: decoded.batches.iter().map(rows).collect(),
        rejects: decoded.rejects.into_iter().map(|reject| (reject.offset.0, reject.reason)).collect(),
        filtered: decoded.filtered,
    }
}

/// One message through a decoder of its own: rows, rejects with their details, filtered.
pub(crate) fn shown(plans: &[Arc<MonitorPlan>], message: &str) -> String {
    let mut decoder = Decoder::new(plans);
    decoder.push(Offset(0), Some(message.as_bytes()));
    let decoded = decoder.finish();
    let mut lines = Vec::new();
    for batch in &decoded.batches {
        lines.extend(rows(batch).iter().map(ToString::to_string));
        if plans.len() > 1 {
            lines.push("--".to_owned());
        }
    }
    lines.extend(decoded.rejects.iter().map(|reject| format!("{}: {}", reject.reason, reject.detail)));
    if decoded.filtered > 0 {
        lines.push(format!("filtered: {}", decoded.filtered));
    }
    lines.join("\n")
}

pub(crate) fn rows(batch: &RecordBatch) -> Vec<ShownRow> {
    let segment =
        |row: usize| batch.segments().map_or_else(String::new, |s| s.keys[s.codes[row] as usize].as_str().to_owned());
    let row = |row: usize| ShownRow {
        at: batch.event_times()[row],
        segment: segment(row),
        values: batch.columns().iter().map(|column| value(column, row)).collect(),
    };
    (0..batch.rows()).map(row).collect()
}

fn value(column: &Column, row: usize) -> Shown {
    let absence = |code: u8| if code == MISSING { Shown::Missing } else { Shown::Mistyped };
    match column {
        Column::Numeric { values, absent } => match absent.as_ref().map_or(PRESENT, |codes| codes[row]) {
            PRESENT => Shown::Number(values[row]),
            code => absence(code),
        },
        Column::Text { codes, values } => match values.get(codes[row] as usize) {
            Some(text) => Shown::Text(text.clone()),
            None if codes[row] == MISSING_CODE => Shown::Missing,
            None => Shown::Mistyped,
        },
        Column::Presence { absent } => match absent[row] {
            PRESENT => Shown::Present,
            code => absence(code),
        },
    }
}
