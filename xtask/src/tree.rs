//! The files of the repository, in memory.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// One text file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Path from the root of the repository, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file that git tracks or would add.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
}

impl File {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    /// Whether the name ends in `.extension`, whatever the case.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }

    /// Whether the file holds only tests or benches: a `tests.rs`, a `foo_tests.rs`, or anything below a folder
    /// `tests` or `benches`.
    pub(crate) fn is_test(&self) -> bool {
        let stem = self.name().trim_end_matches(".rs");
        stem == "tests"
            || stem.ends_with("_tests")
            || self.path.split('/').any(|part| matches!(part, "tests" | "benches"))
    }

    /// The folder of the package below `crates/`, if the file is in one.
    pub(crate) fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

impl Tree {
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// Reads what git tracks and what it would add, less what it ignores; files that are not UTF-8 are left out.
    ///
    /// # Errors
    /// git is missing, the current folder is in no repository, or a file cannot be read.
    pub(crate) fn of_repository() -> Result<Self> {
        let root = root()?;
        let folder = root.to_str().context("the path of the repository is not UTF-8, move it")?;
        let listed = git(&["-C", folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let mut paths: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let full = root.join(path);
            // Deleted but still in the index, or a link to a folder: nothing to check.
            if !full.is_file() {
                continue;
            }
            let bytes = std::fs::read(&full).with_context(|| format!("cannot read {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File { path: path.to_owned(), text });
            }
        }
        Ok(Self { files })
    }

    /// A tree of given paths and texts.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
        Self { files: files.iter().map(file).collect() }
    }
}

/// The folder of the repository.
///
/// # Errors
/// git is missing, or the current folder is in no repository.
pub(crate) fn root() -> Result<PathBuf> {
    Ok(PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end()))
}

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(arguments).output().context("cannot run git, install it")?;
    if !output.status.success() {
        bail!("git {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git printed a path that is not UTF-8, rename the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> File {
        File { path: path.to_owned(), text: String::new() }
    }

    #[test]
    fn test_files_are_known_by_name_or_folder() {
        for path in ["crates/a/src/pane/tests.rs", "crates/a/tests/laws.rs", "crates/a/benches/b.rs", "a/pane_tests.rs"]
        {
            assert!(file(path).is_test(), "{path}");
        }
        for path in ["crates/a/src/contests.rs", "crates/a/src/lib.rs", "crates/driftd-testkit/src/lib.rs"] {
            assert!(!file(path).is_test(), "{path}");
        }
    }

    #[test]
    fn a_file_knows_its_crate() {
        assert_eq!(file("crates/driftd-stats/src/lib.rs").crate_folder(), Some("driftd-stats"));
        assert_eq!(file("xtask/src/main.rs").crate_folder(), None);
    }

    #[test]
    fn the_repository_holds_this_file() {
        let tree = Tree::of_repository().unwrap();
        assert!(tree.contains("xtask/src/tree.rs"));
        assert!(!tree.files().iter().any(|file| file.path.starts_with("target/")));
    }
}
