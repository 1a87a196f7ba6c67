//! The simulated deployment in motion: logs, workers, clock, store, and the ledger that goes with every action.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftd_engine::{Backoff, FixedClock, Outbox, RunQueue, TaskHandle};
use driftd_model::{
    CatalogueStore, ErrorClass, Incident, IncidentState, MonitorReconciler, MonitorSealer, PipelineStore, ReadStore,
    SealStep, SealTime, Silence, SilenceId, acknowledge, resolve_by_hand,
};
use driftd_window::{Span, Timestamp};

use super::broker::Broker;
use super::ledger::Ledger;
use super::oracle::Entry;
use super::post::{PostOffice, Road};
use super::random::Random;
use super::ready::{now, poll_once};
use super::tasks::Owned;
use super::world::{BEGIN, World};
use crate::mem_store::{Fault, MemStore, Operation};

/// An incident as somebody read it, and what they mean to do.
#[derive(Debug)]
struct Draft {
    incident: Incident,
    resolve: bool,
    at: i64,
}

#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) world: World,
    pub(super) store: MemStore,
    pub(super) ledger: Ledger,
    pub(super) broker: Arc<Mutex<Broker>>,
    pub(super) journal: Vec<Entry>,
    pub(super) silences: Vec<Silence>,
    pub(super) office: Arc<Mutex<PostOffice>>,
    pub(super) drifted: bool,
    pub(super) clock: i64,
    /// Tasks of each worker that wait for a turn: the daemon's own queue.
    pub(super) queues: Vec<Arc<RunQueue<TaskHandle>>>,
    /// By worker and partition. Several workers may have a task of one partition; only the last claim counts.
    pub(super) tasks: BTreeMap<(usize, usize), Owned>,
    pub(super) claims: u64,
    pub(super) drained: u64,
    pub(super) faults: BTreeMap<Operation, Fault>,
    pub(super) zombies_fenced: u64,
    read: Option<Draft>,
}

/// What came of asking for a seal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SealAttempt {
    /// The store lost its connection, before or after it was done.
    Lost,
    /// There was nothing to seal.
    Nothing,
    /// A step was taken.
    Took(SealStep),
}

impl Cluster {
    pub(super) fn new(world: World, store: MemStore, post: Random) -> Self {
        Self {
            ledger: Ledger::new(&world),
            broker: Arc::new(Mutex::new(Broker::new(world.partitions, world.plans.len()))),
            journal: Vec::new(),
            silences: Vec::new(),
            office: Arc::new(Mutex::new(PostOffice::new(post))),
            drifted: false,
            clock: BEGIN,
            queues: (0..world.workers).map(|_| Arc::default()).collect(),
            tasks: BTreeMap::new(),
            claims: 0,
            drained: 0,
            faults: BTreeMap::new(),
            zombies_fenced: 0,
            read: None,
            store,
            world,
        }
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.clock)
    }

    pub(super) fn broker(&self) -> MutexGuard<'_, Broker> {
        self.broker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn order_fault(&mut self, operation: Operation, fault: Fault) {
        self.store.fail_next(operation, fault);
        self.faults.insert(operation, fault);
    }

    pub(super) fn repair(&mut self) {
        self.store.clear_faults();
        self.faults.clear();
    }

    /// A driver that lost an answer sends the last written checkpoint again.
    pub(super) fn repeat_checkpoint(&mut self) -> Result<(), String> {
        let Some(last) = self.store.last_checkpoint().filter(|c| c.to > c.from) else {
            return Ok(());
        };
        self.store.clear_faults();
        let answer = now(self.store.checkpoint(&last, self.at()));
        self.faults.iter().for_each(|(operation, fault)| self.store.fail_next(*operation, *fault));
        match answer.map_err(|e| e.class()) {
            Err(ErrorClass::Fenced) => Ok(()),
            other => Err(format!("a repeated checkpoint of [{}, {}) came to {other:?}", last.from, last.to)),
        }
    }

    /// One sealing step of a monitor, held against the ledger.
    pub(super) fn seal(&mut self, monitor: usize) -> Result<SealAttempt, String> {
        let plan = Arc::clone(&self.world.plans[monitor]);
        let time = SealTime::Clock(self.at());
        let sealer = MonitorSealer::new(&plan, self.world.partitions, &self.world.routing, time);
        let step = self.ledger.next_step(monitor, self.clock);
        let answer = now(self.store.seal(&sealer));
        let fault = self.faults.remove(&Operation::Seal);
        let id = &plan.monitor().id;
        match (fault, &answer) {
            (None, Ok(sealed)) if sealed.as_ref().map(|sealed| sealed.step) != step => {
                return Err(format!("seal of {id} came to {sealed:?}, should have taken {step:?}"));
            }
            (None, Ok(_)) | (Some(_), Err(_)) => {}
            _ => return Err(format!("seal of {id} with {fault:?} came to {answer:?}")),
        }
        if fault == Some(Fault::BeforeCommit) {
            return Ok(SealAttempt::Lost);
        }
        let mut rows = 0;
        if let Some(step) = step {
            let (now, silences) = (self.clock, self.silences.len());
            self.journal.push(Entry::Sealed { monitor, step, now, silences });
            rows = self.ledger.sealed(monitor, step)?;
        }
        let frontier = now(self.store.sealed_through(id)).map_err(|e| e.to_string())?;
        if frontier.map(driftd_window::EventTime::as_micros) != self.ledger.monitors[monitor].frontier {
            return Err(format!("frontier of {id} is {frontier:?} after {step:?}"));
        }
        match answer {
            Ok(Some(sealed)) if sealed.rows != rows => {
                Err(format!("{step:?} of {id} sealed {} records, should have been {rows}", sealed.rows))
            }
            Ok(_) => Ok(step.map_or(SealAttempt::Nothing, SealAttempt::Took)),
            Err(_) => Ok(SealAttempt::Lost),
        }
    }

    /// Somebody reconciles the incidents of a monitor.
    pub(super) fn reconcile(&mut self, monitor: usize) -> Result<(), String> {
        let plan = Arc::clone(&self.world.plans[monitor]);
        let fault = self.faults.remove(&Operation::Reconcile);
        let answer = now(self.store.reconcile(&MonitorReconciler::new(&plan, &self.world.routing, None, self.at())));
        if fault.is_some() != answer.is_err() {
            return Err(format!("reconciling {} with {fault:?} came to {answer:?}", plan.monitor().id));
        }
        if fault != Some(Fault::BeforeCommit) {
            self.journal.push(Entry::Tended { monitor, now: self.clock, silences: self.silences.len() });
        }
        Ok(())
    }

    pub(super) fn sweep(&mut self) -> Result<u64, String> {
        let ids = self.world.plans.iter().map(|plan| &plan.monitor().id);
        let counts: Result<Vec<u64>, _> = ids.map(|id| now(self.store.sweep_late(id))).collect();
        counts.map(|counts| counts.iter().sum()).map_err(|e| e.to_string())
    }

    /// One round of the outbox by `worker`, which may die in the middle of it.
    pub(super) fn deliver(&mut self, worker: usize) {
        let named = self.world.routing.routes.iter().flat_map(|route| &route.receivers);
        let roads = named.map(|r| (r.clone(), Road::to(r, &self.office))).collect();
        let backoff = Backoff { first: Span::from_secs(5), longest: Span::from_secs(20), attempts: u32::MAX };
        let outbox = Outbox::new(&format!("worker-{worker}"), roads, backoff);
        let answer = poll_once(outbox.deliver_due(&self.store, &FixedClock::at(self.at())));
        if let Some(Err(_)) = answer {
            self.faults.remove(&Operation::Settle);
            self.office.lock().unwrap_or_else(PoisonError::into_inner).excuse_last();
        }
    }

    pub(super) fn silence(&mut self, matcher: &str, seconds: u32) -> Result<(), String> {
        let silence = Silence {
            id: SilenceId(0),
            matchers: vec![matcher.parse().map_err(|e: driftd_model::BadMatcher| e.to_string())?],
            starts_at: self.at(),
            ends_at: self.at().plus(Span::from_secs(seconds)),
            author: "ana".to_owned(),
            comment: "simulated".to_owned(),
        };
        let id = now(self.store.add_silence(&silence)).map_err(|e| e.to_string())?;
        self.silences.push(Silence { id, ..silence });
        Ok(())
    }

    /// Somebody reads the incident number `pick` of those that are open and makes up their mind.
    pub(super) fn read_incident(&mut self, pick: usize, resolve: bool) -> Result<(), String> {
        let rows = now(self.store.incidents(None)).map_err(|e| e.to_string())?;
        let takes = |state| state == IncidentState::Open || (resolve && state == IncidentState::Acknowledged);
        let open: Vec<_> = rows.into_iter().filter(|row| takes(row.state)).collect();
        if open.is_empty() {
            return Ok(());
        }
        let id = &open[pick % open.len()].incident_id;
        let found = now(self.store.incident(id)).map_err(|e| e.to_string())?;
        let (incident, _) = found.ok_or_else(|| format!("incident {id} is listed but not there"))?;
        self.read = Some(Draft { incident, resolve, at: self.clock });
        Ok(())
    }

    /// Whoever read an incident takes or ends it; whether the store let them.
    pub(super) fn amend(&mut self) -> Result<bool, String> {
        let Some(Draft { incident, resolve, at }) = self.read.take() else {
            return Ok(false);
        };
        let (id, state, read) = (incident.id.clone(), incident.state, Timestamp::from_micros(at));
        let step = if resolve { resolve_by_hand(incident, "ana", read) } else { acknowledge(incident, "ana", read) };
        let done = now(self.store.amend_incident(state, &step, false, self.at())).map_err(|e| e.to_string())?;
        if done {
            self.journal.push(Entry::Amended { id, resolve, read: at, now: self.clock });
        }
        Ok(done)
    }
}
