//! Floors: which crate may depend on which, and which heavy library is linked where.
//!
//! Arrows point down only. The table is the one of `ARCHITECTURE.md`; a new crate gets its floor here first.

use crate::{
    manifest::{Dependency, Kind, Manifest, read_all},
    tree::Tree,
    violation::Violation,
};

const RULE: &str = "floors";

/// Every crate of the product and its floor.
pub(crate) const FLOORS: &[(&str, u8)] = &[
    ("driftd-stats", 0),
    ("driftd-window", 0),
    ("driftd-model", 1),
    ("driftd-config", 1),
    ("driftd-source", 2),
    ("driftd-dataset", 2),
    ("driftd-store", 2),
    ("driftd-notify", 2),
    ("driftd-web", 2),
    ("driftd-engine", 3),
    ("driftd", 4),
];

/// The only arrows within one floor, from the dependent crate to the other.
const SIDEWAYS: &[(&str, &str)] = &[("driftd-window", "driftd-stats"), ("driftd-config", "driftd-model")];

/// Crates that exist for tests and may stand on anything.
const TESTKIT: &str = "driftd-testkit";

/// Libraries with one owner: the name, which stands for its family `name-…` too, and the crate that links it.
///
/// Of polars only members of the family are linked, its Parquet engine; the name alone covers them.
const OWNERS: &[(&str, &str)] = &[("polars", "driftd-dataset"), ("sqlx", "driftd-store"), ("rdkafka", "driftd-source")];

/// Packages on no floor that link such a library all the same: whoever produces records for a test or a bench is another
/// party than the source under test, and shares no code with it.
const PEERS: &[(&str, &str)] = &[("rdkafka", "driftd-tests"), ("rdkafka", "driftd-benches")];

/// What the pure floors 0 and 1 never link, tests aside.
const IMPURE: &[&str] = &["tokio", "sqlx", "rdkafka", "polars"];

/// The floor of a crate, if it is part of the product.
pub(crate) fn floor_of(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|&(_, floor)| floor)
}

/// Checks every manifest of the workspace.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    // A manifest that cannot be read is reported by the rule on manifests.
    let (manifests, _) = read_all(tree);
    let mut violations = Vec::new();
    for manifest in &manifests {
        let is_known = floor_of(&manifest.name).is_some() || manifest.name == TESTKIT;
        if manifest.path.starts_with("crates/") && !is_known {
            violations.push(Violation {
                path: manifest.path.clone(),
                line: 1,
                rule: RULE,
                what: format!("{} has no floor", manifest.name),
                remedy: "give it one in xtask/src/floors.rs and in ARCHITECTURE.md",
            });
        }
        for dependency in &manifest.dependencies {
            let faults = [
                arrow_fault(manifest, dependency),
                owner_fault(manifest, dependency),
                purity_fault(manifest, dependency),
            ];
            violations.extend(faults.into_iter().flatten().map(|(what, remedy)| Violation {
                path: manifest.path.clone(),
                line: dependency.line,
                rule: RULE,
                what,
                remedy,
            }));
        }
    }
    violations
}

type Fault = Option<(String, &'static str)>;

/// Arrows between crates of the house point down, and nothing that ships stands on the testkit.
fn arrow_fault(manifest: &Manifest, dependency: &Dependency) -> Fault {
    let from = floor_of(&manifest.name)?;
    let (name, package) = (manifest.name.as_str(), dependency.package.as_str());
    if package == TESTKIT {
        let what = format!("{name} links {TESTKIT} outside its tests");
        return (dependency.kind != Kind::Dev).then_some((what, "move it to [dev-dependencies]"));
    }
    let to = floor_of(package)?;
    if to < from || SIDEWAYS.contains(&(name, package)) {
        return None;
    }
    let what = format!("{name} (floor {from}) depends on {package} (floor {to})");
    Some((what, "arrows point down only: move the code to the lower floor, or put it together one floor up"))
}

fn owner_fault(manifest: &Manifest, dependency: &Dependency) -> Fault {
    let (library, owner) = OWNERS.iter().find(|(library, _)| is_family(&dependency.package, library))?;
    let what = format!("{} links {}, which only {owner} does", manifest.name, dependency.package);
    let may = manifest.name == *owner || PEERS.contains(&(library, manifest.name.as_str()));
    (!may).then_some((what, owner_remedy(library)))
}

fn owner_remedy(library: &str) -> &'static str {
    match library {
        "polars" => "ask driftd-dataset for the tables",
        "sqlx" => "add the query to driftd-store behind its port",
        _ => "go through driftd-source",
    }
}

fn purity_fault(manifest: &Manifest, dependency: &Dependency) -> Fault {
    let floor = floor_of(&manifest.name).filter(|&floor| floor <= 1)?;
    let is_impure = IMPURE.iter().any(|library| is_family(&dependency.package, library));
    let what = format!("{} (floor {floor}) links {}", manifest.name, dependency.package);
    (is_impure && dependency.kind != Kind::Dev)
        .then_some((what, "floors 0 and 1 are pure: take data and time as arguments"))
}

/// Whether `package` is `library` itself or one of its `library-…` parts.
fn is_family(package: &str, library: &str) -> bool {
    package.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    /// What the check says about a crate with the given dependency lines (which begin on line 4).
    fn faults(name: &str, dependencies: &str) -> Vec<String> {
        let path = format!("crates/{name}/Cargo.toml");
        let text = format!("[package]\nname = \"{name}\"\n[dependencies]\n{dependencies}");
        lines(&check(&Tree::of(&[(&path, &text)])))
    }

    #[test]
    fn arrows_down_are_fine() {
        assert_eq!(faults("driftd-web", "driftd-model.workspace = true\ndriftd-stats.workspace = true\n"), [""; 0]);
        assert_eq!(faults("driftd-window", "driftd-stats.workspace = true\n"), [""; 0]);
        assert_eq!(faults("driftd-config", "driftd-model.workspace = true\n"), [""; 0]);
        assert_eq!(faults("driftd-engine", "tokio.workspace = true\n"), [""; 0]);
    }

    #[test]
    fn arrows_up_and_sideways_are_not() {
        assert_eq!(
            faults("driftd-web", "serde = \"1\"\ndriftd-store.workspace = true\n"),
            ["crates/driftd-web/Cargo.toml:5: floors: driftd-web (floor 2) depends on driftd-store (floor 2)"]
        );
        assert_eq!(faults("driftd-stats", "driftd-window.workspace = true\n").len(), 1);
        assert_eq!(faults("driftd-model", "driftd-engine.workspace = true\n").len(), 1);
        assert_eq!(faults("driftd-model", "[dev-dependencies]\ndriftd-engine.workspace = true\n").len(), 1);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        assert_eq!(
            faults("driftd-engine", "driftd-testkit.workspace = true\n"),
            ["crates/driftd-engine/Cargo.toml:4: floors: driftd-engine links driftd-testkit outside its tests"]
        );
        assert_eq!(faults("driftd-engine", "[dev-dependencies]\ndriftd-testkit.workspace = true\n"), [""; 0]);
        assert_eq!(faults("driftd-testkit", "driftd-engine.workspace = true\n"), [""; 0]);
    }

    #[test]
    fn heavy_libraries_have_one_owner() {
        assert_eq!(
            faults("driftd-dataset", "polars-parquet.workspace = true\npolars-arrow.workspace = true\n"),
            [""; 0]
        );
        assert_eq!(
            faults("driftd-engine", "polars-parquet.workspace = true\n"),
            [
                "crates/driftd-engine/Cargo.toml:4: floors: driftd-engine links polars-parquet, which only driftd-dataset does"
            ]
        );
        for package in ["polars", "polars-arrow", "polars-buffer", "polars-utils"] {
            assert_eq!(faults("driftd-web", &format!("{package}.workspace = true\n")).len(), 1, "{package}");
        }
        assert_eq!(faults("driftd-notify", "db = { package = \"sqlx\", workspace = true }\n").len(), 1);
    }

    #[test]
    fn tests_and_benches_produce_records_by_themselves() {
        assert_eq!(
            faults("driftd-tests", "rdkafka.workspace = true\n"),
            ["crates/driftd-tests/Cargo.toml:1: floors: driftd-tests has no floor"]
        );
        assert_eq!(faults("driftd-engine", "rdkafka.workspace = true\n").len(), 1);
    }

    #[test]
    fn the_pure_floors_link_no_runtime() {
        assert_eq!(
            faults("driftd-config", "tokio.workspace = true\n"),
            ["crates/driftd-config/Cargo.toml:4: floors: driftd-config (floor 1) links tokio"]
        );
        assert_eq!(faults("driftd-config", "[dev-dependencies]\ntokio.workspace = true\n"), [""; 0]);
        assert_eq!(faults("driftd-stats", "tokenizers.workspace = true\n"), [""; 0]);
    }

    #[test]
    fn a_new_crate_needs_a_floor() {
        assert_eq!(faults("driftd-new", ""), ["crates/driftd-new/Cargo.toml:1: floors: driftd-new has no floor"]);
    }
}
