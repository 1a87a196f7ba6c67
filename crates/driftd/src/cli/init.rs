//! `driftd init`.

use std::path::PathBuf;

use clap::Args;

use super::ReadArgs;

/// Begin with your own data.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The training data: a Parquet, CSV or NDJSON file, a directory or pattern of them; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Name of the monitor, its topic and its baseline [default: that of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Column of the event time [default: the one that looks like it]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) event_time: Option<String>,

    /// Where to write the configuration
    #[arg(short, long, value_name = "FILE", default_value = "driftd.toml")]
    pub(crate) output: PathBuf,

    /// Replace a configuration that is already there
    #[arg(long)]
    pub(crate) force: bool,
}
