//! Problems: everything that is wrong with a configuration, each with its place and its remedy.

use std::fmt;

use crate::place::{Place, Position};

/// One thing that is wrong, or worth knowing.
///
/// Printed as `driftd.toml:12:8: monitor[flights].pane: "fast" is not a duration: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the caller named it, or `environment variable DRIFTD__…`.
    pub file: String,
    /// Where in the file; nothing for an environment variable.
    pub position: Option<Position>,
    /// Path of the key, such as `store.url`; empty for what concerns the text as a whole.
    pub key: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Every problem of a configuration, in the order of its texts; at least one. Prints one problem a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    /// The problems.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects problems while a configuration is read, so that one edit can mend them all.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<(Place, Problem)>,
}

impl Problems {
    /// Notes that what stands at `place` under `key` is wrong.
    pub(crate) fn add(&mut self, place: &Place, key: &str, message: impl fmt::Display) {
        let problem = Problem {
            file: place.source().to_owned(),
            position: place.position(),
            key: key.to_owned(),
            message: message.to_string(),
        };
        self.found.push((place.clone(), problem));
    }

    /// Whether something is wrong with the key `path` or with what stands below it.
    pub(crate) fn is_below(&self, path: &str) -> bool {
        let below =
            |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        self.found.iter().any(|(_, problem)| below(&problem.key))
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The problems in the order of the texts.
    pub(crate) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }

    /// `Ok` when nothing was found.
    pub(crate) fn into_result(self) -> Result<(), ConfigErrors> {
        if self.is_empty() { Ok(()) } else { Err(ConfigErrors { problems: self.into_sorted() }) }
    }
}
