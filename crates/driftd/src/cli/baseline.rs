//! `driftd baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigFiles, ListFormat, ReadArgs};

/// Baselines.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Build the next version of a baseline from a file, or from a past range of a monitor's history
    Build(BuildArgs),
    /// List every version
    List {
        #[command(flatten)]
        config: ConfigFiles,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show one version: its columns, kinds, bins
    Show {
        /// NAME@vN, or NAME for the newest version
        reference: String,
        #[command(flatten)]
        config: ConfigFiles,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Compare two versions: columns that came and went, and how far the rest moved
    Diff {
        /// NAME@vN, or NAME for the newest version
        old: String,
        /// NAME@vN, or NAME for the newest version
        new: String,
        #[command(flatten)]
        config: ConfigFiles,
    },
    /// Judge a monitor against a baseline from its next pane on
    Activate {
        /// NAME@vN
        reference: String,
        /// The monitor
        #[arg(short, long)]
        monitor: String,
        #[command(flatten)]
        config: ConfigFiles,
    },
    /// Write one version to a file that `import` reads
    Export {
        /// NAME@vN, or NAME for the newest version
        reference: String,
        /// Where to write [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigFiles,
    },
    /// Store a baseline that `export` wrote, under its own or another name
    Import {
        /// The file
        file: PathBuf,
        /// Name to store it under [default: the one it was exported with]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        config: ConfigFiles,
    },
}

/// `driftd baseline build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Name of the baseline
    pub(crate) name: String,

    /// Parquet, CSV or NDJSON files to build it from, directories or patterns; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "from_history", conflicts_with = "from_history")]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Build it from what this monitor has seen instead of from a file
    #[arg(long, value_name = "MONITOR", requires_all = ["from", "to"])]
    pub(crate) from_history: Option<String>,

    /// Start of the range of history
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,

    /// End of the range of history
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,

    #[command(flatten)]
    pub(crate) config: ConfigFiles,
}
