//! `driftd silences`.

use clap::Subcommand;

use super::{ConfigFiles, ListFormat};

/// Temporary mutes.
#[derive(Debug, Subcommand)]
pub(crate) enum SilencesCommand {
    /// List silences that are not over
    List {
        #[command(flatten)]
        config: ConfigFiles,
        /// Also those that are over
        #[arg(long)]
        all: bool,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Mute incidents that meet every matcher, as in monitor=flight-delay severity=warning
    Add {
        /// LABEL=VALUE, LABEL!=VALUE, LABEL=~PATTERN or LABEL!~PATTERN; labels are monitor, segment, kind, severity,
        /// environment, model, model_version and those of the monitors
        #[arg(required = true, value_name = "MATCHER")]
        matchers: Vec<String>,
        /// For how long
        #[arg(long, value_name = "DURATION", default_value = "2h")]
        duration: String,
        /// Why
        #[arg(long)]
        comment: String,
        /// Who [default: $USER]
        #[arg(long)]
        author: Option<String>,
        #[command(flatten)]
        config: ConfigFiles,
    },
    /// End a silence now
    Expire {
        /// Its id
        id: i64,
        #[command(flatten)]
        config: ConfigFiles,
    },
}
