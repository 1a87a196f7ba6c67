//! Whether a monitor alarms more often than its budget. Then either its population keeps changing, or its baseline knows
//! too little of what is healthy; both are worth to be known, and neither is worth a page.

use driftd_stats::poisson_tail;
use driftd_window::{EventTime, SegmentKey, Span};

use crate::{Cause, FalseAlarms, Health, IncidentKey, IncidentKind, MonitorPlan, Observation, Severity};

/// Name of what the incident counts, in place of a window's.
pub const CALIBRATION_WINDOW: &str = "calibration";
/// Largest probability that a monitor which keeps its budget is found to exceed it at one look. Looks at the same stretch
/// see the same alarms, so that over years it is a few times as large.
const LEVEL: f64 = 0.001;
/// Alarms that the budget allows in a stretch from which on it says something.
const LEAST_EXPECTED: f64 = 1.0;

/// How often a monitor has alarmed, as far back as its history goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AlarmCount {
    /// End of the first window that is stored; nothing before there is one.
    pub since: Option<EventTime>,
    /// Incidents of the kinds `drift` and `data_quality` that began since then and opened.
    pub opened: u64,
}

impl FalseAlarms {
    /// False alarms that the budget allows in so much event time; nothing without a budget.
    #[must_use]
    pub fn allowed_in(&self, span: Span) -> Option<f64> {
        match self {
            Self::Off => None,
            Self::Budget { count, period } => Some(f64::from(count.get()) * span.as_secs_f64() / period.as_secs_f64()),
        }
    }
}

/// What the alarms up to `end` say about the budget; nothing without one, or where the stretch is too short for a single
/// alarm. The alarms of a monitor that keeps its budget are taken for Poisson: it is over where so many are as rare as
/// one in a thousand.
pub(crate) fn calibration(
    plan: &MonitorPlan,
    alarms: AlarmCount,
    start: EventTime,
    end: EventTime,
) -> Option<(IncidentKey, Observation)> {
    let span = end.since(alarms.since?);
    let expected = plan.monitor().false_alarms.allowed_in(span)?;
    if expected < LEAST_EXPECTED {
        return None;
    }
    let is_over = poisson_tail(alarms.opened, expected) <= LEVEL;
    let (health, causes) = if is_over {
        let cause = Cause::OverBudget { alarms: alarms.opened, expected, span };
        (Health::Bad(Severity::Info, Vec::new()), vec![cause])
    } else {
        (Health::Good, Vec::new())
    };
    let monitor = plan.monitor().id.clone();
    let key = IncidentKey { monitor, segment: SegmentKey::all(), kind: IncidentKind::Calibration };
    Some((key, Observation { window: CALIBRATION_WINDOW.into(), start, end, health, causes }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Monitor;
    use crate::fixtures::{at, monitor, plan};

    /// What is said of so many alarms in so many days at one in ninety.
    fn said(opened: u64, days: i64, budget: &str) -> Option<Health> {
        let plan = plan(Monitor { false_alarms: budget.parse().unwrap(), ..monitor(&[("day", 24, 24)]) });
        let end = at(24 * days);
        let alarms = AlarmCount { since: Some(at(0)), opened };
        calibration(&plan, alarms, at(24 * (days - 1)), end).map(|(_, seen)| seen.health)
    }

    #[test]
    fn more_than_chance_allows_is_noticed() {
        let over = Some(Health::Bad(Severity::Info, Vec::new()));
        assert_eq!(said(9, 89, "1 per 90d"), None, "too short for one alarm");
        assert_eq!((said(5, 90, "1 per 90d"), said(6, 90, "1 per 90d")), (Some(Health::Good), over.clone()));
        assert_eq!((said(12, 365, "1 per 90d"), said(13, 365, "1 per 90d")), (Some(Health::Good), over));
        assert_eq!(said(1_000, 365, "off"), None);
        let plan = plan(monitor(&[("day", 24, 24)]));
        assert!(calibration(&plan, AlarmCount::default(), at(0), at(24)).is_none(), "nothing was judged yet");
    }
}
