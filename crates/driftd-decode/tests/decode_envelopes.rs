//! What serving stacks write, as docs/envelopes.md shows it and otherwise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

#[path = "decode/plans.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod plans;
#[path = "decode/shown.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod shown;

use std::sync::Arc;

use driftd_decode::{Decoder, Limits};
use driftd_model::{MonitorPlan, Offset, Role};
use insta::assert_snapshot;

use crate::plans::{Feature, Wanted, number, text};
use crate::shown::shown;

fn plan(features: Vec<Feature>) -> Vec<Arc<MonitorPlan>> {
    vec![Wanted::new("m", features).plan()]
}

/// The text between a word and the next quote.
fn quoted<'a>(line: &'a str, before: &str) -> Option<&'a str> {
    line.split_once(before)?.1.split('"').next()
}

/// The examples of the documentation: a heading, a record, and what of it a monitor wants.
fn examples() -> Vec<(String, &'static str, Wanted)> {
    let page = include_str!("../../../docs/envelopes.md");
    let mut examples = Vec::new();
    for part in page.split("```json\n").skip(1) {
        let (record, rest) = part.split_once("```").unwrap();
        let (_, config) = rest.split_once("```toml\n").unwrap();
        let config = config.split_once("```").unwrap().0;
        let mut wanted = Wanted::new("m", Vec::new());
        for line in config.lines() {
            if let Some(place) = quoted(line, "event_time = \"") {
                wanted.event_time = place;
            } else if let Some(path) = quoted(line, "path = \"") {
                let name = line.split(" = ").next().unwrap();
                let is_text = ["carrier", "kind"].contains(&name);
                let feature = if is_text { text(name) } else { number(name) }.at(path);
                let is_prediction = line.contains("role = \"prediction\"");
                wanted.features.push(if is_prediction { feature.role(Role::Prediction) } else { feature });
            }
        }
        assert!(!wanted.features.is_empty(), "{config}");
        let names: Vec<&str> = wanted.features.iter().map(|feature| feature.name).collect();
        examples.push((names.join(" "), record, wanted));
    }
    examples
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let rows =
        examples().into_iter().map(|(names, record, wanted)| format!("{names}\n{}", shown(&[wanted.plan()], record)));
    assert_snapshot!(rows.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn rows_are_of_one_length_or_none() {
    let plans = plan(vec![number("x").at("/rows/*/0"), number("p").at("/p/*").role(Role::Prediction)]);
    let rows = [
        r#"{"ts":1,"rows":[[1],[2]],"p":[3,4]}"#,
        r#"{"ts":1,"rows":[[1],[2]],"p":[3]}"#,
        r#"{"ts":1,"rows":[[1],{"0":2},5,null,[[6]],[]],"p":7}"#,
        r#"{"ts":1,"rows":[],"p":[]}"#,
        r#"{"ts":1,"rows":{"*":{"0":9}},"p":[3]}"#,
        r#"{"ts":1}"#,
        r#"{"rows":[[1],[2]],"p":[3,4]}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n--\n"));
}

#[test]
fn times_segments_and_models_may_be_in_every_row() {
    let wanted = Wanted {
        event_time: "/rows/*/ts",
        segments: vec!["/s", "/rows/*/s"],
        ..Wanted::new("m", vec![number("x").at("/rows/*/x")])
    };
    let row = r#"{"s":"all","rows":[{"ts":1,"x":5,"s":"a"},{"ts":2,"x":6},{"x":7}]}"#;
    assert_snapshot!(shown(&[wanted.plan()], row));
}

#[test]
fn flat_tensors_are_the_nested_ones() {
    let plans =
        plan(vec![number("a").at("/t/data/*/0"), number("b").at("/t/data/*/1"), number("c").at("/t/data/*/1/1")]);
    let rows = [
        r#"{"ts":1,"t":{"shape":[2,2],"data":[1,2,3,4]}}"#,
        r#"{"ts":1,"t":{"data":[[1,2],[3,4]],"shape":[2,2]}}"#,
        r#"{"ts":1,"t":{"data":[1,2,3,4],"shape":[2,2]}}"#,
        r#"{"ts":1,"t":{"shape":[1,2,2],"data":[1,2,3,4]}}"#,
        r#"{"ts":1,"t":{"shape":[4],"data":[1,2,3,4]}}"#,
        r#"{"ts":1,"t":{"shape":[2,3],"data":[1,2,3,4]}}"#,
        r#"{"ts":1,"t":{"shape":[18446744073709551615,4],"data":[1,2,3,4]}}"#,
        r#"{"ts":1,"t":{"shape":[0,4],"data":[]}}"#,
        r#"{"ts":1,"t":{"shape":[99999999,0],"data":[]}}"#,
        r#"{"ts":1,"t":{"shape":[-1,2],"data":[1,2]}}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n--\n"));
}

#[test]
fn texts_of_json_are_gone_into() {
    let features = vec![number("x").at("/p/x"), text("whole").at("/p"), number("deep").at("/p/in/0/y")];
    let rows = [
        r#"{"ts":1,"p":"{\"x\":1,\"in\":\"[{\\\"y\\\":2}]\"}"}"#,
        r#"{"ts":1,"p":{"x":1,"in":[{"y":2}]}}"#,
        r#"{"ts":1,"p":" {\"x\":NaN}"}"#,
        r#"{"ts":1,"p":"[{\"x\":1},{\"x\":2}]"}"#,
        r#"{"ts":1,"p":"no json"}"#,
        r#"{"ts":1,"p":"{\"x\":secret}"}"#,
        r#"{"ts":1,"p":"{\"x\":1} secret"}"#,
        r#"{"ts":1,"p":"{\"x\":1e999}"}"#,
        r#"{"ts":1,"p":"{\"in\":[{\"y\":\"secret\",]}"}"#,
    ];
    let plans = plan(features);
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n--\n"));
}

#[test]
fn a_broken_text_concerns_the_monitors_that_look_into_it() {
    let plans = [
        Wanted::new("into", vec![number("x").at("/p/x")]).plan(),
        Wanted::new("whole", vec![text("p").at("/p")]).plan(),
        Wanted::new("rows", vec![number("x").at("/rows/*/x")]).plan(),
    ];
    let rows = [r#"{"ts":1,"p":"{","rows":[{"x":1},{"x":2}]}"#, r#"{"ts":1,"p":"{\"x\":1}","rows":[{"x":1},"{,"]}"#];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n====\n"));
}

#[test]
fn whose_a_broken_record_is_shows_wherever_that_stands() {
    let of = |place: &'static str| {
        let filter = driftd_model::RecordFilter { models: vec!["a".to_owned()], versions: vec![] };
        let features = vec![number("x").at("/p/x"), number("y").at("/q/y")];
        Wanted { model: Some(place), filter, ..Wanted::new("m", features) }.plan()
    };
    /// The member that holds a model.
    type Meta = fn(&str) -> String;
    let models: [(&str, Meta); 4] = [
        ("/meta/model", |model| format!(r#""meta":"{{\"model\":\"{model}\"}}""#)),
        ("/meta/[key=model]/value", |model| format!(r#""meta":[{{"key":"model","value":"{model}"}}]"#)),
        ("/meta/1", |model| format!(r#""meta":[0,"{model}"]"#)),
        ("/meta/[csv]/0/1", |model| format!(r#""meta":"0,{model}""#)),
    ];
    for (place, meta) in models {
        let mut decoder = Decoder::new(&[of(place)]);
        for (model, broken) in [("a", r#""p":"{""#), ("b", r#""p":"{""#), ("a", r#""p":"{","q":"[,""#)] {
            let meta = meta(model);
            for record in [format!("{{\"ts\":1,{meta},{broken}}}"), format!("{{\"ts\":1,{broken},{meta}}}")] {
                decoder.push(Offset(0), Some(record.as_bytes()));
            }
        }
        let decoded = decoder.finish();
        assert_eq!((decoded.rejects.len(), decoded.filtered), (4, 2), "{place}: {:?}", decoded.rejects);
        assert!(decoded.rejects.iter().all(|reject| reject.detail.ends_with(": monitor m")), "{:?}", decoded.rejects);
    }
}

#[test]
fn whose_ragged_rows_are_shows_in_the_first() {
    let filter = driftd_model::RecordFilter { models: vec!["a".to_owned()], versions: vec![] };
    let features = vec![number("x").at("/rows/*/x"), number("p").at("/p/*").role(Role::Prediction)];
    let plan = Wanted { model: Some("/rows/*/m"), filter, ..Wanted::new("m", features) }.plan();
    let rows = |model: &str| format!(r#"{{"ts":1,"rows":[{{"x":1,"m":"{model}"}},{{"x":2,"m":"{model}"}}],"p":[3]}}"#);
    assert_snapshot!([rows("a"), rows("b")].map(|row| shown(std::slice::from_ref(&plan), &row)).join("\n--\n"));
}

#[test]
fn texts_within_texts_end_where_the_pointer_does() {
    let mut json = r#"{"x":1}"#.to_owned();
    for _ in 0..8 {
        json = serde_json::json!({ "p": json }).to_string();
    }
    let record = format!("{{\"ts\":1,\"p\":{}}}", serde_json::to_string(&json).unwrap());
    let place: &'static str = Box::leak(format!("{}/x", "/p".repeat(9)).into_boxed_str());
    assert_snapshot!(shown(&plan(vec![number("x").at(place)]), &record), @"1000000: 1.0");
    let nested = format!("{{\"ts\":1,\"p\":\"{}1{}\"}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_snapshot!(shown(&plan(vec![number("x").at("/p/x")]), &nested), @"1000000: missing");
    let deep: &'static str = Box::leak(format!("/p{}", "/0".repeat(200)).into_boxed_str());
    assert_snapshot!(shown(&plan(vec![number("x").at(deep)]), &nested), @"1000000: mistyped");
}

#[test]
fn an_index_that_leaves_elements_unread_is_told_once() {
    let features =
        vec![number("x").at("/instances/0/0"), number("y").at("/instances/0/1"), number("z").at("/t/1/data/0")];
    let rows = vec![number("x").at("/instances/*/0"), number("csv").at("/csv/[csv]/0/0")];
    let filter = driftd_model::RecordFilter { models: vec!["other".to_owned()], versions: vec![] };
    let other = Wanted { filter, ..Wanted::new("other", vec![number("x").at("/instances/0")]) };
    let plans = [Wanted::new("m", features).plan(), Wanted::new("rows", rows).plan(), other.plan()];
    let mut decoder = Decoder::new(&plans);
    let mut said = Vec::new();
    for row in [
        r#"{"ts":1,"instances":[[1,2,3]],"t":[0,{"data":[5]}]}"#,
        r#"{"ts":1,"instances":[[1,2,3],[4,5,6]],"t":[0,{"data":[5]}]}"#,
        r#"{"ts":1,"instances":[[1,2,3],[4,5,6]],"t":[0,{"data":[5,6,7]}],"csv":"1\n2"}"#,
        r#"{"ts":1,"instances":[[1,2,3],[4,5,6]],"t":[0,{"data":[5,6,7]}],"csv":"1\n2"}"#,
    ] {
        decoder.push(Offset(0), Some(row.as_bytes()));
        said.extend(decoder.finish().notes.into_iter().map(|note| format!("{}: {}", note.about, note.what)));
    }
    assert_snapshot!(said.join("\n"));
}

#[test]
fn rows_are_counted_before_there_are_any() {
    let many = "1,".repeat(3_000_000);
    let many = many.trim_end_matches(',');
    let lines = "1,2\\n".repeat(1_000_000);
    let messages = [
        format!("{{\"ts\":1,\"data\":[{many}]}}"),
        format!("{{\"ts\":1,\"shape\":[3000000,1],\"data\":[{many}]}}"),
        r#"{"ts":1,"shape":[30000000000,0],"data":[]}"#.to_owned(),
        format!("{{\"ts\":1,\"csv\":\"{lines}\"}}"),
        format!("{{\"ts\":1,\"data\":\"[{many}]\"}}"),
        format!("{{\"ts\":1,\"shape\":[1,3000000],\"data\":[{many}]}}"),
        "{\"ts\":1,\"data\":[1]}\n".repeat(5),
    ];
    let features = vec![number("a").at("/data/*/0"), number("b").at("/csv/[csv]/*/0")];
    let mut decoder = Decoder::with_limits(&plan(features), Limits { rows: 4, ..Limits::default() });
    for (offset, message) in (0..).zip(&messages) {
        decoder.push(Offset(offset), Some(message.as_bytes()));
    }
    let decoded = decoder.finish();
    let rejects = decoded.rejects.iter().map(|r| format!("{}: {}: {}", r.offset, r.reason, r.detail));
    assert_snapshot!(rejects.collect::<Vec<_>>().join("\n"));
    assert_eq!(decoded.batches[0].rows(), 1, "the one row of three million columns");
}
