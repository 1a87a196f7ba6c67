//! Words that do not reach `main`: notes of half-done work, and paths of the machine it was done on.

use crate::{
    tree::{File, Tree},
    violation::Violation,
};

const RULE: &str = "words";

/// Notes that mark half-done work, in any file; the macros for it (`todo!` and the like) are clippy's.
const NOTES: &[&str] = &["FIXME", "HACK"];
/// Where a developer's or a build machine's folders begin.
const MACHINE_PATHS: &[&str] = &["/work/", "/root/", "/home/"];
/// Files that may hold any of these, each with the reason.
const EXEMPT: &[(&str, &str)] = &[("xtask/src/words.rs", "lists the words and tests them")];

/// Checks every text file of the repository.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.files().iter().filter(|file| !EXEMPT.iter().any(|(path, _)| *path == file.path)).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |line, what: String, remedy| {
        violations.push(Violation { path: file.path.clone(), line, rule: RULE, what, remedy });
    };
    for (line, number) in file.text.lines().zip(1..) {
        for word in
            NOTES.iter().filter(|word| line.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|w| w == **word))
        {
            report(number, format!("the note {word}"), "mend it now or open an issue");
        }
        for path in MACHINE_PATHS.iter().filter(|path| holds_path(line, path)) {
            report(
                number,
                format!("a path of one machine ({path}…)"),
                "use a relative path, $HOME or a temporary folder",
            );
        }
    }
    violations
}

/// Whether an absolute path with this beginning stands in the line; `https://host/home/` and `$ROOT/work/` are none.
fn holds_path(line: &str, path: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || "_.-~}*".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line.get(..at).and_then(|text| text.chars().next_back()).is_some_and(continues))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::lines;

    fn faults(path: &str, text: &str) -> Vec<String> {
        lines(&check(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn notes_are_found_anywhere() {
        assert_eq!(faults("a.toml", "x = 1\n# FIXME later\n"), ["a.toml:2: words: the note FIXME"]);
        assert_eq!(faults("a.toml", "key = \"lifehack HACKS\"\n"), [""; 0]);
    }

    #[test]
    fn paths_of_a_machine_are_found_anywhere() {
        assert_eq!(faults("a.md", "cd /home/me/driftd"), ["a.md:1: words: a path of one machine (/home/…)"]);
        assert_eq!(
            faults("a.sh", "x=\"/root/.cache\"\ny=$HOME/work/z\n"),
            ["a.sh:1: words: a path of one machine (/root/…)"]
        );
        assert_eq!(faults("a.md", "see https://example.org/home/page and a/work/b"), [""; 0]);
    }
}
