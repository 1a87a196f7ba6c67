//! What `driftd partitions`, `topics` and `frontier` have in common: nothing is changed unless it is meant, whatever is
//! changed stands in the log with who did it, and brokers are asked outside of the group.

use anyhow::ensure;
use driftd_config::Config;
use driftd_source::kafka::Inspector;

use crate::cli::Confirmation;
use crate::setup;
use crate::terminal::line;

/// Says what a repair does, and refuses it unless it is meant; gives who does it.
pub(super) fn confirmed(confirmation: Confirmation, consequences: &[String]) -> anyhow::Result<String> {
    for consequence in consequences {
        line(consequence)?;
    }
    ensure!(confirmation.yes, "nothing was changed: add --yes to do it");
    Ok(setup::person(confirmation.by))
}

/// Asks the brokers on a thread that may wait for them.
pub(super) async fn ask<T: Send + 'static>(
    config: &Config,
    question: impl FnOnce(&Inspector) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let inspector = Inspector::new(&config.kafka, setup::secret)?;
    tokio::task::spawn_blocking(move || question(&inspector)).await?
}
