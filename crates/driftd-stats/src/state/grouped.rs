//! Columns whose rows belong to different states, for example to panes or
//! segments.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::columns::{NumericSlice, PRESENT, TextSlice};
use super::{CategoricalAggregate, NumericAggregate};
use crate::layout::{BinEdges, Dictionary, Place};

/// Rows of a run, on average, from which on runs are counted one by one.
const LONG: usize = 256;

/// Counts row `i` of a column in `aggregates[groups[i]]`. Rows whose group is
/// [`GROUP_SKIP`](crate::GROUP_SKIP), or points nowhere, are left out.
pub fn absorb_numeric_grouped(
    edges: &BinEdges,
    column: NumericSlice<'_>,
    groups: &[u32],
    aggregates: &mut [&mut NumericAggregate],
) {
    // As a rule neighbours belong together, and are counted where they lie.
    let changes = groups.iter().zip(groups.iter().skip(1)).filter(|(group, next)| group != next).count();
    if (changes + 1) * LONG <= groups.len() {
        let mut from = 0;
        for run in groups.chunk_by(|a, b| a == b) {
            let to = from + run.len();
            if let Some(aggregate) = run.first().and_then(|group| aggregates.get_mut(*group as usize)) {
                aggregate.absorb(edges, column.part(from, to));
            }
            from = to;
        }
        return;
    }
    let mut ends = vec![0_usize; aggregates.len()];
    for &group in groups {
        if let Some(count) = ends.get_mut(group as usize) {
            *count += 1;
        }
    }
    let mut rows = 0;
    for end in &mut ends {
        let start = rows;
        rows += *end;
        *end = start;
    }
    let mut values = vec![0.0; rows];
    let mut absent = column.absent.map(|_| vec![PRESENT; rows]);
    for (row, (&value, &group)) in column.values.iter().zip(groups).enumerate() {
        let Some(place) = ends.get_mut(group as usize) else {
            continue;
        };
        if let Some(slot) = values.get_mut(*place) {
            *slot = value;
        }
        if let (Some(codes), Some(from)) = (&mut absent, column.absent)
            && let (Some(to), Some(code)) = (codes.get_mut(*place), from.get(row))
        {
            *to = *code;
        }
        *place += 1;
    }
    let mut start = 0;
    for (aggregate, end) in aggregates.iter_mut().zip(ends) {
        let sorted = NumericSlice { values: &values, absent: absent.as_deref() };
        aggregate.absorb(edges, sorted.part(start, end));
        start = end;
    }
}

/// Counts row `i` of a column in `aggregates[groups[i]]`. Rows whose group is
/// [`GROUP_SKIP`](crate::GROUP_SKIP), or points nowhere, are left out.
pub fn absorb_text_grouped(
    dictionary: &Dictionary,
    column: TextSlice<'_>,
    groups: &[u32],
    aggregates: &mut [&mut CategoricalAggregate],
) {
    let mut places: Vec<Option<Place>> = vec![None; column.values.len()];
    // Unseen values are remembered once per group and text, not once per row.
    let mut unseen: HashMap<(u32, u32), u64, FixedState> = HashMap::default();
    for (&code, &group) in column.codes.iter().zip(groups) {
        let Some(aggregate) = aggregates.get_mut(group as usize) else {
            continue;
        };
        match (places.get_mut(code as usize), column.values.get(code as usize)) {
            (Some(known), Some(value)) => {
                let place = *known.get_or_insert_with(|| dictionary.locate(value));
                aggregate.add_to_slot(place.slot, 1);
                if place.is_new {
                    *unseen.entry((group, code)).or_insert(0) += 1;
                }
            }
            _ => aggregate.add_absent_code(code),
        }
    }
    for ((group, code), count) in unseen {
        if let (Some(aggregate), Some(value)) = (aggregates.get_mut(group as usize), column.values.get(code as usize)) {
            aggregate.add_unseen(value, count);
        }
    }
}
