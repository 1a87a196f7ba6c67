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

/// Alarms that a budget allows in the stretch that is looked at: what is longer ago says little of the baseline of today.
const STRETCH: i64 = 4;

/// How often a monitor has alarmed under its present budget, lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AlarmCount {
    /// End of the first window that was judged under it; nothing before there is one.
    pub since: Option<EventTime>,
    /// Incidents of the kinds `drift` and `data_quality` that began since then and opened.
    pub opened: u64,
}

/// From when on the alarms up to `end` are counted; nothing without a budget.
pub(crate) fn alarms_from(budget: FalseAlarms, end: EventTime) -> Option<EventTime> {
    let interval = budget.interval()?;
    Some(end.minus(Span::from_micros(interval.as_micros().saturating_mul(STRETCH)).unwrap_or(interval)))
}

/// What the alarms up to `end` say about the budget: nothing bad without one, or where the stretch is too short for a
/// single alarm. The alarms of a monitor that keeps its budget are taken for Poisson: it is over where so many are as rare as
/// one in a thousand.
pub(crate) fn calibration(
    plan: &MonitorPlan,
    alarms: AlarmCount,
    start: EventTime,
    end: EventTime,
) -> (IncidentKey, Observation) {
    let budget = plan.monitor().false_alarms;
    let span = alarms.since.map_or(Span::ZERO, |since| end.since(since));
    // Without a budget, or with one that is new, nothing is said against the monitor: what an older one said is over.
    let expected = budget.interval().map_or(0.0, |interval| span.as_secs_f64() / interval.as_secs_f64());
    let is_over = expected >= LEAST_EXPECTED && poisson_tail(alarms.opened, expected) <= LEVEL;
    let (health, causes) = if is_over {
        let cause = Cause::OverBudget { alarms: alarms.opened, expected, span };
        (Health::Bad(Severity::Info, Vec::new()), vec![cause])
    } else {
        (Health::Good, Vec::new())
    };
    let monitor = plan.monitor().id.clone();
    let key = IncidentKey { monitor, segment: SegmentKey::all(), kind: IncidentKind::Calibration };
    (key, Observation { window: CALIBRATION_WINDOW.into(), start, end, health, causes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Monitor;
    use crate::fixtures::{at, monitor, plan};

    /// What is said of so many alarms in so many days at one in ninety.
    fn said(opened: u64, days: i64, budget: &str) -> Health {
        let plan = plan(Monitor { false_alarms: budget.parse().unwrap(), ..monitor(&[("day", 24, 24)]) });
        let end = at(24 * days);
        let alarms = AlarmCount { since: Some(at(0)), opened };
        calibration(&plan, alarms, at(24 * (days - 1)), end).1.health
    }

    #[test]
    fn more_than_chance_allows_is_noticed() {
        let over = Health::Bad(Severity::Info, Vec::new());
        assert_eq!(said(9, 89, "1 per 90d"), Health::Good, "too short for one alarm");
        assert_eq!((said(5, 90, "1 per 90d"), said(6, 90, "1 per 90d")), (Health::Good, over.clone()));
        assert_eq!((said(12, 365, "1 per 90d"), said(13, 365, "1 per 90d")), (Health::Good, over));
        assert_eq!(said(1_000, 365, "off"), Health::Good);
        let plan = plan(monitor(&[("day", 24, 24)]));
        let nothing = calibration(&plan, AlarmCount::default(), at(0), at(24));
        assert_eq!(nothing.1.health, Health::Good, "nothing was judged yet");
    }
}
