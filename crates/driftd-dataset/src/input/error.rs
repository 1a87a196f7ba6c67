//! What can be wrong with the name of a table, and with where it lies.

use std::path::PathBuf;

use crate::error::spoken;
use crate::format::Format;

/// A name that names no table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A directory without a file that could be part of a table.
    #[error("{}: holds no file that is read; files there are named .parquet, .csv, .tsv, .ndjson or .jsonl, and not beginning with _ or .", path.display())]
    NoFilesIn {
        /// The directory.
        path: PathBuf,
    },
    /// A pattern that nothing matches.
    #[error("{}: no file is called that, and none matches it as a pattern; check the path", path.display())]
    NoMatch {
        /// The pattern.
        path: PathBuf,
    },
    /// A pattern that is none.
    #[error("{}: is no pattern: {what}", path.display())]
    BadPattern {
        /// The pattern.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// More files than can be one table.
    #[error("{}: more than {most} files; name a part of them, as a directory in it or a pattern, or write fewer and larger ones", path.display())]
    TooManyFiles {
        /// The directory or pattern.
        path: PathBuf,
        /// The limit.
        most: usize,
    },
    /// Files of several kinds that are to be one table.
    #[error(
        "{}: holds {one} files and {other} files, such as {} and {}, which are not one table; name one kind by a pattern, \
         as in 'DIRECTORY/*.parquet'",
        path.display(), first.display(), second.display()
    )]
    MixedFormats {
        /// The directory or pattern.
        path: PathBuf,
        /// A kind.
        one: Format,
        /// A file of it.
        first: PathBuf,
        /// Another kind.
        other: Format,
        /// A file of that.
        second: PathBuf,
    },
    /// A pipe that may have no end.
    #[error("{}: has more than {most} bytes and may have no end; write it to a file and name that", spoken(path))]
    Endless {
        /// The pipe.
        path: PathBuf,
        /// The limit.
        most: u64,
    },
    /// A store that does not hand an object out.
    #[error("{}: {what}; {remedy}", path.display())]
    Store {
        /// The object's address.
        path: PathBuf,
        /// What the store says.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An address that is none. It is not shown: it may hold a secret.
    #[error("the {scheme}:// address is not read: {what}")]
    BadAddress {
        /// How it begins.
        scheme: String,
        /// What is wrong with it.
        what: &'static str,
    },
}
