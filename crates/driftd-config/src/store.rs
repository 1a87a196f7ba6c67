//! Where results are kept.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use crate::shape::text_type;

/// What a password in an address is printed as.
const MASK: &str = "***";

/// A database.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file, relative to the working directory unless it is absolute; made when it is not there.
    Sqlite(PathBuf),
    /// A Postgres server.
    Postgres(PostgresUrl),
}

/// Address of a Postgres database. It may hold a password, so it prints masked.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

/// A text that names no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadStoreUrl {
    /// Neither SQLite nor Postgres.
    #[error("names no database: write sqlite://driftd.db or postgres://user@host/database")]
    Scheme,
    /// SQLite without a file.
    #[error("names no SQLite file: write sqlite://driftd.db, or sqlite:///var/lib/driftd.db for an absolute path")]
    NoFile,
    /// SQLite with parameters.
    #[error("sets SQLite options after '?': driftd sets its own, write the path alone")]
    Options,
    /// Postgres without host or database.
    #[error("names no Postgres host and database: write postgres://user@host:5432/database")]
    NoHost,
    /// A masked address was pasted.
    #[error("has the masked password ***: write the real address, or set it by DRIFTD__STORE__URL")]
    Masked,
}

impl FromStr for StoreUrl {
    type Err = BadStoreUrl;

    fn from_str(text: &str) -> Result<Self, BadStoreUrl> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" | ":memory:" => Err(BadStoreUrl::NoFile),
                path if path.contains('?') => Err(BadStoreUrl::Options),
                path => Ok(Self::Sqlite(path.into())),
            };
        }
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        let (authority, database) = rest.ok_or(BadStoreUrl::Scheme)?.split_once('/').ok_or(BadStoreUrl::NoHost)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if host.is_empty() || database.is_empty() || database.starts_with('?') {
            return Err(BadStoreUrl::NoHost);
        }
        if secrets_of(text).into_iter().any(|secret| text.get(secret) == Some(MASK)) {
            return Err(BadStoreUrl::Masked);
        }
        Ok(Self::Postgres(PostgresUrl(text.to_owned())))
    }
}

impl PostgresUrl {
    /// The address with its password, for the one who connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Where in an address the parts stand that must not be shown, in order.
fn secrets_of(url: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let start = url.find("://").map_or(0, |at| at + 3);
    // A password may itself hold '/', '?' or '@' when its writer forgot to encode it: the last '@' ends it.
    let host_at = url.rfind('@').map_or(start, |at| at + 1);
    if let Some(user) = url.get(start..host_at.saturating_sub(1))
        && let Some(colon) = user.find(':')
    {
        secrets.push(start + colon + 1..host_at - 1);
    }
    let query_at = url.get(host_at..).and_then(|after| after.find('?')).map_or(url.len(), |at| host_at + at + 1);
    let mut at = query_at;
    for parameter in url.get(query_at..).unwrap_or_default().split('&') {
        if let Some(equals) = parameter.find('=')
            && matches!(parameter.get(..equals), Some("password" | "sslpassword"))
        {
            secrets.push(at + equals + 1..at + parameter.len());
        }
        at += parameter.len() + 1;
    }
    secrets
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        for secret in secrets_of(&self.0).into_iter().rev() {
            shown.replace_range(secret, MASK);
        }
        f.write_str(&shown)
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

text_type!(
    StoreUrl,
    "an address of a database, such as \"sqlite://driftd.db\"",
    { "type": "string", "pattern": "^(sqlite:|postgres(ql)?://)" }
);

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match text.parse::<StoreUrl>() {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn sqlite_is_a_path() {
        assert_eq!(shown("sqlite://driftd.db"), "sqlite://driftd.db");
        assert_eq!(shown("sqlite:///var/lib/d.db"), "sqlite:///var/lib/d.db");
        assert_eq!("sqlite:d.db".parse(), Ok(StoreUrl::Sqlite("d.db".into())));
        assert!(shown("sqlite://").contains("no SQLite file"));
        assert!(shown("sqlite://d.db?mode=ro").contains("after '?'"));
        assert!(shown("mysql://x/y").contains("names no database"));
    }

    #[test]
    fn a_postgres_password_is_never_printed() {
        for (text, masked) in [
            ("postgres://me:s3cret@db:5432/drift", "postgres://me:***@db:5432/drift"),
            ("postgresql://me:a@b/c?d@db/drift", "postgresql://me:***@db/drift"),
            ("postgres://db/drift?password=s3cret&sslmode=require", "postgres://db/drift?password=***&sslmode=require"),
            ("postgres://me:s3cret@db/x?sslpassword=k", "postgres://me:***@db/x?sslpassword=***"),
            ("postgres://me@db/drift", "postgres://me@db/drift"),
        ] {
            assert_eq!(shown(text), masked);
            let debug = format!("{:?}", text.parse::<StoreUrl>().unwrap());
            assert!(!debug.contains("s3cret"), "{debug}");
        }
        assert!(shown("postgres://me:***@db/drift").contains("masked"));
        assert!(shown("postgres://db").contains("postgres://user@host"));
    }
}
