//! `driftd partitions`, `driftd topics` and `driftd frontier`.

use clap::{Args, Subcommand};

use super::{ConfigFiles, ListFormat};

/// Says that somebody means it.
#[derive(Debug, Args)]
pub(crate) struct Confirmation {
    /// Do it; without this flag it is only said what would happen
    #[arg(long)]
    pub(crate) yes: bool,

    /// Who does it, for the log [default: $USER]
    #[arg(long)]
    pub(crate) by: Option<String>,
}

/// Partitions of topics, as the store knows them.
#[derive(Debug, Subcommand)]
pub(crate) enum PartitionsCommand {
    /// List every partition with its owner, and how far it was read
    List {
        /// Only this topic's
        #[arg(long)]
        topic: Option<String>,
        #[command(flatten)]
        config: ConfigFiles,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Set where a partition goes on: a daemon that reads it is fenced, and begins there when it is started again
    Reset {
        /// The topic
        topic: String,
        /// The partition
        partition: i32,
        /// Where: earliest, latest, an offset, or the first record written at a time (RFC 3339)
        #[arg(long, value_name = "WHERE")]
        to: String,
        #[command(flatten)]
        confirmation: Confirmation,
        #[command(flatten)]
        config: ConfigFiles,
    },
    /// Forget a partition that the topic has no more, and that monitors wait for
    Forget {
        /// The topic
        topic: String,
        /// The partition
        partition: i32,
        /// Also when no broker says that it is gone
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        confirmation: Confirmation,
        #[command(flatten)]
        config: ConfigFiles,
    },
}

/// Topics, as the store knows them.
#[derive(Debug, Subcommand)]
pub(crate) enum TopicsCommand {
    /// Begin a topic anew in all partitions, as one that was deleted and created again
    Reset {
        /// The topic
        topic: String,
        #[command(flatten)]
        confirmation: Confirmation,
        #[command(flatten)]
        config: ConfigFiles,
    },
}

/// How far a monitor is sealed.
#[derive(Debug, Subcommand)]
pub(crate) enum FrontierCommand {
    /// Show how far a monitor is sealed, and what it waits for
    Show {
        /// The monitor
        monitor: String,
        #[command(flatten)]
        config: ConfigFiles,
        /// How to print
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Set how far a monitor is sealed: back, to seal anew with what came late, or forward, to give up what is between
    Set {
        /// The monitor
        monitor: String,
        /// The time (RFC 3339), taken back to the beginning of its pane
        time: String,
        #[command(flatten)]
        confirmation: Confirmation,
        #[command(flatten)]
        config: ConfigFiles,
    },
}
