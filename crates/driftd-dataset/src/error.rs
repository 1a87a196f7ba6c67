//! What can go wrong with a table: always the file, the place in it, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use driftd_model::FeatureKind;
use driftd_stats::StatsError;
use driftd_window::RaggedBatch;

use crate::format::Format;
use crate::input::InputError;
use crate::limits::{MAX_COLUMNS, MAX_FRAME_BYTES, MAX_FRAME_VALUES, MAX_NAME_BYTES, MAX_RECORD_FIELDS};

/// A table that cannot be opened, read or used as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// No such file.
    #[error("{}: no such file; check the path", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// A directory where a file is expected.
    #[error("{}: is a directory; name a file in it", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// A name that names no table.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The operating system refuses access.
    #[error("{}: permission denied; make the file readable for the user driftd runs as", path.display())]
    Denied {
        /// The file.
        path: PathBuf,
    },
    /// Any other failure of the operating system.
    #[error("{}: cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The name does not say what is in the file.
    #[error(
        "{}: unknown kind of file; name it .parquet, .csv, .tsv, .ndjson or .jsonl, after what is in it, or say --read-as",
        spoken(path)
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The name says one thing and the first bytes another.
    #[error("{}: is named as {expected} but holds {found}; {remedy}", path.display())]
    WrongFormat {
        /// The file.
        path: PathBuf,
        /// What the name promises.
        expected: Format,
        /// What the first bytes are.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A kind of file that is known and not read.
    #[error("{}: holds {found}; {remedy}", spoken(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the first bytes are.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Zero bytes.
    #[error("{}: is empty (0 bytes); was the export interrupted?", spoken(path))]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// A table without columns.
    #[error("{}: has no columns; a table needs at least one named column", path.display())]
    NoColumns {
        /// The file.
        path: PathBuf,
    },
    /// A table without rows.
    #[error("{}: has columns but no rows; nothing can be learnt from it, check the query that wrote it", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A file that contradicts its own format.
    #[error("{}: damaged {format} file{}: {what}; write or copy it again", path.display(), place(column.as_deref()))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: &'static str,
        /// The column in which it showed, if known.
        column: Option<String>,
        /// What is wrong.
        what: String,
    },
    /// A Parquet file that the decoder does not know how to read.
    #[error(
        "{}: Parquet that is not read{}: {what}; leave the column out, or write it with its writer's usual encodings",
        path.display(), place(column.as_deref())
    )]
    UnknownEncoding {
        /// The file.
        path: PathBuf,
        /// The column, if known.
        column: Option<String>,
        /// What the decoder says.
        what: String,
    },
    /// A Parquet file that has more of something than is read.
    #[error("{}: Parquet with {what}{}; {remedy}", path.display(), place(column.as_deref()))]
    TooMuch {
        /// The file.
        path: PathBuf,
        /// The column, if it is one.
        column: Option<String>,
        /// What it has more of.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The end of a Parquet file is missing.
    #[error("{}: does not end as a Parquet file does; it was cut short, copy it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "{}:{line}: column {column} is not UTF-8 (in the record that starts at byte {byte}); \
         convert the file first, for example with `iconv -f LATIN1 -t UTF-8`",
        path.display()
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Byte offset of the record.
        byte: u64,
        /// Column name in quotes, or its number where even the name is unreadable.
        column: String,
    },
    /// A record with more or fewer fields than the header.
    #[error("{}:{line}: {found} fields, but the header names {expected} columns; check quotes and delimiters there", path.display())]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Fields of the record.
        found: u64,
        /// Columns of the header.
        expected: u64,
    },
    /// A quote that opens a field and is closed nowhere, or in the midst of another.
    #[error("{}:{line}: the quote that opens a field here is not closed at the field's end; check quotes there", path.display())]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// A first line of nothing but numbers.
    #[error(
        "{}:{line}: the header is nothing but numbers ({first}); if the file has no header, say --no-header (header = \
         false), if these are names, --header (header = true)",
        path.display()
    )]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What stands there.
        first: String,
    },
    /// One column where there could be several.
    #[error(
        "{}: would be one column, as no line has a comma, semicolon, tab or bar; if its delimiter is {delimiter}, say \
         --delimiter {delimiter}, if it has one column, --delimiter ,",
        path.display()
    )]
    UnusualDelimiter {
        /// The file.
        path: PathBuf,
        /// What stands equally often in every line, as the option spells it.
        delimiter: String,
    },
    /// A data frame that is too large to be taken apart.
    #[error(
        "{}: is one object that holds a whole table, column by column, of more than {} MiB or {} values; write one object \
         a row, in pandas by to_json(path, orient=\"records\", lines=True)",
        path.display(), MAX_FRAME_BYTES >> 20, MAX_FRAME_VALUES
    )]
    LargeFrame {
        /// The file.
        path: PathBuf,
    },
    /// More columns than a table may have.
    #[error(
        "{}{}: more than {MAX_COLUMNS} columns; write ids that are used as names as values of one column, or leave out \
         columns that are not to be compared",
        path.display(), at(*line)
    )]
    TooManyColumns {
        /// The file.
        path: PathBuf,
        /// Line, from 1, in a file of lines.
        line: Option<u64>,
    },
    /// Names of columns that take too much memory.
    #[error(
        "{}{}: the names of the columns, each with those of the groups around it, take more than {} MiB; shorten the \
         names, or leave out columns that are not to be compared",
        path.display(), at(*line), MAX_NAME_BYTES >> 20
    )]
    LongNames {
        /// The file.
        path: PathBuf,
        /// Line, from 1, in a file of lines.
        line: Option<u64>,
    },
    /// A record that is too long to be one.
    #[error(
        "{}:{line}: the record that begins here is longer than {} MiB or {} fields; is a quote not closed, or a line end \
         missing there?",
        path.display(), most >> 20, MAX_RECORD_FIELDS
    )]
    LongRecord {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Bytes that it may have.
        most: u64,
    },
    /// Two columns of one name.
    #[error("{}: column {name:?} occurs twice; rename one of the two", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A record that is not one JSON object.
    #[error(
        "{}:{line}:{column}: {what}; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes \
         one object a line)",
        path.display()
    )]
    BadJson {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column in the line, from 1.
        column: usize,
        /// What the parser says.
        what: String,
    },
    /// A short name that fits several nested columns.
    #[error("{}: column {name:?} is ambiguous: {found} all end in it; name one of them in full", path.display())]
    AmbiguousColumn {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        name: String,
        /// What it could mean.
        found: String,
    },
    /// A column that must be there and is not.
    #[error("{}: no column {name:?} for {purpose}; it has {known}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        name: String,
        /// What it is needed for.
        purpose: &'static str,
        /// The columns that are there.
        known: String,
    },
    /// A column that cannot give event times.
    #[error("{}: column {name:?} holds {found}, not event times; use timestamps, RFC 3339 text or seconds since 1970", path.display())]
    NoEventTimes {
        /// The file.
        path: PathBuf,
        /// The column.
        name: String,
        /// What it holds.
        found: String,
    },
    /// A kind that the column cannot have.
    #[error("{}: column {name:?} holds {found} and cannot be compared as {wanted}; drop the override or convert the column", path.display())]
    BadKind {
        /// The file.
        path: PathBuf,
        /// The column.
        name: String,
        /// What it holds.
        found: String,
        /// What the configuration wants.
        wanted: FeatureKind,
    },
    /// Nothing is left to monitor.
    #[error("{}: no column can be monitored: {reasons}", path.display())]
    NothingToMonitor {
        /// The file.
        path: PathBuf,
        /// Why each was left out.
        reasons: String,
    },
    /// A layout that cannot be built.
    #[error("{}: column {column:?} cannot be laid out", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Why.
        #[source]
        source: StatsError,
    },
    /// Sorted runs that could not be written to or read from the temporary directory.
    #[error("cannot keep sorted values in the temporary directory {}; free space there or set TMPDIR", dir.display())]
    Spill {
        /// The directory.
        dir: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A batch whose columns do not fit together.
    #[error("{}: rows do not line up", path.display())]
    Misaligned {
        /// The file.
        path: PathBuf,
        /// What the batch says.
        #[source]
        source: RaggedBatch,
    },
    /// A replay without files.
    #[error("no file to replay; name at least one")]
    NoFiles,
    /// A file that could not be written.
    #[error("{target}: cannot write Parquet: {what}")]
    Write {
        /// What was to be written.
        target: String,
        /// Why not.
        what: String,
    },
}

/// A path, or what stands for it.
pub(crate) fn spoken(path: &Path) -> impl fmt::Display {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

fn at(line: Option<u64>) -> impl fmt::Display {
    line.map_or_else(String::new, |line| format!(":{line}"))
}

fn place(column: Option<&str>) -> impl fmt::Display {
    column.map_or_else(String::new, |name| format!(", column {name:?}"))
}

impl DatasetError {
    /// A failure of the operating system on `path`, by its kind.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            io::ErrorKind::IsADirectory => Self::Directory { path },
            _ => Self::Io { path, source },
        }
    }

    /// A failure of the temporary directory.
    pub(crate) fn spill(source: io::Error) -> Self {
        Self::Spill { dir: std::env::temp_dir(), source }
    }
}
