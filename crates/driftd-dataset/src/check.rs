//! A table held against a baseline, once.

use std::collections::BTreeSet;

use driftd_model::check::{CheckReport, Side, not_comparable};
use driftd_model::{Baseline, Comparison, FeatureKind, FeatureName, JudgeRules, Reason, Rows, judge, rows_of};
use driftd_stats::FeatureAggregate;

use crate::{ColumnKind, DatasetError, Table, aggregate};

/// A check, and the counts it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The verdicts.
    pub report: CheckReport,
    /// The current side's counts of every feature that could be compared, in the baseline's order.
    pub counts: Vec<(FeatureName, FeatureAggregate)>,
}

/// Compares `table` with `baseline` and judges every feature by `rules`.
///
/// Every feature of the baseline has a verdict, in the baseline's order, and after them every column that only the
/// current data have. Features for which `rules` gives `None` are left out. Columns that the baseline skipped, and
/// their namesakes in the current data, are notes.
///
/// # Errors
/// A file that turns out to be damaged, or a name that fits several nested columns.
pub fn check(
    baseline: &Baseline,
    baseline_name: &str,
    table: &Table,
    rules: &dyn Fn(&FeatureName) -> Option<JudgeRules>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Checked, DatasetError> {
    let watched: Vec<_> = baseline.features.iter().filter_map(|f| Some((f, rules(&f.name)?))).collect();
    let features: Vec<_> = watched.iter().map(|(f, _)| *f).collect();
    let current = aggregate(table, &features, progress)?;
    let comparisons: Vec<Comparison<'_>> = watched
        .iter()
        .zip(&current.features)
        .filter_map(|((f, rules), counts)| {
            let window: &FeatureAggregate = counts.as_ref().ok()?;
            Some(Comparison { feature: &f.name, layout: &f.layout, baseline: &f.aggregate, window, rules })
        })
        .collect();
    let mut judged = judge(&comparisons).into_iter();
    let mut features = Vec::with_capacity(watched.len());
    for ((feature, _), counts) in watched.iter().zip(&current.features) {
        features.extend(match counts {
            Ok(_) => judged.next(),
            Err(reason) => {
                let window = Rows { rows: current.rows, ..Rows::default() };
                let name = feature.name.as_str();
                Some(not_comparable(name, feature.kind(), reason.clone(), rows_of(&feature.aggregate), window))
            }
        });
    }
    let (extra, mut notes) = strangers(baseline, table, rules);
    notes.extend(table.notes().iter().cloned());
    features.extend(extra.into_iter().map(|(name, kind)| {
        let window = Rows { rows: current.rows, ..Rows::default() };
        let absent = Rows { rows: baseline.rows, ..Rows::default() };
        not_comparable(&name, kind, Reason::MissingFromBaseline, absent, window)
    }));
    let report = CheckReport {
        baseline: Side { name: baseline_name.to_owned(), rows: baseline.rows },
        baseline_hash: baseline.content_hash(),
        current: Side { name: table.path().display().to_string(), rows: current.rows },
        features,
        notes,
    };
    let names = watched.iter().map(|(f, _)| f.name.clone());
    let counts = names.zip(current.features).filter_map(|(name, counts)| Some((name, counts.ok()?))).collect();
    Ok(Checked { report, counts })
}

/// Columns of the table that no feature stands for, and what to say about the skipped ones.
fn strangers(
    baseline: &Baseline,
    table: &Table,
    rules: &dyn Fn(&FeatureName) -> Option<JudgeRules>,
) -> (Vec<(String, FeatureKind)>, Vec<String>) {
    let known: BTreeSet<&str> = baseline.features.iter().map(|f| f.name.as_str()).collect();
    let skipped: BTreeSet<&str> = baseline.skipped.iter().map(|s| s.name.as_str()).collect();
    let mut notes: Vec<String> =
        baseline.skipped.iter().map(|s| format!("column {:?} is not compared: {}", s.name, s.reason)).collect();
    let mut extra = Vec::new();
    for (index, column) in table.schema().columns().iter().enumerate() {
        let name = table.schema().short_name(index);
        let is_known = |names: &BTreeSet<&str>| names.contains(name) || names.contains(column.name.as_str());
        if is_known(&known) || is_known(&skipped) || rules(&name.into()).is_none() {
            continue;
        }
        match &column.kind {
            ColumnKind::Number => extra.push((name.to_owned(), FeatureKind::Numeric)),
            ColumnKind::Bool | ColumnKind::Text => extra.push((name.to_owned(), FeatureKind::Categorical)),
            ColumnKind::Empty => extra.push((name.to_owned(), FeatureKind::Presence)),
            kind @ (ColumnKind::Time | ColumnKind::Unsupported(_)) => {
                notes.push(format!("column {name:?} of the current data is not compared: it holds {kind}"));
            }
        }
    }
    (extra, notes)
}
