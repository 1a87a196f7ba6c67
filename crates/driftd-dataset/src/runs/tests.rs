use driftd_stats::{BinEdges, LayoutOptions, OrderedSample};
use proptest::prelude::*;

use super::*;

fn collect(budget: usize, values: &[f64]) -> RunSample {
    let mut collector = RunCollector::new(budget, 0);
    for value in values {
        collector.push(*value).unwrap();
    }
    collector.finish()
}

fn noise(len: usize, seed: u64, distinct: u64) -> Vec<f64> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    };
    (0..len).map(|_| ((next() % distinct) as f64 - distinct as f64 / 2.0).powi(3) / 7.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn spilled_and_in_memory_samples_give_the_same_layout(len in 1_usize..40_000, seed: u64, distinct in 1_u64..100_000) {
        let values = noise(len, seed, distinct);
        let (memory, spilled) = (collect(usize::MAX, &values), collect(1, &values));
        prop_assert_eq!(spilled.runs.len(), len / BLOCK);
        prop_assert_eq!(memory.len(), spilled.len());
        let options = LayoutOptions::default();
        let (from_memory, from_disk) =
            (BinEdges::from_sample(&memory, &options).unwrap(), BinEdges::from_sample(&spilled, &options).unwrap());
        prop_assert_eq!(from_memory, from_disk);
        prop_assert!(spilled.take_error().is_none());
    }
}

#[test]
fn every_rank_of_a_spilled_sample_is_the_sorted_value() {
    let mut values = noise(3 * BLOCK + 17, 5, 900);
    values.extend([0.0, -0.0, f64::MAX, f64::MIN, 5e-324]);
    let sample = collect(1, &values);
    let mut visited = Vec::new();
    sample.visit(&mut |v| visited.push(v));
    for value in &mut values {
        *value += 0.0;
    }
    values.sort_by(f64::total_cmp);
    assert_eq!(visited, values);
    for (rank, value) in values.iter().enumerate().step_by(37) {
        assert_eq!(sample.value_at_rank(rank as u64), Some(*value));
        assert_eq!(sample.count_at_most(*value), values.partition_point(|v| v <= value) as u64);
    }
    assert_eq!(sample.value_at_rank(values.len() as u64), None);
    assert_eq!(sample.count_at_most(f64::NEG_INFINITY), 0);
}

#[test]
fn numbers_without_a_place_in_the_order_are_counted_apart() {
    let mut collector = RunCollector::new(1 << 20, u64::MAX);
    for value in [1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        collector.push(value).unwrap();
    }
    assert_eq!(collector.odd, OddNumbers { nan: 2, pos_inf: 1, neg_inf: 1 });
    assert_eq!(collector.finish().len(), 1);
}
