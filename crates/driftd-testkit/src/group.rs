//! A topic and its consumer group in memory: real threads and real time, no broker.
//!
//! Members come, go, hang and die; partitions wander between them as the consumer protocol has it: taken away, waited
//! for, given to somebody else, who is asked where to go on. Whatever a member holds in its hands when it loses a
//! partition is the business of the daemon and its store, which is what tests of the live engine look at.

mod check;
mod member;
mod reader;
mod state;
mod worker;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use driftd_model::{MonitorPlan, Offset, Partition, RebalanceReply, ResumePoint, Source, SourceEvent, TopicPartition};
use driftd_window::Span;
use tokio::sync::{mpsc, oneshot};

pub use crate::sim::random::Random;
pub use crate::sim::record::Record;
use crate::sim::world::{self, topic};
pub use check::{batch_of_one, eventually, settle};
use member::Member;
use reader::GroupReader;
pub use state::Defect;
use state::{Assignment, MemberState, State};
pub use worker::{Worker, settings};

/// How long a member may take to let go of its partitions.
const REBALANCE_TIMEOUT: Duration = Duration::from_secs(10);

/// A topic, the records in it, and who reads which partition.
#[derive(Clone)]
pub struct Group {
    shared: Arc<Shared>,
}

/// Called with a partition and the offset up to which its owner had read when it let go.
type Witness = Box<dyn Fn(&TopicPartition, Offset) + Send + Sync>;

struct Shared {
    state: Mutex<State>,
    monitors: usize,
    /// One rebalance at a time.
    turn: tokio::sync::Mutex<()>,
    witness: Mutex<Option<Witness>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The simulation's monitors, but idle after a second: one of ten-second panes, and if wanted one of wider panes and
/// another allowed disorder that reads the same topic.
#[must_use]
pub fn plans(both: bool) -> Vec<Arc<MonitorPlan>> {
    let [plain, _, wide] = world::plans();
    let chosen = if both { vec![plain, wide] } else { vec![plain] };
    let idle = |plan: &Arc<MonitorPlan>| {
        let mut monitor = plan.monitor().clone();
        monitor.idle_timeout = Span::from_secs(1);
        Arc::new(MonitorPlan::new(monitor, plan.baseline().clone()).expect("only the idle time-out has changed"))
    };
    chosen.into_iter().map(idle).collect()
}

/// The moment at which tests begin, in microseconds.
pub const BEGIN: i64 = world::BEGIN;

impl Group {
    /// An empty topic of `partitions` partitions, whose chunks carry batches for `monitors` monitors and at most `most`
    /// records.
    #[must_use]
    pub fn new(partitions: usize, monitors: usize, most: usize) -> Self {
        let state = State {
            logs: vec![Vec::new(); partitions],
            owners: vec![None; partitions],
            defects: vec![None; partitions],
            reported: vec![0; partitions],
            most,
            ..State::default()
        };
        let (turn, witness) = (tokio::sync::Mutex::new(()), Mutex::new(None));
        Self::of(Arc::new(Shared { state: Mutex::new(state), monitors, turn, witness }))
    }

    const fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn id(partition: usize) -> TopicPartition {
        TopicPartition::new(topic(), Partition(partition as i32))
    }

    /// A new member, without partitions until the next rebalance; its number and what its daemon reads.
    #[must_use]
    pub fn join(&self) -> (usize, Arc<dyn Source>) {
        let (events, received) = mpsc::unbounded_channel();
        let mut state = self.shared.lock();
        state.members.push(MemberState { events: Some(events), is_stalled: false, is_leaving: false });
        let number = state.members.len() - 1;
        let runtime = tokio::runtime::Handle::current();
        let events = tokio::sync::Mutex::new(received);
        (number, Arc::new(Member { number, shared: Arc::clone(&self.shared), events, runtime }))
    }

    /// Appends records to a partition.
    pub fn produce(&self, partition: usize, records: impl IntoIterator<Item = Record>) {
        let wakes = {
            let mut state = self.shared.lock();
            state.logs[partition].extend(records);
            state.wakes(|reader| reader.partition == partition)
        };
        for wake in wakes {
            wake();
        }
    }

    /// Records in all partitions.
    #[must_use]
    pub fn produced(&self) -> u64 {
        self.shared.lock().logs.iter().map(|log| log.len() as u64).sum()
    }

    /// End of a partition.
    #[must_use]
    pub fn end(&self, partition: usize) -> Offset {
        Offset(self.shared.lock().logs[partition].len() as i64)
    }

    /// Records that the present owners have pulled, by all accounts.
    #[must_use]
    pub fn pulled(&self) -> u64 {
        let state = self.shared.lock();
        state.assignments.iter().filter(|r| r.is_live).map(|r| r.position as u64).sum()
    }

    /// How far the members said that they have counted, in total.
    #[must_use]
    pub fn reported(&self) -> u64 {
        self.shared.lock().reported.iter().map(|next| *next as u64).sum()
    }

    /// The connection of `member` freezes: nothing arrives, nothing is answered. Or it thaws.
    pub fn stall(&self, member: usize, is_stalled: bool) {
        let wakes = {
            let mut state = self.shared.lock();
            state.members[member].is_stalled = is_stalled;
            state.wakes(|reader| reader.member == member)
        };
        for wake in wakes {
            wake();
        }
    }

    /// Something goes wrong with a partition at the next pull.
    pub fn spoil(&self, partition: usize, defect: Defect) {
        self.shared.lock().defects[partition] = Some(defect);
    }

    /// Has `witness` called at every answer to a revocation, before anybody else may have the partition.
    pub fn on_release(&self, witness: impl Fn(&TopicPartition, Offset) + Send + Sync + 'static) {
        *self.shared.witness.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(witness));
    }

    /// A member is gone without a word; its partitions are nobody's until the next rebalance.
    pub fn lose(&self, member: usize) {
        let mut state = self.shared.lock();
        let held = state.held_by(member);
        state.cut(member, &held);
        state.members[member].events = None;
    }

    /// Spreads the partitions over the members that are there.
    pub async fn spread(&self) {
        let _turn = self.shared.turn.lock().await;
        self.spread_in_turn().await;
    }

    /// Gives every partition to a random member that is there.
    pub async fn shuffle(&self, random: &mut Random) {
        let _turn = self.shared.turn.lock().await;
        let (present, partitions) = self.census();
        if !present.is_empty() {
            let owners = (0..partitions).map(|_| Some(present[random.index(present.len())])).collect();
            self.move_to(owners).await;
        }
    }

    /// Moves partitions until they are owned as `wanted` says: first all are given back, then they are given away.
    pub async fn rebalance(&self, wanted: Vec<Option<usize>>) {
        let _turn = self.shared.turn.lock().await;
        self.move_to(wanted).await;
    }

    fn census(&self) -> (Vec<usize>, usize) {
        let state = self.shared.lock();
        (state.present(), state.logs.len())
    }

    async fn spread_in_turn(&self) {
        let (present, partitions) = self.census();
        let owner = |p: usize| (!present.is_empty()).then(|| present[p % present.len()]);
        self.move_to((0..partitions).map(owner).collect()).await;
    }

    async fn move_to(&self, wanted: Vec<Option<usize>>) {
        let members = self.shared.lock().members.len();
        for member in 0..members {
            let held = self.shared.lock().held_by(member);
            let lost: Vec<usize> = held.into_iter().filter(|p| wanted[*p] != Some(member)).collect();
            self.revoke(member, lost).await;
        }
        for member in 0..members {
            let free = |p: &usize| wanted[*p] == Some(member);
            let gained = {
                let state = self.shared.lock();
                (0..wanted.len()).filter(|p| state.owners[*p].is_none()).filter(free).collect()
            };
            self.assign(member, gained).await;
        }
    }

    /// Gives a partition to `member` behind the back of its owner, who goes on reading it.
    pub async fn steal(&self, partition: usize, member: usize) {
        let _turn = self.shared.turn.lock().await;
        self.shared.lock().owners[partition] = None;
        self.assign(member, vec![partition]).await;
    }

    /// A member gives its partitions back, hears no more, and the others have them.
    async fn leave(&self, member: usize) {
        let _turn = self.shared.turn.lock().await;
        let held = self.shared.lock().held_by(member);
        self.revoke(member, held).await;
        if self.shared.lock().members[member].events.take().is_some() {
            self.spread_in_turn().await;
        }
    }

    async fn revoke(&self, member: usize, partitions: Vec<usize>) {
        let events = self.shared.lock().members[member].events.clone();
        if let Some(events) = events.filter(|_| !partitions.is_empty()) {
            let (given, waited) = oneshot::channel();
            let (group, lost) = (self.clone(), partitions.clone());
            let reply = RebalanceReply::new(move |()| {
                group.testify(member, &lost);
                // Nobody waits any more when the time is over.
                let _ = given.send(());
            });
            let ids = partitions.iter().map(|p| Self::id(*p)).collect();
            if events.send(SourceEvent::Revoked { partitions: ids, lost: false, reply }).is_ok() {
                let _ = tokio::time::timeout(REBALANCE_TIMEOUT, waited).await;
            }
        }
        self.shared.lock().cut(member, &partitions);
    }

    fn testify(&self, member: usize, partitions: &[usize]) {
        let witness = self.shared.witness.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(witness) = witness.as_ref() else { return };
        let read: Vec<_> = {
            let state = self.shared.lock();
            let mine = state.assignments.iter().filter(|r| r.is_live && r.member == member);
            mine.filter(|r| partitions.contains(&r.partition)).map(|r| (r.partition, r.position as i64)).collect()
        };
        for (partition, position) in read {
            witness(&Self::id(partition), Offset(position));
        }
    }

    async fn assign(&self, member: usize, partitions: Vec<usize>) {
        let events = self.shared.lock().members[member].events.clone();
        let Some(events) = events.filter(|_| !partitions.is_empty()) else { return };
        let (given, waited) = oneshot::channel();
        let reply = RebalanceReply::new(move |offsets: Vec<Option<ResumePoint>>| {
            // Nobody waits any more when the group is gone.
            let _ = given.send(offsets);
        });
        let ids = partitions.iter().map(|p| Self::id(*p)).collect();
        if events.send(SourceEvent::Assigned { partitions: ids, reply }).is_err() {
            return;
        }
        // An answer that is dropped comes from a member that is about to leave.
        let Ok(offsets) = waited.await else { return };
        for (partition, offset) in partitions.into_iter().zip(offsets) {
            let at = offset.map_or(Offset(0), |point| point.next);
            let reader = {
                let mut state = self.shared.lock();
                if state.members[member].events.is_none() {
                    return;
                }
                state.owners[partition] = Some(member);
                let position = at.0 as usize;
                let reader =
                    Assignment { member, partition, position, is_live: true, at_end: false, waits: true, wake: None };
                state.assignments.push(reader);
                state.assignments.len() - 1
            };
            let reader = Box::new(GroupReader { shared: Arc::clone(&self.shared), reader });
            // A member that is gone does not read it.
            let _ = events.send(SourceEvent::Started { partition: Self::id(partition), at, reader });
        }
    }
}
