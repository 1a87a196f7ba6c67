//! Flags that say how files are read.

use std::sync::Arc;

use clap::Args;
use driftd_config::FilesConfig;
use driftd_dataset::{CsvOptions, Format, NullWords, ReadOptions};
use driftd_model::{Delimiter, TextEncoding};

/// How files are read, where they do not say so themselves.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Reading files")]
pub(crate) struct ReadArgs {
    /// What the files are, whatever they are called: parquet, csv or ndjson
    #[arg(long, value_name = "KIND")]
    read_as: Option<Format>,

    /// What separates the fields of CSV: one character, tab or space [default: found out]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<Delimiter>,

    /// The first line of CSV names the columns, even if it is nothing but numbers
    #[arg(long, conflicts_with = "no_header")]
    header: bool,

    /// No line of CSV names the columns: they are column_1, column_2 and so on
    #[arg(long)]
    no_header: bool,

    /// Lines to pass over before the header of CSV [default: titles and comments, found out]
    #[arg(long, value_name = "N")]
    skip_lines: Option<u32>,

    /// Words that stand for no value in columns of CSV that are not text, separated by commas [default: NA, null and others]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    null_words: Option<Vec<String>>,

    /// How text is encoded, such as latin1 [default: UTF-8, or UTF-16 with its mark]
    #[arg(long, value_name = "NAME")]
    encoding: Option<TextEncoding>,
}

impl ReadArgs {
    /// What was said, as keys of the configuration and their values: what files are whatever they are called is no such
    /// key.
    pub(crate) fn keys(&self) -> Vec<(&'static str, String)> {
        let quoted = |text: String| serde_json::Value::from(text).to_string();
        let header = (self.header || self.no_header).then_some(self.header);
        let words = self.null_words.as_ref();
        let keys = [
            ("delimiter", self.delimiter.map(|delimiter| quoted(delimiter.to_string()))),
            ("header", header.map(|header| header.to_string())),
            ("skip_lines", self.skip_lines.map(|lines| lines.to_string())),
            ("null_words", words.map(|words| serde_json::Value::from(words.clone()).to_string())),
            ("encoding", self.encoding.map(|encoding| quoted(encoding.to_string()))),
        ];
        keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// These, over what the configuration says.
    pub(crate) fn over(&self, config: &FilesConfig) -> ReadOptions {
        let words = self.null_words.as_ref().or(config.null_words.as_ref());
        let header = (self.header || self.no_header).then_some(self.header);
        ReadOptions {
            format: self.read_as,
            encoding: self.encoding.or(config.encoding),
            csv: CsvOptions {
                delimiter: self.delimiter.or(config.delimiter),
                header: header.or(config.header),
                skip_lines: self.skip_lines.or(config.skip_lines),
                null_words: words.map_or_else(Arc::default, |words| Arc::new(NullWords::new(words.iter().cloned()))),
            },
        }
    }
}
