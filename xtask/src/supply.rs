//! C that crates bring along: all of it is named in docs/supply.md, with the version that is built, so that somebody looks
//! at its advisories and looks again when it moves.

use crate::{tree::Tree, violation::Violation};

const RULE: &str = "supply";
const LOCK: &str = "Cargo.lock";
const TABLE: &str = "docs/supply.md";
/// Names of crates that bring C end like this; ring is one that does not.
const ENDINGS: [&str; 2] = ["-sys", "-src"];
const OTHERS: [&str; 1] = ["ring"];
/// Crates of that kind of name that only describe what an operating system, a browser or another crate brings.
const BINDINGS: [&str; 8] = [
    "core-foundation-sys",
    "jni-sys",
    "js-sys",
    "linux-raw-sys",
    "openssl-sys",
    "security-framework-sys",
    "web-sys",
    "windows-sys",
];

/// Checks that the table has every crate that brings C, in the version that is locked.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let (lock, table) = (tree.text(LOCK).unwrap_or_default(), tree.text(TABLE).unwrap_or_default());
    let missing =
        locked(lock).filter(|(name, version)| brings_c(name) && !table.contains(&format!("`{name}` {version}")));
    missing
        .map(|(name, version)| Violation {
            path: TABLE.to_owned(),
            line: 1,
            rule: RULE,
            what: format!("no row for `{name}` {version}, which Cargo.lock has"),
            remedy: "look at what changed in its library, and write the row anew",
        })
        .collect()
}

/// Names and versions of the packages in a lock file.
fn locked(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    lock.split("[[package]]").filter_map(|package| Some((field(package, "name")?, field(package, "version")?)))
}

fn field<'a>(package: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"');
    package.lines().find_map(value)
}

fn brings_c(name: &str) -> bool {
    let is_named_so = ENDINGS.iter().any(|ending| name.ends_with(ending)) || OTHERS.contains(&name);
    is_named_so && !BINDINGS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    const LOCK_TEXT: &str = "version = 4\n\n[[package]]\nname = \"zstd-sys\"\nversion = \"2.1.2+zstd.1.5.7\"\n\n\
                             [[package]]\nname = \"js-sys\"\nversion = \"0.3.1\"\n\n[[package]]\nname = \"serde\"\n\
                             version = \"1.0.0\"\n";

    fn checked(table: &str) -> Vec<String> {
        lines(&check(&Tree::of(&[(LOCK, LOCK_TEXT), (TABLE, table)])))
    }

    #[test]
    fn a_library_that_moved_or_is_new_is_told() {
        assert!(checked("| zstd 1.5.7 | `zstd-sys` 2.1.2+zstd.1.5.7 | pages |").is_empty());
        for table in ["", "| zstd 1.5.6 | `zstd-sys` 2.1.1+zstd.1.5.6 | pages |"] {
            let told = "docs/supply.md:1: supply: no row for `zstd-sys` 2.1.2+zstd.1.5.7, which Cargo.lock has";
            assert_eq!(checked(table), [told]);
        }
    }
}
