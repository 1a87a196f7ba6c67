//! Records that came after their pane was sealed.

use std::collections::BTreeMap;

use driftd_model::{ContentHash, MonitorId, SealedPane};
use driftd_window::{PaneId, SegmentKey};

use super::fault::Bug;
use super::state::State;

impl State {
    /// Counts what lies in sealed panes beyond what was sealed or counted late before.
    pub(super) fn sweep_late(&mut self, monitor: &MonitorId) -> u64 {
        if self.has_bug(Bug::LateRowsDropped) {
            return 0;
        }
        let state = self.monitor(monitor);
        let Some(through) = state.sealed_through else {
            return 0;
        };
        let mut arrived: BTreeMap<(PaneId, SegmentKey), (u64, ContentHash)> = BTreeMap::new();
        for (pane, partials) in state.partials.iter().take_while(|(pane, _)| pane.start() < through) {
            for partial in partials {
                let delta = &partial.planned.delta;
                let slot = arrived
                    .entry((*pane, delta.segment.clone()))
                    .or_insert_with(|| (0, partial.planned.plan_hash.clone()));
                slot.0 += delta.rows;
            }
        }
        let mut found = 0;
        for (key, (rows, plan_hash)) in arrived {
            let sealed = state.sealed.entry(key.clone()).or_insert_with(|| SealedPane {
                pane: key.0,
                segment: key.1.clone(),
                rows: 0,
                late_rows: 0,
                plan_hash,
                aggregates: Vec::new(),
            });
            let dropped = state.dropped.get(&key).copied().unwrap_or(0);
            let late = (rows + dropped).saturating_sub(sealed.rows + sealed.late_rows);
            found += late;
            sealed.late_rows += late;
        }
        found
    }
}
