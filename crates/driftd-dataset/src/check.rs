//! A table held against a baseline, once.

use std::collections::BTreeSet;

use driftd_model::check::{CheckReport, Side, explain, not_comparable};
use driftd_model::{Baseline, Comparison, FeatureKind, FeatureName, JudgeRules, Reason, Rows, judge, words};
use driftd_stats::FeatureAggregate;

use crate::{ColumnKind, DatasetError, Table, aggregate};

/// A check, and the counts it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The verdicts.
    pub report: CheckReport,
    /// The current side's counts of every feature, in the baseline's order.
    pub counts: Vec<(FeatureName, FeatureAggregate)>,
}

/// Compares `table` with `baseline` and judges every feature by `rules`, as a replay of the same table would.
///
/// Every feature of the baseline has a verdict, in the baseline's order, also one whose column is not there or holds
/// something else: its values are missing or mistyped, which is judged like any other change, and the verdict says why.
/// After them stands every column that only the current data have, which weighs nothing. Features for which `rules` gives
/// `None` are left out. Columns that the baseline skipped, and their namesakes in the current data, are notes.
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
        .map(|((f, rules), counted)| Comparison {
            feature: &f.name,
            layout: &f.layout,
            baseline: &f.aggregate,
            window: &counted.counts,
            rules,
            healthy: None,
        })
        .collect();
    let mut features = judge(&comparisons);
    for ((comparison, verdict), counted) in comparisons.iter().zip(&mut features).zip(&current.features) {
        verdict.moved = comparison.moved();
        if let Some(differs) = &counted.differs {
            explain(verdict, differs);
        }
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
    Ok(Checked { report, counts: names.zip(current.features.into_iter().map(|counted| counted.counts)).collect() })
}

/// Columns of the table that no feature stands for, and what to say about the skipped ones.
fn strangers(
    baseline: &Baseline,
    table: &Table,
    rules: &dyn Fn(&FeatureName) -> Option<JudgeRules>,
) -> (Vec<(String, FeatureKind)>, Vec<String>) {
    let known: BTreeSet<&str> = baseline.features.iter().map(|f| f.name.as_str()).collect();
    let skipped: BTreeSet<&str> = baseline.skipped.iter().map(|s| s.name.as_str()).collect();
    let skips = baseline.skipped.iter().map(|s| (s.name.as_str(), s.reason.to_string()));
    let mut notes = grouped("", skips);
    let (mut extra, mut unread) = (Vec::new(), Vec::new());
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
                unread.push((name, format!("it holds {kind}")));
            }
        }
    }
    notes.extend(grouped(" of the current data", unread.into_iter()));
    (extra, notes)
}

/// One note for all columns that are left out for the same reason.
fn grouped<'a>(whose: &str, columns: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    let note = |(reason, names): (String, Vec<&str>)| {
        let names: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
        match names.as_slice() {
            [only] => format!("column {only}{whose} is not compared: {reason}"),
            names => format!("columns {}{whose} are not compared: {reason}", words::list(names)),
        }
    };
    words::by_reason(columns).into_iter().map(note).collect()
}
