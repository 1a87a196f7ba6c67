//! What a judged window says about each kind of incident.

use driftd_stats::{DriftStatistic, Healthy, Rung, Subject};
use driftd_window::{EventTime, Span};

use crate::memory::lasting_length;
use crate::{
    Cause, Evidence, Health, HealthyUse, HealthyWindows, IncidentKey, IncidentKind, MonitorPlan, Observation, Outcome,
    Rarity, Score, Severity, Verdict, WindowResult, words,
};

/// Expected rows below which a window without any is nothing unusual: of a Poisson variable of that mean, one in a
/// hundred thousand is zero at 12.
const NORMALLY_SOME: f64 = 12.0;
/// Expected rows below which a share of them says little.
const NORMALLY_MANY: f64 = 200.0;

/// One observation for every identity the window says something about; what is remembered speaks of drift alone.
#[must_use]
pub fn observations(plan: &MonitorPlan, result: &WindowResult) -> Vec<(IncidentKey, Observation)> {
    let mut kinds = vec![(IncidentKind::Drift, health(plan, result, IncidentKind::Drift), Vec::new())];
    let is_window = !result.window.name.is_lasting();
    if is_window {
        kinds.push((IncidentKind::DataQuality, health(plan, result, IncidentKind::DataQuality), Vec::new()));
    }
    if is_window && result.segment.is_all() {
        // A segment may fall silent for good reasons; the whole population may not.
        let (health, causes) = volume(plan, result.start, result.window.end, result.rows);
        kinds.push((IncidentKind::NoData, health, causes));
    }
    kinds
        .into_iter()
        .map(|(kind, health, causes)| {
            let key = IncidentKey { monitor: plan.monitor().id.clone(), segment: result.segment.clone(), kind };
            let window = result.window.name.clone();
            (key, Observation { window, start: result.start, end: result.window.end, health, causes })
        })
        .collect()
}

/// The identity of driftd's own trouble with a monitor.
pub(crate) fn pipeline_key(plan: &MonitorPlan) -> IncidentKey {
    let monitor = plan.monitor().id.clone();
    IncidentKey { monitor, segment: driftd_window::SegmentKey::all(), kind: IncidentKind::Pipeline }
}

/// The kind of incident a statistic speaks for.
#[must_use]
pub const fn kind_of(statistic: DriftStatistic) -> IncidentKind {
    match statistic.definition().speaks_for {
        Subject::Quality => IncidentKind::DataQuality,
        Subject::Distribution => IncidentKind::Drift,
    }
}

/// Whether `rows` are enough for a window, by what the baseline's traffic would have brought where that is known. None
/// at all is critical unless the hours of the window are quiet ones; far fewer than usual is a warning.
pub(crate) fn volume(plan: &MonitorPlan, start: EventTime, end: EventTime, rows: u64) -> (Health, Vec<Cause>) {
    let traffic = plan.baseline().baseline.traffic.as_ref();
    let expected = traffic.and_then(|traffic| traffic.expected(start, end));
    if rows == 0 {
        return match expected {
            Some(expected) if expected < NORMALLY_SOME => (Health::Unknown, Vec::new()),
            _ => (Health::Bad(Severity::Critical, Vec::new()), vec![Cause::NoRows { expected }]),
        };
    }
    match (expected, plan.monitor().incidents.least_volume) {
        (Some(expected), Some(least)) if expected >= NORMALLY_MANY && (rows as f64) < least * expected => {
            (Health::Bad(Severity::Warning, Vec::new()), vec![Cause::FewRows { rows, expected }])
        }
        _ => (Health::Good, Vec::new()),
    }
}

fn health(plan: &MonitorPlan, result: &WindowResult, kind: IncidentKind) -> Health {
    let mut evidence = Vec::new();
    let mut judged = false;
    for verdict in &result.verdicts {
        let mut scores: Vec<&Score> =
            verdict.scores.iter().filter(|s| kind_of(s.statistic) == kind && s.outcome.is_some()).collect();
        judged |= !scores.is_empty();
        scores.sort_by(|a, b| b.outcome.cmp(&a.outcome).then_with(|| b.severity().total_cmp(&a.severity())));
        if let Some(worst) = scores.first()
            && worst.outcome.is_some_and(Outcome::is_bad)
        {
            evidence.push(evidence_of(plan, result, verdict, worst));
        }
    }
    let worst = evidence.iter().map(|e: &Evidence| e.outcome).max();
    match worst {
        Some(Outcome::Critical) => Health::Bad(Severity::Critical, evidence),
        Some(_) => Health::Bad(Severity::Warning, evidence),
        None if judged => Health::Good,
        None => Health::Unknown,
    }
}

fn evidence_of(plan: &MonitorPlan, result: &WindowResult, verdict: &Verdict, score: &Score) -> Evidence {
    // An infinite PSI has no number to store; its effect is that of the largest finite one.
    let value = score.value.unwrap_or(f64::MAX);
    let length = length_of(result);
    let learnt = plan
        .variation_of(&result.segment, &verdict.feature)
        .and_then(|variation| variation.at(score.statistic, length));
    Evidence {
        feature: verdict.feature.clone(),
        outcome: score.outcome.unwrap_or(Outcome::Stable),
        statistic: score.statistic,
        value,
        effect: score.effect().unwrap_or(value),
        threshold: score.threshold,
        n: verdict.baseline.usable,
        m: verdict.window.usable,
        q_value: score.q_value,
        baseline_share: score.baseline_share,
        mistyped: (score.statistic == DriftStatistic::Mistyped).then(|| verdict.mistyped()),
        moved: verdict.moved.clone(),
        expected: score.expected,
        net: score.net,
        rarity: score
            .q_value
            .zip(plan.monitor().false_alarm_interval())
            .map(|(q, budget)| Rarity { once_in: plan.monitor().once_in(q), budget }),
        healthy: learnt.map(|(length, learnt)| HealthyWindows {
            phi: score.phi.unwrap_or(1.0),
            windows: learnt.windows,
            length,
            size: learnt.size,
        }),
        rests_on: score.expected.map(|_| rests_on(plan, verdict, learnt.as_ref(), length)),
        window: Some((result.start, result.window.end)),
        references: score.references.clone(),
    }
}

/// The event time that a result speaks of.
fn length_of(result: &WindowResult) -> Span {
    let window = result.window.end.since(result.start);
    if result.window.name.is_lasting() { lasting_length(window) } else { window }
}

/// What the verdict takes healthy windows of `length` to be.
fn rests_on(plan: &MonitorPlan, verdict: &Verdict, learnt: Option<&(Rung, Healthy)>, length: Span) -> String {
    if plan.monitor().healthy == HealthyUse::Off {
        return words::healthy::NOT_USED.to_owned();
    }
    let (n, m) = (verdict.baseline.usable as f64, verdict.window.usable as f64);
    words::healthy::rests_on(&plan.baseline().baseline, learnt, length, n * m / (n + m).max(1.0))
}

#[cfg(test)]
mod tests {
    use driftd_stats::Smoothing;

    use super::*;
    use crate::fixtures::{at, monitor, numbers, plan, split, spread, uniform};
    use crate::{Comparison, JudgeRules, judge};

    fn result(segment: driftd_window::SegmentKey, rows: u64, verdicts: Vec<Verdict>) -> WindowResult {
        let window = driftd_window::WindowId { name: "day".into(), end: at(24) };
        WindowResult { window, start: at(0), segment, rows, coverage: 1.0, outcome: Outcome::Stable, verdicts }
    }

    fn verdict(values: &[f64], missing: u64, smoothing: Smoothing) -> Verdict {
        let x = uniform("x");
        let rules = JudgeRules { smoothing, ..JudgeRules::default() };
        let window = numbers(&x, values, missing);
        let (feature, layout, baseline) = (&x.name, &*x.layout, &x.aggregate);
        judge(&[Comparison { feature, layout, baseline, window: &window, rules: &rules, healthy: None }]).remove(0)
    }

    fn healths(result: &WindowResult) -> Vec<(IncidentKind, Health)> {
        let plan = plan(split(monitor(&[("day", 24, 6)])));
        observations(&plan, result).into_iter().map(|(key, seen)| (key.kind, seen.health)).collect()
    }

    fn severity(health: &Health) -> Option<Severity> {
        if let Health::Bad(severity, _) = health { Some(*severity) } else { None }
    }

    fn only_health(seen: Vec<(IncidentKind, Health)>) -> Vec<Health> {
        seen.into_iter().map(|(_, health)| health).collect()
    }

    #[test]
    fn each_kind_hears_its_own_statistics() {
        let missing = verdict(&spread(500, 0.0), 100, Smoothing::default());
        let seen = healths(&result(driftd_window::SegmentKey::all(), 600, vec![missing]));
        assert_eq!(seen[0], (IncidentKind::Drift, Health::Good));
        assert_eq!((seen[1].0, severity(&seen[1].1)), (IncidentKind::DataQuality, Some(Severity::Warning)));
        assert_eq!(seen[2], (IncidentKind::NoData, Health::Good));
    }

    #[test]
    fn too_little_data_says_nothing_and_no_data_is_critical() {
        let short = verdict(&spread(10, 5_000.0), 0, Smoothing::default());
        let seen = healths(&result(driftd_window::SegmentKey::all(), 10, vec![short.clone()]));
        assert_eq!(only_health(seen), [Health::Unknown, Health::Unknown, Health::Good]);
        let empty = healths(&result(driftd_window::SegmentKey::all(), 0, vec![short]));
        assert_eq!(severity(&empty[2].1), Some(Severity::Critical));
    }

    #[test]
    fn volume_is_held_against_the_hours_of_the_baseline() {
        let mut with_traffic = plan(monitor(&[("day", 24, 6)])).baseline().clone();
        let mut content = with_traffic.baseline.as_ref().clone();
        let mut traffic = crate::Traffic::default();
        // 100 rows an hour by day, none by night, for a week.
        for hour in 0..168 {
            traffic.add(at(hour), if (6..18).contains(&(hour % 24)) { 100 } else { 0 });
        }
        content.traffic = Some(traffic);
        with_traffic.baseline = std::sync::Arc::new(content);
        let plan = MonitorPlan::new(monitor(&[("day", 24, 6)]), with_traffic).unwrap();
        let seen = |from, to, rows| volume(&plan, at(from), at(to), rows);
        assert_eq!(seen(0, 4, 0), (Health::Unknown, vec![]), "a night is quiet");
        let none = Cause::NoRows { expected: Some(200.0) };
        assert_eq!(seen(8, 10, 0), (Health::Bad(Severity::Critical, vec![]), vec![none]));
        let few = Cause::FewRows { rows: 19, expected: 200.0 };
        assert_eq!(seen(8, 10, 19), (Health::Bad(Severity::Warning, vec![]), vec![few]));
        assert_eq!(seen(8, 10, 20), (Health::Good, vec![]));
        assert_eq!(seen(8, 9, 1), (Health::Good, vec![]), "a hundred are too few for a share");
    }

    #[test]
    fn a_segment_may_fall_silent() {
        let seen = healths(&result(crate::fixtures::segment("x"), 0, Vec::new()));
        assert_eq!(only_health(seen), [Health::Unknown, Health::Unknown]);
    }

    #[test]
    fn evidence_of_an_infinite_psi_is_a_finite_number() {
        let rules = verdict(&spread(1_000, 5_000.0), 0, Smoothing::None);
        let seen = healths(&result(driftd_window::SegmentKey::all(), 1_000, vec![rules]));
        let Health::Bad(Severity::Critical, evidence) = &seen[0].1 else {
            panic!("{seen:?}");
        };
        assert_eq!((evidence[0].statistic, evidence[0].value), (DriftStatistic::Psi, f64::MAX));
        let text = serde_json::to_string(evidence).unwrap();
        assert_eq!(&serde_json::from_str::<Vec<Evidence>>(&text).unwrap(), evidence);
    }
}
