//! That clippy and rustc check what the house relies on them for.
//!
//! Both are told per package, and a package that is told nothing is checked by nobody: every one takes the lints of the
//! workspace, and one of a lower floor the list of what its floor may not call (`clippy/`). Clippy reads one list for a
//! package and not the root's as well, so a floor's list repeats the root's.

use toml::{Table, Value};

use crate::{floors::floor_of, packages::Package, tree::Tree, violation::Violation};

const RULE: &str = "lints";
const ROOT: &str = "clippy.toml";

/// The list of a floor, where it has one besides the root's.
fn list_of(floor: u8) -> Option<&'static str> {
    match floor {
        0 | 1 => Some("clippy/floors-0-1.toml"),
        2 => Some("clippy/floor-2.toml"),
        _ => None,
    }
}

/// Checks the manifests, the lists, and that every package has its own.
pub(crate) fn check(tree: &Tree, packages: &[Package]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |path: &str, what, remedy| {
        violations.push(Violation { path: path.to_owned(), line: 1, rule: RULE, what, remedy });
    };
    for package in packages {
        let name = &package.name;
        if !tree.text(&package.manifest).is_some_and(inherits) {
            report(
                &package.manifest,
                format!("{name} does not take the workspace lints"),
                "add `[lints] workspace = true`",
            );
        }
        let list = floor_of(name).and_then(list_of).unwrap_or(ROOT);
        let own = package.beside_manifest(ROOT);
        match tree.text(&own) {
            None if list == ROOT => {}
            Some(text) if list != ROOT && Some(text) == tree.text(list) => {}
            _ => report(
                &own,
                format!("{name} is not checked with {list}"),
                "make it a link to the list of its floor: `ln -s ../../clippy/… clippy.toml`; above floor 2 remove it",
            ),
        }
    }
    for list in [list_of(0), list_of(2)].into_iter().flatten() {
        for missing in missing_of_root(tree, list) {
            report(list, format!("lacks {missing} of {ROOT}"), "repeat it: clippy reads one list for a package");
        }
    }
    violations
}

fn inherits(manifest: &str) -> bool {
    let lints = manifest.parse::<Table>().ok().and_then(|table| table.get("lints")?.get("workspace")?.as_bool());
    lints == Some(true)
}

/// What of the root's list does not stand in `list` too.
fn missing_of_root(tree: &Tree, list: &str) -> Vec<String> {
    let read = |path: &str| tree.text(path).and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let (root, list) = (read(ROOT), read(list));
    let mut missing = Vec::new();
    for (key, value) in &root {
        match (value, list.get(key)) {
            (Value::Array(entries), Some(Value::Array(own))) => {
                missing
                    .extend(entries.iter().filter(|entry| !own.contains(entry)).map(|entry| format!("{key} {entry}")));
            }
            (value, own) if own != Some(value) => missing.push(key.clone()),
            _ => {}
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{packages::package, violation::lines};

    const LIST: &str = "clippy/floors-0-1.toml";
    const LINTED: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn a_package_is_checked_with_the_list_of_its_floor() {
        let packages = [package("driftd-stats", &[]), package("driftd-engine", &[])];
        let manifests = [("crates/driftd-stats/Cargo.toml", LINTED), ("crates/driftd-engine/Cargo.toml", LINTED)];
        let with = |files: &[(&str, &str)]| lines(&check(&Tree::of(&[&manifests, files].concat()), &packages));
        assert_eq!(with(&[(LIST, "a = 1"), ("crates/driftd-stats/clippy.toml", "a = 1")]), [""; 0]);
        let unlinked =
            "crates/driftd-stats/clippy.toml:1: lints: driftd-stats is not checked with clippy/floors-0-1.toml";
        assert_eq!(with(&[(LIST, "a = 1")]), [unlinked]);
        assert_eq!(with(&[(LIST, "a = 1"), ("crates/driftd-stats/clippy.toml", "a = 2")]), [unlinked]);
        assert_eq!(
            with(&[
                (LIST, "a = 1"),
                ("crates/driftd-stats/clippy.toml", "a = 1"),
                ("crates/driftd-engine/clippy.toml", "a = 1")
            ]),
            ["crates/driftd-engine/clippy.toml:1: lints: driftd-engine is not checked with clippy.toml"]
        );
    }

    #[test]
    fn a_package_takes_the_lints_of_the_workspace() {
        let tree = Tree::of(&[("crates/driftd/Cargo.toml", "[package]\nname = \"driftd\"\n")]);
        let found = lines(&check(&tree, &[package("driftd", &[])]));
        assert_eq!(found, ["crates/driftd/Cargo.toml:1: lints: driftd does not take the workspace lints"]);
    }

    #[test]
    fn a_list_repeats_the_root_s() {
        let root =
            ("clippy.toml", "allow-dbg-in-tests = true\ndisallowed-methods = [{ path = \"a\" }, { path = \"b\" }]");
        let list = "allow-dbg-in-tests = false\ndisallowed-methods = [{ path = \"b\" }, { path = \"c\" }]";
        let whole =
            "allow-dbg-in-tests = true\ndisallowed-methods = [{ path = \"b\" }, { path = \"a\" }, { path = \"c\" }]";
        assert_eq!(missing_of_root(&Tree::of(&[root, (LIST, whole)]), LIST), [""; 0]);
        assert_eq!(
            missing_of_root(&Tree::of(&[root, (LIST, list)]), LIST),
            ["allow-dbg-in-tests", "disallowed-methods { path = \"a\" }"]
        );
        assert_eq!(missing_of_root(&Tree::of(&[root]), LIST).len(), 2);
    }
}
