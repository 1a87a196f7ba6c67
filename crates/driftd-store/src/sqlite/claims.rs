//! Claims: who owns a partition, and which plans its records are counted on from here.

use driftd_model::{Claimant, Partition, Topic};
use driftd_window::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as, query_scalar};

use crate::error::Outcome;
use crate::rows::{ClaimColumns, Heirs};
use crate::statement::statement;

/// Takes the partition over, and what was counted on it until now.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    partition: (&Topic, Partition),
    claimant: &Claimant,
    now: Timestamp,
) -> Outcome<ClaimColumns> {
    let (topic, number) = (partition.0.as_str(), partition.1.0);
    let claim = query_as(statement!("claim")).bind(topic).bind(number).bind(&claimant.owner).bind(now.as_micros());
    let claimed: ClaimColumns = claim.fetch_one(&mut *connection).await?;
    let said = query_scalar(statement!("said")).bind(topic).bind(number).fetch_one(&mut *connection).await?;
    let leave = query(statement!("leave_counted")).bind(topic).bind(number).bind(claimed.epoch - 1);
    leave.bind(claimed.watermark).bind(claimed.next_offset).execute(&mut *connection).await?;
    let mut heirs = Heirs::new(claimed.whole_from(claimant, said));
    for (monitor, hash) in &claimant.plans {
        let whole_from = heirs.whole_from(monitor);
        let count = query_scalar(statement!("count_on")).bind(topic).bind(number).bind(monitor.as_str());
        let count = count.bind(hash.as_str()).bind(claimed.epoch).bind(whole_from).bind(claimed.next_offset);
        heirs.counted(monitor, count.fetch_one(&mut *connection).await?);
    }
    query(statement!("drop_counted")).bind(topic).bind(number).bind(claimed.epoch).execute(connection).await?;
    Ok(claimed)
}
