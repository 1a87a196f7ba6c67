//! Where things may stand: `unsafe` among the kernels, SQL in the store, the outside world above floor 1.

use crate::{
    floors::floor_of,
    lexer::{Masked, is_identifier, lines_with, mask},
    tree::{File, Tree},
    violation::Violation,
};

const KERNELS: &str = "crates/driftd-stats/src/kernels/";
const STORE: &str = "crates/driftd-store/";
const MIGRATIONS: &str = "migrations/";

/// Calls that ask the clock; floors 0 to 2 take `now` as an argument.
const CLOCKS: &[&str] = &["SystemTime::now", "Utc::now", "Local::now"];
/// What floors 0 and 1 never touch on top of that. An address of `std::net` is only a value, a socket is not.
const OUTSIDE: &[&str] =
    &["Instant::now", "std::env", "std::fs", "std::process", "TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs"];
/// The modules of the standard library among them, as they stand in `use std::{…}`.
const OUTSIDE_MODULES: &[&str] = &["env", "fs", "process"];

/// How an SQL statement begins. Upper case as the house writes it; phrases that no sentence begins with in any case.
const SQL_OPENINGS: &[&str] = &[
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "CREATE VIEW ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "WITH RECURSIVE ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
    "insert into ",
    "delete from ",
    "create table ",
    "alter table ",
    "drop table ",
    "pragma ",
];

/// Checks every Rust file, and where `.sql` files stand.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.files() {
        if file.has_extension("sql") && !may_hold_sql(file) {
            violations.push(violation(file, 1, "sql", "an SQL file".to_owned(), SQL_REMEDY));
        }
        if file.is_rust() {
            let masked = mask(&file.text);
            violations.extend(unsafe_outside_kernels(file, &masked));
            violations.extend(sql_outside_the_store(file, &masked));
            violations.extend(world_below_its_floor(file, &masked));
        }
    }
    violations
}

const SQL_REMEDY: &str = "SQL stands in driftd-store and migrations/ only: add a method to the store's port";

fn unsafe_outside_kernels(file: &File, masked: &Masked) -> Vec<Violation> {
    if file.path.starts_with(KERNELS) {
        return Vec::new();
    }
    let remedy = "write it in safe Rust, or as a kernel with a naive twin in driftd-stats/src/kernels/";
    let at = lines_with(&masked.code, "unsafe").into_iter();
    at.map(|line| violation(file, line, "unsafe", "the keyword `unsafe` outside the kernels".to_owned(), remedy))
        .collect()
}

fn sql_outside_the_store(file: &File, masked: &Masked) -> Vec<Violation> {
    if may_hold_sql(file) {
        return Vec::new();
    }
    let is_sql = |text: &str| SQL_OPENINGS.iter().any(|opening| text.trim_start().starts_with(opening));
    let found = masked.strings.iter().filter(|(_, text)| is_sql(text));
    found
        .map(|(line, text)| violation(file, *line, "sql", format!("an SQL statement ({})", head(text)), SQL_REMEDY))
        .collect()
}

/// The crates of floors 0 to 2, their tests aside.
fn world_below_its_floor(file: &File, masked: &Masked) -> Vec<Violation> {
    let Some(floor) = file.crate_folder().and_then(floor_of).filter(|&floor| floor <= 2 && !file.is_test()) else {
        return Vec::new();
    };
    let code = masked.code_without_tests();
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut look_for =
        |word: &str| found.extend(lines_with(&code, word).into_iter().map(|line| (line, word.to_owned())));
    for word in CLOCKS {
        look_for(word);
    }
    if floor <= 1 {
        for word in OUTSIDE {
            look_for(word);
        }
        found.extend(grouped_imports(&code));
    }
    found.sort();
    let remedy = "take the time, the value or the bytes as an argument from a floor above";
    found
        .into_iter()
        .map(|(line, word)| violation(file, line, "purity", format!("`{word}` on floor {floor}"), remedy))
        .collect()
}

/// Modules of the outside world inside `use std::{…}`, with the line on which the group opens.
fn grouped_imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, opening) in code.match_indices("std::{") {
        let line = code.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let group = code.get(at + opening.len()..).and_then(|rest| rest.split(';').next()).unwrap_or("");
        let mut words = group.split(|c| !is_identifier(c));
        found.extend(words.find(|word| OUTSIDE_MODULES.contains(word)).map(|word| (line, format!("std::{word}"))));
    }
    found
}

/// The tasks of this package hold SQL as examples of what is forbidden.
fn may_hold_sql(file: &File) -> bool {
    [STORE, MIGRATIONS, "xtask/"].iter().any(|prefix| file.path.starts_with(prefix))
}

/// The first words of a statement.
fn head(text: &str) -> String {
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

fn violation(file: &File, line: usize, rule: &'static str, what: String, remedy: &'static str) -> Violation {
    Violation { path: file.path.clone(), line, rule, what, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    fn faults(path: &str, text: &str) -> Vec<String> {
        lines(&check(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn unsafe_stands_among_the_kernels() {
        let text = "// unsafe in prose\n#![forbid(unsafe_code)]\nfn f() { unsafe { g() } }\n";
        assert_eq!(faults("crates/driftd-stats/src/kernels/bin.rs", text), [""; 0]);
        assert_eq!(
            faults("crates/driftd-stats/src/grid.rs", text),
            ["crates/driftd-stats/src/grid.rs:3: unsafe: the keyword `unsafe` outside the kernels"]
        );
    }

    #[test]
    fn sql_stands_in_the_store() {
        let text = "let q = \"\n    SELECT a FROM b\";\nlet prose = \"select a baseline from the list\";\n";
        assert_eq!(faults("crates/driftd-store/src/panes.rs", text), [""; 0]);
        assert_eq!(
            faults("crates/driftd-engine/src/seal.rs", text),
            ["crates/driftd-engine/src/seal.rs:1: sql: an SQL statement (SELECT a FROM)"]
        );
        assert_eq!(faults("migrations/0001_first.sql", "SELECT 1"), [""; 0]);
        assert_eq!(faults("docs/x.sql", "SELECT 1"), ["docs/x.sql:1: sql: an SQL file"]);
    }

    #[test]
    fn the_pure_floors_see_no_clock_environment_or_file() {
        let text = "use std::{collections::BTreeMap,\n fs};\nlet now = Utc::now();\nlet v = std::env::var(\"X\");\n";
        assert_eq!(
            faults("crates/driftd-model/src/incident.rs", text),
            [
                "crates/driftd-model/src/incident.rs:1: purity: `std::fs` on floor 1",
                "crates/driftd-model/src/incident.rs:3: purity: `Utc::now` on floor 1",
                "crates/driftd-model/src/incident.rs:4: purity: `std::env` on floor 1",
            ]
        );
        assert_eq!(
            faults("crates/driftd-store/src/clock.rs", text),
            ["crates/driftd-store/src/clock.rs:3: purity: `Utc::now` on floor 2"]
        );
        assert_eq!(faults("crates/driftd/src/main.rs", text), [""; 0]);
    }

    #[test]
    fn tests_of_the_pure_floors_may_read_files() {
        assert_eq!(faults("crates/driftd-stats/tests/golden.rs", "std::fs::read(x)"), [""; 0]);
        assert_eq!(faults("crates/driftd-stats/src/grid.rs", "#[cfg(test)]\nmod tests { use std::fs; }"), [""; 0]);
        assert_eq!(faults("crates/driftd-stats/src/grid.rs", "use std::{fmt, net::IpAddr};\nenv!(\"X\");"), [""; 0]);
    }
}
