//! The connection that is kept for the next message.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::session::Session;

/// How long it is kept: incidents come in swarms, and then there is nothing to say for days.
const KEPT: Duration = Duration::from_secs(30);

/// At most one connection, said goodbye to after a while.
#[derive(Default)]
pub(super) struct Idle {
    slot: Arc<Slot>,
}

#[derive(Default)]
struct Slot(Mutex<(u64, Option<Session>)>);

impl Idle {
    /// The connection, if there is one; it has to be asked whether it still answers.
    pub(super) fn take(&self) -> Option<Session> {
        self.slot.0.lock().unwrap_or_else(PoisonError::into_inner).1.take()
    }

    /// Keeps a connection on which nothing is under way.
    pub(super) fn keep(&self, session: Session) {
        let turn = {
            let mut slot = self.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
            slot.0 += 1;
            slot.1 = Some(session);
            slot.0
        };
        tokio::spawn(end(Arc::downgrade(&self.slot), turn));
    }
}

/// Says goodbye to the connection unless it has been used since.
async fn end(slot: Weak<Slot>, turn: u64) {
    tokio::time::sleep(KEPT).await;
    let Some(slot) = slot.upgrade() else { return };
    let session = {
        let mut slot = slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.0 == turn { slot.1.take() } else { None }
    };
    if let Some(session) = session {
        drop(tokio::time::timeout(KEPT, session.quit()).await);
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idle")
    }
}
