//! The offline oracle: every window judged again from the raw records, every incident stepped again in order.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{
    Cause, Comparison, Health, HistoryRow, Incident, IncidentEvent, IncidentId, IncidentKey, IncidentKind,
    IncidentState, MonitorPlan, NotificationPolicy, Observation, Outcome, ReceiverName, Reference, ReferenceScore,
    Routing, SealStep, Severity, Silence, Step, WindowResult, acknowledge, judge, needs_reconciling, observations,
    resolve_by_hand, step,
};
use driftd_stats::{Basis, DriftStatistic, FeatureAggregate, share};
use driftd_window::{EventTime, SegmentKey, Timestamp, WindowId, WindowSpec};

use super::diary::{Counted, Diary};
use super::ledger::{Fate, Ledger};
use super::naive;
use super::record::Record;
use super::world::region_key;

/// What happened to windows and incidents, in order.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// A seal of monitor number `monitor` took a step; `silences` had been added by then.
    Sealed { monitor: usize, step: SealStep, now: i64, silences: usize },
    /// Somebody looked after monitor number `monitor`; `silences` had been added by then.
    Tended { monitor: usize, now: i64, silences: usize },
    /// Somebody who had read an incident at `read` took or ended it.
    Amended { id: IncidentId, resolve: bool, read: i64, now: i64 },
}

/// What the store has to hold in the end.
#[derive(Debug, Default)]
pub(super) struct Truth {
    /// By monitor, in order of sealing.
    pub(super) history: Vec<Vec<HistoryRow>>,
    pub(super) incidents: BTreeMap<IncidentId, Incident>,
    pub(super) events: Vec<IncidentEvent>,
    pub(super) notifications: BTreeSet<(ReceiverName, String)>,
    /// By monitor.
    diaries: Vec<Diary>,
}

/// The journal of a schedule, and what it is held against.
pub(super) struct Oracle<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) logs: &'a [Vec<Record>],
    pub(super) silences: &'a [Silence],
    pub(super) routing: &'a Routing,
}

/// Sealed records of one monitor by pane.
type Panes<'a> = BTreeMap<i64, Vec<&'a Record>>;

impl Oracle<'_> {
    pub(super) fn replay(&self, journal: &[Entry]) -> Result<Truth, String> {
        let panes: Vec<Panes<'_>> = (0..self.ledger.monitors.len()).map(|m| self.panes(m)).collect();
        let mut truth = Truth { history: vec![Vec::new(); panes.len()], ..Truth::default() };
        truth.diaries.resize_with(panes.len(), Diary::default);
        for entry in journal {
            match entry {
                Entry::Amended { id, resolve, read, now } => {
                    truth.amend(id, *resolve, Timestamp::from_micros(*read), Timestamp::from_micros(*now))?;
                }
                Entry::Sealed { monitor, step, now, silences } => {
                    self.moment(*monitor, *now, *silences, &panes).apply(*step, &mut truth)?;
                }
                Entry::Tended { monitor, now, silences } => {
                    self.moment(*monitor, *now, *silences, &panes).tell(&mut truth);
                }
            }
        }
        Ok(truth)
    }

    fn moment<'a>(&'a self, monitor: usize, now: i64, silences: usize, panes: &'a [Panes<'a>]) -> Seal<'a> {
        Seal {
            monitor,
            plan: &self.ledger.monitors[monitor].plan,
            now: Timestamp::from_micros(now),
            silences: &self.silences[..silences],
            routing: self.routing,
            panes: &panes[monitor],
        }
    }

    fn panes(&self, monitor: usize) -> Panes<'_> {
        let mut panes = Panes::new();
        let fates = self.ledger.monitors[monitor].fates.iter().flatten();
        for (fate, record) in fates.zip(self.logs.iter().flatten()) {
            if let Fate::Sealed(pane) = fate {
                panes.entry(*pane).or_default().push(record);
            }
        }
        panes
    }
}

impl Truth {
    fn amend(&mut self, id: &IncidentId, resolve: bool, read: Timestamp, now: Timestamp) -> Result<(), String> {
        let found = self.incidents.get(id).cloned();
        let found = found.ok_or_else(|| format!("incident {id} was amended but must not exist"))?;
        let Step { incident, transitions } =
            if resolve { resolve_by_hand(found, "ana", read) } else { acknowledge(found, "ana", read) };
        self.incidents.extend(incident.map(|i| (i.id.clone(), i)));
        self.events.extend(transitions.into_iter().map(|transition| IncidentEvent {
            incident: id.clone(),
            at: now,
            transition,
            silenced: false,
        }));
        Ok(())
    }

    fn unresolved(&self, key: &IncidentKey) -> Option<Incident> {
        self.incidents.values().find(|i| i.key == *key && i.state != IncidentState::Resolved).cloned()
    }
}

struct Seal<'a> {
    monitor: usize,
    plan: &'a MonitorPlan,
    now: Timestamp,
    silences: &'a [Silence],
    routing: &'a Routing,
    panes: &'a Panes<'a>,
}

impl Seal<'_> {
    fn apply(&self, step: SealStep, truth: &mut Truth) -> Result<(), String> {
        let end = step.through(self.plan.monitor().pane);
        let mut seen: Vec<(IncidentKey, Observation)> = Vec::new();
        let ending = |w: &&WindowSpec| end.as_micros().rem_euclid(w.slide().as_micros()) == 0;
        for spec in self.plan.monitor().windows.iter().filter(ending) {
            if let SealStep::Gap { .. } = step {
                seen.push(self.silence(spec, end));
                continue;
            }
            let mut counted = self.window(spec, end)?;
            self.compare_with_previous(spec, &mut counted)?;
            let mut results: Vec<WindowResult> = counted.iter().map(|(result, _)| result.clone()).collect();
            // Less than half a window since the monitor's first record is too young to speak, and to be remembered.
            let first = self.panes.keys().next().copied().unwrap_or(i64::MAX);
            if end.as_micros().saturating_sub(first) >= spec.size().as_micros() / 2 {
                results.extend(truth.diaries[self.monitor].write(self.plan, spec, &counted));
                seen.extend(results.iter().flat_map(|r| observations(self.plan, r)));
            }
            for result in &results {
                self.record(result, &mut truth.history[self.monitor]);
            }
        }
        // All complaints of a moment are heard before any all-clear.
        let (bad, rest): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(_, o)| matches!(o.health, Health::Bad(..)));
        bad.iter().chain(&rest).for_each(|(key, observation)| self.step(key, observation, truth));
        self.tell(truth);
        Ok(())
    }

    /// Everybody who has to hear of something hears it.
    fn tell(&self, truth: &mut Truth) {
        let mine = |i: &&Incident| i.key.monitor == self.plan.monitor().id;
        let mut incidents: Vec<Incident> =
            truth.incidents.values().filter(mine).filter(|i| needs_reconciling(i)).cloned().collect();
        let told = self.policy().notify(&mut incidents);
        for message in told.notifications {
            let key = message.key.as_str();
            truth.notifications.extend(message.receivers.iter().map(|r| (r.clone(), key.to_owned())));
        }
        truth.events.extend(told.events);
        truth.incidents.extend(incidents.into_iter().map(|i| (i.id.clone(), i)));
    }

    fn policy(&self) -> NotificationPolicy<'_> {
        NotificationPolicy { plan: self.plan, routing: self.routing, silences: self.silences, now: self.now }
    }

    /// A window in a gap says one thing only: there were no records at all, or it would be no gap.
    fn silence(&self, spec: &WindowSpec, end: EventTime) -> (IncidentKey, Observation) {
        let monitor = self.plan.monitor().id.clone();
        let key = IncidentKey { monitor, segment: SegmentKey::all(), kind: IncidentKind::NoData };
        let health = Health::Bad(Severity::Critical, Vec::new());
        let causes = vec![Cause::NoRows { expected: None }];
        (key, Observation { window: spec.name().clone(), start: spec.start_of(end), end, health, causes })
    }

    fn window(&self, spec: &WindowSpec, end: EventTime) -> Result<Vec<Counted>, String> {
        let start = spec.start_of(end);
        let inside: Vec<(i64, &Record)> = self
            .panes
            .range(start.as_micros()..end.as_micros())
            .flat_map(|(pane, records)| records.iter().map(|r| (*pane, *r)))
            .collect();
        let mut by_segment: BTreeMap<SegmentKey, Vec<(i64, &Record)>> = BTreeMap::new();
        if self.plan.monitor().segments.is_some() {
            for (pane, record) in &inside {
                by_segment.entry(segment_of(record)).or_default().push((*pane, *record));
            }
        }
        by_segment.insert(SegmentKey::all(), inside);
        let mut counted = Vec::new();
        for (segment, records) in by_segment {
            let rows: Vec<&Record> = records.iter().map(|(_, r)| *r).collect();
            let panes: BTreeSet<i64> = records.iter().map(|(pane, _)| *pane).collect();
            counted.push((segment, naive::count(self.plan, &rows)?, rows.len() as u64, panes.len()));
        }
        let comparisons: Vec<Comparison<'_>> =
            counted.iter().flat_map(|(segment, state, ..)| self.compare(segment, state)).collect();
        let verdicts = judge(&comparisons);
        let size = self.plan.features().len();
        let panes_in_window = spec.size().as_micros() / self.plan.monitor().pane.span().as_micros();
        let judged = counted.into_iter().zip(verdicts.chunks(size));
        Ok(judged
            .map(|((segment, state, rows, panes), verdicts)| {
                let result = WindowResult {
                    window: WindowId { name: spec.name().clone(), end },
                    start,
                    segment,
                    rows,
                    coverage: panes as f64 / panes_in_window as f64,
                    outcome: verdicts.iter().map(|v| v.outcome).max().unwrap_or(Outcome::InsufficientData),
                    verdicts: verdicts.to_vec(),
                };
                (result, state)
            })
            .collect())
    }

    /// Adds to what decides how it compares with the last window of this shape that shares no record.
    fn compare_with_previous(&self, spec: &WindowSpec, counted: &mut [Counted]) -> Result<(), String> {
        let slide = spec.slide().as_micros();
        let Some(start) = counted.first().map(|(result, _)| result.start) else {
            return Ok(());
        };
        let before = EventTime::from_micros(start.as_micros().div_euclid(slide) * slide);
        let there = self.window(spec, before)?;
        for (result, own) in counted {
            let Some((_, other)) = there.iter().find(|(t, _)| t.segment == result.segment && t.rows > 0) else {
                continue;
            };
            for (verdict, ((feature, other), own)) in
                result.verdicts.iter_mut().zip(self.plan.features().iter().zip(other).zip(own))
            {
                let (name, layout, rules) = (&feature.name, &*feature.layout, &feature.rules);
                let pair = Comparison { feature: name, layout, baseline: other, window: own, rules, healthy: None };
                let against = judge(&[pair]).remove(0);
                for score in verdict.scores.iter_mut().filter(|score| score.outcome.is_some()) {
                    // Rows that the statistic is about, on both sides; whether a difference can be told apart is
                    // another question.
                    let about = |state: &FeatureAggregate| match score.statistic.definition().basis {
                        Basis::Rows => state.rows(),
                        Basis::Numbers => state.usable() + state.nan() + state.infinite(),
                        Basis::Usable => state.usable(),
                    };
                    let is_enough = [other, own].map(about).into_iter().min() >= Some(rules.min_samples);
                    let found = against.score(score.statistic).filter(|_| is_enough);
                    let Some((mut value, mut p_value)) = found.and_then(|found| Some((found.effect()?, found.p_value)))
                    else {
                        continue;
                    };
                    if score.statistic == DriftStatistic::Unseen {
                        let [there, here] = [other, own].map(|state| (unseen(state), state.usable()));
                        value = here.0 as f64 / here.1 as f64 - there.0 as f64 / there.1 as f64;
                        p_value = share(there.0, there.1, here.0, here.1).map(|measure| measure.p);
                    }
                    score.references.push(ReferenceScore { reference: Reference::Previous, value, p_value });
                }
            }
        }
        Ok(())
    }

    fn compare<'b>(&'b self, segment: &SegmentKey, state: &'b [FeatureAggregate]) -> Vec<Comparison<'b>> {
        let (_, baseline) = self.plan.baseline_of(segment).expect("the baseline knows every segment and the overflow");
        let pairs = self.plan.features().iter().zip(baseline).zip(state);
        pairs
            .map(|((feature, baseline), window)| Comparison {
                feature: &feature.name,
                layout: &feature.layout,
                baseline,
                window,
                rules: &feature.rules,
                healthy: None,
            })
            .collect()
    }

    fn record(&self, result: &WindowResult, history: &mut Vec<HistoryRow>) {
        let baseline = &self.plan.baseline().reference;
        history.extend(result.history(&self.plan.monitor().id, baseline, self.now));
    }

    fn step(&self, key: &IncidentKey, observation: &Observation, truth: &mut Truth) {
        let before = truth.unresolved(key);
        let next = step(before.clone(), key, observation, &self.plan.monitor().incidents, self.now);
        let Some(incident) = next.incident else {
            // A pending incident that went away leaves nothing behind.
            if let Some(gone) = before {
                truth.incidents.remove(&gone.id);
                truth.events.retain(|e| e.incident != gone.id);
            }
            return;
        };
        let silenced = self.policy().silence(&incident.labels(self.plan.monitor())).is_some();
        for transition in next.transitions {
            let (id, silenced) = (incident.id.clone(), silenced && transition.is_news());
            truth.events.push(IncidentEvent { incident: id, at: self.now, transition, silenced });
        }
        truth.incidents.insert(incident.id.clone(), incident);
    }
}

fn unseen(state: &FeatureAggregate) -> u64 {
    if let FeatureAggregate::Categorical(state) = state { state.unseen() } else { 0 }
}

fn segment_of(record: &Record) -> SegmentKey {
    match record.region {
        Some(0 | 1) => region_key(record.region),
        _ => SegmentKey::overflow(),
    }
}
