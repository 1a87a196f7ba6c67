//! Every rule of the native shape, one record at a time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

#[path = "decode/plans.rs"]
#[expect(dead_code, reason = "the rules of values use the rest")]
mod plans;
#[path = "decode/shown.rs"]
mod shown;

use std::sync::Arc;

use driftd_decode::{Decoder, Limits};
use driftd_model::{MonitorPlan, Offset, RecordFilter, RejectReason, Role};
use insta::assert_snapshot;

use crate::plans::{Feature, Wanted, number, text};
use crate::shown::{outcome, shown};

fn plan(features: Vec<Feature>) -> [Arc<MonitorPlan>; 1] {
    [Wanted::new("m", features).plan()]
}

/// A number `x` and a text `c`, wherever the native shape has them.
fn native() -> [Arc<MonitorPlan>; 1] {
    plan(vec![number("x"), text("c")])
}

#[test]
fn features_are_members_of_features_or_of_the_record() {
    let plans = native();
    let rows = [
        r#"{"ts": 1, "features": {"x": 1.5, "c": "u"}, "x": 9}"#,
        r#"{"c": "u", "x": 1.5, "ts": 1}"#,
        r#"{"ts": 1, "features": null, "x": 2}"#,
        r#"{"ts": 1, "features": {}, "x": 2}"#,
        r#"{"ts": 1, "features": {"x": {"y": 1}, "c": ["u"]}}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n"), @r#"
    1000000: 1.5 "u"
    1000000: 1.5 "u"
    1000000: 2.0 missing
    1000000: missing missing
    1000000: mistyped mistyped
    "#);
}

#[test]
fn event_times_come_in_every_spelling() {
    let times = [
        "1372680000",
        "1372680000.25",
        "1372680000123",
        "1372680000123456",
        "1372680000123456789",
        r#""2013-07-01T12:00:00Z""#,
        r#""2013-07-01T14:00:00.5+02:00""#,
        r#""2013-07-01""#,
        r#""1372680000""#,
        "0",
    ];
    let plans = plan(vec![number("x")]);
    let rows = times.map(|time| format!("{time}: {}", shown(&plans, &format!("{{\"ts\":{time}}}"))));
    assert_snapshot!(rows.join("\n"), @r#"
    1372680000: 1372680000000000: missing
    1372680000.25: 1372680000250000: missing
    1372680000123: 1372680000123000: missing
    1372680000123456: 1372680000123456: missing
    1372680000123456789: 1372680000123456: missing
    "2013-07-01T12:00:00Z": 1372680000000000: missing
    "2013-07-01T14:00:00.5+02:00": 1372680000500000: missing
    "2013-07-01": 1372636800000000: missing
    "1372680000": 1372680000000000: missing
    0: 0: missing
    "#);
}

#[test]
fn rejects_say_where_and_never_what() {
    let plans = native();
    let messages = [
        "",
        "secret",
        r#"{"x": secret}"#,
        "{\"x\": 1,\n\"y\": [1,]}",
        r#"{"ts": 1} secret"#,
        r#"["secret"]"#,
        "\"secret\"",
        "{\"x\": \"se\u{1}cret\"}",
        r#"{"x": 1}"#,
        r#"{"ts": null}"#,
        r#"{"ts": "secret"}"#,
        r#"{"ts": 1e300}"#,
        r#"{"ts": true}"#,
        r#"{"ts": ["secret"]}"#,
        r#"{"ts": {"secret": 1}}"#,
        r#"{"ts": 1, "features": [{"x": 1}, "secret"]}"#,
        r#"{"ts": 1, "x": "\ud80"}"#,
        r#"{"ts": NaN, "x": 1}"#,
        r#"{"ts": 1, "x": NaN, "y": nan}"#,
    ];
    assert_snapshot!(messages.map(|message| shown(&plans, message)).join("\n"), @r#"
    malformed_json: byte 1: EOF while parsing a value
    malformed_json: byte 1: expected value
    malformed_json: byte 7: expected value
    malformed_json: byte 18: expected value
    malformed_json: byte 11: trailing characters
    not_an_object: byte 1: a record is an object
    not_an_object: byte 1: a record is an object
    malformed_json: byte 10: control character (\u0000-\u001F) found while parsing a string
    no_event_time: nothing at /ts: monitor m
    no_event_time: null at /ts: monitor m
    bad_event_time: a text that is no time, of the form "aaaaaa", at /ts: monitor m
    bad_event_time: a number that is no time at /ts: monitor m
    bad_event_time: a boolean at /ts: monitor m
    bad_event_time: a list at /ts: monitor m
    bad_event_time: an object at /ts: monitor m
    ragged_rows: /features/1 is no object, unlike the row before it: monitor m
    malformed_json: byte 22: invalid escape
    bad_event_time: a text that is no time, of the form "aaa", at /ts: monitor m
    malformed_json: byte 16: expected value
    "#);
}

#[test]
fn messages_that_are_no_text_or_too_much_are_rejected() {
    let mut decoder = Decoder::with_limits(&native(), Limits { bytes: 80, rows: 3 });
    decoder.push(Offset(7), None);
    decoder.push(Offset(8), Some(b"{\"ts\": \xff}"));
    decoder.push(Offset(9), Some(&[b' '; 81]));
    decoder.push(Offset(10), Some(br#"{"ts":1,"features":[{},{},{},{}]}"#));
    decoder.push(Offset(11), Some(b"{\"ts\":1}\n{\"ts\":1}\n{\"ts\":1}\n{\"ts\":1}"));
    decoder.push(Offset(12), Some(br#"{"ts":1,"features":[{},{},{}]}"#));
    let decoded = decoder.finish();
    assert_eq!(decoded.batches[0].rows(), 3);
    let rejects = decoded.rejects.iter().map(|r| format!("{}: {}: {}", r.offset, r.reason, r.detail));
    assert_snapshot!(rejects.collect::<Vec<_>>().join("\n"), @r#"
    7: tombstone: a message without a payload
    8: not_utf8: byte 8 begins no character
    9: too_large: 81 bytes, which is more than 80
    10: too_large: more than 3 rows
    11: too_large: more than 3 rows
    "#);
}

#[test]
fn an_array_of_objects_is_an_array_of_rows() {
    let features = vec![number("x"), text("c"), number("p").role(Role::Prediction)];
    let plans = [Wanted { segments: vec!["/s", "/features/c"], ..Wanted::new("m", features) }.plan()];
    let rows = [
        r#"{"ts":1,"s":"a","features":[{"x":1,"c":"u"},{"x":2}],"prediction":[0.5,{"p":0.25}]}"#,
        r#"{"ts":1,"s":"a","features":[{"x":1},{"x":2}],"prediction":0.5}"#,
        r#"{"ts":1,"features":[{"x":1}],"prediction":[0.5,0.25]}"#,
        r#"{"ts":1,"features":[{"x":1},[2]]}"#,
        r#"{"ts":1,"features":{"x":1},"prediction":[0.5,0.25]}"#,
        r#"{"ts":1,"features":[],"x":3}"#,
        r#"{"ts":1,"features":[1,2],"x":3}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n--\n"), @r#"
    1000000 [s=a,c=u]: 1.0 "u" 0.5
    1000000 [s=a,c=(missing)]: 2.0 missing 0.25
    --
    1000000 [s=a,c=(missing)]: 1.0 missing 0.5
    1000000 [s=a,c=(missing)]: 2.0 missing 0.5
    --
    ragged_rows: /features has 1 rows and /prediction has 2: monitor m
    --
    ragged_rows: /features/1 is no object, unlike the row before it: monitor m
    --
    1000000 [s=(missing),c=(missing)]: 1.0 missing mistyped
    --
    1000000 [s=(missing),c=(missing)]: 3.0 missing missing
    --
    1000000 [s=(missing),c=(missing)]: 3.0 missing missing
    "#);
}

#[test]
fn arrays_of_rows_concern_the_monitors_that_look_into_them() {
    let plans = [
        Wanted::new("rows", vec![number("x")]).plan(),
        Wanted::new("first", vec![number("x").at("/features/0/x"), number("ts")]).plan(),
        Wanted::new("beside", vec![text("y").at("/y")]).plan(),
    ];
    let rows = [
        r#"{"ts":1,"features":[{"x":1},{"x":2}],"y":"a"}"#,
        r#"{"ts":1,"features":[{"x":1},null],"y":"a"}"#,
        r#"{"ts":1,"features":[{"x":1},{"x":1e999}],"y":"a"}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n====\n"), @r#"
    1000000: 1.0
    1000000: 2.0
    --
    1000000: missing missing
    1000000: missing missing
    --
    1000000: "a"
    --
    ====
    --
    --
    1000000: "a"
    --
    ragged_rows: /features/1 is no object, unlike the row before it: monitor rows
    ragged_rows: /features/1 is no object, unlike the row before it: monitor first
    ====
    --
    --
    --
    malformed_json: byte 38: number out of range
    "#);
}

#[test]
fn pointers_reach_anywhere() {
    let features = vec![
        number("deep").at("/a/b/c"),
        number("index").at("/list/1"),
        number("inner").at("/list/2/x"),
        text("escaped").at("/a~1b/~0"),
        text("named/by/path"),
        number("no index").at("/list/01"),
    ];
    let row =
        r#"{"ts":1,"a":{"b":{"c":1}},"list":[5,6,{"x":7}],"a/b":{"~":"yes"},"named":{"by":{"path":"z"}},"features":5}"#;
    assert_snapshot!(shown(&plan(features), row), @r#"1000000: 1.0 6.0 7.0 "yes" "z" missing"#);
}

#[test]
fn predictions_and_labels_have_places_of_their_own() {
    let plans = plan(vec![number("score").role(Role::Prediction), text("class").role(Role::Label), number("x")]);
    let rows = [
        r#"{"ts":1,"features":{"x":1},"prediction":0.5,"label":"yes"}"#,
        r#"{"ts":1,"features":{"x":1},"prediction":{"score":0.5,"other":1},"label":null}"#,
        r#"{"ts":1,"features":{"x":1,"score":0.5,"class":true}}"#,
        r#"{"ts":1,"x":1,"score":0.5,"class":"no"}"#,
    ];
    assert_snapshot!(rows.map(|row| shown(&plans, row)).join("\n"), @r#"
    1000000: 0.5 "yes" 1.0
    1000000: 0.5 missing 1.0
    1000000: 0.5 "true" 1.0
    1000000: 0.5 "no" 1.0
    "#);
}

#[test]
fn a_message_may_hold_an_object_a_line() {
    let plans = native();
    assert_snapshot!(shown(&plans, "{\"ts\":1,\"x\":1}\n\n {\"ts\":2,\"features\":[{\"x\":2},{\"x\":3}]}\r\n{\"x\":4}\n"), @r#"
    1000000: 1.0 missing
    2000000: 2.0 missing
    2000000: 3.0 missing
    no_event_time: nothing at /ts in row 4 of the message: monitor m
    "#);
    // Nothing of it counts when one line is no JSON.
    assert_snapshot!(shown(&plans, "{\"ts\":1}\n{\"x\":4}\n{\"ts\":\n"), @"malformed_json: byte 24: EOF while parsing a value");
    assert_snapshot!(shown(&plans, "{\"ts\":1,\n\"x\":1}"), @"1000000: 1.0 missing");
    assert_snapshot!(shown(&plans, "{\"ts\":1} {\"ts\":2}"), @"malformed_json: byte 10: trailing characters");
}

#[test]
fn of_a_name_that_stands_twice_the_last_counts() {
    let row = r#"{"ts":1,"features":{"x":1,"c":"a"},"features":{"c":"b","c":"\u0063"},"ts":2}"#;
    assert_snapshot!(shown(&native(), row), @r#"2000000: missing "c""#);
}

#[test]
fn filters_look_at_model_and_version() {
    let wanted = |name, models: &[&str], versions: &[&str]| {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let filter = RecordFilter { models: own(models), versions: own(versions) };
        Wanted { filter, ..Wanted::new(name, vec![number("x")]) }.plan()
    };
    let plans = [wanted("a", &["a"], &[]), wanted("a2", &["a"], &["2"]), wanted("b", &["b", "c"], &[])];
    let messages = [
        r#"{"ts":1,"x":1,"model":"a","version":2}"#,
        r#"{"ts":1,"x":2,"model":"a","version":"3"}"#,
        r#"{"ts":1,"x":3,"model":"c"}"#,
        r#"{"ts":1,"x":4,"model":"d"}"#,
        r#"{"ts":1,"x":5}"#,
        r#"{"x":6,"model":null}"#,
        r#"{"x":7,"model":"a","version":2}"#,
    ];
    let found = outcome(&mut Decoder::new(&plans), &messages);
    let rows: Vec<Vec<String>> = found.rows.iter().map(|rows| rows.iter().map(ToString::to_string).collect()).collect();
    assert_snapshot!(format!("{rows:?}\n{:?}\nfiltered {}", found.rejects, found.filtered), @r#"
    [["1000000: 1.0", "1000000: 2.0"], ["1000000: 1.0"], ["1000000: 3.0"]]
    [(6, "no_event_time")]
    filtered 3
    "#);
}

#[test]
fn a_monitor_whose_plan_changes_is_named_once() {
    let one = |name| Wanted::new(name, vec![number("x")]).plan();
    let plans = [one("m"), one("m"), one("n")];
    assert_snapshot!(shown(&plans, r#"{"x":1}"#), @r#"
    --
    --
    --
    no_event_time: nothing at /ts: monitors m, n
    "#);
}

#[test]
fn a_record_may_have_a_time_for_one_monitor_and_none_for_another() {
    let other = Wanted { event_time: "/at", ..Wanted::new("other", vec![number("x")]) };
    let plans = [Wanted::new("m", vec![number("x")]).plan(), other.plan()];
    assert_snapshot!(shown(&plans, r#"{"ts":1,"x":1}"#), @r#"
    1000000: 1.0
    --
    --
    no_event_time: nothing at /at: monitor other
    "#);
    let many: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| Wanted::new(name, vec![number("x")]).plan()).into();
    assert_snapshot!(shown(&many, r#"{"x":1}"#), @r#"
    --
    --
    --
    --
    --
    no_event_time: nothing at /ts: monitors a, b, c and 2 more
    "#);
}

#[test]
fn depth_does_no_harm() {
    let plans = plan(vec![number("x"), number("y").at("/y")]);
    let nested = |inner: &str| format!("{{\"ts\":1,\"x\":2,{inner}:{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_snapshot!(shown(&plans, &nested("\"z\"")), @"1000000: 2.0 missing");
    assert_snapshot!(shown(&plans, &nested("\"y\"")), @"1000000: 2.0 mistyped");
    let long: &'static str = Box::leak("/a".repeat(200).into_boxed_str());
    let deep = format!("{}1{},\"ts\":1}}", "{\"a\":".repeat(200), "}".repeat(199));
    assert_snapshot!(shown(&plan(vec![number("x").at(long)]), &deep), @"too_deep: a wanted place lies more than 127 objects or arrays deep");
}

#[test]
fn reasons_are_a_contract() {
    assert_snapshot!(RejectReason::ALL.map(RejectReason::as_str).join(" "), @"tombstone too_large too_many_panes not_utf8 malformed_json not_an_object too_deep no_event_time bad_event_time too_old in_future ragged_rows unreadable_batch deleted");
}

#[test]
fn what_a_directory_says_stands_for_members_that_are_left_out() {
    let filter = RecordFilter { models: vec!["7".to_owned()], versions: vec![] };
    let features = vec![number("x"), text("c"), text("at").at("/rows/at"), number("y").or("1")];
    let wanted = Wanted { segments: vec!["/features/c", "/o/d"], filter, ..Wanted::new("m", features) };
    let mut decoder = Decoder::new(&[wanted.plan()]);
    let mut read = |filling: &[(&str, Option<&str>)], records: &[&str]| {
        decoder.fill_with(filling.iter().copied());
        for record in records {
            decoder.push(Offset(0), Some(record.as_bytes()));
        }
        let decoded = decoder.finish();
        let rows = shown::rows(&decoded.batches[0]).iter().map(ToString::to_string).collect::<Vec<_>>();
        format!("{} ({} filtered)", rows.join("\n"), decoded.filtered)
    };
    let records = [
        r#"{"ts":1,"features":{"x":1,"c":"u"}}"#,
        r#"{"ts":2,"features":{"x":2,"c":"\u00e9"}}"#,
        r#"{"ts":3,"x":3,"model":7}"#,
        r#"{"ts":4,"x":null,"model":"8","c":null}"#,
        r#"{"ts":5,"features":[{"x":5},{"c":"v"}],"rows":[{"at":"a"},{}]}"#,
    ];
    let filed =
        read(&[("model", Some("7")), ("c", Some("DE")), ("x", Some("0.5")), ("at", None), ("y", None)], &records);
    let twice =
        read(&[("model", Some("7")), ("c", Some("DE")), ("x", Some("0.5")), ("at", None), ("y", None)], &records);
    assert_eq!(filed, twice, "whichever way a record is read");
    assert_snapshot!([filed, read(&[], &records)].join("\n--\n"));
}
