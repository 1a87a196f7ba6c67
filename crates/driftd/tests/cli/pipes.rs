//! `driftd … | head`: a reader that leaves is not an error, whatever is being printed.

use std::process::Stdio;

use crate::fixture::Fixture;

/// Runs a command whose reader is gone before it starts, and gives its exit code and its messages.
fn abandoned(fixture: &Fixture, words: &str) -> (Option<i32>, String) {
    let mut command = fixture.command(words);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let fixture = Fixture::with_history();
    let commands = [
        "history orders",
        "history orders --format csv",
        "history orders --format json",
        "history orders --format parquet",
        "incidents list",
        "incidents list --format json",
        "baseline list",
        "baseline list --format json",
        "baseline show orders",
        "baseline show orders --format json",
        "baseline export orders",
        "baseline diff orders orders@v1",
        "silences list",
        "config check",
        "config show",
        "config schema",
        "completions bash",
        "replay --monitor orders week.csv --dry-run",
        "check --baseline train.csv --current train.csv",
        "check --baseline train.csv --current train.csv --format json",
        "check --baseline train.csv --current train.csv --format html",
        "--help",
        "--version",
    ];
    for command in commands {
        let (code, messages) = abandoned(&fixture, command);
        assert_eq!(code, Some(0), "{command}: {messages}");
        assert!(!messages.contains("panicked") && !messages.contains("error"), "{command}: {messages}");
    }
}

#[test]
fn an_abandoned_check_still_says_what_it_found() {
    let fixture = Fixture::with_history();
    assert_eq!(abandoned(&fixture, "check --baseline train.csv --current week.csv").0, Some(1));
}
