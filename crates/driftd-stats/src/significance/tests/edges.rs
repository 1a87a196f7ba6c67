//! The edges and laws of the rule.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;
use crate::variation::Varying;

fn bins(counts: &[u64]) -> Vec<f64> {
    counts.iter().map(|count| *count as f64).collect()
}

#[test]
fn equal_shares_have_no_size_and_nothing_net() {
    let measure = two_sample(&bins(&[100, 200, 300]), &bins(&[50, 100, 150])).unwrap();
    assert_eq!((measure.difference.size, measure.p), (0.0, 1.0));
    assert_eq!(judge_difference(&measure, None), Judged { p: 1.0, phi: 1.0, net: 0.0 });
}

#[test]
fn where_bins_fold_into_one_there_is_nothing_to_tell_apart() {
    assert_eq!(two_sample(&bins(&[3, 3, 3]), &bins(&[1, 2, 1])), None);
    assert_eq!(two_sample(&bins(&[1000]), &bins(&[1000])), None, "one category");
    assert_eq!(two_sample(&bins(&[0, 0]), &bins(&[10, 10])), None, "an empty baseline");
    assert_eq!(two_sample(&bins(&[10, 10]), &bins(&[0, 0])), None, "an empty window");
    assert_eq!(two_sample(&[], &[]), None);
}

#[test]
fn a_baseline_without_a_count_in_a_bin_and_smaller_than_the_window() {
    let measure = two_sample(&bins(&[0, 100, 0, 100]), &bins(&[400, 400, 400, 400])).unwrap();
    assert_eq!(measure.difference.nu, 3.0);
    assert!(measure.p < 1e-20 && measure.p > 0.0, "{measure:?}");
}

/// Ten thousand features by segments: the first rank of a family is held against 10⁻⁸, and far beyond it nothing is 0.
#[test]
fn tails_do_not_vanish_before_their_time() {
    let p = |shift: u64| {
        two_sample(
            &bins(&[1000; 10]),
            &bins(&[1000 - shift, 1000 + shift, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]),
        )
        .unwrap()
        .p
    };
    let all: Vec<f64> = (0..1000).step_by(50).map(p).collect();
    assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
    assert!(all.last().is_some_and(|least| *least > 0.0 && *least < 1e-250), "{all:?}");
}

#[test]
fn shares_of_none_and_all_have_no_p() {
    assert_eq!(share(0, 100, 0, 100), None);
    assert_eq!(share(100, 100, 50, 50), None);
    assert_eq!(share(0, 0, 1, 2), None);
    assert_eq!(share(1, 2, 0, 0), None);
    let all_of_one_side = share(0, 1_000_000, 100, 100).unwrap();
    assert!(all_of_one_side.p < 1e-300 && all_of_one_side.difference.size.is_finite(), "{all_of_one_side:?}");
}

#[test]
fn where_every_baseline_value_is_different_new_ones_are_expected() {
    let novelty = Novelty { once: 1_000, twice: 0, values: 1_000 };
    assert_eq!(novelty.expected_share(), 1.0);
    assert!(strangers(100, 100, &novelty).p > 0.3);
    assert_eq!(strangers(0, 100, &novelty).p, 1.0, "one-sided");
}

#[test]
fn one_clump_is_less_surprising_than_many_single_values() {
    let p = |twice| strangers(30, 1_000, &Novelty { once: 100, twice, values: 10_000 }).p;
    assert!(p(0) < p(50) && p(50) < p(200), "{} {} {}", p(0), p(50), p(200));
}

fn of_size(size: f64) -> Difference {
    Difference { size, mean: 4.0, nu: 4.0, effective_rows: 100.0 }
}

#[test]
fn nine_windows_teach_nothing_and_ten_do() {
    assert_eq!(Healthy::learn(&vec![Some(of_size(8.0)); 9]), None);
    let with_gaps: Vec<_> = (0..30).map(|i| (i % 3 == 0).then(|| of_size(8.0))).collect();
    let learnt = Healthy::learn(&with_gaps).unwrap();
    assert_eq!((learnt.phi, learnt.size.round(), learnt.windows), (2.0, 100.0, 10), "{learnt:?}");
    assert!(learnt.upper > learnt.phi);
    assert_eq!(Healthy::learn(&[None; 20]), None);
}

#[test]
fn windows_that_are_all_equal_have_no_variation() {
    let windows = vec![bins(&[30, 40, 50]); 12];
    let learnt = Healthy::learn(&leave_one_out(&windows, bins_difference)).unwrap();
    assert_eq!((learnt.phi, learnt.windows), (1.0, 12));
}

#[test]
fn windows_without_values_do_not_count() {
    let mut windows = vec![bins(&[30, 40, 50]); 12];
    windows[3] = bins(&[0, 0, 0]);
    let differences = leave_one_out(&windows, bins_difference);
    assert_eq!((differences[3], differences.iter().flatten().count()), (None, 11));
    assert_eq!(leave_one_out(&[bins(&[5, 5])], bins_difference), [None], "one window has nothing beside it");
}

#[test]
fn what_is_stored_of_healthy_windows_is_four_numbers() {
    let healthy = Healthy { phi: 1.5, upper: 2.0, size: 99.5, windows: 30 };
    let text =
        serde_json::to_string(&BTreeMap::from([(Rung::SixHours, BTreeMap::from([(Varying::NonFinite, healthy)]))]));
    assert_eq!(text.unwrap(), r#"{"6h":{"non_finite":[1.5,2.0,99.5,30]}}"#);
    let hostile: Healthy = serde_json::from_str("[-7.0, 0.0, 0.0, 0]").unwrap();
    assert_eq!(hostile, Healthy { phi: 1.0, upper: 1.0, size: 1.0, windows: 0 });
    assert_eq!(Varying::ALL.map(Varying::as_str), ["bins", "ks", "missing", "non_finite", "unseen"]);
}

#[test]
fn variation_weighs_more_in_larger_windows_and_never_makes_p_smaller() {
    let healthy = Healthy { phi: 2.0, upper: 3.0, size: 100.0, windows: 30 };
    assert_eq!((healthy.phi_at(10.0), healthy.phi_at(100.0), healthy.phi_at(300.0)), (2.0, 2.0, 6.0));
    for size in [0.0, 1.0, 10.0, 100.0, 1e6] {
        let difference = of_size(size);
        let measure = Measure { difference, p: crate::law::chi_square_sf(size, 4.0) };
        let (with, without) = (judge_difference(&measure, Some(&healthy)), judge_difference(&measure, None));
        assert!(with.p >= without.p && with.net <= without.net, "{with:?} {without:?}");
    }
}

#[test]
fn a_level_keeps_to_its_cap_and_no_window_has_none() {
    assert_eq!(level(1e9, 1.0, [1.0], 2.0, 0.01), 0.01);
    assert_eq!(level(1.0, 1.0, [], 2.0, 0.01), 0.01);
    assert_eq!(level(1.0, 90.0, [0.5], 1.0, 0.01), 2.0 * level(1.0, 90.0, [0.5], 2.0, 0.01), "nobody to share it with");
    assert_eq!(once_in(0.0, [1.0]), f64::INFINITY);
    assert_eq!(once_in(0.01, [1.0]), 100.0);
    assert_eq!(once_in(0.001, [1.0, 0.25]), 200.0);
    let uncapped = level(1.0, 90.0, [0.5], 2.0, 1.0);
    assert!((once_in(uncapped, [0.5]) - 180.0).abs() < 1e-9, "twice the period, as half of the budget is another's");
}

#[test]
fn a_memory_of_nothing_stays_empty_and_hostile_bytes_are_refused() {
    let mut memory = Memory::empty(3);
    memory.add(&[0, 0, 0]);
    assert!(memory.is_empty());
    assert_eq!((memory.rows(), memory.counts()), (0.0, vec![0.0; 3]));
    memory.add(&[1, 2, 3]);
    assert_eq!((memory.rows(), memory.counts(), memory.to_bytes().len()), (6.0, vec![1.0, 2.0, 3.0], 16 + 8 * 3));
    assert!(Memory::from_bytes(&memory.to_bytes()[1..]).is_err());
    assert!(Memory::from_bytes(&[]).is_err());
    assert!(Memory::from_bytes(&[f64::NAN, 1.0, 1.0].map(f64::to_le_bytes).concat()).is_err());
    assert!(Memory::from_bytes(&[1.0, 1.0, -1.0].map(f64::to_le_bytes).concat()).is_err());
}

#[test]
fn a_full_memory_is_worth_fifteen_windows() {
    let mut memory = Memory::empty(1);
    (0..500).for_each(|_| memory.add(&[100]));
    assert!((memory.rows() - 100.0 * f64::from(Memory::WINDOWS)).abs() < 1e-6, "{}", memory.rows());
}

proptest! {
    /// A restart between any two windows changes no bit.
    #[test]
    fn a_memory_survives_its_bytes(windows in proptest::collection::vec(proptest::collection::vec(0_u64..1000, 4), 0..20), cut in 0_usize..20) {
        let mut straight = Memory::empty(4);
        let mut restarted = Memory::empty(4);
        for (i, window) in windows.iter().enumerate() {
            straight.add(window);
            if i == cut {
                restarted = Memory::from_bytes(&restarted.to_bytes()).unwrap();
            }
            restarted.add(window);
        }
        prop_assert_eq!(straight.to_bytes(), restarted.to_bytes());
    }

    /// Both sides are samples: exchanging them changes nothing.
    #[test]
    fn two_samples_are_symmetric(pairs in proptest::collection::vec((0_u32..500, 0_u32..500), 2..20)) {
        let r: Vec<f64> = pairs.iter().map(|p| f64::from(p.0)).collect();
        let c: Vec<f64> = pairs.iter().map(|p| f64::from(p.1)).collect();
        match (two_sample(&r, &c), two_sample(&c, &r)) {
            (Some(a), Some(b)) => {
                prop_assert!((a.difference.size - b.difference.size).abs() <= 1e-9 * a.difference.size + 1e-9);
                prop_assert!((0.0..=1.0).contains(&a.p));
            }
            (a, b) => prop_assert_eq!(a, b),
        }
    }

    /// What is learnt does not depend on the order of windows, nor of categories within them.
    #[test]
    fn unseen_values_are_learnt_in_any_order(windows in proptest::collection::vec(proptest::collection::hash_map(0_u8..30, 1_u64..4, 0..10), 0..12)) {
        let lists: Vec<Vec<(u8, u64)>> = windows.iter().map(|w: &HashMap<u8, u64>| w.iter().map(|(k, v)| (*k, *v)).collect()).collect();
        let mut turned: Vec<Vec<(u8, u64)>> = lists.iter().map(|w| w.iter().rev().copied().collect()).collect();
        turned.reverse();
        let mut other = strangers_by_window(&turned);
        other.reverse();
        prop_assert_eq!(strangers_by_window(&lists), other);
    }
}
