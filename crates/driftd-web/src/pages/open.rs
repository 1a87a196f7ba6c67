//! Incidents that are on: open, or taken by somebody.

use driftd_model::{
    Incident, IncidentQuery, IncidentRow, IncidentState, MonitorId, ReadStore, Severity, StoreError, words,
};

use crate::figures::Badge;

/// Those that are told in a sentence.
const TOLD: usize = 20;
/// Those that are counted, in each state.
const COUNTED: usize = 500;

/// Incidents that are on, worst first: what nobody has taken before what somebody has.
pub(super) struct OpenIncidents {
    pub(super) rows: Vec<IncidentRow>,
    /// Whether there are more, which may be worse.
    is_cut: bool,
}

impl OpenIncidents {
    /// Those of a monitor, or of all, in whatever segment.
    pub(super) async fn of(store: &dyn ReadStore, monitor: Option<&MonitorId>) -> Result<Self, StoreError> {
        let mut open = Self { rows: Vec::new(), is_cut: false };
        for state in [IncidentState::Open, IncidentState::Acknowledged] {
            // One more shows whether there are more.
            let newest = IncidentQuery::newest(COUNTED as u32 + 1);
            let query = IncidentQuery { monitor: monitor.cloned(), state: Some(state), ..newest };
            let page = store.incident_page(&query).await?;
            open.is_cut |= page.len() > COUNTED;
            open.rows.extend(page.into_iter().take(COUNTED).map(|listed| listed.row));
        }
        open.rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.state.cmp(&b.state)));
        Ok(open)
    }

    /// The first of them in full.
    pub(super) async fn told(&self, store: &dyn ReadStore) -> Result<Vec<Incident>, StoreError> {
        let mut told = Vec::new();
        for row in self.rows.iter().take(TOLD) {
            // One that is gone meanwhile has nothing to tell any more.
            told.extend(store.incident(&row.incident_id).await?.map(|(incident, _)| incident));
        }
        Ok(told)
    }

    /// How many are not told; nothing where all are.
    pub(super) fn more(&self) -> String {
        match (self.rows.len().saturating_sub(TOLD) as u64, self.is_cut) {
            (0, _) => String::new(),
            (more, true) => format!("More than {} others are open", words::count(more)),
            (more, false) => format!("{} open", words::counted(more, "more is", "more are")),
        }
    }

    /// The state of everything in a few words, with so many monitors known.
    pub(super) fn headline(&self, known: usize) -> (Badge, String) {
        use Severity::{Critical, Info, Warning};
        let count = |severity| self.rows.iter().filter(|row| row.severity == severity).count() as u64;
        let (critical, warning, info) = (count(Critical), count(Warning), count(Info));
        let parts = [
            (critical, format!("{} critical", words::count(critical))),
            (warning, words::counted(warning, "warning", "warnings")),
            (info, format!("{} to know", words::count(info))),
        ];
        let mut parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text);
        let says = if self.is_cut {
            // What was not looked at may be of any severity, so only the worst that was seen is sure.
            let (open, worst) = (words::count(self.rows.len() as u64), parts.next().unwrap_or_default());
            format!("More than {open} open incidents, at least {worst}")
        } else {
            parts.collect::<Vec<_>>().join(", ")
        };
        match self.rows.iter().map(|row| row.severity).max() {
            Some(Critical) => (Badge { class: "critical", word: "critical" }, says),
            Some(Warning) => (Badge { class: "warning", word: "warning" }, says),
            Some(Info) => (Badge { class: "insufficient_data", word: "info" }, says),
            None if known == 0 => (Badge { class: "insufficient_data", word: "empty" }, "No monitor yet".to_owned()),
            None => (Badge { class: "stable", word: "stable" }, "No open incident".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use driftd_model::{IncidentId, IncidentKind};
    use driftd_window::SegmentKey;

    use super::*;

    fn open(severities: &[(Severity, usize)], is_cut: bool) -> OpenIncidents {
        let row = |severity| IncidentRow {
            incident_id: IncidentId::from_stored("1".to_owned()),
            monitor: "m".parse().unwrap(),
            segment: SegmentKey::all(),
            kind: IncidentKind::Drift,
            severity,
            state: IncidentState::Open,
            opened_at: None,
            acknowledged_at: None,
            resolved_at: None,
            features: Vec::new(),
            windows: 1,
        };
        let rows = severities.iter().flat_map(|(severity, count)| std::iter::repeat_n(row(*severity), *count));
        OpenIncidents { rows: rows.collect(), is_cut }
    }

    #[test]
    fn what_was_not_looked_at_is_not_counted() {
        use Severity::{Critical, Info, Warning};
        let told = [
            open(&[], false),
            open(&[(Info, 1)], false),
            open(&[(Critical, 2), (Warning, 1), (Info, 18)], false),
            open(&[(Critical, 480), (Warning, 32)], true),
            open(&[(Warning, 500)], true),
        ];
        let told = told.map(|open| {
            let (badge, headline) = open.headline(1);
            format!("{} | {headline} | {}.", badge.word, open.more())
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        stable | No open incident | .
        info | 1 to know | .
        critical | 2 critical, 1 warning, 18 to know | 1 more is open.
        critical | More than 512 open incidents, at least 480 critical | More than 492 others are open.
        warning | More than 500 open incidents, at least 500 warnings | More than 480 others are open.
        ");
    }
}
