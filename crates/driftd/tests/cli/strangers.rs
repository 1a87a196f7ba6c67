//! Names and values that strangers choose reach terminals and spreadsheets, which obey some of them.

use std::fmt::Write;

use serde_json::json;

use crate::fixture::Fixture;

const CONFIG: &str = "[store]\nurl = \"sqlite://store.db\"\n[[monitor]]\nname = \"m\"\ntopic = \"t\"\nbaseline = \"m@v1\"\n\
                      event_time = \"/ts\"\npane = \"1h\"\nwindows = [{ name = \"day\", size = \"1d\" }]\n\
                      segments = { by = [\"/seg\"] }\n";
/// Names of features and of segments, and what records bring that the baseline never had.
const NAMES: [&str; 3] = ["=1+1", "title\u{1b}]0;owned\u{7}", "plain"];
const SEGMENTS: [&str; 2] = ["@SUM(A1)", "red\u{1b}[31m"];
const VALUES: [&str; 4] = ["\u{1b}]0;owned\u{7}\u{1b}[2J", "x\r\nfake line", "\u{202e}gnp", "+1"];

fn rows(days: std::ops::Range<usize>, is_usual: bool) -> String {
    let mut text = String::new();
    for i in days.start * 600..days.end * 600 {
        let value = if is_usual { ["a", "b"][i % 2] } else { VALUES[i % 4] };
        let moved = if is_usual { 0 } else { 500 };
        let mut row = json!({ "ts": 1_700_006_400 + i * 144, "seg": SEGMENTS[i % 2], "cat": value });
        for name in NAMES {
            row[name] = (i * 7919 % 1_000 + moved).into();
        }
        let _ = writeln!(text, "{row}");
    }
    text
}

/// No terminal is told anything but lines of text.
fn is_harmless(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\n' || !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

#[test]
fn what_strangers_write_is_only_read() {
    let fixture = Fixture::new();
    fixture.write("driftd.toml", CONFIG);
    fixture.write("train.ndjson", rows(0..5, true));
    fixture.write("live.ndjson", rows(5..8, false));
    fixture.write("today.ndjson", rows(5..6, false));
    fixture.run("baseline build m train.ndjson").ends(0);
    let mut shown = vec![fixture.run("replay --monitor m live.ndjson").ends(0)];
    let incidents = fixture.run("incidents list --format json").ends(0).json();
    assert!(!incidents.as_array().unwrap().is_empty());
    for incident in incidents.as_array().unwrap() {
        shown.push(fixture.run(&format!("incidents show {}", incident["incident_id"].as_str().unwrap())).ends(0));
    }
    for command in ["incidents list", "history m", "baseline show m@v1", "baseline list"] {
        shown.push(fixture.run(command).ends(0));
    }
    for format in ["table", "markdown"] {
        shown.push(fixture.run(&format!("check --baseline m@v1 --monitor m --current today.ndjson --format {format}")));
    }
    for ran in &shown {
        for text in [ran.out(), ran.stderr.clone()] {
            assert!(is_harmless(&text), "{}", text.escape_debug());
        }
    }
    assert!(shown.iter().any(|ran| ran.out().contains("owned")), "it was shown");
    let csv = fixture.run("history m --format csv").ends(0).out();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut formulas = 0;
    for record in reader.records() {
        for cell in record.unwrap().iter().filter(|cell| cell.parse::<f64>().is_err()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            formulas += usize::from(cell.starts_with("'="));
        }
    }
    assert!(formulas > 0, "the feature's name is there");
}
