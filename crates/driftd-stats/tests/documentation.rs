//! The table of `docs/statistics.md` is the table of statistics.

use driftd_stats::{Definition, DriftStatistic, Scale};

const PAGE: &str = include_str!("../../../docs/statistics.md");

/// The table as the page has to show it.
fn table() -> String {
    let head = "| name | definition | range | p-value | default warn / critical |\n|---|---|---|---|---|\n";
    DriftStatistic::ALL.into_iter().fold(head.to_owned(), |table, statistic| table + &row(statistic.definition()))
}

fn row(definition: &Definition) -> String {
    let Definition { key, formula, range, law, scale, .. } = definition;
    let thresholds = definition.thresholds.map_or_else(
        || "–".to_owned(),
        |(warn, critical)| match scale {
            Scale::Change { .. } | Scale::Growth { .. } => format!("+{warn} / +{critical}"),
            Scale::Distance => format!("{warn} / {critical} (of σ)"),
            _ if critical.is_infinite() => format!("{warn} / –"),
            Scale::Number | Scale::Share { .. } => format!("{warn} / {critical}"),
        },
    );
    let law = if law.is_empty() { "none" } else { law };
    format!("| <a id=\"{key}\"></a>`{key}` | {formula} | {range} | {law} | {thresholds} |\n")
}

#[test]
fn the_page_shows_every_statistic_as_it_is_defined() {
    let table = table();
    assert!(PAGE.contains(&table), "the table of docs/statistics.md has to read\n\n{table}");
}

#[test]
fn the_page_names_what_decides_by_default() {
    let keys: Vec<String> = DriftStatistic::ALL
        .into_iter()
        .filter(|statistic| statistic.definition().decides)
        .map(|statistic| format!("`{statistic}`"))
        .collect();
    let (last, first) = keys.split_last().expect("something decides");
    let sentence = format!("{} and {last} decide by default", first.join(", "));
    assert!(PAGE.contains(&sentence), "docs/statistics.md has to say: {sentence}");
}
