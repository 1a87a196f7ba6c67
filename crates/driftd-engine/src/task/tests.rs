use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use driftd_model::{Chunk, Claim, DeadLetter, Epoch, Partition, SourceError, Topic};
use driftd_window::{PartitionMark, Span};

use super::*;

/// What the next polls come to.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<VecDeque<Poll>>>);

impl PartitionReader for Script {
    fn poll(&mut self, _budget: PollBudget) -> Result<Poll, SourceError> {
        Ok(self.0.lock().unwrap().pop_front().unwrap_or(Poll::Nothing))
    }

    fn on_arrival(&mut self, _wake: Box<dyn Fn() + Send + Sync>) {}
}

/// A task, and what it will find.
struct Subject {
    state: Option<TaskState>,
    script: Script,
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(secs * 1_000_000)
}

fn subject(next: Option<i64>, script: impl IntoIterator<Item = Poll>) -> Subject {
    let reader = Script(Arc::new(Mutex::new(script.into_iter().collect())));
    let claim = Claim {
        epoch: Epoch(1),
        next_offset: next.map(Offset),
        mark: PartitionMark::default(),
        topic_since: None,
        log_mark: None,
    };
    let topic = Topic::from("t");
    let at_offset = Offset(next.unwrap_or(70));
    let mut accumulator = PartitionAccumulator::start(topic.clone(), Partition(0), Vec::new(), &claim, at_offset);
    if next.is_none() {
        accumulator.begin();
    }
    let id = TopicPartition::new(topic, Partition(0));
    let task = PartitionTask::new(id, accumulator, Box::new(reader.clone()), at(0));
    Subject { state: Some(TaskState::Consuming(task)), script: reader }
}

fn records(from: i64, to: i64) -> Poll {
    let reject = DeadLetter { offset: Offset(from), reason: "undecodable".to_owned(), detail: "byte 0".to_owned() };
    let chunk = Chunk {
        from: Offset(from),
        to: Offset(to),
        batches: Vec::new(),
        rejects: vec![reject],
        filtered: 0,
        ..Chunk::default()
    };
    Poll::Chunk { chunk, bytes: 1 }
}

const POLICY: CheckpointPolicy =
    CheckpointPolicy { max_bytes: 1 << 20, max_records: None, interval: Some(Span::from_secs(10)) };

impl Subject {
    fn finds(&self, polls: impl IntoIterator<Item = Poll>) {
        self.script.0.lock().unwrap().extend(polls);
    }

    fn turn(&mut self, events: &[TaskEvent], now: i64) -> Turn {
        let (state, turn) = self.state.take().unwrap().turn(events.iter().copied(), &POLICY, at(now));
        self.state = Some(state);
        turn
    }

    /// One turn after another while there is more to do; the checkpoint taken, if one was.
    fn turns(&mut self, now: i64) -> Option<Checkpoint> {
        self.turns_after(&[], now)
    }

    fn turns_after(&mut self, events: &[TaskEvent], now: i64) -> Option<Checkpoint> {
        let mut turn = self.turn(events, now);
        let mut taken = None;
        loop {
            assert!(turn.failed.is_none(), "{:?}", turn.failed);
            taken = taken.or(turn.checkpoint);
            if !turn.more {
                return taken;
            }
            turn = self.turn(&[], now);
        }
    }

    /// The end that a checkpoint tells of, after the one before has landed.
    fn end_of(&mut self, now: i64) -> Option<(i64, i64)> {
        let end = self.turns_after(&[LANDED], now)?.mark.end()?;
        Some((end.since.as_micros() / 1_000_000, end.confirmed.as_micros() / 1_000_000))
    }

    fn hears(&mut self, end: i64, asked_at: i64) {
        // Not a turn of its own: the next one takes it in.
        let event = TaskEvent::LogEnd { end: Offset(end), asked_at: at(asked_at).into() };
        let state = self.state.take().unwrap();
        self.state = Some(state.on(event, &mut Turn::default()));
    }
}

const LANDED: TaskEvent = TaskEvent::Checkpointed(CheckpointOutcome::Landed);

#[test]
fn where_a_partition_begins_that_nobody_ever_read_is_written_at_once() {
    let checkpoint = subject(None, []).turns(0).unwrap();
    assert_eq!((checkpoint.from, checkpoint.to), (Offset(70), Offset(70)));
    assert!(subject(Some(70), []).turns(0).is_none(), "nothing is new of a partition that goes on");
}

#[test]
fn a_checkpoint_waits_for_its_time_and_for_the_one_on_its_way() {
    let mut task = subject(Some(0), [records(0, 5)]);
    assert!(task.turns(9).is_none());
    assert_eq!(task.turns(10).unwrap().to, Offset(5));
    task.finds([records(5, 8)]);
    assert!(task.turns(100).is_none(), "one is on its way");
    assert_eq!(task.turns_after(&[LANDED], 100).unwrap().from, Offset(5));
}

#[test]
fn what_was_caught_up_is_written_at_once_and_what_trickles_in_is_not() {
    let mut task = subject(Some(0), [records(0, 5), Poll::End]);
    assert_eq!(task.turns(3).unwrap().to, Offset(5), "behind since it began");
    task.turn(&[LANDED], 3);
    let mut more = |from: i64, now: i64, landed: bool| {
        task.finds([records(from, from + 1), Poll::End]);
        if landed { task.turns_after(&[LANDED], now) } else { task.turns(now) }
    };
    assert!(more(5, 3, false).is_none(), "it was at its end just now");
    assert_eq!(more(6, 4, false).unwrap().to, Offset(7), "a tenth of the interval after the last");
    assert!(more(7, 4, true).is_none());
    assert_eq!(more(8, 9, false).unwrap().to, Offset(9), "behind for a while");
}

#[test]
fn a_clock_that_is_set_back_does_not_put_checkpoints_off() {
    let mut task = subject(Some(0), [records(0, 5)]);
    assert!(task.turns(-3_600).is_some());
}

#[test]
fn records_that_cannot_be_decoded_are_no_quiet() {
    let mut task = subject(Some(0), [Poll::End]);
    assert_eq!(task.end_of(20), Some((20, 20)));
    task.finds([records(0, 5)]);
    let checkpoint = task.turns_after(&[LANDED], 40).unwrap();
    assert_eq!((checkpoint.mark.end(), checkpoint.to), (None, Offset(5)));
    assert_eq!(checkpoint.rejected, [("undecodable".to_owned(), 1)]);
}

#[test]
fn an_end_is_confirmed_where_the_task_stands() {
    let mut task = subject(Some(0), [records(0, 5), Poll::End]);
    assert_eq!(task.end_of(20), None, "the records come first");
    assert_eq!(task.end_of(21), Some((20, 20)), "and the end soon after");
    task.hears(5, 30);
    assert_eq!(task.end_of(31), Some((20, 30)));
    task.hears(6, 40);
    assert_eq!(task.end_of(41), None, "a record is missing");
    task.hears(6, 50);
    assert_eq!(task.end_of(51), None, "however often the brokers say so");
}

#[test]
fn control_records_at_the_end_are_not_waited_for() {
    let mut task = subject(Some(0), [records(0, 5), Poll::End]);
    assert!(task.turns(20).is_some());
    task.hears(7, 30);
    assert_eq!(task.end_of(31), Some((20, 30)));
    task.hears(9, 40);
    assert_eq!(task.end_of(41), None, "the source has not said that there is no more");
    task.finds([Poll::End]);
    assert_eq!(task.end_of(50), Some((20, 50)));
    task.hears(9, 60);
    assert_eq!(task.end_of(61), Some((20, 60)));
}

#[test]
fn an_end_that_was_never_reached_is_not_confirmed() {
    let mut task = subject(Some(0), [records(0, 5)]);
    task.turns(1);
    task.hears(5, 30);
    assert_eq!(task.turns(40).unwrap().mark.end(), None);
}

#[test]
fn a_drain_gives_the_rest_once_nothing_is_on_its_way_and_then_releases() {
    let mut idle = subject(Some(0), [records(0, 5)]);
    assert!(idle.turns(1).is_none());
    idle.finds([records(5, 9)]);
    let turn = idle.turn(&[TaskEvent::Drain], 1);
    assert_eq!(turn.checkpoint.unwrap().to, Offset(5), "what came later is not read any more");
    assert!(turn.released.is_none() && !turn.more);
    assert_eq!(idle.turn(&[LANDED], 1).released, Some(Release::Drained));

    let mut busy = subject(Some(0), [records(0, 5), records(5, 9)]);
    assert_eq!(busy.turn(&[], 20).checkpoint.unwrap().to, Offset(5));
    busy.turns(20);
    let waiting = busy.turn(&[TaskEvent::Drain], 20);
    assert!(waiting.checkpoint.is_none() && waiting.released.is_none(), "one is on its way");
    assert_eq!(busy.turn(&[LANDED], 20).checkpoint.unwrap().from, Offset(5));
    assert_eq!(busy.turn(&[LANDED], 20).released, Some(Release::Drained));
    assert!(busy.turns(100).is_none(), "a released task gives nothing");

    assert_eq!(subject(Some(0), []).turn(&[TaskEvent::Drain], 0).released, Some(Release::Drained));
}

#[test]
fn a_task_that_lost_a_checkpoint_gives_no_other() {
    for (outcome, why) in [
        (CheckpointOutcome::Fenced, Release::Fenced),
        (CheckpointOutcome::WentBack, Release::WentBack),
        (CheckpointOutcome::Superseded, Release::Superseded),
        (CheckpointOutcome::Failed, Release::Failed),
    ] {
        for drains in [false, true] {
            let mut task = subject(Some(0), [records(0, 5), records(5, 9)]);
            assert!(task.turn(&[], 20).checkpoint.is_some());
            task.turns(20);
            if drains {
                assert!(task.turns_after(&[TaskEvent::Drain], 20).is_none());
            }
            let turn = task.turn(&[TaskEvent::Checkpointed(outcome), TaskEvent::Drain], 100);
            assert_eq!((turn.released, turn.more), (Some(why), false), "said once");
            assert!(turn.checkpoint.is_none(), "it would leave a hole");
            let over = task.turn(&[TaskEvent::Drain, LANDED, TaskEvent::Abandon], 100);
            assert!(over.checkpoint.is_none() && over.released.is_none(), "{over:?}");
        }
    }
}

#[test]
fn a_task_that_nobody_waits_for_gives_nothing_more() {
    let mut task = subject(Some(0), [records(0, 5)]);
    task.turns(1);
    assert_eq!(task.turn(&[TaskEvent::Drain, TaskEvent::Abandon], 1).released, Some(Release::Abandoned));
    assert!(task.turns(100).is_none());
}

#[test]
fn a_gap_ends_reading_before_anything_behind_it_is_counted() {
    let mut task = subject(Some(0), [records(0, 5), records(6, 9), records(9, 12)]);
    assert!(task.turn(&[], 1).more);
    let turn = task.turn(&[], 1);
    let error = turn.failed.unwrap();
    insta::assert_snapshot!(error, @"t delivered offset 6 where 5 was due; the source lost or repeated records");
    assert!(turn.checkpoint.is_none());
    assert_eq!(task.turns(100).unwrap().to, Offset(5), "what was counted before is sound");
    assert!(task.turns(200).is_none());
}
