//! Which store a URL names.

use driftd_model::StoreError;

/// A store's address, as configured under `[store] url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// A SQLite file.
    SqliteFile(String),
    /// A SQLite database that ends with the process.
    SqliteMemory,
    /// A database of a Postgres server, which reads the URL itself: it may hold a password and is not kept here.
    Postgres,
}

impl StoreUrl {
    /// Reads `url`.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                ":memory:" => Ok(Self::SqliteMemory),
                "" => Err(StoreError::permanent(format!(
                    "store url {url:?} names no file: write sqlite://driftd.db, or sqlite::memory: to keep nothing"
                ))),
                path => Ok(Self::SqliteFile(path.to_owned())),
            };
        }
        if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Ok(Self::Postgres);
        }
        // What follows an unknown scheme may hold a password: only the scheme is repeated.
        let scheme = url.split_once(':').map_or("nothing", |(scheme, _)| scheme);
        Err(StoreError::permanent(format!(
            "store url has no known scheme ({scheme}): write sqlite://driftd.db or postgres://…"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_memory() {
        let file = |path: &str| StoreUrl::SqliteFile(path.to_owned());
        assert_eq!(StoreUrl::parse("sqlite://driftd.db").unwrap(), file("driftd.db"));
        assert_eq!(StoreUrl::parse("sqlite:///var/lib/driftd.db").unwrap(), file("/var/lib/driftd.db"));
        assert_eq!(StoreUrl::parse("sqlite:driftd.db").unwrap(), file("driftd.db"));
        assert_eq!(StoreUrl::parse("sqlite::memory:").unwrap(), StoreUrl::SqliteMemory);
        assert_eq!(StoreUrl::parse("sqlite://:memory:").unwrap(), StoreUrl::SqliteMemory);
        assert_eq!(StoreUrl::parse("postgres://u:secret@db/driftd").unwrap(), StoreUrl::Postgres);
        assert_eq!(StoreUrl::parse("postgresql://db").unwrap(), StoreUrl::Postgres);
    }

    #[test]
    fn other_urls_are_refused_with_a_remedy_and_without_their_password() {
        let refused = |url| StoreUrl::parse(url).unwrap_err().to_string();
        insta::assert_snapshot!(refused("sqlite://"), @r#"store failed: store url "sqlite://" names no file: write sqlite://driftd.db, or sqlite::memory: to keep nothing"#);
        insta::assert_snapshot!(refused("mysql://u:secret@db"), @"store failed: store url has no known scheme (mysql): write sqlite://driftd.db or postgres://…");
        insta::assert_snapshot!(refused("driftd.db"), @"store failed: store url has no known scheme (nothing): write sqlite://driftd.db or postgres://…");
    }
}
