//! The packages of the workspace, as `cargo metadata` tells of them.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::cargo::cargo;

/// One package and what its manifest asks for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Where its `Cargo.toml` is, from the root of the repository once [`of_workspace`] has read it.
    #[serde(rename = "manifest_path")]
    pub(crate) manifest: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency, by the name of its package also where the manifest renames it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) kind: Option<Kind>,
}

/// When a dependency is linked; none where the product links it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: String,
}

impl Package {
    /// Whether the package is one of the crates of the product or their test kit, and not a program beside them.
    pub(crate) fn is_crate(&self) -> bool {
        self.manifest.starts_with("crates/")
    }

    /// The path of a file next to the manifest.
    pub(crate) fn beside_manifest(&self, name: &str) -> String {
        format!("{}{name}", self.manifest.strip_suffix("Cargo.toml").unwrap_or_default())
    }
}

/// Asks cargo for the members of the workspace.
///
/// # Errors
/// cargo cannot be run, or a manifest cannot be read: what cargo says about it stands on standard error.
pub(crate) fn of_workspace() -> Result<Vec<Package>> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version=1"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata failed");
    parse(&output.stdout)
}

fn parse(json: &[u8]) -> Result<Vec<Package>> {
    let Metadata { mut packages, workspace_root } =
        serde_json::from_slice(json).context("cargo metadata has another format than version 1")?;
    for package in &mut packages {
        if let Some(path) = package.manifest.strip_prefix(&workspace_root) {
            package.manifest = path.trim_start_matches('/').to_owned();
        }
    }
    Ok(packages)
}

/// A crate of that name with these dependencies.
#[cfg(test)]
pub(crate) fn package(name: &str, dependencies: &[(&str, Option<Kind>)]) -> Package {
    let dependencies = dependencies.iter().map(|&(name, kind)| Dependency { name: name.to_owned(), kind }).collect();
    Package { name: name.to_owned(), manifest: format!("crates/{name}/Cargo.toml"), dependencies }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_repository_and_dependencies_have_kinds() {
        let json = br#"{"version": 1, "workspace_root": "/src/driftd", "packages": [
            {"name": "driftd-web", "manifest_path": "/src/driftd/crates/driftd-web/Cargo.toml", "dependencies": [
                {"name": "serde", "kind": null, "rename": null},
                {"name": "serde_json", "kind": "dev", "rename": "json"},
                {"name": "cc", "kind": "build"}]},
            {"name": "xtask", "manifest_path": "/src/driftd/xtask/Cargo.toml", "dependencies": []}]}"#;
        let packages = parse(json).unwrap();
        let [web, xtask] = packages.as_slice() else { panic!("{packages:?}") };
        assert_eq!(web.manifest, "crates/driftd-web/Cargo.toml");
        assert_eq!(web.beside_manifest("clippy.toml"), "crates/driftd-web/clippy.toml");
        assert!(web.is_crate() && !xtask.is_crate());
        let found: Vec<_> = web.dependencies.iter().map(|d| (d.name.as_str(), d.kind)).collect();
        assert_eq!(found, [("serde", None), ("serde_json", Some(Kind::Dev)), ("cc", Some(Kind::Build))]);
    }

    #[test]
    fn this_workspace_can_be_read() {
        let packages = of_workspace().unwrap();
        let own = packages.iter().find(|package| package.name == "xtask").unwrap();
        assert_eq!(own.manifest, "xtask/Cargo.toml");
        assert!(own.dependencies.iter().any(|dependency| dependency.name == "serde_json"));
    }
}
