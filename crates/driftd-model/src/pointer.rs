//! Where a value stands in a record.
//!
//! On objects a pointer is what RFC 6901 says: every token is the name of a member. Where that has no meaning, on arrays
//! and texts, some tokens are steps of their own, so none of them can collide with a name ([`PointerStep`]). A text that
//! holds JSON is gone into without a token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a monitor's values stand in a record: JSON Pointers, or flat column names by their last token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^/."))]
pub struct Pointer(String);

/// What a token of a pointer means where it meets no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerStep<'a> {
    /// The element of an array with that index, if it is one.
    Name(&'a str),
    /// `*`, or `-`: every element of an array, each a row.
    Every,
    /// `[KEY=VALUE]`: the element of an array that is an object whose member KEY is VALUE; of an array of single values
    /// the one at the place that VALUE has in the list KEY beside it.
    Where {
        /// The member, or the list.
        key: &'a str,
        /// What it has to be.
        value: &'a str,
    },
    /// `[csv]`: the lines of a text, each an array of its comma-separated fields.
    Csv,
}

/// A text that points nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} {what}")]
pub struct BadPointer {
    text: String,
    what: String,
}

impl<'a> PointerStep<'a> {
    /// What a token, unescaped, means.
    #[must_use]
    pub fn of(token: &'a str) -> Self {
        match within_brackets(token) {
            _ if matches!(token, "*" | "-") => Self::Every,
            Some("csv") => Self::Csv,
            Some(inner) => match inner.split_once('=') {
                Some((key, value)) if !key.is_empty() => Self::Where { key, value },
                _ => Self::Name(token),
            },
            None => Self::Name(token),
        }
    }

    /// The index that it is, which has no leading zeros (RFC 6901).
    #[must_use]
    pub fn index(self) -> Option<usize> {
        let Self::Name(token) = self else { return None };
        let plain = token == "0" || token.starts_with(|c: char| matches!(c, '1'..='9'));
        plain.then(|| token.parse().ok())?
    }
}

impl Pointer {
    /// A pointer.
    ///
    /// # Errors
    /// A text that does not start with `/`, a `~` that stands for nothing, brackets around what is no step, more than
    /// one step for every element, and a text of fields without a line.
    pub fn new(text: &str) -> Result<Self, BadPointer> {
        let bad = |what: String| Err(BadPointer { text: text.to_owned(), what });
        if text.len() <= 1 || !text.starts_with('/') {
            return bad("is not a JSON Pointer: it starts with '/', as in /features/dep_delay".to_owned());
        }
        if text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return bad("has a '~' that stands for nothing: ~0 is the character '~' and ~1 is '/'".to_owned());
        }
        let pointer = Self(text.to_owned());
        let tokens = pointer.tokens();
        let steps: Vec<PointerStep<'_>> = tokens.iter().map(|token| PointerStep::of(token)).collect();
        if let Some(token) = tokens.iter().find(|token| is_no_step(token)) {
            return bad(format!(
                "has {token}, which is no step: an element is written by its index, as in /inputs/0, every element as \
                 /inputs/*, and brackets hold [csv] or [NAME=VALUE]"
            ));
        }
        if steps.iter().filter(|step| **step == PointerStep::Every).count() > 1 {
            return bad(
                "has more than one step for every element: which of them are rows? Write one as *, and of the other \
                 arrays the index of an element, or its name as in /inputs/[name=x]/data/*"
                    .to_owned(),
            );
        }
        let is_line = |step: &PointerStep<'_>| *step == PointerStep::Every || step.index().is_some();
        let lines = steps.iter().zip(steps.get(1..).unwrap_or_default().iter().map(Some).chain([None]));
        if lines.into_iter().any(|(step, next)| *step == PointerStep::Csv && !next.is_some_and(is_line)) {
            return bad(
                "ends or goes on by name after [csv]: next come the line and the field, as in /data/[csv]/*/3, \
                        or /data/[csv]/0/3 for the first line alone"
                    .to_owned(),
            );
        }
        Ok(pointer)
    }

    /// The pointer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tokens, unescaped (RFC 6901).
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.0.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
    }

    /// A token that means a member of that name, escaped (RFC 6901).
    #[must_use]
    pub fn token_of(name: &str) -> String {
        name.replace('~', "~0").replace('/', "~1")
    }

    /// Whether it reads rows, an element by name, or a field of a text: what flat files have no columns for.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.tokens().iter().any(|token| !matches!(PointerStep::of(token), PointerStep::Name(_)))
    }

    /// The name of what it points at, which is the column's in a flat file: the last token, but where there are steps
    /// the last name that an element is chosen by, or else the last name of a member.
    #[must_use]
    pub fn column(&self) -> String {
        let tokens = self.tokens();
        let steps = || tokens.iter().rev().map(|token| PointerStep::of(token));
        let chosen =
            steps().find_map(|step| if let PointerStep::Where { value, .. } = step { Some(value) } else { None });
        let nested = self.is_nested();
        let member = || {
            steps().find_map(|step| match step {
                PointerStep::Name(name) if !nested || step.index().is_none() => Some(name),
                _ => None,
            })
        };
        chosen.or_else(member).map_or_else(|| tokens.concat(), str::to_owned)
    }

    /// One of our own, which is known to be well formed.
    pub(crate) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

/// What stands between brackets that are all of a token.
fn within_brackets(token: &str) -> Option<&str> {
    token.strip_prefix('[')?.strip_suffix(']')
}

/// Whether a token is written as a step and is none.
fn is_no_step(token: &str) -> bool {
    within_brackets(token).is_some() && matches!(PointerStep::of(token), PointerStep::Name(_))
}

impl TryFrom<String> for Pointer {
    type Error = BadPointer;

    fn try_from(text: String) -> Result<Self, BadPointer> {
        Self::new(&text)
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_names_a_flat_column_by_its_last_name() {
        for (pointer, column) in [
            ("/features/dep_delay", "dep_delay"),
            ("/a~1b~0c", "a/b~c"),
            ("/list/1", "1"),
            ("/predictions/*", "predictions"),
            ("/instances/*/0", "instances"),
            ("/inputs/[name=dep delay]/data/-", "dep delay"),
            ("/features/[name=x]", "x"),
            ("/dataframe_split/data/*/[columns=a~1b]", "a/b"),
            ("/captureData/endpointInput/data/[csv]/*/3", "data"),
            ("/*", "*"),
        ] {
            assert_eq!(Pointer::new(pointer).unwrap().column(), column, "{pointer}");
        }
        assert!(Pointer::new("/features/[name=x]").unwrap().is_nested());
        assert!(!Pointer::new("/features/0/[x").unwrap().is_nested());
    }

    #[test]
    fn tokens_are_unescaped_once() {
        assert_eq!(Pointer::new("/a~1b/~01/").unwrap().tokens(), ["a/b", "~1", ""]);
        let names = ["a/b", "~1", ""];
        assert_eq!(names.map(Pointer::token_of).join("/"), "a~1b/~01/");
    }

    #[test]
    fn tokens_are_steps_where_no_object_stands() {
        assert_eq!(PointerStep::of("*"), PointerStep::Every);
        assert_eq!(PointerStep::of("-"), PointerStep::Every);
        assert_eq!(PointerStep::of("[csv]"), PointerStep::Csv);
        assert_eq!(PointerStep::of("[a=b=[c]]"), PointerStep::Where { key: "a", value: "b=[c]" });
        assert_eq!(PointerStep::of("[a="), PointerStep::Name("[a="));
        let found =
            ["0", "7", "10", "01", "+1", "", "x", "*", "99999999999999999999"].map(|t| PointerStep::of(t).index());
        assert_eq!(found, [Some(0), Some(7), Some(10), None, None, None, None, None, None]);
    }

    #[test]
    fn what_points_nowhere_is_refused_with_a_remedy() {
        let errors = [
            "ts",
            "/",
            "",
            "$.a",
            "/a~b",
            "/a~",
            "/inputs/[0]/x",
            "/inputs/[*]",
            "/x/[=a]",
            "/a/*/b/-",
            "/a/[csv]",
            "/a/[csv]/x",
        ]
        .map(|text| Pointer::new(text).unwrap_err().to_string());
        insta::assert_snapshot!(errors.join("\n"));
    }
}
