//! `Cargo.toml` files: reading them, and the shape that every package has.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::{
    tree::{File, Tree},
    violation::Violation,
};

const RULE: &str = "manifest";
/// A description shorter than this many characters says nothing.
const SHORTEST_DESCRIPTION: usize = 15;

/// When a dependency is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Dev,
    Build,
}

/// One line of a dependency table.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// Name of the package, also where the manifest renames it.
    pub(crate) package: String,
    pub(crate) kind: Kind,
    /// One-based line of the manifest.
    pub(crate) line: usize,
    inherits: bool,
}

/// What the rules need of one package's manifest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    description: String,
    inherits_lints: bool,
}

type Entries = BTreeMap<Spanned<String>, Value>;

#[derive(Deserialize)]
struct Raw {
    package: Option<RawPackage>,
    /// Present where a package is a workspace of its own, as fuzz targets are: it has no workspace to inherit from.
    workspace: Option<Table>,
    #[serde(default)]
    lints: Table,
    // The three tables stand here and in `RawTarget`: `#[serde(flatten)]` would lose the spans of the keys.
    #[serde(default)]
    dependencies: Entries,
    #[serde(default, rename = "dev-dependencies")]
    dev: Entries,
    #[serde(default, rename = "build-dependencies")]
    build: Entries,
    #[serde(default)]
    target: BTreeMap<String, RawTarget>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct RawTarget {
    #[serde(default)]
    dependencies: Entries,
    #[serde(default, rename = "dev-dependencies")]
    dev: Entries,
    #[serde(default, rename = "build-dependencies")]
    build: Entries,
}

/// The packages of the workspace; what cannot be read is a violation, and the root manifest (no package) is left out.
pub(crate) fn read_all(tree: &Tree) -> (Vec<Manifest>, Vec<Violation>) {
    let (mut manifests, mut violations) = (Vec::new(), Vec::new());
    for file in tree.files().iter().filter(|file| file.name() == "Cargo.toml") {
        match toml::from_str::<Raw>(&file.text) {
            // The root's own table comes without a package, so nothing of the house is left out.
            Ok(raw) if raw.package.is_some() && raw.workspace.is_some() => {}
            Ok(raw) => manifests.extend(Manifest::of(file, raw)),
            Err(error) => violations.push(Violation {
                path: file.path.clone(),
                line: error.span().map_or(1, |span| line_of(&file.text, span.start)),
                rule: RULE,
                what: format!("cannot be read: {}", error.message()),
                remedy: "mend the manifest",
            }),
        }
    }
    (manifests, violations)
}

/// Every package describes itself, takes the lints of the house, and takes every version from the workspace.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let (manifests, mut violations) = read_all(tree);
    for manifest in &manifests {
        let mut report = |line, what, remedy| {
            violations.push(Violation { path: manifest.path.clone(), line, rule: RULE, what, remedy });
        };
        if manifest.description.chars().count() < SHORTEST_DESCRIPTION {
            report(
                1,
                format!("{} has no description to speak of", manifest.name),
                "say in one line what the crate is for",
            );
        }
        if !manifest.inherits_lints {
            report(1, format!("{} does not take the workspace lints", manifest.name), "add `[lints] workspace = true`");
        }
        for dependency in manifest.dependencies.iter().filter(|dependency| !dependency.inherits) {
            let what = format!("{} brings its own version or path", dependency.package);
            report(dependency.line, what, "state it once in [workspace.dependencies] and inherit it");
        }
        let folder = manifest.path.strip_prefix("crates/").and_then(|path| path.strip_suffix("/Cargo.toml"));
        if folder.is_some_and(|folder| folder != manifest.name) {
            report(1, format!("{} does not stand in a folder of its name", manifest.name), "rename the folder");
        }
    }
    violations
}

impl Manifest {
    fn of(file: &File, raw: Raw) -> Option<Self> {
        let package = raw.package?;
        let mut dependencies = Vec::new();
        let own = [(&raw.dependencies, Kind::Normal), (&raw.dev, Kind::Dev), (&raw.build, Kind::Build)];
        let of_targets = raw.target.values().flat_map(|target| {
            [(&target.dependencies, Kind::Normal), (&target.dev, Kind::Dev), (&target.build, Kind::Build)]
        });
        for (entries, kind) in own.into_iter().chain(of_targets) {
            dependencies.extend(entries.iter().map(|(key, value)| Dependency {
                package: value.get("package").and_then(Value::as_str).unwrap_or(key.get_ref()).to_owned(),
                kind,
                line: line_of(&file.text, key.span().start),
                inherits: is_inherited(value),
            }));
        }
        dependencies.sort_by_key(|dependency| dependency.line);
        Some(Self {
            path: file.path.clone(),
            name: package.name,
            dependencies,
            description: package.description,
            inherits_lints: raw.lints.get("workspace").and_then(Value::as_bool) == Some(true),
        })
    }
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// The one-based line of a byte offset.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    const GOOD: &str = "[package]\nname = \"driftd-web\"\ndescription = \"HTTP API, dashboard and metrics\"\n\
        [lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n\
        [target.'cfg(unix)'.dependencies]\nlibc = { workspace = true }\n\
        [dev-dependencies.json]\npackage = \"serde_json\"\nworkspace = true\n";

    #[test]
    fn dependencies_have_kinds_and_lines() {
        let (manifests, violations) = read_all(&Tree::of(&[("crates/driftd-web/Cargo.toml", GOOD)]));
        assert_eq!(violations, []);
        let found: Vec<(&str, Kind, usize)> =
            manifests[0].dependencies.iter().map(|d| (d.package.as_str(), d.kind, d.line)).collect();
        assert_eq!(found, [("serde", Kind::Normal, 7), ("libc", Kind::Normal, 9), ("serde_json", Kind::Dev, 10)]);
    }

    #[test]
    fn a_good_manifest_passes() {
        let root = ("Cargo.toml", "[workspace]\nmembers = []\n[workspace.dependencies]\nserde = \"1\"\n");
        assert_eq!(check(&Tree::of(&[root, ("crates/driftd-web/Cargo.toml", GOOD)])), []);
    }

    #[test]
    fn each_fault_of_shape_is_named() {
        let bad = "[package]\nname = \"driftd-web\"\ndescription = \"DESC\"\n[dependencies]\nserde = \"1\"\n";
        let tree = Tree::of(&[("crates/web/Cargo.toml", bad), ("broken/Cargo.toml", "[package]\nname =\n")]);
        let found = lines(&check(&tree));
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(
            found[0].starts_with("broken/Cargo.toml:2: manifest: cannot be read: ") || found[0].starts_with("crates/")
        );
        for expected in [
            "crates/web/Cargo.toml:1: manifest: driftd-web has no description to speak of",
            "crates/web/Cargo.toml:1: manifest: driftd-web does not take the workspace lints",
            "crates/web/Cargo.toml:5: manifest: serde brings its own version or path",
            "crates/web/Cargo.toml:1: manifest: driftd-web does not stand in a folder of its name",
        ] {
            assert!(found.iter().any(|line| line == expected), "{expected} not in {found:#?}");
        }
    }
}
