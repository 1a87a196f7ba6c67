//! Baselines in words.

use std::fmt::Write;

use driftd_model::{Comparison, JudgeRules, StoredBaseline, judge, words};
use driftd_stats::FeatureLayout;

use super::{variation, volume};
use crate::terminal::{Table, minutes};

/// One version: what it was built from and what it knows of every column.
pub(super) fn show(stored: &StoredBaseline) -> String {
    let baseline = &stored.baseline;
    let mut text = format!(
        "{}  {}\nbuilt {} UTC from {}, {} rows\n",
        stored.reference,
        stored.hash.short(),
        minutes(stored.created_at),
        words::printable(&baseline.source),
        words::count(baseline.rows),
    );
    if let Some(traffic) = volume::line(baseline) {
        let _ = writeln!(text, "{traffic}");
    }
    let _ = writeln!(text, "{}", variation::line(baseline));
    text.push('\n');
    let mut table = Table::new(
        &["feature", "kind", "values", "missing", "cells", "bins", "range or top categories"],
        &[2, 3, 4, 5],
    );
    for feature in &baseline.features {
        let (cells, bins, range) = match &*feature.layout {
            FeatureLayout::Numeric(edges) => (
                words::count(edges.cells() as u64),
                edges.bins().to_string(),
                format!(
                    "{} to {}{}",
                    words::number(edges.min()),
                    words::number(edges.max()),
                    if edges.precision().is_double() {
                        String::new()
                    } else {
                        format!(", in {} bits", edges.precision().bits())
                    }
                ),
            ),
            FeatureLayout::Categorical(dictionary) => {
                let shown: Vec<&str> = dictionary.categories().iter().take(5).map(String::as_str).collect();
                let more = dictionary.categories().len().saturating_sub(shown.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                (String::new(), dictionary.bins().to_string(), format!("{}{more}", shown.join(", ")))
            }
            FeatureLayout::Presence => (String::new(), String::new(), "no values: only presence is watched".to_owned()),
        };
        table.row([
            feature.name.to_string(),
            feature.kind().to_string(),
            words::count(feature.aggregate.usable()),
            words::count(feature.aggregate.missing()),
            cells,
            bins,
            range,
        ]);
    }
    text.push_str(&table.text());
    let variation = variation::features(baseline);
    if !variation.is_empty() {
        let _ = write!(text, "\n{variation}\n");
    }
    for skipped in &baseline.skipped {
        let _ = writeln!(text, "not monitored: {} ({})", words::printable(&skipped.name), skipped.reason);
    }
    for segment in &baseline.segments {
        let _ = writeln!(
            text,
            "segment {}: {} rows",
            words::printable(&segment.key.to_string()),
            words::count(segment.rows)
        );
    }
    text
}

/// Two versions: what came, what went, and how far the rest moved, on the older one's bins where both share them.
pub(super) fn diff(old: &StoredBaseline, new: &StoredBaseline) -> String {
    let mut text = format!("{} ({}) → {} ({})\n", old.reference, old.hash.short(), new.reference, new.hash.short());
    if old.hash == new.hash {
        text.push_str("the same content\n");
        return text;
    }
    let _ = writeln!(text, "rows {} → {}", words::count(old.baseline.rows), words::count(new.baseline.rows));
    if let Some(change) = volume::change(&old.baseline, &new.baseline) {
        let _ = writeln!(text, "{change}");
    }
    text.push_str(&variation::changes(&old.baseline, &new.baseline));
    let rules = JudgeRules::default();
    let mut table = Table::new(&["feature", "change", "PSI", "KS", "values before", "values after"], &[2, 3, 4, 5]);
    for feature in &old.baseline.features {
        let Some(other) = new.baseline.feature(feature.name.as_str()) else {
            table.row([feature.name.to_string(), "gone".to_owned()]);
            continue;
        };
        let mut row = vec![feature.name.to_string()];
        if feature.kind() != other.kind() {
            row.push(format!("{} → {}", feature.kind(), other.kind()));
        } else if feature.layout == other.layout {
            let comparison = Comparison {
                feature: &feature.name,
                layout: &feature.layout,
                baseline: &feature.aggregate,
                window: &other.aggregate,
                rules: &rules,
                healthy: None,
            };
            let verdicts = judge(&[comparison]);
            let value = |statistic| {
                let score = verdicts.first().and_then(|v| v.score(statistic));
                score.and_then(|s| s.value).map_or_else(String::new, words::number)
            };
            row.push("same bins".to_owned());
            row.push(value(driftd_stats::DriftStatistic::Psi));
            row.push(value(driftd_stats::DriftStatistic::Ks));
        } else {
            row.extend(["other bins".to_owned(), String::new(), String::new()]);
        }
        row.resize(4, String::new());
        row.push(words::count(feature.aggregate.usable()));
        row.push(words::count(other.aggregate.usable()));
        table.row(row);
    }
    for feature in &new.baseline.features {
        if old.baseline.feature(feature.name.as_str()).is_none() {
            table.row([feature.name.to_string(), "new".to_owned()]);
        }
    }
    text.push_str(&table.text());
    text
}
