//! What a value is to features of every kind, one record at a time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

#[path = "decode/plans.rs"]
mod plans;
#[path = "decode/shown.rs"]
#[expect(dead_code, reason = "whole streams are for the rules")]
mod shown;

use std::sync::Arc;

use driftd_model::{MonitorPlan, Role};
use insta::assert_snapshot;

use crate::plans::{Feature, Kind, Wanted, number, text};
use crate::shown::shown;

fn plan(features: Vec<Feature>) -> [Arc<MonitorPlan>; 1] {
    [Wanted::new("m", features).plan()]
}

#[test]
fn values_are_typed_as_files_are() {
    let values = [
        "0.1",
        "-0",
        "9007199254740993",
        "18446744073709551616",
        "1.0",
        "1e21",
        "true",
        "null",
        r#""NaN""#,
        "NaN",
        r#""-Infinity""#,
        "-Infinity",
        r#""12""#,
        r#""-1.5e3""#,
        r#""0123""#,
        r#""12 km""#,
        r#""a\ud800b""#,
        "[1]",
        "{}",
    ];
    let plans = plan(vec![number("x"), text("x2").at("/x"), Feature { kind: Kind::Presence, ..number("x3") }.at("/x")]);
    let rows = values.map(|value| format!("{value}: {}", shown(&plans, &format!("{{\"ts\":1,\"x\":{value}}}"))));
    assert_snapshot!(rows.join("\n"), @r#"
    0.1: 1000000: 0.1 "0.1" present
    -0: 1000000: -0.0 "0" present
    9007199254740993: 1000000: 9007199254740992.0 "9007199254740993" present
    18446744073709551616: 1000000: 1.8446744073709552e19 "18446744073709552000" present
    1.0: 1000000: 1.0 "1" present
    1e21: 1000000: 1e21 "1000000000000000000000" present
    true: 1000000: mistyped "true" present
    null: 1000000: missing missing missing
    "NaN": 1000000: NaN "NaN" present
    NaN: 1000000: NaN "NaN" present
    "-Infinity": 1000000: -inf "-Infinity" present
    -Infinity: 1000000: -inf "-Infinity" present
    "12": 1000000: 12.0 "12" present
    "-1.5e3": 1000000: -1500.0 "-1.5e3" present
    "0123": 1000000: mistyped "0123" present
    "12 km": 1000000: mistyped "12 km" present
    "a\ud800b": 1000000: mistyped "a�b" present
    [1]: 1000000: mistyped mistyped present
    {}: 1000000: mistyped mistyped present
    "#);
    // Beyond the range of floats the record is no JSON that can be read; where nobody looks it does not matter.
    assert_snapshot!(shown(&plans, r#"{"ts": 1, "x": 1e999}"#), @"malformed_json: byte 20: number out of range");
    assert_snapshot!(shown(&plans, r#"{"ts": 1, "y": 1e999}"#), @"1000000: missing missing missing");
}

#[test]
fn what_is_left_out_is_its_default_and_what_is_null_is_missing() {
    let score = number("score").role(Role::Prediction).or("0.5");
    let features = vec![number("x").or("0"), text("c").or("\"none\""), text("b").or("false"), number("y"), score];
    let plans = plan(features);
    let rows = [
        r#"{"ts":1,"features":{"x":1,"c":"u","b":true,"y":2},"prediction":0.25}"#,
        r#"{"ts":1,"features":{}}"#,
        r#"{"ts":1,"features":{"x":null,"c":null,"b":null},"prediction":null}"#,
        r#"{"ts":1}"#,
        r#"{"ts":1,"features":[{"x":3},{"c":"v","y":1}],"prediction":[{"score":1},{}]}"#,
        r#"{"ts":1,"features":{"x":"none","c":[],"b":{}}}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n"), @r#"
    1000000: 1.0 "u" "true" 2.0 0.25
    1000000: 0.0 "none" "false" missing 0.5
    1000000: missing missing missing missing missing
    1000000: 0.0 "none" "false" missing 0.5
    1000000: 3.0 "none" "false" missing 1.0
    1000000: 0.0 "v" "false" 1.0 0.5
    1000000: mistyped mistyped mistyped missing 0.5
    "#);
}
