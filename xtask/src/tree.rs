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
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
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

    /// What the file of that path holds, if there is one.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
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

    #[test]
    fn a_file_knows_its_crate() {
        let folder = |path: &str| File { path: path.to_owned(), text: String::new() }.crate_folder().map(str::to_owned);
        assert_eq!(folder("crates/driftd-stats/src/lib.rs").as_deref(), Some("driftd-stats"));
        assert_eq!(folder("xtask/src/main.rs"), None);
    }

    #[test]
    fn the_repository_holds_this_file() {
        let tree = Tree::of_repository().unwrap();
        assert!(tree.text("xtask/src/tree.rs").is_some_and(|text| text.contains("the_repository_holds_this_file")));
        assert!(!tree.files().iter().any(|file| file.path.starts_with("target/")));
    }
}
