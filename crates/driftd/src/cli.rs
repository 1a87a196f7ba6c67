//! The command line, as `--help` shows it.

mod baseline;
mod check;
mod incidents;
mod init;
mod read;
mod repair;
mod silences;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use baseline::{BaselineCommand, BuildArgs};
pub(crate) use check::{CheckArgs, CheckFormat};
pub(crate) use incidents::IncidentsCommand;
pub(crate) use init::InitArgs;
pub(crate) use read::ReadArgs;
pub(crate) use repair::{Confirmation, FrontierCommand, PartitionsCommand, TopicsCommand};
pub(crate) use silences::SilencesCommand;

/// Tells you when the population reaching your model is no longer the one it was trained on.
#[derive(Debug, Parser)]
#[command(name = "driftd", version, propagate_version = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// Say more on standard error; twice for everything. DRIFTD_LOG takes a tracing filter, DRIFTD_LOG_FORMAT text
    /// or json.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay a year of real flights through the real engine and show what drifted; needs nothing but this binary
    Demo(DemoArgs),
    /// Begin with your own data: write a configuration for a file's columns, and build its baseline
    Init(InitArgs),
    /// The daemon: counts what passes through Kafka, judges it, and tells people
    Run(ConfigFiles),
    /// Serve what is in a store over HTTP, read only and without Kafka, so that readers scale apart from the daemons
    Serve(ConfigFiles),
    /// Ask the daemon beside whether it is ready, for probes that run a program: exit code 0 ready, 1 not and why
    Ready(ConfigFiles),
    /// Send the rows of files to a topic as JSON, to try the daemon out
    Produce(ProduceArgs),
    /// Compare two data sets once: exit code 0 stable, 1 drift or lost columns, 2 error or nothing judged
    Check(CheckArgs),
    /// Build, look at and activate baselines
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Walk files with event times through a monitor: what would have alerted last quarter?
    Replay(ReplayArgs),
    /// Drift history of a monitor
    History(HistoryArgs),
    /// Incidents: what opened, why, and what became of it
    #[command(subcommand)]
    Incidents(IncidentsCommand),
    /// Temporary mutes
    #[command(subcommand)]
    Silences(SilencesCommand),
    /// Who hears of which incident
    #[command(subcommand)]
    Routes(RoutesCommand),
    /// Try the places notifications go to
    #[command(subcommand)]
    Receivers(ReceiversCommand),
    /// Partitions of topics: list them, set where one goes on, forget one that is gone
    #[command(subcommand)]
    Partitions(PartitionsCommand),
    /// Topics: begin one anew
    #[command(subcommand)]
    Topics(TopicsCommand),
    /// How far a monitor is sealed and what it waits for, and to set it
    #[command(subcommand)]
    Frontier(FrontierCommand),
    /// Look at everything driftd depends on: exit code 0 all well, 1 warnings, 2 something does not work
    Doctor(DoctorArgs),
    /// Check, show and describe the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Bring the store's schema up to date
    Migrate(ConfigFiles),
    /// Drop what is older than the configuration wants it kept; the daemon does so by itself every hour
    Retain(ConfigFiles),
    /// Print a completion script for your shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Configuration files.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigFiles {
    /// Configuration file; repeat to layer several, later ones win [default: driftd.toml if it is there]
    #[arg(short, long = "config", value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
}

/// `driftd doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) config: ConfigFiles,

    /// How to print
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

/// `driftd demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the demo keeps its store; replaced on every run
    #[arg(long, value_name = "FILE", default_value = "driftd-demo.db")]
    pub(crate) store: PathBuf,

    /// End after the tables, and do not show the dashboard
    #[arg(long)]
    pub(crate) no_serve: bool,

    /// Where the dashboard is shown afterwards, on this machine only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", conflicts_with = "no_serve")]
    pub(crate) listen: SocketAddr,

    /// Directory of the flights data [default: examples/flights of the checkout]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// `driftd produce`.
#[derive(Debug, Args)]
pub(crate) struct ProduceArgs {
    #[command(flatten)]
    pub(crate) config: ConfigFiles,

    /// Brokers, as host:port [default: those of the configuration]
    #[arg(long, value_delimiter = ',', value_name = "HOST:PORT")]
    pub(crate) brokers: Vec<String>,

    /// Topic to write to
    #[arg(long)]
    pub(crate) topic: String,

    /// Column of the event time: records then have the native shape, {"ts": …, "features": {…}}; without it they are
    /// flat objects of their columns
    #[arg(long, value_name = "COLUMN")]
    pub(crate) event_time: Option<String>,

    /// Records a second [default: as many as the brokers take]
    #[arg(long, value_name = "RECORDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,

    /// Files, directories or patterns: Parquet, CSV, or NDJSON, whose records are sent as they are
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// `driftd replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) config: ConfigFiles,

    /// Monitor to walk the files through
    #[arg(short, long)]
    pub(crate) monitor: String,

    /// Files, directories or patterns with event times, in the order they shall be read; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Count and judge under this name instead of the monitor's: for records older than what the monitor has sealed
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) rename: Option<String>,

    /// Add the files to what a driftd counts for the monitor from Kafka, although records of the same time are then in
    /// the same windows, and its next ones may come late
    #[arg(long, conflicts_with_all = ["rename", "dry_run"])]
    pub(crate) into_live: bool,

    /// Judge the windows that are still open as far as they go; what comes of it is printed and not stored
    #[arg(long)]
    pub(crate) partial: bool,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Print what would have alerted, and store nothing
    #[arg(long, conflicts_with = "notify")]
    pub(crate) dry_run: bool,

    /// Also put the notifications into the outbox
    #[arg(long)]
    pub(crate) notify: bool,

    /// How to print the incidents
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

/// `driftd history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) config: ConfigFiles,

    /// Monitor
    pub(crate) monitor: String,

    /// Only this feature
    #[arg(long)]
    pub(crate) feature: Option<String>,

    /// Only this statistic
    #[arg(long)]
    pub(crate) statistic: Option<String>,

    /// Only this segment, as in carrier=UA; "all" for the whole population
    #[arg(long)]
    pub(crate) segment: Option<String>,

    /// Only windows that end after this time (RFC 3339 or a date)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,

    /// Only windows that end at or before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = HistoryFormat::Table)]
    pub(crate) format: HistoryFormat,

    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How lists are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Table,
    /// One JSON array
    Json,
}

/// How the history is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryFormat {
    /// For people
    Table,
    /// Comma-separated values with a header
    Csv,
    /// One JSON array
    Json,
    /// Parquet
    Parquet,
    /// One HTML page: every feature over its windows, beside the baseline and the windows before
    Html,
}

/// `driftd config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report every problem of the configuration at once
    Check(ConfigFiles),
    /// Print the configuration as it takes effect, without secrets
    Show(ConfigFiles),
    /// Print a JSON Schema for editors
    Schema,
}

/// `driftd routes`.
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

/// `driftd receivers`.
#[derive(Debug, Subcommand)]
pub(crate) enum ReceiversCommand {
    /// Send a message that is marked as a test, now and without the outbox
    Test {
        /// Name of the receiver
        name: String,

        #[command(flatten)]
        config: ConfigFiles,
    },
}
