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
    assert_snapshot!(check("train.csv", "today.csv"), @"");
    assert_snapshot!(check("yesterday.parquet", "train.csv"), @"");
    assert_snapshot!(check("yesterday", "train.csv"), @"");
    assert_snapshot!(check("train.csv", "."), @"");
}

#[test]
fn files_of_another_type() {
    let fixture = fixture();
    let parquet = Orders::usual(100, 1).parquet();
    assert_snapshot!(refusal(&fixture, "today.xlsx", "PK"), @"");
    assert_snapshot!(refusal(&fixture, "today.csv", &parquet), @"");
    assert_snapshot!(refusal(&fixture, "today.parquet", "age,city\n1,x\n"), @"");
    assert_snapshot!(refusal(&fixture, "today.ndjson", "age,city\n1,x\n"), @"");
}

#[test]
fn empty_files() {
    let fixture = fixture();
    assert_snapshot!(refusal(&fixture, "empty.csv", ""), @"");
    assert_snapshot!(refusal(&fixture, "empty.parquet", ""), @"");
    assert_snapshot!(refusal(&fixture, "empty.ndjson", ""), @"");
    assert_snapshot!(refusal(&fixture, "header.csv", "age,city\n"), @"");
    assert_snapshot!(fixture.run("check --baseline header.csv --current train.csv").refusal(), @"");
}

#[test]
fn parquet_that_was_cut_short() {
    let fixture = fixture();
    let whole = Orders::usual(2000, 1).parquet();
    fixture.write("whole.parquet", &whole);
    assert_snapshot!(refusal(&fixture, "half.parquet", &whole[..whole.len() / 2]), @"");
    // Cut anywhere, it is refused: never a panic, never a score of half a file.
    for cut in (1..whole.len()).step_by(whole.len() / 40) {
        refusal(&fixture, "cut.parquet", &whole[..cut]);
    }
    let tail = &whole[whole.len() / 2..];
    assert_snapshot!(refusal(&fixture, "tail.parquet", tail), @"");
}

#[test]
fn csv_that_is_not_utf8() {
    let fixture = fixture();
    assert_snapshot!(refusal(&fixture, "latin1.csv", b"age,city\n41,Porto\n17,Nazar\xe9\n"), @"");
    fixture.write("latin1-train.csv", b"age,city\n41,Porto\n17,Nazar\xe9\n");
    assert_snapshot!(fixture.run("baseline build towns latin1-train.csv").refusal(), @"");
}

#[test]
fn lines_that_do_not_fit() {
    let fixture = fixture();
    assert_snapshot!(refusal(&fixture, "ragged.csv", "age,city\n1,x\n2\n"), @"");
    assert_snapshot!(refusal(&fixture, "twice.csv", "age,age\n1,2\n"), @"");
    assert_snapshot!(refusal(&fixture, "broken.ndjson", "{\"age\": 1}\n{\"age\": \n"), @"");
}

#[test]
fn a_directory_that_cannot_be_written_to() {
    let fixture = fixture();
    std::fs::create_dir(fixture.path("store.db")).unwrap();
    fixture.write("driftd.toml", crate::fixture::CONFIG);
    assert_snapshot!(fixture.run("baseline build orders train.csv").refusal(), @"");
    fixture.write("driftd.toml", crate::fixture::CONFIG.replace("store.db", "no/such/store.db"));
    assert_snapshot!(fixture.run("baseline list").refusal(), @"");
    fixture.write("driftd.toml", crate::fixture::CONFIG.replace("store.db", "train.csv"));
    assert_snapshot!(fixture.run("baseline list").refusal(), @"");
}
