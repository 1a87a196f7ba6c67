//! How often p-values of equal populations are small: a fixed simulation.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

use driftd_stats::two_sample;

/// Uniform numbers in [0, 1) (SplitMix64), the same in every run.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Counts of `rows` values over equally likely bins.
fn sample(bins: usize, rows: u32, uniform: &mut impl FnMut() -> f64) -> Vec<f64> {
    let mut counts = vec![0.0; bins];
    for _ in 0..rows {
        counts[(uniform() * bins as f64) as usize] += 1.0;
    }
    counts
}

/// Shares of p-values at or below 1e-2 and 1e-4, in units of those: `baselines` of `n` rows with a hundred windows of
/// `m` each.
fn ratios(bins: usize, n: u32, m: u32, baselines: u32, seed: u64) -> [f64; 2] {
    let mut uniform = uniform(seed);
    let mut at_most = [0_u32; 2];
    for _ in 0..baselines {
        let baseline = sample(bins, n, &mut uniform);
        for _ in 0..100 {
            let p = two_sample(&baseline, &sample(bins, m, &mut uniform)).unwrap().p;
            at_most[0] += u32::from(p <= 1e-2);
            at_most[1] += u32::from(p <= 1e-4);
        }
    }
    let windows = f64::from(baselines) * 100.0;
    [f64::from(at_most[0]) / windows / 1e-2, f64::from(at_most[1]) / windows / 1e-4]
}

#[test]
fn small_p_values_are_as_rare_as_they_say() {
    for (bins, n, m, baselines) in
        [(10, 10_000, 50, 5_000), (10, 10_000, 100, 5_000), (10, 1_000, 50, 5_000), (20, 10_000, 100, 5_000)]
    {
        let ratios = ratios(bins, n, m, baselines, 7);
        assert!(ratios.iter().all(|ratio| (0.7..1.6).contains(ratio)), "{bins} bins, {n} against {m}: {ratios:?}");
    }
}
