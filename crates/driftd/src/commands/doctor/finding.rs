//! What was found of one thing, and what to do about it.

use driftd_model::words;
use serde::Serialize;

/// How it is with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, and may not go on to.
    Warn,
    /// It does not work.
    Fail,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) subject: String,
    pub(super) state: State,
    /// How it is.
    pub(super) found: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self { subject: subject.into(), state: State::Ok, found: found.into(), remedy: None }
    }

    pub(super) fn warn(subject: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { subject: subject.into(), state: State::Warn, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn fail(subject: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Fail, ..Self::warn(subject, found, remedy) }
    }
}

/// The report for people: a line each, and the remedy below what needs one.
pub(super) fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut add = |state: &str, subject: &str, said: &str| {
        for (number, said) in said.lines().enumerate() {
            let (state, subject) = if number == 0 { (state, subject) } else { ("", "") };
            let whole = format!("{state:<4}  {subject:<width$}  {}", words::printable(said));
            text.push_str(whole.trim_end());
            text.push('\n');
        }
    };
    for finding in findings {
        add(finding.state.as_str(), &words::printable(&finding.subject), &finding.found);
        if let Some(remedy) = &finding.remedy {
            add("", "", &format!("→ {remedy}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_remedy_has_it_below() {
        let findings = [
            Finding::ok("store", "SQLite 3.50.0"),
            Finding::warn("topic orders", "has no records\u{1b}[2J", "wait for some"),
            Finding::fail("configuration", "a.toml:1:1: no\na.toml:2:1: nor that", "mend it"),
        ];
        insta::assert_snapshot!(text(&findings), @"
        ok    store          SQLite 3.50.0
        warn  topic orders   has no records [2J
                             → wait for some
        FAIL  configuration  a.toml:1:1: no
                             a.toml:2:1: nor that
                             → mend it
        ");
        let json = serde_json::to_value(&findings[..2]).unwrap();
        assert_eq!(json[0], serde_json::json!({"subject": "store", "state": "ok", "found": "SQLite 3.50.0"}));
        assert_eq!(json[1]["remedy"], "wait for some");
    }
}
