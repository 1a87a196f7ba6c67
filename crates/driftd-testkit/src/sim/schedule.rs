//! Random schedules: weighted actions, then a settling phase in which everything is read, sealed and delivered.

use std::fmt;

use driftd_model::OutboxStore;

use super::cluster::{Cluster, SealAttempt};
use super::random::Random;
use super::ready::now;
use super::record::Record;
use super::tasks::{Held, Outcome, Turned};
use crate::mem_store::{Fault, Operation};

/// One thing that happened, for the trace of a failure.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug, which prints the trace")]
enum Action {
    Produce { partition: usize, records: u64 },
    Turn { worker: usize, came_to: Option<Turned> },
    Tick { worker: usize },
    Write { held: Held, came_to: Outcome },
    LogEnd { held: Held, told: bool },
    Drain { held: Held },
    RepeatCheckpoint,
    Crash { worker: usize },
    Claim { worker: usize, partition: usize },
    Stall { partition: usize, stalled: bool },
    Seal { monitor: usize, attempt: SealAttempt },
    Advance { seconds: i64 },
    Fault { operation: Operation, fault: Fault },
    Sweep { late: u64 },
    Reconcile { monitor: usize },
    Deliver { worker: usize },
    Silence { matcher: &'static str },
    ReadIncident { resolve: bool },
    Amend { done: bool },
    Drift { drifted: bool },
    Settle,
}

/// What happened so far.
#[derive(Debug, Default)]
pub(super) struct Trace(Vec<Action>);

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(number, action)| writeln!(f, "{number:5} {action:?}"))
    }
}

impl Trace {
    fn note(&mut self, action: Action) {
        self.0.push(action);
    }

    pub(super) fn actions(&self) -> usize {
        self.0.len()
    }
}

/// Takes `actions` random actions.
pub(super) fn run(cluster: &mut Cluster, random: &mut Random, actions: u64, trace: &mut Trace) -> Result<(), String> {
    for partition in 0..cluster.world.partitions {
        if !random.chance(10) {
            claim(cluster, random, partition, trace)?;
        }
    }
    (0..actions).try_for_each(|_| act(cluster, random, trace))
}

fn act(cluster: &mut Cluster, random: &mut Random, trace: &mut Trace) -> Result<(), String> {
    let partition = random.index(cluster.world.partitions);
    let worker = random.index(cluster.world.workers);
    match random.below(1000) {
        0..230 => produce(cluster, random, partition, trace),
        230..480 => {
            let came_to = cluster.turn(worker, random.between(1, 24) as usize)?;
            trace.note(Action::Turn { worker, came_to });
        }
        480..530 => {
            cluster.tick(worker);
            trace.note(Action::Tick { worker });
        }
        530..630 => write(cluster, random, trace)?,
        630..675 => with_task(cluster, random, trace, |cluster, held| Action::LogEnd {
            held,
            told: cluster.tell_log_end(held),
        })?,
        675..690 => with_task(cluster, random, trace, |cluster, held| {
            cluster.drain(held);
            Action::Drain { held }
        })?,
        690..780 => {
            let monitor = random.index(cluster.world.plans.len());
            let attempt = cluster.seal(monitor)?;
            trace.note(Action::Seal { monitor, attempt });
        }
        780..870 => {
            let seconds = if random.chance(4) { random.between(60, 400) } else { random.between(1, 12) };
            cluster.clock += seconds * 1_000_000;
            trace.note(Action::Advance { seconds });
        }
        870..885 => {
            cluster.crash(worker);
            trace.note(Action::Crash { worker });
        }
        885..915 => claim(cluster, random, partition, trace)?,
        915..925 => {
            let stalled = cluster.broker().toggle_stall(partition);
            trace.note(Action::Stall { partition, stalled });
        }
        925..945 => {
            let operations = [Operation::Checkpoint, Operation::Seal, Operation::Settle, Operation::Reconcile];
            let operation = operations[random.index(4)];
            let fault = if random.chance(50) { Fault::BeforeCommit } else { Fault::AfterCommit };
            cluster.order_fault(operation, fault);
            trace.note(Action::Fault { operation, fault });
        }
        945..950 => {
            cluster.repeat_checkpoint()?;
            trace.note(Action::RepeatCheckpoint);
        }
        950..957 => trace.note(Action::Sweep { late: cluster.sweep()? }),
        957..967 => {
            let monitor = random.index(cluster.world.plans.len());
            trace.note(Action::Reconcile { monitor });
            cluster.reconcile(monitor)?;
        }
        967..980 => {
            trace.note(Action::Deliver { worker });
            cluster.deliver(worker);
        }
        980..985 => {
            let matcher = ["kind=drift", "severity=critical", "segment!=", "kind!=no_data"][random.index(4)];
            cluster.silence(matcher, random.between(10, 120) as u32)?;
            trace.note(Action::Silence { matcher });
        }
        985..990 => {
            let resolve = random.chance(50);
            cluster.read_incident(random.index(64), resolve)?;
            trace.note(Action::ReadIncident { resolve });
        }
        990..995 => trace.note(Action::Amend { done: cluster.amend()? }),
        _ => {
            cluster.drifted = !cluster.drifted;
            trace.note(Action::Drift { drifted: cluster.drifted });
        }
    }
    Ok(())
}

fn produce(cluster: &mut Cluster, random: &mut Random, partition: usize, trace: &mut Trace) {
    let records = random.below(16) + 1;
    for _ in 0..records {
        let record = Record::draw(random, cluster.clock, cluster.drifted);
        cluster.produce(partition, record);
    }
    trace.note(Action::Produce { partition, records });
}

fn claim(cluster: &mut Cluster, random: &mut Random, partition: usize, trace: &mut Trace) -> Result<(), String> {
    let worker = random.index(cluster.world.workers);
    trace.note(Action::Claim { worker, partition });
    cluster.claim(worker, partition)
}

/// Tries to write one of the checkpoints that are on their way.
fn write(cluster: &mut Cluster, random: &mut Random, trace: &mut Trace) -> Result<(), String> {
    let writing = cluster.writing();
    if !writing.is_empty() {
        let held = writing[random.index(writing.len())];
        trace.note(Action::Write { held, came_to: cluster.write(held)? });
    }
    Ok(())
}

/// Does something with a random task, if there is any; a cluster without tasks takes a new one half of the time.
fn with_task(
    cluster: &mut Cluster,
    random: &mut Random,
    trace: &mut Trace,
    act: impl FnOnce(&mut Cluster, Held) -> Action,
) -> Result<(), String> {
    let held = cluster.held();
    if held.len() < cluster.world.partitions && random.chance(25) {
        let partition = random.index(cluster.world.partitions);
        return claim(cluster, random, partition, trace);
    }
    if !held.is_empty() {
        let action = act(cluster, held[random.index(held.len())]);
        trace.note(action);
    }
    Ok(())
}

/// Repairs everything, reads every log to its end, seals all of it and delivers what is due.
pub(super) fn settle(cluster: &mut Cluster, trace: &mut Trace) -> Result<(), String> {
    trace.note(Action::Settle);
    cluster.repair();
    cluster.office.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recover();
    cluster.broker().stalled.fill(false);
    for partition in 0..cluster.world.partitions {
        cluster.claim(0, partition)?;
    }
    // Zombies wake up last and must not change anything any more.
    for worker in 0..cluster.world.workers {
        cluster.pump(worker)?;
    }
    cluster.clock += 3_600_000_000;
    // An hour of quiet counts only once somebody has said that it was one.
    for held in cluster.held() {
        cluster.tell_log_end(held);
    }
    for worker in 0..cluster.world.workers {
        cluster.pump(worker)?;
    }
    if let Some((worker, partition)) = cluster.held().into_iter().find(|(worker, _)| *worker != 0) {
        return Err(format!("worker {worker} still has a task of {partition}, which somebody else has claimed"));
    }
    for monitor in 0..cluster.world.plans.len() {
        loop {
            let attempt = cluster.seal(monitor)?;
            trace.note(Action::Seal { monitor, attempt });
            match attempt {
                SealAttempt::Took(_) => {}
                SealAttempt::Nothing => break,
                SealAttempt::Lost => return Err("a seal failed without an ordered fault".into()),
            }
        }
    }
    for monitor in 0..cluster.world.plans.len() {
        cluster.reconcile(monitor)?;
    }
    cluster.sweep()?;
    if cluster.sweep()? != 0 {
        return Err("a second sweep found late records again".to_owned());
    }
    for _ in 0..100 {
        if now(cluster.store.outbox_depth()).map_err(|e| e.to_string())? == 0 {
            return Ok(());
        }
        cluster.deliver(0);
        cluster.clock += 60_000_000;
    }
    Err("the outbox does not drain".to_owned())
}
