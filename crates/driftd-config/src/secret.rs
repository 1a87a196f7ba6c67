//! References to secrets: the configuration says where a secret is, never what it is.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::read::{Field, Read, expected, record};
use crate::tree::{Node, Value};

/// Where a secret is kept. It is resolved by whoever uses it, at the moment of use, and is never printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRef {
    /// In the environment variable of that name.
    Env(String),
    /// In a file, as its content without the line break at its end.
    File(PathBuf),
}

impl SecretRef {
    /// The environment variable, if it is kept in one.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Env(name) => Some(name),
            Self::File(_) => None,
        }
    }

    /// The file, if it is kept in one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Env(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

record! {
    /// A reference as it is written.
    RawSecret, "a reference to a secret, such as { env = \"SMTP_PASSWORD\" }" {
        /// Environment variable that holds the secret.
        env: Field<String>,
        /// File that holds the secret.
        file: Field<String>,
    }
}

impl Read for SecretRef {
    const EXPECTED: &'static str =
        "a reference to a secret: { env = \"VARIABLE\" } or { file = \"/path\" }, never the secret itself";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        if !matches!(node.value, Value::Table(_)) {
            return expected(Self::EXPECTED, node, path, problems);
        }
        let raw = RawSecret::read(node, path, problems)?;
        match (raw.env, raw.file) {
            (Field::Given(env), Field::Absent) if is_variable(&env.value) => Some(Self::Env(env.value)),
            (Field::Given(env), Field::Absent) => {
                // The text may be the secret, put in the wrong place: it is not repeated.
                env.problem(problems, "is not the name of an environment variable: use letters, digits and '_'");
                None
            }
            (Field::Absent, Field::Given(file)) => Some(Self::File(file.value.into())),
            (Field::Broken, _) | (_, Field::Broken) => None,
            (Field::Absent, Field::Absent) | (Field::Given(_), Field::Given(_)) => {
                problems.add(&node.place, path, "names no single place: write either env or file");
                None
            }
        }
    }

    fn schema() -> Json {
        json!({ "oneOf": [
            { "type": "object", "additionalProperties": false, "required": ["env"],
              "properties": { "env": { "type": "string" } } },
            { "type": "object", "additionalProperties": false, "required": ["file"],
              "properties": { "file": { "type": "string" } } },
        ] })
    }
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
