//! Tables of events and the effects they have to have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use driftd_model::{Epoch, Partition, Poll, PollBudget, StoreError, Topic};
use driftd_window::PartitionMark;

use super::*;

struct Silent;

impl PartitionReader for Silent {
    fn poll(&mut self, _budget: PollBudget) -> Result<Poll, SourceError> {
        Ok(Poll::Nothing)
    }

    fn on_arrival(&mut self, _wake: Box<dyn Fn() + Send + Sync>) {}
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(secs * 1_000_000)
}

fn partition(number: i32) -> TopicPartition {
    TopicPartition::new(Topic::from("t"), Partition(number))
}

fn claim(next: i64) -> Claim {
    Claim {
        epoch: Epoch(1),
        next_offset: Some(Offset(next)),
        mark: PartitionMark::default(),
        topic_since: None,
        log_mark: None,
    }
}

/// Replies that were sent.
#[derive(Clone, Default)]
struct Replies(Arc<AtomicUsize>);

impl Replies {
    fn reply<T: 'static>(&self) -> RebalanceReply<T> {
        let sent = Arc::clone(&self.0);
        RebalanceReply::new(move |_| _ = sent.fetch_add(1, Ordering::Relaxed))
    }

    fn assigned(&self, partitions: &[i32]) -> Event {
        let partitions = partitions.iter().copied().map(partition).collect();
        Event::Source(Some(SourceEvent::Assigned { partitions, reply: self.reply() }))
    }

    fn revoked(&self, partitions: &[i32]) -> Event {
        let partitions = partitions.iter().copied().map(partition).collect();
        Event::Source(Some(SourceEvent::Revoked { partitions, lost: false, reply: self.reply() }))
    }
}

/// A coordinator, and what it said in short.
#[derive(Default)]
struct Table {
    coordinator: Coordinator,
    replies: Replies,
}

impl Table {
    fn step(&mut self, event: Event, now: i64) -> Vec<String> {
        self.coordinator.step(event, at(now)).iter().map(short).collect()
    }

    fn started(&mut self, number: i32) -> Vec<String> {
        let started = SourceEvent::Started { partition: partition(number), at: Offset(5), reader: Box::new(Silent) };
        self.step(Event::Source(Some(started)), 0)
    }

    /// Assigns partition `number` and has it started; the number of its task.
    fn own(&mut self, number: i32) -> TaskId {
        let [Effect::Claim { assignment, .. }] = self.coordinator.step(self.replies.assigned(&[number]), at(0))[..]
        else {
            panic!("an assignment is claimed")
        };
        self.step(Event::Claimed { assignment, claims: Ok(vec![claim(5)]) }, 0);
        self.started(number);
        self.coordinator.consuming[&partition(number)]
    }
}

fn short(effect: &Effect) -> String {
    match effect {
        Effect::Claim { partitions, .. } => format!("claim {}", partitions.len()),
        Effect::Renew { partition, counted_to, .. } => format!("renew {partition} after {counted_to}"),
        Effect::Assign { points, .. } => {
            format!("assign {:?}", points.iter().map(|point| point.map(|point| point.next)).collect::<Vec<_>>())
        }
        Effect::Start(start) => format!("start {} at {}", start.spec.partition, start.spec.at),
        Effect::Drain { tasks, .. } => format!("drain {}", tasks.len()),
        Effect::Lost => "lost".to_owned(),
        Effect::Release(_) => "release".to_owned(),
        Effect::Post { event, .. } => format!("post {event:?}"),
        Effect::Forget { why, .. } => format!("forget {why:?}"),
        Effect::WakeAll => "wake all".to_owned(),
        Effect::Overdue(partitions) => format!("overdue {partitions:?}"),
        Effect::SourceTrouble(why) => format!("trouble {why:?}"),
        Effect::Fetching { partition, trouble } => format!("fetching {partition}: {}", trouble.is_none()),
        Effect::RequestStop => "request stop".to_owned(),
        Effect::Leave => "leave".to_owned(),
        Effect::End(Ok(ended)) => format!("end {ended:?}"),
        Effect::End(Err(error)) => format!("end: {error}"),
    }
}

fn landed(task: TaskId) -> Event {
    Event::Checkpointed { task, outcome: CheckpointOutcome::Landed, error: None }
}

#[test]
fn a_partition_is_claimed_then_started_and_what_was_not_claimed_is_not() {
    let mut table = Table::default();
    let [Effect::Claim { assignment, .. }] = table.coordinator.step(table.replies.assigned(&[0, 1]), at(0))[..] else {
        panic!("claimed")
    };
    assert!(table.started(0).is_empty(), "not before it is claimed");
    let claims = Ok(vec![claim(5), Claim { next_offset: None, ..claim(0) }]);
    assert_eq!(table.step(Event::Claimed { assignment, claims }, 0), ["assign [Some(Offset(5)), None]"]);
    assert_eq!(table.started(0), ["start t/0 at 5"]);
    assert!(table.started(0).is_empty(), "once");
    assert!(table.step(Event::Claimed { assignment, claims: Ok(Vec::new()) }, 0).is_empty(), "once");
}

/// A member that is left without partitions works as it should; one that the group has forgotten does not.
#[test]
fn no_partitions_are_an_assignment_and_lost_ones_are_told() {
    let mut table = Table::default();
    let [Effect::Claim { assignment, .. }] = table.coordinator.step(table.replies.assigned(&[]), at(0))[..] else {
        panic!("claimed")
    };
    assert_eq!(table.step(Event::Claimed { assignment, claims: Ok(Vec::new()) }, 0), ["assign []"]);
    table.own(0);
    let reply = table.replies.reply();
    let lost = SourceEvent::Revoked { partitions: vec![partition(0)], lost: true, reply };
    assert_eq!(table.step(Event::Source(Some(lost)), 0), ["drain 1", "lost"]);
}

/// One that was there when driftd came is where the start policy says, however late it is claimed.
#[test]
fn a_partition_that_is_added_to_a_topic_begins_at_its_beginning() {
    for (topic_since, expected) in [(None, "None"), (Some(at(0)), "None"), (Some(at(-1)), "Some(Offset(0))")] {
        let mut table = Table::default();
        let [Effect::Claim { assignment, .. }] = table.coordinator.step(table.replies.assigned(&[0]), at(0))[..] else {
            panic!("claimed")
        };
        let claims = Ok(vec![Claim { next_offset: None, topic_since, ..claim(0) }]);
        let replied = table.step(Event::Claimed { assignment, claims }, 600);
        assert_eq!(replied, [format!("assign [{expected}]")], "{topic_since:?}");
    }
}

#[test]
fn nothing_waits_for_a_claim_that_hangs() {
    let mut table = Table::default();
    let task = table.own(0);
    assert_eq!(table.step(table.replies.clone().assigned(&[1]), 0), ["claim 1"], "and it hangs");
    assert_eq!(table.step(landed(task), 1), ["post Checkpointed(Landed)"]);
    assert_eq!(table.step(Event::Tick { in_flight: Vec::new() }, 2), ["wake all", "overdue []"]);
    assert_eq!(table.step(table.replies.clone().revoked(&[0]), 3), ["drain 1"]);
    assert_eq!(table.step(Event::Released { task, why: Release::Drained }, 4), ["forget Drained", "release"]);
    assert_eq!(table.step(Event::Stop, 5), ["leave"]);
    assert_eq!(table.step(Event::Source(None), 6), ["end Stopped"]);
}

#[test]
fn partitions_taken_away_while_they_are_claimed_are_not_started() {
    let mut table = Table::default();
    let [Effect::Claim { assignment, .. }] = table.coordinator.step(table.replies.assigned(&[0, 1]), at(0))[..] else {
        panic!("claimed")
    };
    assert_eq!(table.step(table.replies.clone().revoked(&[0]), 0), ["release"], "there is nothing to drain");
    table.step(Event::Claimed { assignment, claims: Ok(vec![claim(5), claim(5)]) }, 0);
    assert!(table.started(0).is_empty());
    assert_eq!(table.started(1), ["start t/1 at 5"]);
}

#[test]
fn revoked_partitions_go_when_their_last_task_is_released() {
    let mut table = Table::default();
    let [first, second] = [table.own(0), table.own(1)];
    assert_eq!(table.step(table.replies.clone().revoked(&[0, 1, 7]), 0), ["drain 2"]);
    assert_eq!(table.step(Event::Released { task: second, why: Release::Fenced }, 0), ["forget Fenced"]);
    assert_eq!(table.step(Event::Released { task: first, why: Release::Drained }, 0), ["forget Drained", "release"]);
    let tick = Event::Tick { in_flight: Vec::new() };
    assert_eq!(table.step(tick, 1_000), ["wake all", "overdue []"], "what was given away may be somebody else's");
}

#[test]
fn a_drain_without_time_is_given_up_and_said_once() {
    let mut table = Table::default();
    let task = table.own(0);
    let [Effect::Drain { drain, .. }] = table.coordinator.step(table.replies.revoked(&[0]), at(0))[..] else {
        panic!("drained")
    };
    assert_eq!(table.step(Event::DrainTimedOut(drain), 5), ["post Abandon", "release"]);
    assert!(table.step(Event::DrainTimedOut(drain), 6).is_empty());
    assert_eq!(table.step(Event::Released { task, why: Release::Abandoned }, 7), ["forget Abandoned"]);
}

#[test]
fn a_partition_that_comes_back_is_another_task() {
    let mut table = Table::default();
    let first = table.own(0);
    let [Effect::Claim { assignment, .. }] = table.coordinator.step(table.replies.assigned(&[0]), at(0))[..] else {
        panic!("claimed")
    };
    table.step(Event::Claimed { assignment, claims: Ok(vec![claim(5)]) }, 0);
    assert_eq!(table.started(0), ["post Abandon", "start t/0 at 5"], "the one before does not go on");
    assert_eq!(table.step(Event::Released { task: first, why: Release::Abandoned }, 0), ["forget Abandoned"]);
    assert_eq!(table.step(table.replies.clone().revoked(&[0]), 0), ["drain 1"], "the second is still there");
}

#[test]
fn a_partition_that_stays_fenced_ends_the_daemon_after_a_minute() {
    let mut table = Table::default();
    let task = table.own(0);
    assert_eq!(table.step(Event::Released { task, why: Release::Fenced }, 10), ["forget Fenced"]);
    assert_eq!(table.step(Event::Tick { in_flight: Vec::new() }, 70), ["wake all", "overdue []"]);
    let said = table.step(Event::Tick { in_flight: Vec::new() }, 71);
    assert!(said[0].starts_with("end: t/0 was claimed by another process"), "{said:?}");
}

#[test]
fn checkpoints_are_overdue_after_a_minute() {
    let mut table = Table::default();
    let in_flight = vec![(partition(0), at(0)), (partition(1), at(1))];
    assert_eq!(table.step(Event::Tick { in_flight }, 61)[1], format!("overdue {:?}", [partition(0)]));
}

#[test]
fn what_a_checkpoint_was_refused_for_decides_how_the_daemon_goes_on() {
    let superseded = |task| Event::Checkpointed { task, outcome: CheckpointOutcome::Superseded, error: None };
    let mut table = Table::default();
    let task = table.own(0);
    assert_eq!(table.step(superseded(task), 0), ["post Checkpointed(Superseded)", "request stop"]);
    table.step(Event::Stop, 0);
    assert_eq!(table.step(Event::Source(None), 0), ["end Superseded"]);

    let mut restored = Table::default();
    let task = restored.own(0);
    let went_back = Event::Checkpointed { task, outcome: CheckpointOutcome::WentBack, error: None };
    assert_eq!(restored.step(went_back, 0), ["post Checkpointed(WentBack)", "request stop"]);
    assert_eq!(restored.step(Event::Released { task, why: Release::WentBack }, 0), ["forget WentBack"]);
    restored.step(Event::Stop, 0);
    let tick = Event::Tick { in_flight: Vec::new() };
    assert_eq!(restored.step(tick, 1_000)[0], "wake all", "nobody else has it");
    assert_eq!(restored.step(Event::Source(None), 0), ["end WentBack"]);

    let mut stopping = Table::default();
    let task = stopping.own(0);
    stopping.step(Event::Stop, 0);
    assert_eq!(stopping.step(superseded(task), 0), ["post Checkpointed(Superseded)"]);
    assert_eq!(stopping.step(Event::StopTimedOut, 0), ["end Stopped"], "it was asked to");

    let mut broken = Table::default();
    let task = broken.own(0);
    let error = StoreError::Permanent { what: "disk full".to_owned(), source: None };
    let failed = Event::Checkpointed { task, outcome: CheckpointOutcome::Failed, error: Some(error.into()) };
    assert_eq!(broken.step(failed, 0).len(), 2);
}

#[test]
fn whoever_stops_takes_nothing_on() {
    let mut table = Table::default();
    table.step(table.replies.clone().assigned(&[0]), 0);
    table.step(Event::Stop, 0);
    assert!(table.step(table.replies.clone().assigned(&[1]), 0).is_empty());
    assert_eq!(table.replies.0.load(Ordering::Relaxed), 0, "replies are dropped unsent");
    assert!(table.coordinator.claiming.is_empty());
}

#[test]
fn what_cannot_go_on_ends_the_daemon() {
    let broken = || EngineError::Panicked { what: "it".to_owned() };
    for event in [
        Event::Source(None),
        Event::Source(Some(SourceEvent::Failed(SourceError::permanent("no")))),
        Event::TaskFailed(broken()),
        Event::LoopEnded(Err(broken())),
    ] {
        let said = Table::default().step(event, 0);
        assert!(said[0].starts_with("end: "), "{said:?}");
    }
    assert!(Table::default().step(Event::LoopEnded(Ok(())), 0).is_empty(), "a loop may end by itself");
}

/// Another log in a partition's place: its task has drained by then, and the partition is claimed as if it was new.
#[test]
fn a_renewed_partition_is_claimed_again_behind_the_log_before() {
    let mut table = Table::default();
    let task = table.own(0);
    assert_eq!(table.step(table.replies.revoked(&[0]), 1), ["drain 1"]);
    assert_eq!(table.step(Event::Released { task, why: Release::Drained }, 1), ["forget Drained", "release"]);
    let renewed = |table: &Table| {
        let (partition, counted_to) = (partition(0), Offset(5));
        Event::Source(Some(SourceEvent::Renewed { partition, counted_to, reply: table.replies.reply() }))
    };
    let event = renewed(&table);
    let [Effect::Renew { assignment, .. }] = table.coordinator.step(event, at(2))[..] else {
        panic!("it is written down before it is claimed")
    };
    assert_eq!(table.step(Event::Claimed { assignment, claims: Ok(vec![claim(0)]) }, 2), ["assign [Some(Offset(0))]"]);
    let started = SourceEvent::Started { partition: partition(0), at: Offset(0), reader: Box::new(Silent) };
    assert_eq!(table.step(Event::Source(Some(started)), 3), ["start t/0 at 0"]);
    table.step(Event::Stop, 4);
    let event = renewed(&table);
    assert!(table.step(event, 4).is_empty(), "whoever stops takes nothing on");
}
