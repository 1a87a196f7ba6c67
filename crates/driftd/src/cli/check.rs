//! `driftd check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ConfigFiles, ReadArgs};

/// Compare two data sets once.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The reference: Parquet, CSV or NDJSON files, or NAME or NAME@vN of a stored baseline
    #[arg(long, value_name = "FILE|NAME", num_args = 1.., required = true)]
    pub(crate) baseline: Vec<String>,

    /// What is compared with it: Parquet, CSV or NDJSON files, directories or patterns; - is standard input
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(crate) current: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// How to print
    #[arg(long, value_enum, default_value_t = CheckFormat::Table)]
    pub(crate) format: CheckFormat,

    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Usable values below which nothing is judged [default: 50]
    #[arg(long, value_name = "N")]
    pub(crate) min_samples: Option<u64>,

    /// Quantile bins of PSI and its relatives [default: 10]
    #[arg(long, value_name = "N")]
    pub(crate) bins: Option<u16>,

    /// Only these statistics, separated by commas; those with thresholds decide
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) statistics: Vec<String>,

    /// Columns to leave out, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// Monitor of the configuration whose rules apply
    #[arg(short, long)]
    pub(crate) monitor: Option<String>,

    #[command(flatten)]
    pub(crate) config: ConfigFiles,
}

/// How a check is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For a terminal
    Table,
    /// One object, schema driftd.check/1
    Json,
    /// For a pull request
    Markdown,
    /// One self-contained page with charts
    Html,
}
