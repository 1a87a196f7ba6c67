//! Labels of an incident, and conditions on them: what routes and silences are written in.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of a label's name at the most.
const LONGEST: usize = 64;
/// Heap that one compiled pattern may take: patterns come from people, and a hundred nested repetitions are none.
const PATTERN_BYTES: usize = 256 << 10;

/// Name of a label: letters, digits and `_`, not beginning with a digit, as in Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z_][A-Za-z0-9_]{0,63}$"))]
pub struct LabelName(String);

/// What routes, silences and receivers know an incident by. A label that is not there has the empty value.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Labels(BTreeMap<LabelName, String>);

/// One condition on a label, written `label=value`, `label!=value`, `label=~pattern` or `label!~pattern`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Matcher {
    label: LabelName,
    condition: Condition,
}

/// What the value of a label must be.
#[derive(Clone, Debug)]
enum Condition {
    Is(String),
    IsNot(String),
    Like(Pattern),
    Unlike(Pattern),
}

/// A regular expression that has to fit the whole value.
#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    regex: Regex,
}

/// A text that names no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a label: use letters, digits and '_', 64 at the most, and no digit first")]
pub struct BadLabel(String);

/// A text that is no matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMatcher {
    /// No operator in it, or no label before it.
    #[error("{0:?} is not a matcher: write LABEL=VALUE, LABEL!=VALUE, LABEL=~PATTERN or LABEL!~PATTERN")]
    Form(String),
    /// What stands before the operator is no label.
    #[error(transparent)]
    Label(#[from] BadLabel),
    /// The pattern is none.
    #[error("{pattern:?} is not a pattern: {why}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it, in one line.
        why: String,
    },
}

impl LabelName {
    /// A name that is written in this crate.
    pub(crate) fn own(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LabelName {
    type Err = BadLabel;

    fn from_str(text: &str) -> Result<Self, BadLabel> {
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        let is_clean = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if begins && is_clean && text.len() <= LONGEST {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadLabel(text.to_owned()))
        }
    }
}

impl TryFrom<String> for LabelName {
    type Error = BadLabel;

    fn try_from(text: String) -> Result<Self, BadLabel> {
        text.parse()
    }
}

impl From<LabelName> for String {
    fn from(name: LabelName) -> Self {
        name.0
    }
}

impl fmt::Display for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Labels {
    /// The value of a label; empty when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(label, _)| label.as_str() == name).map_or("", |(_, value)| value)
    }

    /// Sets a label; an empty value takes it away.
    pub fn set(&mut self, name: LabelName, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            self.0.remove(&name);
        } else {
            self.0.insert(name, value);
        }
    }

    /// Every label with its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&LabelName, &str)> {
        self.0.iter().map(|(name, value)| (name, value.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(LabelName, String)> for Labels {
    fn from_iter<I: IntoIterator<Item = (LabelName, String)>>(labels: I) -> Self {
        let mut all = Self::default();
        labels.into_iter().for_each(|(name, value)| all.set(name, value));
        all
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, BadMatcher> {
        let build =
            |text: &str| RegexBuilder::new(text).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build();
        // First by itself: within the brackets of the anchored one `a)|(b` would be a pattern, and another one.
        let regex = build(text).and_then(|_| build(&format!("^(?:{text})$"))).map_err(|error| {
            let why = match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                // The library draws the place under the pattern; the last line says what is wrong there.
                other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
            };
            BadMatcher::Pattern { pattern: text.to_owned(), why }
        })?;
        Ok(Self { text: text.to_owned(), regex })
    }
}

impl Matcher {
    /// The condition `text` on `label`, as routes write it: `critical`, `!=critical`, `=~wu|ua`, `!~wu|ua`; a value that
    /// begins like one of these operators stands behind `==`.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn on(label: LabelName, text: &str) -> Result<Self, BadMatcher> {
        let condition = if let Some(value) = text.strip_prefix("!=") {
            Condition::IsNot(value.to_owned())
        } else if let Some(pattern) = text.strip_prefix("=~") {
            Condition::Like(Pattern::new(pattern)?)
        } else if let Some(pattern) = text.strip_prefix("!~") {
            Condition::Unlike(Pattern::new(pattern)?)
        } else {
            Condition::Is(meant(text).to_owned())
        };
        Ok(Self { label, condition })
    }

    /// The label.
    #[must_use]
    pub const fn label(&self) -> &LabelName {
        &self.label
    }

    /// The condition as a route writes it.
    #[must_use]
    pub fn condition(&self) -> String {
        match &self.condition {
            Condition::Is(value) => as_meant(value, &["!=", "=~", "!~"]),
            Condition::IsNot(value) => format!("!={value}"),
            Condition::Like(pattern) => format!("=~{}", pattern.text),
            Condition::Unlike(pattern) => format!("!~{}", pattern.text),
        }
    }

    /// The value it asks for, where it asks for one.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match &self.condition {
            Condition::Is(value) | Condition::IsNot(value) => Some(value),
            Condition::Like(_) | Condition::Unlike(_) => None,
        }
    }

    /// The value or the pattern that it asks for, whether that is a pattern, and whether a label has to meet it (or must
    /// not): how Alertmanager writes a matcher.
    #[must_use]
    pub fn parts(&self) -> (&str, bool, bool) {
        match &self.condition {
            Condition::Is(value) => (value, false, true),
            Condition::IsNot(value) => (value, false, false),
            Condition::Like(pattern) => (&pattern.text, true, true),
            Condition::Unlike(pattern) => (&pattern.text, true, false),
        }
    }

    /// Whether these labels meet the condition.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(self.label.as_str());
        match &self.condition {
            Condition::Is(wanted) => value == wanted,
            Condition::IsNot(unwanted) => value != unwanted,
            Condition::Like(pattern) => pattern.regex.is_match(value),
            Condition::Unlike(pattern) => !pattern.regex.is_match(value),
        }
    }
}

/// What marks a value that would be taken for an operator and something else.
const LITERALLY: &str = "==";

/// The value that is written `text` where no operator stands before it.
fn meant(text: &str) -> &str {
    text.strip_prefix(LITERALLY).unwrap_or(text)
}

/// How `value` is written there.
fn as_meant(value: &str, operators: &[&str]) -> String {
    let is_ambiguous = operators.iter().chain([&LITERALLY]).any(|operator| value.starts_with(operator));
    if is_ambiguous { format!("{LITERALLY}{value}") } else { value.to_owned() }
}

impl FromStr for Matcher {
    type Err = BadMatcher;

    fn from_str(text: &str) -> Result<Self, BadMatcher> {
        let at = text.find(['=', '!']).filter(|at| *at > 0).ok_or_else(|| BadMatcher::Form(text.to_owned()))?;
        let (label, rest) = text.split_at(at);
        // A plain `=` is the route's bare value; every other operator keeps its two characters.
        let condition = match rest.strip_prefix('=') {
            Some(value) if !value.starts_with('~') => {
                return Ok(Self { label: label.parse()?, condition: Condition::Is(meant(value).to_owned()) });
            }
            _ => rest,
        };
        if !["!=", "=~", "!~"].iter().any(|operator| condition.starts_with(operator)) {
            return Err(BadMatcher::Form(text.to_owned()));
        }
        Self::on(label.parse()?, condition)
    }
}

impl TryFrom<String> for Matcher {
    type Error = BadMatcher;

    fn try_from(text: String) -> Result<Self, BadMatcher> {
        text.parse()
    }
}

impl From<Matcher> for String {
    fn from(matcher: Matcher) -> Self {
        matcher.to_string()
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.condition() == other.condition()
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.condition {
            Condition::Is(value) => write!(f, "{}={}", self.label, as_meant(value, &["~"])),
            _ => write!(f, "{}{}", self.label, self.condition()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), (*value).to_owned())).collect()
    }

    #[test]
    fn matchers_print_what_they_parse() {
        for text in [
            "monitor=flight-delay",
            "severity!=critical",
            "segment=carrier=UA",
            "team=~ml|data",
            "team!~ops.*",
            "a=!=b",
            "a==~b",
            "a===~b",
            "a=====b",
        ] {
            let matcher = text.parse::<Matcher>().unwrap();
            assert_eq!(matcher.to_string(), text);
            let stored = serde_json::to_string(&matcher).unwrap();
            assert_eq!(serde_json::from_str::<Matcher>(&stored).unwrap(), matcher);
        }
    }

    #[test]
    fn a_value_that_looks_like_an_operator_is_that_value() {
        let label: LabelName = "a".parse().unwrap();
        for value in ["=~b(", "!=b", "!~b", "~b", "==b", "=b", "="] {
            let matcher = Matcher { label: label.clone(), condition: Condition::Is(value.to_owned()) };
            assert_eq!(matcher.to_string().parse::<Matcher>().unwrap().value(), Some(value), "{matcher}");
            assert_eq!(Matcher::on(label.clone(), &matcher.condition()).unwrap().value(), Some(value), "{matcher}");
        }
        assert_ne!("a==~b".parse::<Matcher>(), "a=~b".parse::<Matcher>());
    }

    #[test]
    fn what_is_no_matcher_says_what_one_is() {
        let error = |text: &str| text.parse::<Matcher>().unwrap_err().to_string();
        assert!(error("monitor").contains("LABEL=VALUE"), "{}", error("monitor"));
        assert!(error("=x").contains("LABEL=VALUE"));
        assert!(error("a!b").contains("LABEL=VALUE"));
        assert!(error("no-label=x").contains("letters, digits"));
        assert_eq!(error("team=~("), "\"(\" is not a pattern: unclosed group");
        assert_eq!(error("team=~a)|(b"), "\"a)|(b\" is not a pattern: unopened group");
        assert!(error("team=~(a{1000}){1000}").contains("too large"));
    }

    #[test]
    fn conditions_look_at_the_whole_value_and_a_missing_label_is_empty() {
        let labels = labels(&[("severity", "critical"), ("team", "ml")]);
        for (text, expected) in [
            ("severity=critical", true),
            ("severity!=critical", false),
            ("team=~m", false),
            ("team=~m.|ops", true),
            ("team!~ml", false),
            ("owner=", true),
            ("owner!=", false),
            ("owner=~.*", true),
            ("owner!~.+", true),
        ] {
            assert_eq!(text.parse::<Matcher>().unwrap().matches(&labels), expected, "{text}");
        }
    }
}
