//! Deterministic simulation: random schedules against the daemon's own tasks, run queue, checkpoint policy, seals and outbox, checked by an offline oracle.
//!
//! One seed is one schedule. Producers write records with every defect there is into partitioned logs; workers own
//! tasks, lose them, keep them as zombies, die between any two steps; the store fails before and after its commits;
//! receivers refuse, lose answers and see their senders die. The clock moves only when the schedule says so and no
//! thread takes part, so a seed that fails once fails for ever.
//!
//! After every schedule:
//! - sealed + late + rejected + open + unread records are the records produced, pane by pane, and no offset was counted
//!   twice;
//! - every verdict equals one recomputed from the raw records that the ledger says were counted, and what was remembered
//!   is what the windows taken add up to;
//! - every incident and its events equal those stepped offline, and every notification arrived, twice only where its
//!   sender died in between;
//! - at every seal the step taken is the one the ledger derives from the marks, so no mark passes a stalled partition,
//!   and every checkpoint of a replaced owner was refused.
//!
//! ```
//! let report = driftd_testkit::sim::simulate(7, None).expect("no law is broken");
//! assert!(report.records > 0);
//! ```

mod broker;
mod check;
mod cluster;
mod diary;
mod ledger;
mod naive;
mod oracle;
mod post;
pub(crate) mod random;
mod ready;
pub(crate) mod record;
mod schedule;
mod tasks;
pub(crate) mod world;

use std::fmt;

use crate::mem_store::{Bug, MemStore};
use cluster::Cluster;
use ledger::Fate;
use random::Random;
use schedule::Trace;
use world::World;

/// What one schedule, or many of them together, exercised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Actions taken.
    pub actions: u64,
    /// Records produced.
    pub records: u64,
    /// Records sealed, over all monitors.
    pub sealed: u64,
    /// Records late, over all monitors.
    pub late: u64,
    /// Rows of drift history compared with the oracle's.
    pub history_rows: u64,
    /// Incidents compared.
    pub incidents: u64,
    /// Notifications that arrived.
    pub notifications: u64,
    /// Checkpoints that were fenced.
    pub fenced: u64,
    /// Tasks that were drained to their end.
    pub drained: u64,
}

/// A law that did not hold, with everything needed to see it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The seed.
    pub seed: u64,
    /// The law, what was found and what was expected.
    pub what: String,
    /// Everything that happened before.
    pub trace: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, what, trace } = self;
        write!(f, "seed {seed}: {what}\n{trace}seed {seed}: {what}\nrun it again with SIM_SEED={seed}")
    }
}

impl std::error::Error for Broken {}

impl Report {
    /// Adds another schedule's figures.
    pub const fn add(&mut self, other: &Self) {
        self.actions += other.actions;
        self.records += other.records;
        self.sealed += other.sealed;
        self.late += other.late;
        self.history_rows += other.history_rows;
        self.incidents += other.incidents;
        self.notifications += other.notifications;
        self.fenced += other.fenced;
        self.drained += other.drained;
    }
}

/// Runs the schedule of `seed`, with a planted bug if the simulation is to be tested itself.
///
/// # Errors
/// The first law that does not hold.
pub fn simulate(seed: u64, bug: Option<Bug>) -> Result<Report, Box<Broken>> {
    let mut random = Random::new(seed);
    let world = World::draw(&mut random);
    let store = bug.map_or_else(MemStore::new, MemStore::with_bug);
    let mut cluster = Cluster::new(world, store, Random::new(random.next()));
    let mut trace = Trace::default();
    run(&mut cluster, &mut random, &mut trace).map_err(|what| {
        let trace = format!("{:?}\n{trace}", (cluster.world.partitions, cluster.world.workers));
        Box::new(Broken { seed, what, trace })
    })
}

fn run(cluster: &mut Cluster, random: &mut Random, trace: &mut Trace) -> Result<Report, String> {
    // Mostly short schedules, of which there are more in a second, and some long ones.
    let longest = 1 + random.below(220);
    let actions = 20 + random.below(longest);
    schedule::run(cluster, random, actions, trace)?;
    cluster.sweep()?;
    check::conservation(cluster)?;
    schedule::settle(cluster, trace)?;
    check::conservation(cluster)?;
    check::offsets(cluster)?;
    let truth = check::truth(cluster)?;
    let over_monitors = |wanted: fn(Fate) -> bool| cluster.ledger.monitors.iter().map(|m| m.count(wanted)).sum();
    if over_monitors(|fate| matches!(fate, Fate::Unread | Fate::Open(_))) != 0_u64 {
        return Err("records are unread or open after everything was settled".to_owned());
    }
    Ok(Report {
        actions: trace.actions() as u64,
        records: cluster.broker().logs.iter().map(|log| log.len() as u64).sum(),
        sealed: over_monitors(|fate| matches!(fate, Fate::Sealed(_))),
        late: over_monitors(|fate| matches!(fate, Fate::Late(_))),
        history_rows: truth.history.iter().map(|rows| rows.len() as u64).sum(),
        incidents: truth.incidents.len() as u64,
        notifications: truth.notifications.len() as u64,
        fenced: cluster.zombies_fenced,
        drained: cluster.drained,
    })
}
