//! The two ways to read a record lead to the same cells, and the fast one is taken.

use super::*;
use crate::cell::Texts;

fn tree() -> FieldTree {
    let mut tree = FieldTree::default();
    for path in ["ts", "features/a", "features/b", "features", "prediction", "prediction/p", "list/0"] {
        tree.want(&path.split('/').collect::<Vec<_>>());
    }
    tree
}

fn by_parser(tree: &FieldTree, json: &str) -> Option<ParsedRecord> {
    let mut parsed = ParsedRecord::new(tree);
    parser::parse(tree, Origin::record(json), json, NodeId::ROOT, &mut parsed).ok()?;
    Some(parsed)
}

/// Cells as text, whatever they are ranges of.
fn shown(found: &ParsedRecord, json: &str) -> Vec<String> {
    let texts = Texts { record: json, scratch: &found.scratch };
    found.cells.iter().map(|cell| texts.text(*cell).map_or_else(|| format!("{cell:?}"), str::to_owned)).collect()
}

#[test]
fn a_template_reads_what_the_parser_reads() {
    let tree = tree();
    let mut templates = FastPath::default();
    templates.learn(
        &tree,
        r#" { "ts": 1, "x": [{"y": [1, "é"]}, {}], "features": {"a": 1.5, "c": null, "b": "u"}, "prediction": 0 } "#,
    );
    let mut found = ParsedRecord::new(&tree);
    for json in [
        r#" { "ts": 2, "x": [{"y": [null, "ü"]}, {}], "features": {"a": -0.25, "c": true, "b": ""}, "prediction": 1e3 } "#,
        r#" { "ts": NaN, "x": [{"y": [-Infinity, "ü"]}, {}], "features": {"a": Infinity, "c": NaN, "b": -1}, "prediction": NaN } "#,
        r#" { "ts": "2013", "x": [{"y": ["", ""]}, {}], "features": {"a": false, "c": 0, "b": null}, "prediction": "é" } "#,
    ] {
        assert!(templates.read(json, &mut found), "{json}");
        let repaired = repair(json);
        let whole = repaired.as_deref().unwrap_or(json);
        assert_eq!(shown(&found, json), shown(&by_parser(&tree, whole).unwrap(), whole));
    }
    for other in [
        r#" { "ts": 2, "x": [{"y": [null, "ü"]}, {}], "features": {"a": -0.25, "c": true, "b": ""}, "prediction": 1e3 }"#,
        r#" { "ts": 2, "x": [{"y": [null, "ü"]}, {}], "features": {"a": -0.25, "c": true, "b": ""}, "prediction": {} } "#,
        r#" { "ts": 2, "x": [{"y": [null, "\n"]}, {}], "features": {"a": -0.25, "c": true, "b": ""}, "prediction": 1 } "#,
        r#" { "ts": 1e999, "x": [{"y": [null, "ü"]}, {}], "features": {"a": 1, "c": true, "b": ""}, "prediction": 1 } "#,
        "",
    ] {
        assert!(!templates.read(other, &mut found), "{other}");
    }
}

#[test]
fn templates_are_not_made_of_what_they_cannot_read() {
    let tree = tree();
    for json in [
        r#"{"ts":1,"ts":2}"#,
        r#"{"x":{"y":1,"y":2}}"#,
        r#"{"\u0074s":1}"#,
        r#"{"ts":"a\"b"}"#,
        r#"{"list":[1]}"#,
        r#"{"ts":12345678901234567890}"#,
        &format!("{{\"x\":{}1{}}}", "[".repeat(40), "]".repeat(40)),
    ] {
        let mut templates = FastPath::default();
        templates.learn(&tree, json);
        assert!(by_parser(&tree, json).is_some());
        assert!(!templates.read(json, &mut ParsedRecord::new(&tree)), "{json}");
    }
}

#[test]
fn a_name_that_stands_twice_leaves_nothing_of_its_first_value() {
    let tree = tree();
    for (json, twin) in [
        (r#"{"features":{"a":1,"b":2},"features":{"b":3}}"#, r#"{"features":{"b":3}}"#),
        (r#"{"features":{"a":1},"features":7}"#, r#"{"features":7}"#),
        (r#"{"prediction":[1],"prediction":{"p":1},"prediction":{}}"#, r#"{"prediction":{}}"#),
        (r#"{"list":[1,2],"list":{"0":5}}"#, r#"{"list":{"0":5}}"#),
        (r#"{"ts":1,"ts":null}"#, r#"{"ts":null}"#),
    ] {
        let (twice, once) = (by_parser(&tree, json).unwrap(), by_parser(&tree, twin).unwrap());
        assert_eq!((twice.cells, twice.arrays.len()), (once.cells, once.arrays.len()), "{json}");
    }
}

#[test]
fn lines_are_told_from_an_object_spread_over_lines() {
    assert!(lines("{\"a\":1}").is_none());
    assert!(lines("{\"a\":1}\n").is_none());
    assert!(lines("{\n\"a\":1}\n").is_none());
    assert!(lines("{\"a\":1\n}\n{}").is_none());
    let found = lines("{}\n\n {\"a\":NaN} \n").unwrap();
    let found: Vec<(usize, &str)> = found.iter().map(|line| (line.start, line.text)).collect();
    assert_eq!(found, [(0, "{}\n"), (4, " {\"a\":NaN} \n")]);
    assert!(lines("{\"a\":NaN}\n{}").is_some());
}
