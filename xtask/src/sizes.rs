//! How long files are: a ceiling for each, and the figures over all.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    tree::{File, Tree},
    violation::Violation,
};

const RULE: &str = "sizes";

/// Lines that no Rust file exceeds, tests included.
const CEILING: usize = 400;

/// Median, longest and total lines of a set of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lengths {
    files: usize,
    median: usize,
    max: usize,
    total: usize,
}

/// Checks the ceiling.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let too_long = tree.rust_files().filter(|file| length(file) > CEILING).map(|file| Violation {
        path: file.path.clone(),
        line: CEILING + 1,
        rule: RULE,
        what: format!("{} lines, {CEILING} is the ceiling", length(file)),
        remedy: "split it by type or role, and move tests to a file of their own",
    });
    too_long.collect()
}

/// The figures over all Rust files, in one line.
pub(crate) fn summary(tree: &Tree) -> String {
    let Lengths { files, median, max, total } = Lengths::of(tree.rust_files().map(length));
    let longest = tree.rust_files().max_by_key(|file| length(file)).map_or("none", |file| file.path.as_str());
    format!("lines: {files} Rust files, median {median}, max {max} ({longest}), total {total}")
}

/// A table of the figures per package, and the summary.
pub(crate) fn report(tree: &Tree) -> String {
    let mut packages: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for file in tree.rust_files() {
        packages.entry(package(file)).or_default().push(length(file));
    }
    let mut out = format!("{:<20} {:>6} {:>7} {:>5} {:>7}\n", "package", "files", "median", "max", "total");
    for (name, lengths) in packages {
        let Lengths { files, median, max, total } = Lengths::of(lengths.into_iter());
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{name:<20} {files:>6} {median:>7} {max:>5} {total:>7}");
    }
    out.push_str(&summary(tree));
    out.push('\n');
    out
}

impl Lengths {
    fn of(lengths: impl Iterator<Item = usize>) -> Self {
        let mut sorted: Vec<usize> = lengths.collect();
        sorted.sort_unstable();
        Self {
            files: sorted.len(),
            // The upper of the two in the middle, so that the figure is the length of a real file.
            median: sorted.get(sorted.len() / 2).copied().unwrap_or_default(),
            max: sorted.last().copied().unwrap_or_default(),
            total: sorted.iter().sum(),
        }
    }
}

fn length(file: &File) -> usize {
    file.text.lines().count()
}

fn package(file: &File) -> &str {
    file.crate_folder().or_else(|| file.path.split('/').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    #[test]
    fn the_ceiling_holds_for_rust_only() {
        let (fits, long) = ("\n".repeat(400), "\n".repeat(401));
        let tree = Tree::of(&[("a.rs", &fits), ("b.rs", &long), ("c.md", &long)]);
        assert_eq!(lines(&check(&tree)), ["b.rs:401: sizes: 401 lines, 400 is the ceiling"]);
    }

    #[test]
    fn figures_are_those_of_real_files() {
        assert_eq!(Lengths::of([].into_iter()), Lengths::default());
        let lengths = Lengths::of([30, 10, 20, 40].into_iter());
        assert_eq!(lengths, Lengths { files: 4, median: 30, max: 40, total: 100 });
    }

    #[test]
    fn the_report_groups_by_package() {
        let tree =
            Tree::of(&[("crates/driftd/src/main.rs", "a\nb\n"), ("crates/driftd/src/x.rs", "a\n"), ("xtask/a.rs", "")]);
        let report = report(&tree);
        assert!(report.contains("driftd                    2       2     2       3\n"), "{report}");
        assert!(
            report.ends_with("lines: 3 Rust files, median 1, max 2 (crates/driftd/src/main.rs), total 3\n"),
            "{report}"
        );
    }
}
