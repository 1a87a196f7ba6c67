//! `driftd receivers`.

use clap::Subcommand;

use super::ConfigFiles;

/// Where notifications go.
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
