//! What a rule says about a line.

use std::fmt;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Path from the root of the repository, with `/` between folders.
    pub(crate) path: String,
    /// One-based; 1 where the whole file is meant.
    pub(crate) line: usize,
    /// Name of the rule.
    pub(crate) rule: &'static str,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) remedy: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, what, remedy } = self;
        write!(f, "{path}:{line}: {rule}: {what}, {remedy}")
    }
}

/// The violations as text, one a line, for comparison with what a test expects.
#[cfg(test)]
pub(crate) fn lines(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(|v| format!("{}:{}: {}: {}", v.path, v.line, v.rule, v.what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_one_clickable_line() {
        let violation = Violation {
            path: "crates/a/src/lib.rs".to_owned(),
            line: 7,
            rule: "sizes",
            what: "500 lines".to_owned(),
            remedy: "split it",
        };
        assert_eq!(violation.to_string(), "crates/a/src/lib.rs:7: sizes: 500 lines, split it");
    }
}
