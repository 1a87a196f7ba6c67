//! What anyone would write first, and what no program can beat.

use driftd_stats::{BinEdges, NumericSlice, PRESENT};

/// Counts a column by a binary search over the edges of its cells: the obvious program, cell counts only.
///
/// `counts` has one place for every cell. Absent and non-finite values are left out.
pub fn count_by_search(edges: &BinEdges, column: NumericSlice<'_>, counts: &mut [u64]) {
    for (row, x) in column.values.iter().enumerate() {
        let absent = column.absent.and_then(|codes| codes.get(row)).is_some_and(|code| *code != PRESENT);
        if absent || !x.is_finite() {
            continue;
        }
        if let Some(count) = counts.get_mut(edges.edges().partition_point(|edge| edge < x)) {
            *count += 1;
        }
    }
}

/// Adds up a column in eight lanes: every value is read once and hardly anything else happens.
#[must_use]
pub fn sum(values: &[f64]) -> f64 {
    let (blocks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use driftd_stats::NumericAggregate;

    use super::*;
    use crate::columns::{self, Column};

    #[test]
    fn the_twin_counts_what_driftd_counts() {
        for shape in columns::SHAPES {
            let edges = columns::grid(shape).unwrap();
            let Column { values, absent } = columns::column(shape, 5_000, 0.1, 9);
            let column = NumericSlice { values: &values, absent: Some(&absent) };
            let mut counted = NumericAggregate::empty(&edges);
            counted.absorb(&edges, column);
            let mut counts = vec![0; edges.cells()];
            count_by_search(&edges, column, &mut counts);
            assert_eq!(counted.cells(), counts, "{shape:?}");
        }
    }

    #[test]
    fn the_sum_is_a_sum() {
        let values: Vec<f64> = (1..=1003).map(f64::from).collect();
        assert_eq!(sum(&values), 1003.0 * 1004.0 / 2.0);
    }
}
