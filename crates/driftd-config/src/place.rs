//! Where in which text something was written.

use std::sync::Arc;

/// Where in a text something stands; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// How the place of an environment variable begins.
const VARIABLE: &str = "environment variable ";

/// A place in one of the texts, or an environment variable. Ordered as the texts were given, variables last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    order: u32,
    position: Option<Position>,
    source: Arc<str>,
}

impl Place {
    /// The environment variable `name`.
    pub(crate) fn environment(name: &str) -> Self {
        Self { order: u32::MAX, position: None, source: format!("{VARIABLE}{name}").into() }
    }

    /// The text, as the caller named it, or the variable.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The environment variable, if it is one.
    pub(crate) fn variable(&self) -> Option<&str> {
        self.source.strip_prefix(VARIABLE).filter(|_| self.position.is_none())
    }

    /// The position in the text.
    pub(crate) fn position(&self) -> Option<Position> {
        self.position
    }

    /// `file:line:column`.
    pub(crate) fn shown(&self) -> String {
        match self.position {
            Some(Position { line, column }) => format!("{}:{line}:{column}", self.source),
            None => self.source.to_string(),
        }
    }
}

/// Turns byte offsets of one text into places.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    order: u32,
    source: Arc<str>,
    text: &'a str,
    /// Offset of every line's first byte.
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(order: u32, source: &str, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { order, source: source.into(), text, starts: std::iter::once(0).chain(ends).collect() }
    }

    pub(crate) fn at(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|i| self.starts.get(i)).copied().unwrap_or(0);
        // An offset inside a character has no column of its own: the line's start is still a true place.
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let position = Position { line: count(line), column: count(column) };
        Place { order: self.order, position: Some(position), source: Arc::clone(&self.source) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns_of_characters() {
        let places = Places::new(0, "a.toml", "x = 1\ny = \"é\" # z\n");
        let shown = |offset| places.at(offset).shown();
        assert_eq!(shown(0), "a.toml:1:1");
        assert_eq!(shown(6), "a.toml:2:1");
        assert_eq!(shown(14), "a.toml:2:8");
        assert_eq!(shown(1_000), "a.toml:3:1");
    }
}
