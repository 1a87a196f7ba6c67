//! Random records as serving stacks write them, and monitors that step into them in every way there is.

use driftd_model::{RecordFilter, Role};
use proptest::prelude::*;
use proptest::sample::select;

use crate::plans::{Feature, Kind, Wanted, number, text};
use crate::records::scalar;

/// Monitors over the members that [`envelope`] writes.
pub(crate) fn monitors() -> Vec<Wanted> {
    let presence = |name| Feature { kind: Kind::Presence, ..number(name) };
    let rows = vec![
        number("a").at("/rows/*/0"),
        text("b").at("/rows/-/1"),
        text("c").at("/rows/*/x"),
        number("d").at("/rows/*/in/x"),
        text("e").at("/rows/*/in/[name=a]/value"),
        presence("f").at("/rows/*"),
        number("g").at("/rows/*/values/[names=a]"),
        number("p").at("/pred/*").role(Role::Prediction),
    ];
    let rows = Wanted { segments: vec!["/m", "/rows/*/x"], ..Wanted::new("rows", rows) };
    let timed = vec![text("a").at("/rows/*/x"), text("m").at("/m")];
    let timed = Wanted { event_time: "/rows/*/ts", ..Wanted::new("timed", timed) };
    let outputs = vec![text("a").at("/rows/*/x"), number("p").at("/pred").role(Role::Prediction), number("v")];
    let filter = RecordFilter { models: vec!["a".to_owned(), "1".to_owned()], versions: vec![] };
    let outputs = Wanted { model: Some("/rows/*/x"), filter, ..Wanted::new("outputs", outputs) };
    let split = vec![
        number("a").at("/split/data/*/[columns=a]"),
        text("b").at("/split/data/*/[columns=b]"),
        text("c").at("/split/data/*/2"),
    ];
    let named = vec![
        number("a").at("/named/[name=a]/value"),
        text("b").at("/named/[name=1]/value"),
        text("c").at("/values/[names=a]"),
        number("x").at("/payload/x"),
        text("l").at("/payload/list/1"),
        number("i").at("/payload/in/0/x"),
        text("whole").at("/payload"),
        text("star").at("/o/*"),
    ];
    let named = Wanted { segments: vec!["/payload/m"], ..Wanted::new("named", named) };
    let inner = vec![number("x").at("/payload/list/*"), number("y").at("/payload/in/*/x"), text("m").at("/payload/m")];
    let tensor = vec![
        number("a").at("/t/data/*/0"),
        text("b").at("/t/data/*/1"),
        text("c").at("/t/data/*/[names=b]"),
        text("d").at("/t/data/*/0/1"),
        presence("n").at("/t/name"),
    ];
    let flat = vec![number("a").at("/t/data/*"), number("p").at("/pred/*").role(Role::Prediction)];
    let lines = vec![
        number("a").at("/csv/[csv]/*/0"),
        text("b").at("/csv/[csv]/*/1"),
        number("p").at("/pred/*").role(Role::Prediction),
    ];
    let first = vec![text("a").at("/csv/[csv]/0/1"), number("b").at("/rows/0/0"), text("c").at("/rows/0/x")];
    let first = Wanted { event_time: "/csv/[csv]/0/0", ..Wanted::new("first", first) };
    let plain = vec![number("x").at("/payload/x"), text("y").at("/csv"), number("v")];
    let native = vec![number("v"), number("prediction").role(Role::Prediction)];
    vec![
        rows,
        timed,
        outputs,
        Wanted::new("split", split),
        named,
        Wanted::new("inner", inner),
        Wanted::new("tensor", tensor),
        Wanted::new("flat", flat),
        Wanted::new("lines", lines),
        first,
        Wanted::new("plain", plain),
        Wanted::new("native", native),
    ]
}

/// A stream of records, some of which look alike.
pub(crate) fn stream() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec((envelope(), 1..3_usize), 1..8).prop_map(|records| {
        records.into_iter().flat_map(|(record, times)| std::iter::repeat_n(record.into_bytes(), times)).collect()
    })
}

/// A record whose arrays mostly have one length.
fn envelope() -> impl Strategy<Value = String> {
    let members = (0..4_usize).prop_flat_map(|len| {
        let near = prop_oneof![12 => Just(len), 1 => 0..4_usize];
        let list = |value: BoxedStrategy<String>| near.clone().prop_flat_map(move |len| array(value.clone(), len));
        let pred = prop_oneof![4 => list(scalar().boxed()), 1 => scalar()];
        vec![
            ("rows", prop_oneof![6 => list(row()), 1 => value()].boxed()),
            ("pred", pred.clone().boxed()),
            ("prediction", pred.boxed()),
            ("split", split(len)),
            ("named", prop_oneof![4 => named(), 1 => value()].boxed()),
            ("names", names()),
            ("values", array(scalar(), 3).boxed()),
            (
                "payload",
                prop_oneof![2 => text_of(payload(len)), 1 => payload(len), 1 => broken(), 1 => value()].boxed(),
            ),
            ("t", tensor(len)),
            (
                "csv",
                prop_oneof![6 => csv(len).prop_map(|csv| quoted(&csv)), 1 => value(), 1 => text_of(payload(1))].boxed(),
            ),
            ("o", object(vec![("*", scalar().boxed()), ("x", value())])),
            ("m", scalar().boxed()),
            ("v", scalar().boxed()),
            ("features", list(object(vec![("v", scalar().boxed())])).boxed()),
        ]
        .into_iter()
        .map(|(name, value)| (Just(name), prop::option::weighted(0.6, value)))
        .collect::<Vec<_>>()
    });
    let ts = prop_oneof![8 => Just("1372680000".to_owned()), 1 => scalar()];
    (ts, members).prop_map(|(ts, members)| {
        let members = members.into_iter().filter_map(|(name, value)| Some(format!(",\"{name}\": {}", value?)));
        format!("{{\"ts\":{ts}{}}}", members.collect::<String>())
    })
}

fn row() -> BoxedStrategy<String> {
    let inner = prop_oneof![
        2 => text_of(object(vec![("x", scalar().boxed())])),
        1 => object(vec![("x", scalar().boxed())]),
        1 => named(),
        1 => text_of(named()),
        1 => broken(),
    ];
    let members = vec![
        ("ts", Just("1372680000".to_owned()).boxed()),
        ("x", scalar().boxed()),
        ("in", inner.boxed()),
        ("names", names()),
        ("values", array(scalar(), 3).boxed()),
    ];
    prop_oneof![
        4 => object(members),
        3 => (0..4_usize).prop_flat_map(|len| array(value(), len)),
        2 => scalar(),
        1 => text_of(object(vec![("x", scalar().boxed())])),
    ]
    .boxed()
}

fn payload(len: usize) -> BoxedStrategy<String> {
    let rows = array(object(vec![("x", scalar().boxed())]), len);
    object(vec![
        ("x", scalar().boxed()),
        ("m", scalar().boxed()),
        ("list", prop_oneof![3 => array(scalar(), len), 1 => array(scalar(), 2)].boxed()),
        ("in", prop_oneof![2 => rows.clone(), 1 => text_of(rows.boxed()), 1 => broken()].boxed()),
    ])
}

fn split(len: usize) -> BoxedStrategy<String> {
    let rows = (0..4_usize).prop_flat_map(move |columns| array(array(scalar(), columns), len));
    object(vec![("columns", names()), ("data", rows.boxed())])
}

fn named() -> BoxedStrategy<String> {
    let pair = object(vec![("value", scalar().boxed()), ("name", name())]);
    (0..4_usize).prop_flat_map(move |len| array(prop_oneof![9 => pair.clone(), 1 => scalar()], len)).boxed()
}

/// A tensor of rows, flat or nested, whose shape mostly is its own.
fn tensor(len: usize) -> BoxedStrategy<String> {
    let shapes = select(vec![vec![len], vec![len, 1], vec![len, 2], vec![len, 2, 2], vec![len, 0]]);
    let data = shapes.prop_flat_map(|shape| {
        let product = shape.iter().product::<usize>();
        let flat = array(scalar(), product);
        let nested = shape.iter().rev().fold(scalar().boxed(), |inner, len| array(inner, *len).boxed());
        let shape = prop_oneof![
            6 => Just(format!("{shape:?}")),
            1 => Just("[2,2]".to_owned()),
            1 => Just("[1.5,2]".to_owned()),
            1 => Just("null".to_owned()),
        ];
        let data = prop_oneof![2 => flat, 1 => nested];
        (shape, data, any::<bool>(), names())
    });
    data.prop_map(|(shape, data, first, names)| {
        let (shape, data) = (format!("\"shape\":{shape}"), format!("\"data\":{data}"));
        let (a, b) = if first { (shape, data) } else { (data, shape) };
        format!("{{\"name\":\"t\",{a},{b},\"names\":{names}}}")
    })
    .boxed()
}

fn csv(len: usize) -> BoxedStrategy<String> {
    let field = select(vec![
        "1",
        "-2.5",
        "",
        " 7 ",
        "007",
        "1e3",
        "+1",
        ".5",
        "a",
        "é",
        "\"a,b\"",
        "\"x\ny\"",
        "\"\"\"\"",
        "NaN",
        "1372680000",
    ]);
    let line = prop::collection::vec(field, 1..4).prop_map(|fields| fields.join(","));
    let end = select(vec!["", "\n"]);
    (prop::collection::vec(line, len), end).prop_map(|(lines, end)| lines.join("\n") + end).boxed()
}

/// What looks like JSON and is none.
fn broken() -> BoxedStrategy<String> {
    select(vec![r#""{\"x\":""#, r#""[1,]""#, r#"" {}{}""#, r#""[""#]).prop_map(str::to_owned).boxed()
}

fn value() -> BoxedStrategy<String> {
    prop_oneof![5 => scalar(), 1 => Just("[]".to_owned()), 1 => Just("{\"x\":1}".to_owned()), 1 => Just("[[1],2]".to_owned())]
        .boxed()
}

fn name() -> BoxedStrategy<String> {
    select(vec!["\"a\"", "\"b\"", "\"c\"", "1", "\"\\u0061\"", "null"]).prop_map(str::to_owned).boxed()
}

fn names() -> BoxedStrategy<String> {
    prop_oneof![
        3 => Just("[\"a\",\"b\",\"c\"]".to_owned()),
        2 => (0..4_usize).prop_flat_map(|len| array(name(), len)),
        1 => scalar(),
    ]
    .boxed()
}

fn array(value: impl Strategy<Value = String> + 'static, len: usize) -> impl Strategy<Value = String> + Clone {
    let list = prop::collection::vec(value.boxed(), len);
    (list, select(vec![",", " , "])).prop_map(|(list, comma)| format!("[{}]", list.join(comma))).boxed()
}

fn object(members: Vec<(&'static str, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let members: Vec<_> =
        members.into_iter().map(|(name, value)| (Just(name), prop::option::weighted(0.8, value))).collect();
    members
        .prop_map(|members| {
            let members = members.into_iter().filter_map(|(name, value)| Some(format!("\"{name}\": {}", value?)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        })
        .boxed()
}

fn text_of(json: BoxedStrategy<String>) -> BoxedStrategy<String> {
    json.prop_map(|json| quoted(&json)).boxed()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
