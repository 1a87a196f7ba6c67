//! Claims: who owns a partition, and which plans its records are counted on from here.

use driftd_model::{Claimant, Partition, Topic};
use driftd_window::Timestamp;
use sqlx::{query_file, query_file_as, query_file_scalar};

use super::text::stored;
use super::transaction::Transaction;
use crate::error::Outcome;
use crate::rows::{ClaimColumns, Heirs};

/// Takes the partition over, and what was counted on it until now. Its row is held from the first statement on, so that
/// claims follow one another.
pub(super) async fn take(
    tx: &mut Transaction,
    partition: (&Topic, Partition),
    claimant: &Claimant,
    now: Timestamp,
) -> Outcome<ClaimColumns> {
    let (topic, number) = (stored(partition.0.as_str()), partition.1.0);
    let owner = stored(&claimant.owner);
    let claim = query_file_as!(ClaimColumns, "statements/claim.sql", &topic, number, &owner, now.as_micros());
    let claimed = claim.fetch_one(&mut *tx).await?;
    let said = query_file_scalar!("statements/said.sql", &topic, number).fetch_one(&mut *tx).await?;
    let (watermark, next) = (claimed.watermark, claimed.next_offset);
    let leave = query_file!("statements/leave_counted.sql", &topic, number, claimed.epoch - 1, watermark, next);
    leave.execute(&mut *tx).await?;
    let mut heirs = Heirs::new(claimed.whole_from(claimant, said));
    for (monitor, hash) in &claimant.plans {
        let whole_from = heirs.whole_from(monitor);
        let (name, hash) = (monitor.as_str(), hash.as_str());
        let count =
            query_file_scalar!("statements/count_on.sql", &topic, number, name, hash, claimed.epoch, whole_from, next);
        heirs.counted(monitor, count.fetch_one(&mut *tx).await?);
    }
    query_file!("statements/drop_counted.sql", &topic, number, claimed.epoch).execute(tx).await?;
    Ok(claimed)
}
