//! `driftd incidents`.

use clap::Subcommand;

use super::{ConfigFiles, ListFormat};

/// Incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentsCommand {
    /// List incidents, oldest first
    List {
        #[command(flatten)]
        config: ConfigFiles,
        /// Only this monitor's
        #[arg(short, long)]
        monitor: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show one incident: what moved, and every transition
    Show {
        /// Its id, or the first digits of it
        id: String,
        #[command(flatten)]
        config: ConfigFiles,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Take an open incident: repeats stop
    Ack {
        /// Its id, or the first digits of it
        id: String,
        /// Who takes it [default: $USER]
        #[arg(long)]
        by: Option<String>,
        #[command(flatten)]
        config: ConfigFiles,
    },
    /// End an incident by hand
    Resolve {
        /// Its id, or the first digits of it
        id: String,
        /// Who ends it [default: $USER]
        #[arg(long)]
        by: Option<String>,
        #[command(flatten)]
        config: ConfigFiles,
    },
}
