//! Turns: what one process at a time does with a monitor, in one snapshot.

use std::future::Future;

use driftd_model::MonitorId;
use sqlx::{query, query_scalar};

use super::transaction::Transaction;
use super::{Outcome, PostgresStore};

/// How often a turn is taken from the beginning, because somebody else has changed what its snapshot showed: the one
/// before it, or a person who acknowledged an incident.
const TRIES: u32 = 5;

/// What is done with a monitor while its row is held.
pub(super) trait Turn: Sync {
    /// What it comes to.
    type Done: Send;

    /// The monitor.
    fn monitor(&self) -> &MonitorId;

    /// Does it; again from the beginning if the transaction has to be repeated. What it comes to is committed; then the
    /// monitor's row has to be changed as well, by which whoever waited for it with an older snapshot learns that it has
    /// to begin anew. Nothing when there is nothing to do.
    fn take(&self, tx: &mut Transaction) -> impl Future<Output = Outcome<Option<Self::Done>>> + Send;
}

/// Whether a transaction has the monitor's row, without which nothing is written.
enum Held {
    Yes,
    /// It is somebody else's turn.
    ByAnother,
    /// Nobody has had a turn yet.
    NotThere,
}

/// What a try came to.
enum Tried<T> {
    /// The turn was had, by this process or another one.
    Taken(Option<T>),
    /// The monitor has no row yet.
    NoRow,
}

impl PostgresStore {
    /// Takes a turn. Everything is read from the snapshot of one transaction, which holds the monitor's row; whoever
    /// finds it held goes away at once, with nothing.
    pub(super) async fn take_turn<T: Turn>(&self, turn: &T) -> Outcome<Option<T::Done>> {
        let mut tries = 0;
        loop {
            match self.try_turn(turn).await {
                Ok(Tried::Taken(done)) => return Ok(done),
                // The row is there for the next try. Its transaction had to be another one: a snapshot that is older
                // than the row would not show it.
                Ok(Tried::NoRow) => {
                    let monitor = turn.monitor().as_str();
                    let mut tx = self.begin().await?;
                    query!("INSERT INTO monitor_frontiers (monitor) VALUES ($1) ON CONFLICT DO NOTHING", monitor)
                        .execute(&mut tx)
                        .await?;
                    tx.commit().await?;
                }
                Err(failure) if failure.is_conflict() && tries < TRIES => {}
                Err(failure) => return Err(failure),
            }
            tries += 1;
        }
    }

    async fn try_turn<T: Turn>(&self, turn: &T) -> Outcome<Tried<T::Done>> {
        let mut tx = Transaction::begin_snapshot(&self.pool).await?;
        let done = match hold(&mut tx, turn.monitor()).await {
            Ok(Held::Yes) => turn.take(&mut tx).await.map(Tried::Taken),
            Ok(Held::ByAnother) => Ok(Tried::Taken(None)),
            Ok(Held::NotThere) => Ok(Tried::NoRow),
            Err(failure) => Err(failure),
        };
        match done {
            Ok(Tried::Taken(Some(done))) => {
                tx.commit().await?;
                Ok(Tried::Taken(Some(done)))
            }
            // At once and not when the connection is used next: until then the row would be held. That the server is
            // gone is no news.
            unchanged => {
                drop(tx.rollback().await);
                unchanged
            }
        }
    }
}

/// The first statement of the transaction: it takes the snapshot and the row together. Was the row changed in between,
/// the server refuses it, and the turn begins anew.
async fn hold(tx: &mut Transaction, monitor: &MonitorId) -> Outcome<Held> {
    let held =
        query!("SELECT monitor FROM monitor_frontiers WHERE monitor = $1 FOR UPDATE SKIP LOCKED", monitor.as_str());
    if held.fetch_optional(&mut *tx).await?.is_some() {
        return Ok(Held::Yes);
    }
    let there = query_scalar!(
        r#"SELECT EXISTS (SELECT FROM monitor_frontiers WHERE monitor = $1) AS "there!""#,
        monitor.as_str()
    );
    Ok(if there.fetch_one(tx).await? { Held::ByAnother } else { Held::NotThere })
}
