//! Floors: which crate may depend on which.
//!
//! Arrows point down only. The table is the one of `ARCHITECTURE.md`; a new crate gets its floor here first. Which
//! library has which one owner stands in `deny.toml`, and what code of a floor may call in `clippy/`.

use crate::{
    packages::{Dependency, Kind, Package},
    violation::Violation,
};

const RULE: &str = "floors";

/// Every crate of the product and its floor.
pub(crate) const FLOORS: &[(&str, u8)] = &[
    ("driftd-stats", 0),
    ("driftd-window", 0),
    ("driftd-model", 1),
    ("driftd-config", 1),
    ("driftd-decode", 1),
    ("driftd-source", 2),
    ("driftd-dataset", 2),
    ("driftd-store", 2),
    ("driftd-notify", 2),
    ("driftd-web", 2),
    ("driftd-engine", 3),
    ("driftd", 4),
];

/// The only arrows within one floor, from the dependent crate to the other.
const SIDEWAYS: &[(&str, &str)] =
    &[("driftd-window", "driftd-stats"), ("driftd-config", "driftd-model"), ("driftd-decode", "driftd-model")];

/// Crates that exist for tests and may stand on anything.
const TESTKIT: &str = "driftd-testkit";

/// What the pure floors 0 and 1 never link, tests aside. A library that has an owner is refused by `deny.toml` already.
const RUNTIMES: &[&str] = &["tokio", "async-std", "smol"];

/// The floor of a crate, if it is part of the product.
pub(crate) fn floor_of(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|&(_, floor)| floor)
}

/// Checks every package of the workspace.
pub(crate) fn check(packages: &[Package]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in packages {
        let mut report = |what, remedy| {
            violations.push(Violation { path: package.manifest.clone(), line: 1, rule: RULE, what, remedy });
        };
        if package.is_crate() && floor_of(&package.name).is_none() && package.name != TESTKIT {
            report(
                format!("{} has no floor", package.name),
                "give it one in xtask/src/floors.rs and in ARCHITECTURE.md",
            );
        }
        for dependency in &package.dependencies {
            for (what, remedy) in
                [arrow_fault(package, dependency), purity_fault(package, dependency)].into_iter().flatten()
            {
                report(what, remedy);
            }
        }
    }
    violations
}

type Fault = Option<(String, &'static str)>;

/// Arrows between crates of the house point down, and nothing that ships stands on the testkit.
fn arrow_fault(package: &Package, dependency: &Dependency) -> Fault {
    let from = floor_of(&package.name)?;
    let (name, other) = (package.name.as_str(), dependency.name.as_str());
    if other == TESTKIT {
        let what = format!("{name} links {TESTKIT} outside its tests");
        return (dependency.kind != Some(Kind::Dev)).then_some((what, "move it to [dev-dependencies]"));
    }
    let to = floor_of(other)?;
    if to < from || SIDEWAYS.contains(&(name, other)) {
        return None;
    }
    let what = format!("{name} (floor {from}) depends on {other} (floor {to})");
    Some((what, "arrows point down only: move the code to the lower floor, or put it together one floor up"))
}

fn purity_fault(package: &Package, dependency: &Dependency) -> Fault {
    let floor = floor_of(&package.name).filter(|&floor| floor <= 1)?;
    let what = format!("{} (floor {floor}) links {}", package.name, dependency.name);
    (RUNTIMES.contains(&dependency.name.as_str()) && dependency.kind != Some(Kind::Dev))
        .then_some((what, "floors 0 and 1 are pure: take data and time as arguments"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{packages::package, violation::lines};

    fn faults(name: &str, dependencies: &[(&str, Option<Kind>)]) -> Vec<String> {
        lines(&check(&[package(name, dependencies)]))
    }

    #[test]
    fn arrows_down_are_fine() {
        assert_eq!(faults("driftd-web", &[("driftd-model", None), ("driftd-stats", None)]), [""; 0]);
        assert_eq!(faults("driftd-window", &[("driftd-stats", None)]), [""; 0]);
        assert_eq!(faults("driftd-config", &[("driftd-model", None)]), [""; 0]);
        assert_eq!(faults("driftd-engine", &[("tokio", None)]), [""; 0]);
    }

    #[test]
    fn arrows_up_and_sideways_are_not() {
        assert_eq!(
            faults("driftd-web", &[("serde", None), ("driftd-store", None)]),
            ["crates/driftd-web/Cargo.toml:1: floors: driftd-web (floor 2) depends on driftd-store (floor 2)"]
        );
        assert_eq!(faults("driftd-stats", &[("driftd-window", None)]).len(), 1);
        assert_eq!(faults("driftd-model", &[("driftd-engine", None)]).len(), 1);
        assert_eq!(faults("driftd-model", &[("driftd-engine", Some(Kind::Dev))]).len(), 1);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        assert_eq!(
            faults("driftd-engine", &[("driftd-testkit", None)]),
            ["crates/driftd-engine/Cargo.toml:1: floors: driftd-engine links driftd-testkit outside its tests"]
        );
        assert_eq!(faults("driftd-engine", &[("driftd-testkit", Some(Kind::Dev))]), [""; 0]);
        assert_eq!(faults("driftd-testkit", &[("driftd-engine", None)]), [""; 0]);
    }

    #[test]
    fn the_pure_floors_link_no_runtime() {
        assert_eq!(
            faults("driftd-config", &[("tokio", None)]),
            ["crates/driftd-config/Cargo.toml:1: floors: driftd-config (floor 1) links tokio"]
        );
        assert_eq!(faults("driftd-config", &[("tokio", Some(Kind::Dev))]), [""; 0]);
        assert_eq!(faults("driftd-stats", &[("tokenizers", None)]), [""; 0]);
    }

    #[test]
    fn a_new_crate_needs_a_floor() {
        assert_eq!(faults("driftd-new", &[]), ["crates/driftd-new/Cargo.toml:1: floors: driftd-new has no floor"]);
    }
}
