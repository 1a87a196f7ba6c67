//! Every crate says at the top of its root file what it is for.

use crate::{
    tree::{File, Tree},
    violation::Violation,
};

const RULE: &str = "crate-docs";
/// Fewer characters of text than this are no description.
const SHORTEST: usize = 40;

/// Checks the root file of every package.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.files().iter().filter(|file| is_crate_root(tree, file)).filter_map(check_root).collect()
}

/// `src/lib.rs` or `src/main.rs` next to a manifest.
fn is_crate_root(tree: &Tree, file: &File) -> bool {
    let folder = file.path.strip_suffix("src/lib.rs").or_else(|| file.path.strip_suffix("src/main.rs"));
    folder.is_some_and(|folder| tree.contains(&format!("{folder}Cargo.toml")))
}

fn check_root(file: &File) -> Option<Violation> {
    let head = file.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let docs = head.map_while(|line| line.strip_prefix("//!")).map(|line| line.trim().chars().count()).sum::<usize>();
    (docs < SHORTEST).then(|| Violation {
        path: file.path.clone(),
        line: 1,
        rule: RULE,
        what: if docs == 0 {
            "no `//!` at the top of the crate".to_owned()
        } else {
            "a crate comment that says little".to_owned()
        },
        remedy: "say what the crate is for, its floor, and what it never does",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    const MANIFEST: (&str, &str) = ("crates/a/Cargo.toml", "");

    #[test]
    fn a_crate_with_a_comment_passes() {
        let text = "//! *When*: event time, panes, windows and watermarks.\n//!\n//! Floor 0.\n\nmod a;\n";
        assert_eq!(check(&Tree::of(&[MANIFEST, ("crates/a/src/lib.rs", text), ("crates/a/src/b.rs", "")])), []);
    }

    #[test]
    fn a_crate_without_one_does_not() {
        let bare = Tree::of(&[MANIFEST, ("crates/a/src/main.rs", "mod a;\n//! too late\n")]);
        assert_eq!(lines(&check(&bare)), ["crates/a/src/main.rs:1: crate-docs: no `//!` at the top of the crate"]);
        let short = Tree::of(&[MANIFEST, ("crates/a/src/lib.rs", "//! Stats.\n")]);
        assert_eq!(lines(&check(&short)), ["crates/a/src/lib.rs:1: crate-docs: a crate comment that says little"]);
    }
}
