use driftd_model::{Chunk, Claim, DeadLetter, Epoch, Partition, Topic};
use driftd_window::PartitionMark;

use super::*;

/// What the next pulls come to.
struct Script(Vec<Poll>);

impl PartitionReader for Script {
    fn poll(&mut self, _budget: PollBudget) -> Result<Poll, SourceError> {
        Ok(self.0.pop().unwrap_or(Poll::Nothing))
    }

    fn on_arrival(&mut self, _wake: Box<dyn Fn() + Send + Sync>) {}
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(secs * 1_000_000)
}

fn task(next: Option<i64>, mut script: Vec<Poll>) -> PartitionTask {
    script.reverse();
    let claim = Claim { epoch: Epoch(1), next_offset: next.map(Offset), mark: PartitionMark::default() };
    let topic = Topic::from("t");
    let mut accumulator =
        PartitionAccumulator::start(topic.clone(), Partition(0), Vec::new(), &claim, Offset(next.unwrap_or(70)));
    if next.is_none() {
        accumulator.begin();
    }
    PartitionTask::new(TopicPartition::new(topic, Partition(0)), accumulator, Box::new(Script(script)), at(0))
}

fn records(from: i64, to: i64) -> Poll {
    let reject = DeadLetter { offset: Offset(from), reason: "undecodable".to_owned(), detail: "byte 0".to_owned() };
    let chunk = Chunk { from: Offset(from), to: Offset(to), batches: Vec::new(), rejects: vec![reject], filtered: 0 };
    Poll::Chunk { chunk, bytes: 1 }
}

const PACE: Pace = Pace { bytes: 1 << 20, interval: Span::from_secs(10) };

/// One turn after another while there is more to do; the checkpoint taken, if one was.
fn turns(task: &PartitionTask, now: i64) -> Option<Checkpoint> {
    let mut taken = None;
    loop {
        let (again, checkpoint) = task.turn(PACE, at(now)).unwrap();
        taken = taken.or(checkpoint);
        if !again {
            return taken;
        }
    }
}

fn end_of(task: &PartitionTask, now: i64) -> Option<(i64, i64)> {
    task.settle();
    let end = turns(task, now)?.mark.end()?;
    Some((end.since.as_micros() / 1_000_000, end.confirmed.as_micros() / 1_000_000))
}

#[test]
fn where_a_partition_begins_that_nobody_ever_read_is_written_at_once() {
    let checkpoint = turns(&task(None, Vec::new()), 0).unwrap();
    assert_eq!((checkpoint.from, checkpoint.to), (Offset(70), Offset(70)));
    assert!(turns(&task(Some(70), Vec::new()), 0).is_none(), "nothing is new of a partition that goes on");
}

#[test]
fn a_checkpoint_waits_for_its_time_and_for_the_one_on_its_way() {
    let task = task(Some(0), vec![records(0, 5)]);
    assert!(turns(&task, 9).is_none());
    assert_eq!(turns(&task, 10).unwrap().to, Offset(5));
    task.work.lock().unwrap().reader = Some(Box::new(Script(vec![records(5, 8)])));
    assert!(turns(&task, 100).is_none(), "one is on its way");
    task.settle();
    assert_eq!(turns(&task, 100).unwrap().from, Offset(5));
}

#[test]
fn what_was_caught_up_is_written_at_once_and_what_trickles_in_is_not() {
    let task = task(Some(0), vec![records(0, 5), Poll::End]);
    assert_eq!(turns(&task, 3).unwrap().to, Offset(5), "behind since it began");
    task.settle();
    let more = |from: i64, now| {
        task.work.lock().unwrap().reader = Some(Box::new(Script(vec![Poll::End, records(from, from + 1)])));
        turns(&task, now)
    };
    assert!(more(5, 3).is_none(), "it was at its end just now");
    assert_eq!(more(6, 4).unwrap().to, Offset(7), "a tenth of the interval after the last");
    task.settle();
    assert!(more(7, 4).is_none());
    assert_eq!(more(8, 9).unwrap().to, Offset(9), "behind for a while");
}

#[test]
fn a_clock_that_is_set_back_does_not_put_checkpoints_off() {
    let task = task(Some(0), vec![records(0, 5)]);
    assert!(turns(&task, -3_600).is_some());
}

#[test]
fn records_that_cannot_be_decoded_are_no_quiet() {
    let task = task(Some(0), vec![Poll::End]);
    assert_eq!(end_of(&task, 20), Some((20, 20)));
    task.work.lock().unwrap().reader = Some(Box::new(Script(vec![records(0, 5)])));
    task.settle();
    let checkpoint = turns(&task, 40).unwrap();
    assert_eq!((checkpoint.mark.end(), checkpoint.to), (None, Offset(5)));
    assert_eq!(checkpoint.rejected, [("undecodable".to_owned(), 1)]);
}

#[test]
fn an_end_is_confirmed_where_the_lane_stands() {
    let task = task(Some(0), vec![records(0, 5), Poll::End]);
    assert_eq!(end_of(&task, 20), None, "the records come first");
    assert_eq!(end_of(&task, 21), Some((20, 20)), "and the end soon after");
    task.heard(Offset(5), at(30));
    assert_eq!(end_of(&task, 31), Some((20, 30)));
    task.heard(Offset(6), at(40));
    assert_eq!(end_of(&task, 41), None, "a record is missing");
    task.heard(Offset(6), at(50));
    assert_eq!(end_of(&task, 51), None, "however often the brokers say so");
}

#[test]
fn control_records_at_the_end_are_not_waited_for() {
    let task = task(Some(0), vec![records(0, 5), Poll::End]);
    assert!(turns(&task, 20).is_some());
    task.heard(Offset(7), at(30));
    assert_eq!(end_of(&task, 31), Some((20, 30)));
    task.heard(Offset(9), at(40));
    assert_eq!(end_of(&task, 41), None, "the source has not said that there is no more");
    task.work.lock().unwrap().reader = Some(Box::new(Script(vec![Poll::End])));
    assert_eq!(end_of(&task, 50), Some((20, 50)));
    task.heard(Offset(9), at(60));
    assert_eq!(end_of(&task, 61), Some((20, 60)));
}

#[test]
fn an_end_that_was_never_reached_is_not_confirmed() {
    let task = task(Some(0), vec![records(0, 5)]);
    task.heard(Offset(5), at(30));
    assert_eq!(turns(&task, 40).unwrap().mark.end(), None);
}

#[test]
fn a_lane_that_is_closed_or_lost_a_checkpoint_gives_no_other() {
    let closed = task(Some(0), vec![records(0, 5)]);
    assert!(turns(&closed, 1).is_none());
    closed.close();
    assert!(turns(&closed, 100).is_none(), "the drain has the rest");
    assert_eq!(closed.remainder().unwrap().to, Offset(5));

    let spent = task(Some(0), vec![records(0, 5), records(5, 9)]);
    assert!(spent.turn(PACE, at(20)).unwrap().1.is_some());
    turns(&spent, 20);
    spent.spend();
    spent.settle();
    assert!(turns(&spent, 100).is_none() && spent.remainder().is_none(), "it would leave a hole");
}

#[test]
fn a_gap_closes_the_lane_before_anything_behind_it_is_counted() {
    let task = task(Some(0), vec![records(0, 5), records(6, 9), records(9, 12)]);
    assert!(task.turn(PACE, at(1)).unwrap().0);
    let error = task.turn(PACE, at(1)).unwrap_err();
    insta::assert_snapshot!(error, @"t delivered offset 6 where 5 was due; the source lost or repeated records");
    assert!(turns(&task, 100).is_none());
    assert_eq!(task.remainder().unwrap().to, Offset(5));
}
