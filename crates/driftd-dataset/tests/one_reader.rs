//! The same awkward lines give the same counts as a baseline, in a check, in a replay of a table, in a replay of
//! records, and as messages of a topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::sync::Arc;

use driftd_dataset::{BaselineOptions, RecordFiles, ReplayReader, Table, check};
use driftd_decode::Decoder;
use driftd_model::{Baseline, FeatureName, JudgeRules, Monitor, MonitorPlan, Offset, StoredBaseline};
use driftd_stats::{CategoricalAggregate, FeatureAggregate, FeatureLayout};
use driftd_window::{Column, PRESENT, RecordBatch, Timestamp};
use support::{Files, baseline_with};

/// What people write, and what it is; a feature `x` of numbers, `c` of categories and `n` without values.
const LINES: &[&str] = &[
    // Of a member that stands twice the last counts, and nothing of the first.
    r#"{"ts":1700000000,"features":{"x":1,"x":2,"c":"a","c":"b"}}"#,
    r#"{"ts":1700000000,"features":{"x":1,"c":"a","n":1},"features":{"x":2}}"#,
    r#"{"ts":1,"features":{"x":null,"x":3.5},"ts":1700000000}"#,
    r#"{"ts":1700000000,"features":{"x":3.5,"x":null}}"#,
    // Numbers that JSON does not have, bare and in quotes.
    r#"{"ts":1700000000,"features":{"x":NaN,"c":NaN}}"#,
    r#"{"ts":1700000000,"features":{"x":"NaN","c":"NaN"}}"#,
    r#"{"ts":1700000000,"features":{"x": Infinity ,"c":-Infinity}}"#,
    r#"{"ts":1700000000,"features":{"x":"-Infinity","c":"Infinity"},"note":[NaN]}"#,
    // Halves of surrogate pairs, where somebody looks and where nobody does.
    r#"{"ts":1700000000,"features":{"x":1,"c":"a\ud800"}}"#,
    r#"{"ts":1700000000,"features":{"x":1,"c":"a\ude00b"},"note":"\ud83d"}"#,
    r#"{"ts":1700000000,"features":{"x":1,"c":"\ud83d\ude00"},"no\ud83dte":1}"#,
    // What is known as a category by its shortest text.
    r#"{"ts":1700000000,"features":{"x":-0,"c":1}}"#,
    r#"{"ts":1700000000,"features":{"x":1e2,"c":1.0}}"#,
    r#"{"ts":1700000000,"features":{"x":9007199254740993,"c":18446744073709551615}}"#,
    r#"{"ts":1700000000,"features":{"x":0.1,"c":true,"n":null}}"#,
    r#"{"ts":1700000000,"features":{"x":1,"c":""}}"#,
    // Numbers in quotes, as 64-bit integers come.
    r#"{"ts":1700000000,"features":{"x":"12","c":"12"}}"#,
    r#"{"ts":1700000000,"features":{"x":"-1.5e1","c":"b"}}"#,
    r#"{"ts":1700000000,"features":{}}"#,
];

/// What is no number where numbers are wanted.
const MISTYPED: &[&str] = &[
    r#"{"ts":1700000000,"features":{"x":"012","c":"12"}}"#,
    r#"{"ts":1700000000,"features":{"x":"","c":"a"}}"#,
    r#"{"ts":1700000000,"features":{"x":true,"c":{"y":1}}}"#,
    r#"{"ts":1700000000,"features":{"x":[1],"c":"b"}}"#,
    r#"{"ts":1700000000,"features":{"x":{},"c":"b"}}"#,
];

fn options() -> BaselineOptions {
    BaselineOptions { exclude: ["ts", "note", "no\u{fffd}te"].map(str::to_owned).into(), ..BaselineOptions::default() }
}

fn text(lines: &[&str], times: usize) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text.repeat(times)
}

fn plan_of(baseline: Baseline) -> Arc<MonitorPlan> {
    let monitor = Monitor::new("m".parse().unwrap(), "t".into());
    let stored = StoredBaseline::new(monitor.baseline.version().unwrap().clone(), Timestamp::from_micros(0), baseline);
    Arc::new(MonitorPlan::new(monitor, stored).unwrap())
}

/// The counts of batches, by feature.
fn count(plan: &MonitorPlan, batches: &[RecordBatch]) -> Vec<(FeatureName, FeatureAggregate)> {
    let feature = |(place, feature): (usize, &driftd_model::PlannedFeature)| {
        let mut counts = FeatureAggregate::empty(&feature.layout);
        for batch in batches {
            match (&mut counts, &*feature.layout, &batch.columns()[place]) {
                (FeatureAggregate::Numeric(counts), FeatureLayout::Numeric(edges), column) => {
                    counts.absorb(edges, column.as_numeric().unwrap());
                }
                (FeatureAggregate::Categorical(counts), FeatureLayout::Categorical(dictionary), column) => {
                    counts.absorb(dictionary, column.as_text().unwrap());
                }
                (FeatureAggregate::Presence(counts), _, Column::Presence { absent }) => {
                    let present: u64 = absent.iter().map(|code| u64::from(*code == PRESENT)).sum();
                    counts.add(present, absent.len() as u64 - present);
                }
                _ => panic!("a column of another kind than its feature"),
            }
        }
        (feature.name.clone(), counts)
    };
    plan.features().iter().enumerate().map(feature).collect()
}

fn decoded(plan: &Arc<MonitorPlan>, lines: &str) -> Vec<RecordBatch> {
    let mut decoder = Decoder::new(std::slice::from_ref(plan));
    for (offset, line) in (0..).zip(lines.lines()) {
        decoder.push(Offset(offset), Some(line.as_bytes()));
    }
    let decoded = decoder.finish();
    assert_eq!(decoded.rejects, [], "every line can be read");
    decoded.batches
}

fn assert_same(what: &str, found: &[(FeatureName, FeatureAggregate)], expected: &[(FeatureName, FeatureAggregate)]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for ((name, found), (same, expected)) in found.iter().zip(expected) {
        assert_eq!(name, same, "{what}");
        assert!(found.same_counts(expected), "{what}: {name}: {found:?}\nand as messages: {expected:?}");
    }
}

#[test]
fn a_file_counts_as_the_same_lines_do_as_messages() {
    let files = Files::new();
    let train: Vec<String> = (0..200)
        .map(|i| {
            let (x, c) = (i % 40, ["a", "b", "1", "NaN"][i % 4]);
            format!("{{\"ts\":1700000000,\"features\":{{\"x\":{x}.5,\"c\":\"{c}\",\"n\":null}}}}\n")
        })
        .collect();
    let train = train.concat();
    let plan = plan_of(baseline_with(&files.write("train.ndjson", train), &options()).unwrap());
    assert_eq!(plan.features().len(), 3);
    let lines = text(&[LINES, MISTYPED].concat(), 3);
    let current = files.write("current.ndjson", &lines);
    let expected = count(&plan, &decoded(&plan, &lines));

    let (baseline, rules) = (&plan.baseline().baseline, |_: &FeatureName| Some(JudgeRules::default()));
    let checked = check(baseline, "train", &Table::open(&current).unwrap(), &rules, &|_| ()).unwrap();
    assert_same("check", &checked.counts, &expected);
    let table: Vec<RecordBatch> =
        ReplayReader::open(std::slice::from_ref(&current), &plan).unwrap().map(Result::unwrap).collect();
    assert_same("replay of a table", &count(&plan, &table), &expected);
    let records: Vec<RecordBatch> = RecordFiles::new(&[current], &plan).map(Result::unwrap).collect();
    assert_same("replay of records", &count(&plan, &records), &expected);

    // What it comes to: nothing is lost, and what is no number is mistyped, not missing.
    let FeatureAggregate::Numeric(x) = &expected[0].1 else { panic!("x is a number") };
    assert_eq!((x.rows(), x.mistyped(), x.missing()), (72, 15, 6));
    assert_eq!((x.nan(), x.pos_inf(), x.neg_inf()), (6, 3, 3));
}

#[test]
fn a_baseline_counts_as_its_lines_do_as_messages() {
    let files = Files::new();
    let lines = text(LINES, 5);
    let baseline = baseline_with(&files.write("train.ndjson", &lines), &options()).unwrap();
    let counted: Vec<(FeatureName, FeatureAggregate)> =
        baseline.features.iter().map(|feature| (feature.name.clone(), feature.aggregate.clone())).collect();
    let plan = plan_of(baseline);
    assert!(plan.features().len() >= 2);
    let expected = count(&plan, &decoded(&plan, &lines));
    for ((name, counted), (_, expected)) in counted.iter().zip(&expected) {
        match (counted, expected) {
            // Values that chose names are no longer among those that are compared; all are still known of.
            (FeatureAggregate::Categorical(own), FeatureAggregate::Categorical(all)) => {
                let known = |a: &CategoricalAggregate| (a.present(), a.missing(), a.mistyped(), a.unseen());
                assert_eq!(known(own), known(all), "{name}");
                assert!(own.slots().iter().zip(all.slots()).all(|(own, all)| own <= all), "{name}: {own:?} {all:?}");
            }
            _ => assert!(counted.same_counts(expected), "{name}: {counted:?} and as messages {expected:?}"),
        }
    }
}

#[test]
fn what_cannot_be_read_is_refused_by_both() {
    let files = Files::new();
    let plan = plan_of(files.baseline(&files.write("train.ndjson", "{\"x\":1}\n{\"x\":2}\n".repeat(50))));
    for line in [
        r#"{"ts":1700000000,"x":nan}"#,
        r#"{"ts":1700000000,"x":-NaN}"#,
        r#"{"ts":1700000000,"x":1,}"#,
        r#"{"ts":1700000000,"x":"\ud80"}"#,
        r#"{"ts":1700000000,NaN:1}"#,
        r#"{"ts":1700000000,"x":1e999}"#,
    ] {
        assert!(Table::open(files.write("bad.ndjson", line)).is_err(), "{line}");
        let mut decoder = Decoder::new(std::slice::from_ref(&plan));
        decoder.push(Offset(0), Some(line.as_bytes()));
        assert_eq!(decoder.finish().rejects.len(), 1, "{line}");
    }
}
