//! Random messages, and monitors that look at them in every way there is.

use driftd_model::{RecordFilter, Role};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::plans::{Feature, Kind, Wanted, number, text};

/// Monitors of all shapes over the members that [`stream`] writes.
pub(crate) fn monitors() -> Vec<Wanted> {
    let presence = |name| Feature { kind: Kind::Presence, ..number(name) };
    let native = vec![
        number("a").or("7"),
        text("b"),
        presence("c"),
        number("a~/b"),
        text("o/a"),
        number("score").role(Role::Prediction),
        text("class").role(Role::Label),
    ];
    let native = Wanted { segments: vec!["/b", "/features/b"], ..Wanted::new("native", native) };
    let pointed = vec![
        number("x").at("/features/a"),
        text("y").at("/features/0/b").or("false"),
        text("z").at("/o/1"),
        number("w").at("/a~1b~0"),
        presence("v").at("/o/a/b"),
        number("p").at("/prediction/0").role(Role::Prediction),
        text("q").at("/label/a").role(Role::Label),
        presence("r").at("/features/o"),
    ];
    let filter = RecordFilter { models: vec!["a".to_owned(), "1".to_owned(), "true".to_owned()], versions: vec![] };
    let pointed = Wanted { model: Some("/b"), filter, event_time: "/a", ..Wanted::new("pointed", pointed) };
    let elsewhere = vec![text("t").at("/c"), number("u").at("/label").role(Role::Label)];
    let elsewhere =
        Wanted { event_time: "/features/a", segments: vec!["/features/0"], ..Wanted::new("other", elsewhere) };
    vec![native, pointed, elsewhere]
}

/// A stream of messages: some templates of records with other values in them, and some records of their own.
pub(crate) fn stream() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let shapes = prop::collection::vec(record(), 1..4);
    let picks = prop::collection::vec((any::<Index>(), prop::collection::vec(scalar(), 12)), 1..20);
    (shapes, picks).prop_map(|(shapes, picks): (Vec<String>, Vec<(Index, Vec<String>)>)| {
        picks
            .into_iter()
            .map(|(shape, values): (Index, Vec<String>)| fill(shape.get(&shapes).as_str(), &values).into_bytes())
            .collect()
    })
}

/// The text of a record, `@` where a value is to stand.
fn record() -> impl Strategy<Value = String> {
    let one = object(value(3));
    let lines = prop::collection::vec(object(value(2)), 2..4).prop_map(|lines| lines.join("\n"));
    let odd =
        select(vec!["[1]", "5", "", "{", "{\"ts\":@}{\"ts\":@}", "null", "{\"ts\":@},", " \n", "{\"ts\":1,\"ts\":@}"]);
    prop_oneof![12 => one, 1 => lines, 1 => odd.prop_map(str::to_owned)]
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (name(), spaces(), value, spaces());
    let members = prop::collection::vec(member, 0..8);
    // Nearly every record has an event time; most have features.
    let more = prop_oneof![
        Just(String::new()),
        Just("\"ts\":@".to_owned()),
        Just("\"ts\": \"2013-07-01T12:00:00Z\"".to_owned()),
        Just("\"ts\":1372680000,\"a\":1372680000".to_owned()),
        Just("\"a\":\"2013-07-01\",\"b\":\"a\",\"ts\":@".to_owned()),
    ];
    (more, members).prop_map(|(more, members)| {
        let members = members.into_iter().map(|(name, a, value, b)| format!("{a}\"{name}\"{b}:{a}{value}{b}"));
        let all: Vec<String> = std::iter::once(more).filter(|m| !m.is_empty()).chain(members).collect();
        format!("{{{}}}", all.join(","))
    })
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec![
        "a",
        "b",
        "c",
        "a",
        "b",
        "features",
        "features",
        "prediction",
        "label",
        "o",
        "0",
        "1",
        "score",
        "class",
        "a/b~",
        "a~/b",
        "model",
        "\\u0061",
        "é",
        "",
        "o/a",
    ])
}

fn value(depth: u32) -> BoxedStrategy<String> {
    let single = Just("@".to_owned());
    if depth == 0 {
        return single.boxed();
    }
    let object = object(value(depth - 1)).boxed();
    let rows = prop::collection::vec(object.clone(), 0..3).prop_map(|rows| format!("[{}]", rows.join(",")));
    let list = prop::collection::vec(value(depth - 1), 0..3).prop_map(|list| format!("[ {} ]", list.join(" , ")));
    prop_oneof![6 => single, 4 => object, 2 => rows, 2 => list].boxed()
}

fn spaces() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", "", " ", "\t", "  "])
}

pub(crate) fn scalar() -> BoxedStrategy<String> {
    prop_oneof![
        4 => select(vec!["null", "true", "false", "0", "-0", "1", "-7", "1372680000", "1372680000123", "0.5", "-0.0", "1e3",
            "18446744073709551615", "18446744073709551616", "9007199254740993", "-9223372036854775808", "1E-400",
            "1372680000123456789", "NaN", "Infinity", "-Infinity"]).prop_map(str::to_owned),
        2 => select(vec!["\"\"", "\"a\"", "\"NaN\"", "\"-Infinity\"", "\"2013-07-01\"", "\"1372680000\"", "\"a\\nb\"", "\"\\u00e9\"",
            "\"é\"", "\"a=b,c\"", "\"(missing)\"", "\"true\"", "\"1\"", "\"a\\ud800b\"", "\"\\udc00\""]).prop_map(str::to_owned),
        1 => any::<f64>().prop_filter("JSON has no others", |x| x.is_finite()).prop_map(|x| serde_json::to_string(&x).unwrap()),
        1 => any::<i64>().prop_map(|x| x.to_string()),
        1 => "[ -~é]{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ]
    .boxed()
}

fn fill(shape: &str, values: &[String]) -> String {
    let mut values = values.iter().cycle();
    shape.split('@').map(str::to_owned).reduce(|text, rest| text + values.next().unwrap() + &rest).unwrap()
}
