//! Sealing until there is nothing left to seal.

use driftd_model::{SealStep, Sealed, Sealer, Store};

use crate::EngineError;

/// What a run of seals came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SealAll {
    /// Panes with records.
    pub panes: u64,
    /// Records in them.
    pub rows: u64,
    /// Windows judged, all segments.
    pub windows: u64,
    /// Notifications decided.
    pub notifications: u64,
}

impl SealAll {
    /// Adds another run to this one.
    pub const fn add(&mut self, other: Self) {
        self.panes += other.panes;
        self.rows += other.rows;
        self.windows += other.windows;
        self.notifications += other.notifications;
    }
}

/// Takes sealing steps until the store has none left, telling `each` of every one.
///
/// # Errors
/// The store's; everything sealed before it stays sealed.
pub async fn seal_all(
    store: &dyn Store,
    sealer: &dyn Sealer,
    mut each: impl FnMut(&Sealed),
) -> Result<SealAll, EngineError> {
    let mut total = SealAll::default();
    while let Some(sealed) = store.seal(sealer).await? {
        total.panes += u64::from(matches!(sealed.step, SealStep::Pane { .. }));
        total.rows += sealed.rows;
        let windows = sealed.outcome.windows_of_records().count();
        total.windows += windows as u64;
        total.notifications += sealed.outcome.notifications.len() as u64;
        tracing::debug!(monitor.id = %sealer.monitor(), rows = sealed.rows, windows, "sealed");
        each(&sealed);
    }
    Ok(total)
}
