use driftd_stats::{MISSING_CODE, MISTYPED_CODE};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{HOUR, at, noon, plan, segment};
use crate::{RecordBatch, SegmentColumn};

/// One record: when, in which of the segments `x`, `y`, `z` (`z` is unknown to the plan), and its three values.
#[derive(Clone, Debug)]
struct Row {
    at: i64,
    segment: u32,
    number: Option<f64>,
    text: u32,
    there: bool,
}

const TEXTS: [&str; 5] = ["a", "b", "c", "new", "newer"];

fn split() -> Arc<ReducerPlan> {
    plan(SegmentPlan::split_into(vec![segment("x"), segment("y")]))
}

fn row(at: i64) -> Row {
    Row { at, segment: 0, number: Some(1.0), text: 0, there: true }
}

fn batch(rows: &[Row]) -> RecordBatch {
    let segments =
        SegmentColumn { codes: rows.iter().map(|r| r.segment).collect(), keys: ["x", "y", "z"].map(segment).into() };
    let columns = vec![
        Column::Numeric {
            values: rows.iter().map(|r| r.number.unwrap_or(0.0)).collect(),
            absent: Some(rows.iter().map(|r| if r.number.is_some() { PRESENT } else { MISSING }).collect()),
        },
        Column::Text { codes: rows.iter().map(|r| r.text).collect(), values: TEXTS.map(str::to_owned).into() },
        Column::Presence { absent: rows.iter().map(|r| if r.there { PRESENT } else { MISSING }).collect() },
    ];
    RecordBatch::new(rows.iter().map(|r| r.at).collect(), Some(segments), columns).unwrap()
}

fn any_row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![
        6 => (-100.0..1_100.0).prop_map(Some),
        1 => Just(None),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)].prop_map(Some),
    ];
    let text = prop_oneof![6 => 0..5_u32, 1 => Just(MISSING_CODE), 1 => Just(MISTYPED_CODE)];
    let time = prop_oneof![20 => 30 * HOUR..38 * HOUR, 1 => Just(NO_EVENT_TIME), 1 => any::<i64>()];
    (time, 0..3_u32, number, text, any::<bool>()).prop_map(|(at, segment, number, text, there)| Row {
        at,
        segment,
        number,
        text,
        there,
    })
}

/// Sums deltas by pane and segment, in that order.
fn merged(deltas: Vec<PaneDelta>) -> Vec<PaneDelta> {
    let mut sums: BTreeMap<(PaneId, SegmentKey), PaneDelta> = BTreeMap::new();
    for delta in deltas {
        match sums.get_mut(&(delta.pane, delta.segment.clone())) {
            None => {
                sums.insert((delta.pane, delta.segment.clone()), delta);
            }
            Some(sum) => {
                sum.rows += delta.rows;
                for (to, from) in sum.aggregates.iter_mut().zip(&delta.aggregates) {
                    to.merge(from).unwrap();
                }
            }
        }
    }
    sums.into_values().collect()
}

fn same(left: &[PaneDelta], right: &[PaneDelta]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(l, r)| {
            (l.pane, &l.segment, l.rows) == (r.pane, &r.segment, r.rows)
                && l.aggregates.iter().zip(&r.aggregates).all(|(a, b)| a.same_counts(b))
        })
}

proptest! {
    /// Any chunking into batches, over any number of reducers, drained at any time, counts what one reducer counts.
    #[test]
    fn counts_do_not_depend_on_how_records_are_split(
        rows in prop::collection::vec((any_row(), 0..3_usize), 0..120),
        chunk in 1..40_usize,
        drain_every in 1..5_usize,
    ) {
        let all: Vec<Row> = rows.iter().map(|(row, _)| row.clone()).collect();
        let mut one = Reducer::new(split());
        let report = one.absorb(&batch(&all), noon());
        let whole = merged(one.drain());
        prop_assert_eq!(report.accepted + report.rejected(), all.len() as u64);
        prop_assert_eq!(whole.iter().map(|d| d.rows).sum::<u64>(), report.accepted);

        let mut deltas = Vec::new();
        let mut account = Absorbed::default();
        for reader in 0..3 {
            let own: Vec<Row> = rows.iter().filter(|(_, of)| *of == reader).map(|(row, _)| row.clone()).collect();
            let mut reducer = Reducer::new(split());
            for (index, part) in own.chunks(chunk).enumerate() {
                account.add(reducer.absorb(&batch(part), noon()));
                if index % drain_every == 0 {
                    deltas.extend(reducer.drain());
                }
            }
            deltas.extend(reducer.drain());
        }
        prop_assert_eq!(account, report);
        prop_assert!(same(&merged(deltas), &whole));
    }

    /// Every aggregate of a delta accounts for every one of its rows.
    #[test]
    fn every_feature_accounts_for_every_row(rows in prop::collection::vec(any_row(), 0..80)) {
        let mut reducer = Reducer::new(split());
        reducer.absorb(&batch(&rows), noon());
        for delta in reducer.drain() {
            prop_assert!(delta.aggregates.iter().all(|a| a.rows() == delta.rows), "{:?}", delta.segment);
        }
    }
}

#[test]
fn unknown_segments_and_records_without_one_overflow() {
    let mut reducer = Reducer::new(split());
    let rows = [0, 1, 2, 2].map(|segment| Row { segment, ..row(30 * HOUR) });
    reducer.absorb(&batch(&rows), noon());
    let bare = RecordBatch::new(vec![30 * HOUR], None, batch(&rows[..1]).columns().to_vec()).unwrap();
    reducer.absorb(&bare, noon());
    assert_eq!(reducer.open(), 3);
    let counted: Vec<(String, u64)> = reducer.drain().iter().map(|d| (d.segment.to_string(), d.rows)).collect();
    assert_eq!(counted, [("s=x".into(), 1), ("s=y".into(), 1), ("(other)".into(), 3)]);
}

#[test]
fn an_unsplit_plan_ignores_segments() {
    let mut reducer = Reducer::new(plan(SegmentPlan::unsplit()));
    reducer.absorb(&batch(&[0, 1, 2].map(|segment| Row { segment, ..row(30 * HOUR) })), noon());
    let deltas = reducer.drain();
    assert_eq!((deltas.len(), deltas[0].rows), (1, 3));
    assert!(deltas[0].segment.is_all());
}

#[test]
fn records_without_a_time_and_from_the_future_are_rejected_by_name() {
    let mut reducer = Reducer::new(split());
    let limit = 37 * HOUR;
    let rows = [NO_EVENT_TIME, i64::MIN + 1, limit + 1, i64::MAX, limit, 30 * HOUR].map(row);
    let report = reducer.absorb(&batch(&rows), noon());
    let expected = Absorbed { accepted: 2, without_time: 1, too_old: 1, in_future: 2, newest: Some(at(37)) };
    assert_eq!(report, expected);
    assert_eq!(report.rejected(), 4);
    assert_eq!(reducer.drain().iter().map(|d| d.rows).sum::<u64>(), 2);
}

#[test]
fn records_from_before_the_oldest_time_are_rejected_by_name() {
    let plan = ReducerPlan { oldest: at(30), ..split().as_ref().clone() };
    let mut reducer = Reducer::new(Arc::new(plan));
    let report = reducer.absorb(&batch(&[0, 30 * HOUR - 1, 30 * HOUR, NO_EVENT_TIME].map(row)), noon());
    let expected = Absorbed { accepted: 1, without_time: 1, too_old: 2, in_future: 0, newest: Some(at(30)) };
    assert_eq!(report, expected);
    assert_eq!(reducer.drain().len(), 1, "nothing is opened for what is rejected");
}

#[test]
fn a_batch_of_rejects_opens_nothing() {
    let mut reducer = Reducer::new(split());
    let report = reducer.absorb(&batch(&[row(NO_EVENT_TIME)]), noon());
    assert_eq!((report.newest, reducer.open(), reducer.bytes()), (None, 0, 0));
    assert_eq!(reducer.absorb(&batch(&[]), noon()), Absorbed::default());
}

#[test]
fn the_clock_at_the_end_of_time_does_not_overflow() {
    let mut reducer = Reducer::new(split());
    let report = reducer.absorb(&batch(&[i64::MAX, i64::MIN + 2 * HOUR].map(row)), Timestamp::from_micros(i64::MAX));
    assert_eq!(report.accepted, 2);
    assert_eq!(reducer.drain().len(), 2);
}

#[test]
fn a_column_of_the_wrong_kind_is_mistyped_where_it_has_values() {
    let mut reducer = Reducer::new(plan(SegmentPlan::unsplit()));
    let columns = vec![
        Column::Text { codes: vec![0, MISSING_CODE, MISTYPED_CODE], values: vec!["a".into()] },
        Column::Numeric { values: vec![1.0; 3], absent: Some(vec![PRESENT, MISSING, MISTYPED]) },
        Column::Numeric { values: vec![1.0; 3], absent: Some(vec![PRESENT, MISSING, MISTYPED]) },
    ];
    reducer.absorb(&RecordBatch::new(vec![30 * HOUR; 3], None, columns).unwrap(), noon());
    let delta = reducer.drain().remove(0);
    let counted: Vec<(u64, u64, u64)> =
        delta.aggregates.iter().map(|a| (a.usable(), a.missing(), a.mistyped())).collect();
    // To a presence feature a value of any type is a value.
    assert_eq!(counted, [(0, 1, 2), (0, 1, 2), (2, 1, 0)]);
}

#[test]
fn a_column_that_is_not_there_is_missing() {
    let mut reducer = Reducer::new(plan(SegmentPlan::unsplit()));
    let numbers = vec![Column::numbers(vec![1.0, 2.0])];
    reducer.absorb(&RecordBatch::new(vec![30 * HOUR, 31 * HOUR], None, numbers).unwrap(), noon());
    for delta in reducer.drain() {
        let counted: Vec<(u64, u64)> = delta.aggregates.iter().map(|a| (a.usable(), a.missing())).collect();
        assert_eq!(counted, [(1, 0), (0, 1), (0, 1)]);
    }
}

#[test]
fn draining_empties_and_resets() {
    let mut reducer = Reducer::new(split());
    reducer.absorb(&batch(&[row(31 * HOUR), row(30 * HOUR)]), noon());
    let panes: Vec<EventTime> = reducer.drain().iter().map(|d| d.pane.start()).collect();
    assert_eq!(panes, [at(30), at(31)]);
    assert_eq!((reducer.open(), reducer.bytes()), (0, 0));
    assert_eq!(reducer.drain(), []);
    reducer.absorb(&batch(&[row(30 * HOUR)]), noon());
    assert_eq!(reducer.drain()[0].rows, 1);
}

#[test]
fn the_byte_count_follows_panes_and_unseen_values() {
    let mut reducer = Reducer::new(plan(SegmentPlan::unsplit()));
    reducer.absorb(&batch(&[row(30 * HOUR)]), noon());
    let one = reducer.bytes();
    assert!(one > 0);
    reducer.absorb(&batch(&[row(30 * HOUR)]), noon());
    assert_eq!(reducer.bytes(), one, "more of the same takes no more room");
    reducer.absorb(&batch(&[row(31 * HOUR)]), noon());
    assert_eq!(reducer.bytes(), 2 * one);
    reducer.absorb(&batch(&[Row { text: 3, ..row(31 * HOUR) }]), noon());
    assert!(reducer.bytes() > 2 * one, "an unseen value is kept by name");
}
