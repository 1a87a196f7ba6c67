//! Port of the catalogue: what people decide about baselines, incidents and silences.

use async_trait::async_trait;
use driftd_window::{PaneWidth, Timestamp};

use crate::{
    Activation, Baseline, BaselineName, BaselineRef, IncidentState, MonitorId, Silence, SilenceId, Step, StoreError,
    StoredBaseline,
};

/// What people change.
#[async_trait]
pub trait CatalogueStore: Send + Sync {
    /// Stores a baseline under the next version of its name; the existing version when its newest has the same content.
    async fn put_baseline(
        &self,
        name: &BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> Result<StoredBaseline, StoreError>;

    /// Has `monitor`, whose panes are that wide, judged against `reference` from the first pane on that is neither
    /// sealed nor holds any counts; see [`first_free`](crate::first_free). A second word about the same pane replaces
    /// the first; one that changes nothing gives the activation there is. Whoever has counted, and not yet written, that
    /// pane or a later one on another plan is refused.
    async fn activate_baseline(
        &self,
        monitor: &MonitorId,
        reference: &BaselineRef,
        width: PaneWidth,
    ) -> Result<Activation, StoreError>;

    /// Writes what a person did to an incident (acknowledge, resolve), if it is still in the state that was read.
    async fn amend_incident(
        &self,
        expected: IncidentState,
        step: &Step,
        silenced: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Adds a silence; its id is given by the store.
    async fn add_silence(&self, silence: &Silence) -> Result<SilenceId, StoreError>;

    /// Ends a silence now; false when there is no such silence or it is over.
    async fn expire_silence(&self, id: SilenceId, now: Timestamp) -> Result<bool, StoreError>;
}
