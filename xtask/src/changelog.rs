//! Changelog fragments: `changelog.d/<slug>.<kind>.md`, one for each change that a user notices.

use crate::{tree::Tree, violation::Violation};

const RULE: &str = "changelog";
const FOLDER: &str = "changelog.d/";
const KINDS: [&str; 3] = ["feature", "change", "bugfix"];

/// Checks the name of every fragment and that it says something.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.files() {
        let Some(name) = file.path.strip_prefix(FOLDER).filter(|name| *name != "README.md") else { continue };
        let mut report = |what, remedy| {
            violations.push(Violation { path: file.path.clone(), line: 1, rule: RULE, what, remedy });
        };
        if !is_fragment_name(name) {
            let what = format!("`{name}` is not <slug>.<kind>.md");
            report(what, "use a slug of a-z, 0-9 and hyphens, and feature, change or bugfix as kind");
        }
        if file.text.trim().is_empty() {
            report("an empty fragment".to_owned(), "say what a user notices");
        }
    }
    violations
}

fn is_fragment_name(name: &str) -> bool {
    let mut parts = name.split('.');
    let (slug, kind, extension) = (parts.next(), parts.next(), parts.next());
    let is_slug = |slug: &str| {
        let is_word =
            |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        slug.split('-').all(is_word)
    };
    slug.is_some_and(is_slug)
        && kind.is_some_and(|kind| KINDS.contains(&kind))
        && extension == Some("md")
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    #[test]
    fn good_fragments_pass() {
        let tree = Tree::of(&[
            ("changelog.d/README.md", ""),
            ("changelog.d/demo-of-flights.feature.md", "`driftd demo` replays a year of flights.\n"),
            ("docs/changelog.md", ""),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn bad_names_and_empty_fragments_do_not() {
        for name in [
            "demo.md",
            "Demo.feature.md",
            "demo.fix.md",
            "a_b.change.md",
            "a--b.bugfix.md",
            "a.feature.txt",
            "x/a.feature.md",
        ] {
            assert!(!is_fragment_name(name), "{name}");
        }
        let tree = Tree::of(&[("changelog.d/demo.feature.md", " \n"), ("changelog.d/demo.md", "text")]);
        assert_eq!(
            lines(&check(&tree)),
            [
                "changelog.d/demo.feature.md:1: changelog: an empty fragment",
                "changelog.d/demo.md:1: changelog: `demo.md` is not <slug>.<kind>.md",
            ]
        );
    }
}
