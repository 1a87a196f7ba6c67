//! Counting done the slow way: every value located by itself, every count a plain number.

use driftd_model::{MonitorPlan, PlannedFeature};
use driftd_stats::{BinEdges, Dictionary, FeatureAggregate, FeatureLayout, NumericSlice};

use super::record::{Field, Record};

/// The aggregates of `records`, by the plan's features.
///
/// # Errors
/// When a state does not hold what counting by hand gives.
pub(super) fn count(plan: &MonitorPlan, records: &[&Record]) -> Result<Vec<FeatureAggregate>, String> {
    plan.features().iter().map(|feature| count_feature(feature, records)).collect()
}

fn count_feature(feature: &PlannedFeature, records: &[&Record]) -> Result<FeatureAggregate, String> {
    let mut state = FeatureAggregate::empty(&feature.layout);
    match (&mut state, &*feature.layout) {
        (FeatureAggregate::Numeric(state), FeatureLayout::Numeric(edges)) => {
            let values: Vec<f64> = records.iter().filter_map(|r| value(r.amount)).collect();
            state.absorb(edges, NumericSlice { values: &values, absent: None });
            state.add_absent(absent(records, |r| r.amount == Field::Missing), 0, 0, 0);
            state.add_mistyped(absent(records, |r| r.amount == Field::Mistyped));
            let by_hand = cells(edges, &values);
            if by_hand != state.cells() {
                return Err(format!("cells of {} are {:?}, by hand {by_hand:?}", feature.name, state.cells()));
            }
        }
        (FeatureAggregate::Categorical(state), FeatureLayout::Categorical(dictionary)) => {
            let values: Vec<&str> = records.iter().filter_map(|r| value(r.colour)).collect();
            for value in &values {
                state.add(dictionary, value, 1);
            }
            state.add_missing(absent(records, |r| r.colour == Field::Missing));
            state.add_mistyped(absent(records, |r| r.colour == Field::Mistyped));
            let by_hand = slots(dictionary, &values);
            if by_hand != state.slots() {
                return Err(format!("slots of {} are {:?}, by hand {by_hand:?}", feature.name, state.slots()));
            }
        }
        (FeatureAggregate::Presence(state), FeatureLayout::Presence) => {
            let present = absent(records, |r| r.ghost);
            state.add(present, records.len() as u64 - present);
        }
        _ => return Err(format!("{} has a state of another kind than its layout", feature.name)),
    }
    Ok(state)
}

fn value<T: Copy>(field: Field<T>) -> Option<T> {
    if let Field::Value(value) = field { Some(value) } else { None }
}

fn absent(records: &[&Record], wanted: impl Fn(&Record) -> bool) -> u64 {
    records.iter().filter(|r| wanted(r)).count() as u64
}

fn cells(edges: &BinEdges, values: &[f64]) -> Vec<u64> {
    let mut cells = vec![0; edges.cells()];
    values.iter().filter(|x| x.is_finite()).for_each(|x| cells[edges.locate(*x)] += 1);
    cells
}

fn slots(dictionary: &Dictionary, values: &[&str]) -> Vec<u64> {
    let mut slots = vec![0; dictionary.bins()];
    for value in values {
        if let Some(slot) = dictionary.locate(value).slot {
            slots[slot] += 1;
        }
    }
    slots
}
