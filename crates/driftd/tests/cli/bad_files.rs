//! Files that cannot be read as tables: an error with the place and what to do, exit code 2.

use insta::assert_snapshot;

use crate::fixture::Fixture;
use crate::orders::Orders;

fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.write("train.csv", Orders::usual(200, 1).csv());
    fixture
}

/// The error for a current file of that name and content.
fn refusal(fixture: &Fixture, name: &str, content: impl AsRef<[u8]>) -> String {
    fixture.write(name, content);
    fixture.run(&format!("check --baseline train.csv --current {name}")).refusal()
}

#[test]
fn files_that_are_not_there() {
    let fixture = fixture();
    let check = |baseline: &str, current: &str| {
        fixture.run(&format!("check --baseline {baseline} --current {current}")).refusal()
    };
    assert_snapshot!(check("train.csv", "today.csv"), @"error: today.csv: no such file; check the path");
    assert_snapshot!(check("yesterday.parquet", "train.csv"), @"error: yesterday.parquet: no such file; check the path");
    assert_snapshot!(check("yesterday", "train.csv"), @"error: there is no baseline yesterday: the store has none; make one with `driftd baseline build`");
    assert_snapshot!(check("train.csv", "today-*.csv"), @"error: today-*.csv: no file is called that, and none matches it as a pattern; check the path");
}

#[test]
fn files_of_another_type() {
    let fixture = fixture();
    let parquet = Orders::usual(100, 1).parquet();
    assert_snapshot!(refusal(&fixture, "today.xlsx", "PK"), @"error: today.xlsx: unknown kind of file; name it .parquet, .csv, .tsv, .ndjson or .jsonl, after what is in it, or say --read-as");
    assert_snapshot!(refusal(&fixture, "today.csv", &parquet), @"error: today.csv: is named as CSV but holds Parquet; rename it to .parquet");
    assert_snapshot!(refusal(&fixture, "today.parquet", "age,city\n1,x\n"), @"error: today.parquet: is named as Parquet but holds something else; rename it after what is in it, or write it again");
    assert_snapshot!(refusal(&fixture, "today.ndjson", "age,city\n1,x\n"), @"error: today.ndjson:1:1: expected value; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
}

#[test]
fn empty_files() {
    let fixture = fixture();
    assert_snapshot!(refusal(&fixture, "empty.csv", ""), @"error: empty.csv: is empty (0 bytes); was the export interrupted?");
    assert_snapshot!(refusal(&fixture, "empty.parquet", ""), @"error: empty.parquet: is empty (0 bytes); was the export interrupted?");
    assert_snapshot!(refusal(&fixture, "empty.ndjson", ""), @"error: empty.ndjson: is empty (0 bytes); was the export interrupted?");
    assert_snapshot!(refusal(&fixture, "header.csv", "age,city\n"), @"error: header.csv: has columns but no rows; nothing can be learnt from it, check the query that wrote it");
    assert_snapshot!(fixture.run("check --baseline header.csv --current train.csv").refusal(), @"error: header.csv: has columns but no rows; nothing can be learnt from it, check the query that wrote it");
}

#[test]
fn parquet_that_was_cut_short() {
    let fixture = fixture();
    let whole = Orders::usual(2000, 1).parquet();
    fixture.write("whole.parquet", &whole);
    assert_snapshot!(refusal(&fixture, "half.parquet", &whole[..whole.len() / 2]), @"error: half.parquet: does not end as a Parquet file does; it was cut short, copy it again");
    // Cut anywhere, it is refused: never a panic, never a score of half a file.
    for cut in (1..whole.len()).step_by(whole.len() / 40) {
        refusal(&fixture, "cut.parquet", &whole[..cut]);
    }
    let tail = &whole[whole.len() / 2..];
    assert_snapshot!(refusal(&fixture, "tail.parquet", tail), @"error: tail.parquet: is named as Parquet but holds something else; rename it after what is in it, or write it again");
}

#[test]
fn csv_that_is_not_utf8() {
    let fixture = fixture();
    assert_snapshot!(refusal(&fixture, "latin1.csv", b"age,city\n41,Porto\n17,Nazar\xe9\n"), @r#"error: latin1.csv:3: column "city" is not UTF-8 (in the record that starts at byte 18); convert the file first, for example with `iconv -f LATIN1 -t UTF-8`"#);
    fixture.write("latin1-train.csv", b"age,city\n41,Porto\n17,Nazar\xe9\n");
    assert_snapshot!(fixture.run("baseline build towns latin1-train.csv").refusal(), @r#"error: latin1-train.csv:3: column "city" is not UTF-8 (in the record that starts at byte 18); convert the file first, for example with `iconv -f LATIN1 -t UTF-8`"#);
}

#[test]
fn lines_that_do_not_fit() {
    let fixture = fixture();
    assert_snapshot!(refusal(&fixture, "ragged.csv", "age,city\n1,x\n2\n"), @"error: ragged.csv:3: 1 fields, but the header names 2 columns; check quotes and delimiters there");
    assert_snapshot!(refusal(&fixture, "twice.csv", "age,age\n1,2\n"), @r#"error: twice.csv: column "age" occurs twice; rename one of the two"#);
    assert_snapshot!(refusal(&fixture, "broken.ndjson", "{\"age\": 1}\n{\"age\": \n"), @"error: broken.ndjson:2:9: eof while parsing a value; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
}

#[test]
fn baselines_that_are_too_large_to_import() {
    let fixture = Fixture::with_monitor();
    // Zeros that take no room on the disk.
    std::fs::File::create(fixture.path("huge.json")).unwrap().set_len(500 << 20).unwrap();
    assert_snapshot!(fixture.run("baseline import huge.json").refusal(), @"error: huge.json has 500 MiB, more than the 64 of the largest baseline that is read; build it with fewer features or segments");
}

#[test]
fn a_directory_that_cannot_be_written_to() {
    let fixture = fixture();
    std::fs::create_dir(fixture.path("store.db")).unwrap();
    fixture.write("driftd.toml", crate::fixture::CONFIG);
    assert_snapshot!(fixture.run("baseline build orders train.csv").refusal(), @"error: store failed: cannot open the SQLite database store.db: check that its folder exists and may be written to");
    fixture.write("driftd.toml", crate::fixture::CONFIG.replace("store.db", "no/such/store.db"));
    assert_snapshot!(fixture.run("baseline list").refusal(), @"error: store failed: cannot open the SQLite database no/such/store.db: check that its folder exists and may be written to");
    fixture.write("driftd.toml", crate::fixture::CONFIG.replace("store.db", "train.csv"));
    assert_snapshot!(fixture.run("baseline list").refusal(), @"error: store failed: train.csv is not a SQLite database: name another file under [store] url");
}
