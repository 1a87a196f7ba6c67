//! `driftd routes`.

use clap::Subcommand;

use super::{ConfigFiles, ListFormat};

/// Who hears what.
#[derive(Debug, Subcommand)]
pub(crate) enum RoutesCommand {
    /// Show who would hear of an incident with these labels, by which route, and how often
    Test {
        /// LABEL=VALUE, such as monitor=flight-delay severity=critical; a configured monitor's own labels are added
        #[arg(required = true, value_name = "LABEL=VALUE")]
        labels: Vec<String>,

        /// At this moment (RFC 3339), for routes with mute times [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,

        #[command(flatten)]
        config: ConfigFiles,

        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
}
