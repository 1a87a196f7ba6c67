//! CSV as people have it: read, or refused with the line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use driftd_dataset::{BaselineOptions, CsvOptions, ReadOptions, Table, build_baseline};
use insta::assert_snapshot;
use support::Files;

/// The columns, what they hold and how many rows there are, then what was said.
fn read(files: &Files, content: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    let path = files.write("t.csv", content);
    match Table::open_all(&[path], options) {
        Ok(table) => {
            let baseline = build_baseline(&table, &BaselineOptions::default(), &|_| ());
            let missing = |name: &str| {
                let feature = baseline.as_ref().ok()?.feature(name)?;
                Some(driftd_model::rows_of(&feature.aggregate).missing).filter(|missing| *missing > 0)
            };
            let column = |c: &driftd_dataset::ColumnInfo| {
                let missing = missing(&c.name).map_or_else(String::new, |missing| format!(" ({missing} missing)"));
                format!("{}: {}{missing}", c.name, c.kind)
            };
            let columns: Vec<String> = table.schema().columns().iter().map(column).collect();
            let notes = table.notes().iter().map(|note| format!("\n{}", files.shown_text(note)));
            format!("{} rows of {}{}", table.rows(), columns.join(", "), notes.collect::<String>())
        }
        Err(error) => files.shown(&error),
    }
}

fn plain(content: impl AsRef<[u8]>) -> String {
    read(&Files::new(), content, &ReadOptions::default())
}

fn with(content: impl AsRef<[u8]>, csv: CsvOptions) -> String {
    read(&Files::new(), content, &ReadOptions { csv, ..ReadOptions::default() })
}

fn rows(header: &str, row: &str) -> String {
    format!("{header}\n{}", format!("{row}\n").repeat(30))
}

#[test]
fn columns_without_a_name_are_left_out() {
    assert_snapshot!(plain(rows(",x,k", "0,1.5,a")), @"
    30 rows of x: numbers, k: text
    t.csv: column number 1 has no name and is left out
    ");
    assert_snapshot!(plain(rows("x,,k,", "1.5,0,a,")), @"
    30 rows of x: numbers, k: text
    t.csv: column number 2 has no name and is left out
    t.csv: column number 4 has no name and is left out
    ");
}

#[test]
fn spaces_around_fields_are_no_part_of_them() {
    assert_snapshot!(plain(rows("x, k", "1.5, a")), @"30 rows of x: numbers, k: text");
    assert_snapshot!(plain(rows("x , k", "1.5 , \"a, b\"")), @"30 rows of x: numbers, k: text");
    assert_snapshot!(plain(rows("x,k", "1.5, true")), @"30 rows of x: numbers, k: booleans");
}

#[test]
fn what_stands_above_the_header_is_passed_over() {
    assert_snapshot!(plain(rows("Extract of 2025-01-06\nx;k", "1.5;a")), @r#"
    30 rows of x: numbers, k: text
    t.csv: 1 line above the header passed over, the first of them "Extract of 2025-01-06"
    "#);
    assert_snapshot!(plain(rows("Report, made by hand\n\nx;y;k", "1.5;2;a")), @r#"
    30 rows of x: numbers, y: numbers, k: text
    t.csv: 1 line above the header passed over, the first of them "Report, made by hand"
    "#);
    assert_snapshot!(plain(rows("# one, of two\n#\nx,k", "1.5,a")), @r##"
    30 rows of x: numbers, k: text
    t.csv: 2 lines above the header passed over, the first of them "# one, of two"
    "##);
    assert_snapshot!(plain(rows("#x,k", "1.5,a")), @"30 rows of #x: numbers, k: text");
    assert_snapshot!(plain(rows("sep=|\r\nx|k,l", "1.5|a,b")), @"30 rows of x: numbers, k,l: text");
    assert_snapshot!(plain(rows("x;k\n[m/s];[-]", "1.5;a")), @"
    30 rows of x: numbers, k: text
    t.csv: line 2 is taken for units and passed over: [m/s];[-]
    ");
    let skip = |lines| CsvOptions { skip_lines: Some(lines), ..CsvOptions::default() };
    assert_snapshot!(with(rows("a,b\n1,2\nx,k", "1.5,a"), skip(2)), @"30 rows of x: numbers, k: text");
    assert_snapshot!(with("a\nb\n", skip(5)), @"t.csv: has no columns; a table needs at least one named column");
}

#[test]
fn a_file_without_a_header_is_asked_about() {
    let table = "1,0\n".repeat(30);
    assert_snapshot!(plain(&table), @"t.csv:1: the header is nothing but numbers (1,0); if the file has no header, say --no-header (header = false), if these are names, --header (header = true)");
    let header = |is_there| CsvOptions { header: Some(is_there), ..CsvOptions::default() };
    assert_snapshot!(with(&table, header(false)), @"30 rows of column_1: numbers, column_2: numbers");
    assert_snapshot!(with("1,0\n".repeat(30), header(true)), @"29 rows of 1: numbers, 0: numbers");
    assert_snapshot!(plain("1.5,a\n".repeat(30)), @"
    29 rows of 1.5: numbers, a: text
    t.csv: the first line looks like a row; if the file has no header, say --no-header (header = false)
    ");
}

#[test]
fn delimiters_that_are_not_looked_for_are_asked_about() {
    for (delimiter, shown) in [(" ", "space"), ("^", "'^'"), (":", "':'"), ("\x01", "$'\\x01'")] {
        let table = rows(&format!("x{delimiter}k"), &format!("1.5{delimiter}a"));
        let refused = plain(&table);
        assert!(refused.contains(&format!("--delimiter {shown}, if it has one column")), "{refused}");
        let said = CsvOptions {
            delimiter: (if delimiter == " " { "space" } else { delimiter }).parse().ok(),
            ..CsvOptions::default()
        };
        assert_eq!(with(&table, said), "30 rows of x: numbers, k: text");
    }
    assert_snapshot!(plain(rows("at", "today 12 o'clock")), @r#"
    30 rows of at: text
    t.csv: is read as one column of text, and ' ' stands in every line; if that is the delimiter, say --delimiter
    "#);
    let comma = CsvOptions { delimiter: ",".parse().ok(), ..CsvOptions::default() };
    assert_snapshot!(with(rows("first name", "Ann Lee"), comma), @"30 rows of first name: text");
}

#[test]
fn quotes_are_read_by_the_rule_that_fits() {
    let escaped = rows("x,t", "1.5,\"say \\\"hi\\\", there\"");
    let doubled = rows("x,t", "1.5,\"say \"\"hi\"\", there\"");
    let files = Files::new();
    let (a, b) = (files.write("a.csv", escaped), files.write("b.csv", doubled));
    assert_eq!(files.baseline(&a).content_hash(), files.baseline(&b).content_hash());
    // The first such quote may come late.
    let late = rows("x,t", "1.5,\"plain\"") + &"1.5,\"plain\"\n".repeat(20_000) + "1.5,\"a \\\" b\"\n";
    assert_snapshot!(plain(late), @"20031 rows of x: numbers, t: text");
    assert_snapshot!(plain(rows("x,t", "1.5,\"C:\\temp\\\"")), @"30 rows of x: numbers, t: text");
    assert_snapshot!(plain(rows("x,t", "1.5,\"two\nlines\"")), @"30 rows of x: numbers, t: text");
    assert_snapshot!(plain("x,t\n1,a\n2,\"b\n3,c\n4,d\n"), @"t.csv:3: the quote that opens a field here is not closed at the field's end; check quotes there");
    assert_snapshot!(plain("x,t\n1,a\n2,\"b\n3,c\n4,\"d\"\n"), @"t.csv:3: the quote that opens a field here is not closed at the field's end; check quotes there");
    assert_snapshot!(plain("x,t\n1,5\" pipe\n2,6\" pipe\n"), @"2 rows of x: numbers, t: text");
}

#[test]
fn a_quote_that_is_never_closed_takes_no_memory() {
    let table = "x,t\n1,\"".to_owned() + &"2,y\n".repeat(25 << 20);
    assert_snapshot!(plain(table), @"t.csv:2: the quote that opens a field here is not closed at the field's end; check quotes there");
}

#[test]
fn blank_lines_of_one_column_are_rows() {
    assert_snapshot!(plain("x\n\n1\n\n2\n"), @"4 rows of x: numbers (2 missing)");
    assert_snapshot!(plain("x\r\n1\r\n\r\n2\r\n"), @"3 rows of x: numbers (1 missing)");
    assert_snapshot!(plain("x\n1\n2\n"), @"2 rows of x: numbers");
    assert_snapshot!(plain("x,y\n1,2\n\n3,4\n"), @"2 rows of x: numbers, y: numbers");
}

#[test]
fn a_header_is_no_binary_file_for_its_first_letters() {
    for name in ["ORCID", "BZh1", "ORC"] {
        assert_eq!(plain(rows(&format!("{name},k"), "1.5,a")), format!("30 rows of {name}: numbers, k: text"));
    }
    for head in ["ORC\x12\x03\0,k\n", "BZh91AY&SY\x01\x02\x03\x04,k\n"] {
        assert!(plain(rows(head, "1.5,a")).contains("is named as CSV but holds"), "{head:?}");
    }
}

#[test]
fn every_line_end_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let table = rows("x,k", "1.5,a").replace('\n', end);
        assert_eq!(plain(&table), "30 rows of x: numbers, k: text", "{end:?}");
        assert_eq!(plain(format!("Title{end}{end}{table}")).lines().next(), Some("30 rows of x: numbers, k: text"));
    }
}

#[test]
fn text_is_decoded() {
    let table = rows("größe,stadt", "1.5,Köln");
    let utf_16 = |unit: fn(u16) -> [u8; 2], mark: &[u8]| {
        [mark, &table.encode_utf16().flat_map(unit).collect::<Vec<_>>()].concat()
    };
    let latin: Vec<u8> = table.chars().map(|c| c as u8).collect();
    for bytes in [
        table.clone().into_bytes(),
        format!("\u{feff}{table}").into_bytes(),
        utf_16(u16::to_le_bytes, b"\xff\xfe"),
        utf_16(u16::to_be_bytes, b"\xfe\xff"),
    ] {
        assert_eq!(plain(bytes), "30 rows of größe: numbers, stadt: text");
    }
    let options = ReadOptions { encoding: "latin1".parse().ok(), ..ReadOptions::default() };
    assert_eq!(read(&Files::new(), &latin, &options), "30 rows of größe: numbers, stadt: text");
    assert_snapshot!(plain(&latin), @"t.csv:1: column number 1 is not UTF-8 (in the record that starts at byte 0); convert the file first, for example with `iconv -f LATIN1 -t UTF-8`");
}
