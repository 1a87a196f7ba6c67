//! References to secrets: the configuration says where a secret is, never what it is.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::shape::{has_schema, one_of, shaped};

/// What is expected where there is no reference.
const EXPECTED: &str =
    "a reference to a secret: { env = \"VARIABLE\" } or { file = \"/path\" }, never the secret itself";

/// Where a secret is kept. It is resolved by whoever uses it, at the moment of use, and is never printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRef {
    /// In the environment variable of that name.
    Env(String),
    /// In a file, as its content without the line break at its end.
    File(PathBuf),
}

/// A secret in memory. It prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A secret that is not where the configuration says. It names the place and never what was found there.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No such variable.
    #[error("environment variable {0} is not set: set it to the secret")]
    NoVariable(String),
    /// No such file, or no right to read it.
    #[error("file {} cannot be read: let it hold the secret and be readable for driftd", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{0} is empty: put the secret there")]
    Empty(SecretRef),
}

impl Secret {
    /// The secret itself, for whoever must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl SecretRef {
    /// The secret, asked of `env` or `read`, without the line break that editors and shells put at its end.
    ///
    /// # Errors
    /// The variable is not set, the file cannot be read, or there is nothing in it.
    pub fn resolve(
        &self,
        env: impl Fn(&str) -> Option<String>,
        read: impl Fn(&Path) -> io::Result<String>,
    ) -> Result<Secret, SecretError> {
        let mut text = match self {
            Self::Env(name) => env(name).ok_or_else(|| SecretError::NoVariable(name.clone()))?,
            Self::File(path) => read(path).map_err(|source| SecretError::Unreadable { path: path.clone(), source })?,
        };
        let without_break =
            text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        text.truncate(without_break.len());
        if text.is_empty() { Err(SecretError::Empty(self.clone())) } else { Ok(Secret(text)) }
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

/// A reference as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretKeys {
    /// Environment variable that holds the secret.
    env: Option<String>,
    /// File that holds the secret.
    file: Option<PathBuf>,
}

impl TryFrom<SecretKeys> for SecretRef {
    type Error = String;

    fn try_from(keys: SecretKeys) -> Result<Self, String> {
        match one_of((keys.env, keys.file), Self::Env, Self::File, "names no single place: write either env or file")? {
            // The text may be the secret, put in the wrong place: it is not repeated.
            Self::Env(name) if !is_variable(&name) => {
                Err("env is not the name of an environment variable: use letters, digits and '_'".to_owned())
            }
            reference => Ok(reference),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shaped(deserializer, EXPECTED, |_| None, Some(|keys: SecretKeys| keys.try_into()))
    }
}

has_schema!(SecretRef, |generator| {
    let mut schema = SecretKeys::json_schema(generator);
    schema.insert("oneOf".to_owned(), serde_json::json!([{ "required": ["env"] }, { "required": ["file"] }]));
    schema.insert("format".to_owned(), "secret".into());
    schema
});

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(reference: &SecretRef) -> Result<Secret, SecretError> {
        let env = |name: &str| match name {
            "PASSWORD" => Some("hunter2\r\n".to_owned()),
            "EMPTY" => Some("\n".to_owned()),
            _ => None,
        };
        let read = |path: &Path| match path.to_str() {
            Some("/run/secrets/key") => Ok(" two words \n\n".to_owned()),
            _ => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
        };
        reference.resolve(env, read)
    }

    fn env(name: &str) -> SecretRef {
        SecretRef::Env(name.to_owned())
    }

    #[test]
    fn a_secret_is_what_was_put_there_without_the_line_break_at_its_end() {
        assert_eq!(resolve(&env("PASSWORD")).unwrap().expose(), "hunter2");
        assert_eq!(resolve(&SecretRef::File("/run/secrets/key".into())).unwrap().expose(), " two words \n");
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = resolve(&env("PASSWORD")).unwrap();
        assert_eq!(format!("{secret} {secret:?}"), "*** Secret(***)");
    }

    #[test]
    fn errors_name_the_place_and_the_remedy() {
        let error = |reference| resolve(&reference).unwrap_err();
        insta::assert_snapshot!(error(env("NONE")), @"environment variable NONE is not set: set it to the secret");
        insta::assert_snapshot!(error(env("EMPTY")), @"environment variable EMPTY is empty: put the secret there");
        let unreadable = error(SecretRef::File("/run/secrets/none".into()));
        insta::assert_snapshot!(unreadable, @"file /run/secrets/none cannot be read: let it hold the secret and be readable for driftd");
        assert_eq!(std::error::Error::source(&unreadable).unwrap().to_string(), "permission denied");
    }
}
