//! Files that ask for more memory than anybody has are refused, or read in little.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;

use support::Files;
use support::alone::{read_alone, read_here};

/// MiB that a process may take for any file.
const MOST: u64 = 512;

#[test]
#[ignore = "the process that reads a file alone"]
fn child() {
    read_here();
}

/// How a file of that name and content is read.
fn outcome(name: &str, write: impl FnOnce(&mut File)) -> String {
    let files = Files::new();
    let path = files.path(name);
    write(&mut File::create(&path).unwrap());
    let alone = read_alone("child", &path);
    assert!(alone.peak <= MOST, "{name} took {} MiB: {}", alone.peak, alone.outcome);
    files.shown_text(&alone.outcome)
}

/// The beginning of a file, and then zeros that take no room on the disk.
fn and_zeros(begins: &[u8]) -> impl FnOnce(&mut File) {
    move |file| {
        file.write_all(begins).unwrap();
        file.set_len(256 << 20).unwrap();
    }
}

/// A text, and then a piece of text again and again.
fn repeated(begins: &str, piece: &str, times: usize, ends: &str) -> impl FnOnce(&mut File) + use<> {
    let text = [begins, &piece.repeat(times), ends].concat();
    move |file| file.write_all(text.as_bytes()).unwrap()
}

/// Members with names of their own.
fn members(number: usize) -> String {
    let mut text = String::new();
    for member in 0..number {
        write!(text, "{}\"m{member}\":1", if member == 0 { "" } else { "," }).unwrap();
    }
    text
}

#[test]
fn lines_without_an_end() {
    let files = [("zeros.ndjson", &b""[..]), ("array.ndjson", b"[{\"a\":\""), ("spread.ndjson", b"{\n\"a\":\"")];
    for (name, begins) in files {
        let said = outcome(name, and_zeros(begins));
        assert!(said.contains("a record of more than 64 MiB") || said.contains("one object"), "{said}");
    }
    let said = outcome("text.ndjson", and_zeros(b"{\"a\":\""));
    assert!(said.starts_with("text.ndjson: is one object that holds a whole table"), "{said}");
    insta::assert_snapshot!(outcome("zeros.csv", and_zeros(b"")), @"zeros.csv:1: the record that begins here is longer than 32 MiB or 8388608 fields; is a quote not closed, or a line end missing there?");
    insta::assert_snapshot!(outcome("line.csv", and_zeros(b"a,b\n1,2\n1,")), @"line.csv:3: the record that begins here is longer than 64 MiB or 8388608 fields; is a quote not closed, or a line end missing there?");
    insta::assert_snapshot!(outcome("quote.csv", and_zeros(b"a,b\n1,2\n1,\"")), @"quote.csv:3: the record that begins here is longer than 64 MiB or 8388608 fields; is a quote not closed, or a line end missing there?");
}

#[test]
fn fields_without_an_end() {
    insta::assert_snapshot!(outcome("header.csv", repeated("", ",", 60_000_000, "\n")), @"header.csv:1: more than 65536 columns; write ids that are used as names as values of one column, or leave out columns that are not to be compared");
    insta::assert_snapshot!(outcome("row.csv", repeated("a,b\n1,2\n", ",", 60_000_000, "\n")), @"row.csv:3: the record that begins here is longer than 64 MiB or 8388608 fields; is a quote not closed, or a line end missing there?");
}

#[test]
fn headers_of_very_many_columns() {
    let header = |columns: usize| (0..columns).map(|c| format!("c{c}")).collect::<Vec<_>>().join(",") + "\n";
    let row = |columns: usize| "1,".repeat(columns - 1) + "1\n";
    let wide = |columns| repeated(&header(columns), &row(columns), 3, "");
    insta::assert_snapshot!(outcome("wide.csv", wide(65_537)), @"wide.csv:1: more than 65536 columns; write ids that are used as names as values of one column, or leave out columns that are not to be compared");
    insta::assert_snapshot!(outcome("wider.csv", wide(1_000_000)), @"wider.csv:1: more than 65536 columns; write ids that are used as names as values of one column, or leave out columns that are not to be compared");
    // As many as may be are read within the bound.
    let widest = repeated(&header(65_536), &(",".repeat(65_535) + "\n"), 3, "");
    assert_eq!(outcome("widest.csv", widest), "3 rows");
}

#[test]
fn members_without_number_or_below_long_names() {
    let said = outcome("many.ndjson", repeated("{\"x\":1}\n{", &members(1_500_000), 1, "}\n"));
    insta::assert_snapshot!(said, @"many.ndjson:2: more than 65536 columns; write ids that are used as names as values of one column, or leave out columns that are not to be compared");
    for name in [20_000, 100_000] {
        let begins = format!("{{\"x\":1}}\n{{\"{}\":{{", "k".repeat(name));
        let said = outcome("long.ndjson", repeated(&begins, &members(20_000), 1, "}}\n"));
        assert!(said.starts_with("long.ndjson:2: the names of the columns"), "{said}");
    }
    // Short names, one within the other, above many.
    let deep = repeated(&"{\"g\":".repeat(100), &format!("{{{}}}", members(60_000)), 1, &("}".repeat(100) + "\n{}\n"));
    assert!(outcome("deep.ndjson", deep).starts_with("deep.ndjson:1: the names of the columns"));
}

#[test]
fn tables_in_one_object() {
    let frames = [
        ("values.json", repeated("{\"x\":[1", ",1", 60_000_000, "]}")),
        ("rows.json", repeated("{\"columns\":[\"x\"],\"data\":[[1]", ",[1]", 12_000_000, "]}")),
        // A name that would be written in every row.
        ("name.json", repeated(&format!("{{\"{}\":[1", "x".repeat(1_000_000)), ",1", 1_000_000, "]}")),
    ];
    for (name, write) in frames {
        let said = outcome(name, write);
        assert!(said.starts_with(&format!("{name}: is one object that holds a whole table")), "{said}");
    }
    // As many values as may be are read within the bound.
    assert_eq!(outcome("fits.json", repeated("{\"x\":[1", ",1", 4_000_000, "]}")), "4000001 rows");
}

#[test]
fn long_records_at_ever_other_places_of_a_batch() {
    // Each leaves its room behind where it stood.
    let files = Files::new();
    let mut text = "a,b\n".to_owned();
    for place in 0..12 {
        text += &"1,1\n".repeat(place);
        writeln!(text, "{},1", "x".repeat(40 << 20)).unwrap();
    }
    let alone = read_alone("child", &files.write("places.csv", text));
    assert!(alone.peak <= MOST, "{} MiB: {}", alone.peak, alone.outcome);
}
