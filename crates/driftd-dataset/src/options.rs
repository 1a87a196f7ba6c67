//! How files are to be read, where they do not say so themselves.

use std::sync::Arc;

use driftd_model::{Delimiter, TextEncoding};

use crate::NullWords;
use crate::format::Format;

/// What a person says about files. Whatever is left out is found out from the file itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// What the files are, whatever they are called.
    pub format: Option<Format>,
    /// How their text is encoded: UTF-8, or UTF-16 with a byte order mark, unless something is said here.
    pub encoding: Option<TextEncoding>,
    /// The shape of CSV.
    pub csv: CsvOptions,
}

/// The shape of CSV files, as far as it is said.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CsvOptions {
    /// What separates fields.
    pub delimiter: Option<Delimiter>,
    /// Whether the first line names the columns. Where nothing is said it does, unless it is nothing but numbers, which
    /// is refused.
    pub header: Option<bool>,
    /// Lines to pass over before the header. Where nothing is said, titles and comments above it are found.
    pub skip_lines: Option<u32>,
    /// What stands for no value.
    pub null_words: Arc<NullWords>,
}
